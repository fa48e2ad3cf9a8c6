"""The nearest correlation matrix."""

import numpy as np
from jaxtyping import Float

_MAX_ROUNDS = 2_000
_SETTLED = 1e-12


def nearest_correlation(matrix: Float[np.ndarray, "factors factors"]) -> Float[np.ndarray, "factors factors"]:
    """Nearest correlation matrix in the Frobenius norm, by alternating projections with Dykstra's correction.

    Runs on the host in float64, whatever the precision of the process.

    Args:
        matrix: Symmetric.

    Returns:
        Symmetric, unit diagonal, positive semi-definite to rounding.

    Example:
        >>> nearest_correlation(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])).round(4).tolist()[0]
        [1.0, 0.7607, 0.1573]

    References:
        N. J. Higham, Computing the nearest correlation matrix, IMA J. Numerical Analysis 22 (2002), algorithm 3.3.
    """
    current = np.array(matrix, dtype=np.float64)
    correction = np.zeros_like(current)
    for _ in range(_MAX_ROUNDS):
        shifted = current - correction
        values, vectors = np.linalg.eigh(shifted)
        definite = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = definite - shifted
        following = definite.copy()
        np.fill_diagonal(following, 1.0)
        step = np.linalg.norm(following - current)
        current = following
        if step <= _SETTLED * np.linalg.norm(current):
            break
    # What rounding leaves below zero is cut, and the diagonal scaled back to one.
    values, vectors = np.linalg.eigh(current)
    definite = (vectors * np.maximum(values, 0.0)) @ vectors.T
    scale = 1.0 / np.sqrt(np.diag(definite))
    nearest = definite * np.outer(scale, scale)
    return (nearest + nearest.T) / 2.0
