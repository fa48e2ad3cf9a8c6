"""Sobol points with Owen's nested uniform scrambling."""

from functools import lru_cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, UInt32

from ..errors import ArgumentError
from ._counter import Stream, words_of
from ._threefry import Words

MOST_SOBOL_DIMENSIONS = 21_201
"""Dimensions that direction numbers are known for."""


@lru_cache(maxsize=8)
def sobol_net(log2_points: int, dimensions: int) -> UInt32[np.ndarray, "points factors"]:
    """The first 2^m Sobol points as integers: each column holds 0 to 2^m - 1, each number once.

    Direction numbers of Joe and Kuo as SciPy ships them; made on the host and kept.

    Args:
        log2_points: m, 0 to 30.
        dimensions: at most 21,201.

    Returns:
        Integers k of the points k / 2^m, in Gray-code order.

    Raises:
        ArgumentError: more dimensions than there are direction numbers for, or m outside its range.

    Example:
        >>> sobol_net(2, 2).tolist()
        [[0, 0], [2, 2], [3, 1], [1, 3]]

    References:
        S. Joe and F. Kuo, Constructing Sobol sequences with better two-dimensional projections, SIAM J. Sci. Comput.
        30 (2008).
    """
    if not 1 <= dimensions <= MOST_SOBOL_DIMENSIONS:
        raise ArgumentError(
            f"{dimensions:,} dimensions, direction numbers are known for 1 to {MOST_SOBOL_DIMENSIONS:,}",
            where="sobol_net",
            mend="use a lattice, plain Monte Carlo, or a factor model with fewer dimensions",
        )
    if not 0 <= log2_points <= 30:
        raise ArgumentError(f"2^{log2_points} points", where="sobol_net", mend="ask for 1 to 2^30 points")
    # Half a second to import, and needed by nothing else in the package.
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=False)
    return (engine.random_base2(log2_points) * 2.0**log2_points).astype(np.uint32)


def owen_scramble(net: UInt32[Array, "points factors"], seed: Int[Array, ""], replicate: Int[Array, ""] | int) -> Words:
    r"""Owen's nested uniform scrambling of a net of 2^m points, exactly: every number is uniform, the net stays a net.

    A bit of a coordinate is flipped by a random bit that depends on the bits before it and on the dimension. The 2^m
    points of one coordinate visit each of the 2^m - 1 nodes of that binary tree, so their random bits are a table; the
    bits after the m-th are independent from point to point.

    Args:
        net: integers of the points, as `sobol_net` makes them: each column a permutation of 0 to 2^m - 1.
        seed: seed of the scenario set.
        replicate: number of the randomisation; different ones are independent.

    Returns:
        Sixty-four bits a coordinate, most significant word first.

    Example:
        >>> high, _ = owen_scramble(jnp.asarray(sobol_net(3, 2)), jnp.asarray(7), 0)
        >>> sorted((high[:, 1] >> jnp.uint32(29)).tolist())  # one point in each eighth
        [0, 1, 2, 3, 4, 5, 6, 7]

    References:
        A. B. Owen, Randomly permuted (t,m,s)-nets and (t,s)-sequences (1995); Scrambling Sobol' and
        Niederreiter-Xing points, J. Complexity 14 (1998).
    """
    points, dimensions = net.shape
    bits = points.bit_length() - 1
    index = jnp.asarray(replicate).astype(jnp.uint32) * jnp.uint32(points) + jnp.arange(points, dtype=jnp.uint32)
    words = words_of(seed, Stream.QUASI, index[:, None], jnp.arange(dimensions, dtype=jnp.uint32)[None, :])
    if bits == 0:
        return words
    # The top bit of word n flips at node n (nodes 2^k to 2^(k+1) - 1 are those of level k); the others are the low bits
    # of leaf n: one hash serves both.
    flip = words[0] >> jnp.uint32(31)
    mask = jnp.zeros_like(net)
    for level in range(bits):
        at_level = jnp.repeat(flip[1 << level : 2 << level], points >> level, axis=0)
        mask = mask | (at_level << jnp.uint32(bits - 1 - level))
    leading = net ^ jnp.take_along_axis(mask, net.astype(jnp.int32), axis=0)
    low = words[0] & jnp.uint32((1 << (32 - bits)) - 1)
    return (leading << jnp.uint32(32 - bits)) | low, words[1]
