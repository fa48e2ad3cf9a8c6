"""Correlations moved towards a stressed state."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from pact_jax.errors import ArgumentError, CorrelationError

_TOLERANCE = 1e-9


def stressed_correlation(
    correlation: Float[Array, "factors factors"],
    level: float,
    intensity: float,
    *,
    group: Bool[Array, "factors"] | None = None,
) -> Float[Array, "factors factors"]:
    r"""Correlation of a stressed state, positive semi-definite by construction.

    $(1-a) R + a T$, with T one correlation for all pairs of factors. With a group, its factors share a common driver
    with the weight that gives those pairs `(1-a) r + a level`, while pairs across its border are damped by
    $\sqrt{1-a}$ and pairs outside stay: $D R D + a\, T_g$ with $D = \sqrt{1-a}$ inside the group and 1 outside.

    Args:
        correlation: of the calm state; positive semi-definite.
        level: correlation of every pair in the stressed state; at least -1/(n-1) for n factors, at most 1.
        intensity: a, from 0 (calm) to 1 (stressed).
        group: which factors are stressed; all if None.

    Returns:
        Unit diagonal, positive semi-definite.

    Raises:
        ArgumentError: intensity outside 0 to 1, or a level for which no such correlation exists.
        CorrelationError: the calm correlation is no correlation.

    Example:
        >>> stressed_correlation(jnp.asarray([[1.0, 0.25], [0.25, 1.0]]), 0.75, 0.5).tolist()
        [[1.0, 0.5], [0.5, 1.0]]
    """
    matrix = np.asarray(correlation, dtype=np.float64)
    inside = np.ones(len(matrix), dtype=bool) if group is None else np.asarray(group, dtype=bool)
    _check(matrix, level, intensity, int(inside.sum()))
    stressed = np.outer(inside, inside) * level
    np.fill_diagonal(stressed, inside.astype(float))
    damping = np.where(inside, np.sqrt(1.0 - intensity), 1.0)
    blended = matrix * np.outer(damping, damping) + intensity * stressed
    np.fill_diagonal(blended, 1.0)
    return jnp.asarray(blended, correlation.dtype)


def _check(matrix: Float[np.ndarray, "factors factors"], level: float, intensity: float, size: int) -> None:
    if not 0.0 <= intensity <= 1.0:
        raise ArgumentError(
            f"intensity is {intensity!r}", where="stressed_correlation", mend="use 0 (calm) to 1 (stressed)"
        )
    least = -1.0 / (size - 1) if size > 1 else -1.0
    if not least <= level <= 1.0:
        raise ArgumentError(
            f"{size} factors cannot all have the correlation {level!r}",
            where="stressed_correlation",
            mend=f"use {least:.6g} to 1",
        )
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest < -_TOLERANCE * len(matrix) or np.abs(np.diag(matrix) - 1.0).max() > _TOLERANCE:
        raise CorrelationError(
            f"no correlation: smallest eigenvalue {smallest:.6g}, diagonal off by "
            f"{np.abs(np.diag(matrix) - 1.0).max():.6g}",
            where="stressed_correlation",
            mend="repair it with nearest_correlation first",
        )
