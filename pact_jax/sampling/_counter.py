"""Random numbers as functions of a counter: (seed, stream, scenario index), never of chunk, order or device."""

import enum

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

from ._threefry import Words, stream_key, threefry2x32, to_normal, to_uniform

_ATTEMPTS = 12


class Stream(enum.IntEnum):
    """Independent streams of random numbers of one scenario set."""

    MARKET = 1
    DEFAULTS = 2
    BOOTSTRAP = 3
    MIXING = 4
    QUASI = 5
    TWISTED = 6
    PILOT = 7


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
    return to_normal(words_of(seed, stream, index[:, None], jnp.arange(num, dtype=jnp.uint32)[None, :]), dtype)


def counter_integers(
    seed: Int[Array, ""], stream: Stream, index: UInt32[Array, "scenarios"], num: int, *, bound: int
) -> Int[Array, "scenarios _"]:
    """Integers from 0 to bound - 1 of each scenario: row i depends on (seed, stream, index[i]) and on nothing else.

    Args:
        seed: seed of the scenario set.
        stream: what the numbers are for.
        index: counter of each scenario.
        num: how many numbers a scenario.
        bound: how many integers there are to draw from.

    Returns:
        Independent integers, uniform up to bound / 2^32.

    Example:
        >>> drawn = counter_integers(jnp.asarray(7), Stream.MARKET, jnp.arange(50, dtype=jnp.uint32), 2, bound=5)
        >>> int(drawn.min()), int(drawn.max())
        (0, 4)
    """
    words = words_of(seed, stream, index[:, None], jnp.arange(num, dtype=jnp.uint32)[None, :])
    return (words[0] % jnp.uint32(bound)).astype(jnp.int32)


def counter_chi2(
    seed: Int[Array, ""],
    stream: Stream,
    index: UInt32[Array, "scenarios"],
    degrees_of_freedom: Float[Array, ""],
) -> Float[Array, "scenarios"]:
    """One chi-square variable a scenario: entry i depends on (seed, stream, index[i]) and on nothing else.

    Of `_ATTEMPTS` candidates, each accepted with probability above 0.95, the first accepted one; that none is has a
    probability below 1e-15, and is NaN.

    Args:
        seed: seed of the scenario set.
        stream: what the numbers are for; no other numbers may come from it.
        index: counter of each scenario.
        degrees_of_freedom: at least 2.

    Returns:
        Independent variables.

    Example:
        >>> drawn = counter_chi2(jnp.asarray(7), Stream.MIXING, jnp.arange(4000, dtype=jnp.uint32), jnp.asarray(4.0))
        >>> bool(abs(drawn.mean() - 4.0) < 0.2)
        True

    References:
        G. Marsaglia and W. W. Tsang, A simple method for generating gamma variables, ACM TOMS 26 (2000).
    """
    dtype = degrees_of_freedom.dtype
    shift = 0.5 * degrees_of_freedom - 1.0 / 3.0

    def one(i: UInt32[Array, ""]) -> Float[Array, ""]:
        item = jnp.arange(2 * _ATTEMPTS, dtype=jnp.uint32)
        x = to_normal(words_of(seed, stream, i, item[:_ATTEMPTS]), dtype)
        uniform = to_uniform(words_of(seed, stream, i, item[_ATTEMPTS:]), dtype)
        root = 1.0 + x / jnp.sqrt(9.0 * shift)
        cube = jnp.where(root > 0.0, root, 1.0) ** 3
        accepted = (root > 0.0) & (jnp.log(uniform) < 0.5 * x * x + shift * (1.0 - cube + jnp.log(cube)))
        return jnp.where(jnp.any(accepted), 2.0 * shift * cube[jnp.argmax(accepted)], jnp.nan)

    return jax.vmap(one)(index)


def keyed_uniforms(
    seed: Int[Array, ""],
    stream: Stream,
    index: UInt32[Array, ""],
    key_of: UInt32[Array, "issuers"],
    *,
    dtype: jnp.dtype,
) -> Float[Array, "issuers"]:
    """One number between 0 and 1 a name for one scenario, of (seed, stream, index, name key) and of nothing else.

    Adding, removing or reordering names leaves the numbers of the others as they were. In float32 they are as fine
    as 32 bits near 0, where defaults are decided.

    Args:
        seed: seed of the scenario set.
        stream: what the numbers are for.
        index: counter of the scenario.
        key_of: a stable 32-bit key of each name.
        dtype: floating dtype of the result.

    Returns:
        Independent uniform numbers, one a name, strictly between 0 and 1.
    """
    words = words_of(seed, stream, index, key_of)
    if jnp.dtype(dtype) == jnp.float64:
        return to_uniform(words, dtype)
    fine = (words[0].astype(dtype) + 0.5) * jnp.asarray(2.0**-32, dtype)
    return jnp.minimum(fine, jnp.asarray(1.0 - 2.0**-24, dtype))


def words_of(seed: Int[Array, ""], stream: Stream, index: UInt32[Array, "..."], item: UInt32[Array, "..."]) -> Words:
    """Random bits of each (scenario, item): the counter of the hash is that pair, its key the seed and the stream.

    Args:
        seed: seed of the scenario set.
        stream: what the numbers are for.
        index: counter of each scenario.
        item: number within the scenario; shapes broadcast.

    Returns:
        Two words each.
    """
    return threefry2x32(stream_key(seed, stream.value), (index, item))
