"""The one place that batches over scenarios: whole tiles, in index order."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int, PyTree

TILE = 256
"""Scenarios compiled as one block. Part of what reproducibility means: results are bitwise equal for equal tiles."""

In = TypeVar("In")
Out = TypeVar("Out")


def map_tiles(observe: Callable[[In], Out], scenarios: In, *, tile: int = TILE, mesh: Mesh | None = None) -> Out:
    """Applies a function of one scenario to all, a tile at a time, so that memory is `tile`, not scenarios, wide.

    The remainder is padded with zeros to a whole tile and cut off afterwards, so the compiled block never changes
    shape. With a mesh, whole tiles are spread over its first axis; the bits are those of one device.

    Args:
        observe: pure function of one scenario.
        scenarios: pytree whose leaves have a leading scenarios axis.
        tile: scenarios a block.
        mesh: devices to spread the tiles over; None for one device.

    Returns:
        What `observe` returns, with a leading scenarios axis, in index order.

    Example:
        >>> map_tiles(lambda x: 2 * x, jnp.arange(5), tile=2).tolist()
        [0, 2, 4, 6, 8]
    """
    return map_blocks(jax.vmap(observe), scenarios, tile=tile, mesh=mesh)


def map_blocks(observe: Callable[[In], Out], scenarios: In, *, tile: int = TILE, mesh: Mesh | None = None) -> Out:
    """`map_tiles` for a function of a whole tile: it takes and returns leaves with a leading scenarios axis.

    Args:
        observe: pure function of `tile` scenarios.
        scenarios: pytree whose leaves have a leading scenarios axis.
        tile: scenarios a block.
        mesh: devices to spread the tiles over; None for one device.

    Returns:
        What `observe` returns, in index order.

    Example:
        >>> map_blocks(lambda x: 2 * x, jnp.arange(5), tile=2).tolist()
        [0, 2, 4, 6, 8]
    """
    num_scenarios = jax.tree.leaves(scenarios)[0].shape[0]
    shards = 1 if mesh is None else mesh.shape[mesh.axis_names[0]]
    num_tiles = -(-num_scenarios // (tile * shards)) * shards
    blocks = jax.tree.map(lambda leaf: _blocks(leaf, num_tiles, tile), scenarios)

    def run(part: PyTree) -> PyTree:
        return jax.lax.map(observe, part)

    if mesh is not None:
        spec = PartitionSpec(mesh.axis_names[0])
        # Unchecked: a branch that is skipped returns zeros, which do not vary over the devices as the other one does.
        run = jax.shard_map(run, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)
    # No -1 in reshape: an axis of length 0 (a book without credit buckets) leaves nothing to infer it from.
    return jax.tree.map(lambda leaf: leaf.reshape(num_tiles * tile, *leaf.shape[2:])[:num_scenarios], run(blocks))


def sum_tail(
    weigh: Callable[[In, Float[Array, "scenarios"]], Out],
    scenarios: In,
    tail_weight: Float[Array, "scenarios"],
    *,
    tile: int = TILE,
) -> Out:
    """Sums a weighted function of the scenarios over those with positive weight only, a tile at a time.

    The tail scenarios are compacted in index order and the number of tail tiles is data: a new level or a longer tail
    needs no new compilation, and the result holds no scenarios axis.

    Args:
        weigh: (scenarios of one tile, their weights) -> weighted sum over the tile.
        scenarios: pytree whose leaves have a leading scenarios axis.
        tail_weight: weight of each scenario, 0 outside the tail.
        tile: scenarios a block.

    Returns:
        The sum over the tail.

    Example:
        >>> loss, t = jnp.arange(6.0), jnp.asarray([0.0, 0.0, 0.5, 0.0, 0.0, 0.5])
        >>> float(sum_tail(lambda x, w: jnp.sum(x * w), loss, t, tile=2))
        3.5
    """
    num_scenarios = tail_weight.shape[0]
    inside = tail_weight > 0.0
    count = jnp.sum(inside)
    (order,) = jnp.nonzero(inside, size=num_scenarios, fill_value=0)
    weight = jnp.where(jnp.arange(num_scenarios) < count, tail_weight[order], 0.0)
    order, weight = jnp.pad(order, (0, tile)), jnp.pad(weight, (0, tile))

    def block(i: Int[Array, ""]) -> Out:
        index = jax.lax.dynamic_slice(order, (i * tile,), (tile,))
        part = jax.tree.map(lambda leaf: leaf[index], scenarios)
        return weigh(part, jax.lax.dynamic_slice(weight, (i * tile,), (tile,)))

    zero = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(block, jnp.asarray(0)))
    num_tiles = (count + tile - 1) // tile
    return jax.lax.fori_loop(0, num_tiles, lambda i, total: jax.tree.map(jnp.add, total, block(i)), zero)


def _blocks(leaf: Array, num_tiles: int, tile: int) -> Array:
    missing = num_tiles * tile - leaf.shape[0]
    padded = jnp.pad(leaf, [(0, missing)] + [(0, 0)] * (leaf.ndim - 1))
    return padded.reshape(num_tiles, tile, *leaf.shape[1:])
