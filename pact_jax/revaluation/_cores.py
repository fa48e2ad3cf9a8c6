"""Scenarios spread over the cores of a CPU: the compiled program runs on one core, so each core gets whole tiles."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

Out = TypeVar("Out")

_FEWEST_TILES = 4
"""Tiles a core below which starting a thread does not pay."""

_compiled: set[object] = set()


def map_cores(
    run: Callable[[PyTree], Out], scenarios: PyTree, *, tile: int, context: PyTree = (), cores: int = 0
) -> Out:
    """Calls a compiled function on equal parts of the scenarios, one a core, and joins what it returns in index order.

    Every part is a whole number of tiles, the last one filled up with zeros that are cut off again. So no bit depends
    on the number of cores, and one program serves all parts. Under a transformation (jit, vmap, grad), on another
    device than a CPU, or where a core would get few tiles, the function is called once, on everything.

    Args:
        run: compiled function of some scenarios; each leaf of its result has a leading scenarios axis.
        scenarios: pytree whose leaves have a leading scenarios axis.
        tile: scenarios compiled as one block.
        context: arrays that the function closes over. A transformation of them is one of the call, and together with
            the scenarios their shapes decide which program is run: the first call of each is alone, so that two threads
            do not compile the same.
        cores: how many to use; those of the process if 0.

    Returns:
        What one call on all scenarios returns.
    """
    leaves, structure = jax.tree.flatten((scenarios, context))
    if any(isinstance(leaf, Tracer) for leaf in leaves) or jax.default_backend() != "cpu":
        return run(scenarios)
    num_scenarios = jax.tree.leaves(scenarios)[0].shape[0]
    num_tiles = -(-num_scenarios // tile)
    parts = min(cores or _cores(), num_tiles // _FEWEST_TILES)
    if parts < 2:
        return run(scenarios)
    size = -(-num_tiles // parts) * tile
    if any(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in leaves):
        seen = run(jax.tree.map(lambda leaf: _resized(leaf, size), scenarios))
        return jax.tree.map(lambda leaf: _resized(leaf, num_scenarios), seen)
    cut = [jax.tree.map(lambda leaf, k=k: _part(leaf, k * size, size), scenarios) for k in range(parts)]
    name = (structure, parts, tuple((np.shape(leaf), str(leaf.dtype)) for leaf in leaves))
    done = [] if name in _compiled else [jax.block_until_ready(run(cut[0]))]
    _compiled.add(name)
    wide = jnp.result_type(float) == jnp.float64

    def one(part: PyTree) -> Out:
        # The precision is local to a thread.
        with jax.enable_x64(wide):
            return jax.block_until_ready(run(part))

    with ThreadPoolExecutor(parts) as pool:
        done += pool.map(one, cut[len(done) :])
    joined = jax.tree.map(lambda *some: np.concatenate([np.asarray(s) for s in some])[:num_scenarios], *done)
    return jax.device_put(joined)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _resized(leaf: jax.ShapeDtypeStruct, size: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct((size, *leaf.shape[1:]), leaf.dtype)


def _part(leaf: jax.Array, start: int, size: int) -> np.ndarray:
    own = np.asarray(leaf)[start : start + size]
    missing = size - own.shape[0]
    return own if not missing else np.concatenate([own, np.zeros((missing, *own.shape[1:]), own.dtype)])
