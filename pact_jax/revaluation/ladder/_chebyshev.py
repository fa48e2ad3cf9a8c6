"""Chebyshev nodes, transforms and sums on plain arrays."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def chebyshev_nodes(count: int) -> np.ndarray:
    """Roots of the Chebyshev polynomial of degree `count`, in [-1, 1].

    Example:
        >>> chebyshev_nodes(2).round(6).tolist()
        [0.707107, -0.707107]
    """
    return np.cos(np.pi * (np.arange(count) + 0.5) / count)


def chebyshev_transform(count: int) -> np.ndarray:
    """The matrix that turns values at `chebyshev_nodes` into coefficients; exact for degree below `count`.

    Example:
        >>> (chebyshev_transform(2) @ chebyshev_nodes(2)).round(12).tolist()
        [0.0, 1.0]
    """
    angle = np.pi * (np.arange(count) + 0.5) / count
    matrix = 2.0 / count * np.cos(np.arange(count)[:, None] * angle[None, :])
    matrix[0] *= 0.5
    return matrix


def chebyshev_basis(x: Float[Array, "..."], count: int) -> list[Float[Array, "..."]]:
    """The first `count` Chebyshev polynomials at x, by their recurrence.

    Example:
        >>> [float(t) for t in chebyshev_basis(jnp.asarray(0.5), 3)]
        [1.0, 0.5, -0.5]
    """
    basis = [jnp.ones_like(x), x]
    while len(basis) < count:
        basis.append(2.0 * x * basis[-1] - basis[-2])
    return basis[:count]
