"""Rank-1 lattices: generating vectors, component by component, and random shifts with the baker's transformation."""

from functools import lru_cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, UInt32

from ..errors import ArgumentError
from ._counter import Stream, words_of
from ._threefry import Words

_MOST_BITS = 20


@lru_cache(maxsize=8)
def lattice_vector(log2_points: int, dimensions: int) -> UInt32[np.ndarray, "factors"]:
    r"""Generating vector of a lattice of 2^m points, component by component.

    Each component is the odd number that makes
    $P_2 = -1 + \frac1n \sum_k \prod_j (1 + 2\pi^2 \gamma_j B_2(\{k z_j/n\}))$ least, given those before it;
    its weights $\gamma_j = 1/j^2$ say that the first coordinates matter most, as principal components do. Odd numbers
    are plus or minus the powers of five, so that all candidates are compared at once by circular correlations. No two
    components are equal up to sign: such coordinates would move as one.

    Args:
        log2_points: m, 2 to 20.
        dimensions: at most 2^(m-2), the number of odd numbers below 2^m up to sign.

    Returns:
        z_1 to z_d, odd, between 1 and 2^m - 1.

    Raises:
        ArgumentError: m or the number of dimensions outside its range.

    Example:
        >>> lattice_vector(6, 3).tolist()
        [1, 45, 29]

    References:
        D. Nuyens and R. Cools, Fast component-by-component construction of rank-1 lattice rules with a non-prime number
        of points, J. Complexity 22 (2006). I. Sloan and S. Joe, Lattice Methods for Multiple Integration (1994).
    """
    if not 2 <= log2_points <= _MOST_BITS:
        raise ArgumentError(f"2^{log2_points} points", where="lattice_vector", mend=f"ask for 4 to 2^{_MOST_BITS}")
    candidates = _powers_of_five(log2_points)
    if not 1 <= dimensions <= len(candidates):
        raise ArgumentError(
            f"{dimensions:,} dimensions for a lattice of {1 << log2_points:,} points",
            where="lattice_vector",
            mend=f"beyond {len(candidates):,} coordinates repeat: use more points in a randomisation, or Sobol points",
        )
    levels = range(1, log2_points + 1)
    kernels = [_kernel(_powers_of_five(level) / 2.0**level) for level in levels]
    products = [np.full(len(kernel), 1.0 if level == 1 else 2.0) for level, kernel in zip(levels, kernels, strict=True)]
    chosen: list[int] = []
    for at in range(dimensions):
        total = np.zeros(len(candidates))
        for product, kernel in zip(products, kernels, strict=True):
            # Candidate 5^j takes the point of 5^i to that of 5^(i+j).
            sums = np.fft.irfft(np.conj(np.fft.rfft(product)) * np.fft.rfft(kernel), len(product))
            total += np.tile(sums, len(candidates) // len(sums))
        total[chosen] = np.inf
        best = int(np.argmin(total)) if at else 0
        chosen.append(best)
        weight = 1.0 / (at + 1.0) ** 2
        products = [p * (1.0 + weight * np.roll(k, -best)) for p, k in zip(products, kernels, strict=True)]
    return candidates[chosen].astype(np.uint32)


def shifted_lattice(
    vector: UInt32[Array, "factors"], log2_points: int, seed: Int[Array, ""], replicate: Int[Array, ""] | int
) -> Words:
    r"""Points of a rank-1 lattice with a random shift and the baker's transformation: every number is uniform.

    `x_k = 1 - abs(2 frac(k z / n + shift) - 1)`: the transformation makes the integrand periodic, which takes the
    error of a smooth one from order 1/n to 1/n^2. In integers, so without rounding.

    Args:
        vector: generating vector z.
        log2_points: m of n = 2^m points.
        seed: seed of the scenario set.
        replicate: number of the randomisation; different ones are independent.

    Returns:
        Sixty-four bits a coordinate, most significant word first.

    Example:
        >>> high, _ = shifted_lattice(jnp.asarray(lattice_vector(3, 2)), 3, jnp.asarray(7), 0)
        >>> high.shape
        (8, 2)

    References:
        R. Cranley and T. Patterson, Randomization of number theoretic methods for multiple integration, SIAM J. Numer.
        Anal. 13 (1976). F. Hickernell, Obtaining O(N^(-2+e)) convergence for lattice quadrature rules (2002).
    """
    item = jnp.arange(vector.shape[0], dtype=jnp.uint32)
    shift, low = words_of(seed, Stream.QUASI, jnp.asarray(replicate).astype(jnp.uint32)[None], item)
    point = jnp.arange(1 << log2_points, dtype=jnp.uint32)[:, None] * vector[None, :]
    high = (point << jnp.uint32(32 - log2_points)) + shift[None, :]
    low = jnp.broadcast_to(low[None, :], high.shape)
    # Folded at one half: the complement beyond it, then doubled.
    beyond = high >> jnp.uint32(31) == 1
    high, low = jnp.where(beyond, ~high, high), jnp.where(beyond, ~low, low)
    return (high << jnp.uint32(1)) | (low >> jnp.uint32(31)), (low << jnp.uint32(1)) | jnp.uint32(1)


def _powers_of_five(bits: int) -> np.ndarray:
    """Odd numbers below 2^bits up to sign, as 1, 5, 25, ..."""
    return np.array([pow(5, k, 1 << bits) for k in range(max(1 << bits >> 2, 1))], np.int64)


def _kernel(x: np.ndarray) -> np.ndarray:
    """2 pi^2 times the second Bernoulli polynomial."""
    return 2.0 * np.pi**2 * (x * x - x + 1.0 / 6.0)
