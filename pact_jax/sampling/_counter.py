"""Random numbers as functions of a counter: (seed, stream, scenario index), never of chunk, order or device."""

import enum

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32


class Stream(enum.IntEnum):
    """Independent streams of random numbers of one scenario set."""

    MARKET = 1
    DEFAULTS = 2
    BOOTSTRAP = 3


def counter_normals(
    seed: Int[Array, ""],
    stream: Stream,
    index: UInt32[Array, "scenarios"],
    num: int,
    *,
    dtype: jnp.dtype,
) -> Float[Array, "scenarios _"]:
    """Standard normals of each scenario: row i depends on (seed, stream, index[i]) and on nothing else.

    Args:
        seed: seed of the scenario set.
        stream: what the numbers are for.
        index: counter of each scenario.
        num: how many numbers a scenario.
        dtype: floating dtype of the result.

    Returns:
        Independent standard normals.

    Example:
        >>> both = counter_normals(jnp.asarray(7), Stream.MARKET, jnp.arange(2, dtype=jnp.uint32), 3, dtype=jnp.float32)
        >>> one = counter_normals(jnp.asarray(7), Stream.MARKET, jnp.ones(1, dtype=jnp.uint32), 3, dtype=jnp.float32)
        >>> bool((both[1] == one[0]).all())
        True

    References:
        J. K. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC11 (2011).
    """
    key = jax.random.fold_in(jax.random.key(seed), jnp.uint32(stream.value))
    return jax.vmap(lambda i: jax.random.normal(jax.random.fold_in(key, i), (num,), dtype))(index)


def keyed_normals(
    seed: Int[Array, ""],
    stream: Stream,
    index: UInt32[Array, ""],
    key_of: UInt32[Array, "issuers"],
    *,
    dtype: jnp.dtype,
) -> Float[Array, "issuers"]:
    """One standard normal a name for one scenario: depends on (seed, stream, index, name key) and on nothing else.

    Adding, removing or reordering names leaves the numbers of the others as they were.

    Args:
        seed: seed of the scenario set.
        stream: what the numbers are for.
        index: counter of the scenario.
        key_of: a stable 32-bit key of each name.
        dtype: floating dtype of the result.

    Returns:
        Independent standard normals, one a name.
    """
    key = jax.random.fold_in(jax.random.key(seed), jnp.uint32(stream.value))
    scenario_key = jax.random.fold_in(key, index)
    return jax.vmap(lambda name: jax.random.normal(jax.random.fold_in(scenario_key, name), (), dtype))(key_of)
