"""What the factors that a stress leaves out do, given those that it names."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from pact_jax.errors import ArgumentError

_TOLERANCE = 1e-8
_RANK = 1e-12


def propagate_shock(
    covariance: Float[Array, "factors factors"],
    named: Bool[Array, "factors"],
    shock: Float[Array, "factors"],
) -> Float[Array, "factors"]:
    r"""Shock of every factor given the shock of some: the named ones as they are, the others by conditional mean.

    $x_o = \Sigma_{on} \Sigma_{nn}^{-1} x_n$: of all shocks with the named values the most plausible one, that of least
    Mahalanobis distance.

    Args:
        covariance: of all factors; positive semi-definite.
        named: which factors the stress names.
        shock: values of the named factors; others are not read.

    Returns:
        Shock of every factor.

    Raises:
        ArgumentError: no factor is named, or named factors that determine each other are given values that cannot
            happen together.

    Example:
        >>> covariance = jnp.asarray([[4.0, 1.0], [1.0, 1.0]])
        >>> propagate_shock(covariance, jnp.asarray([True, False]), jnp.asarray([2.0, 0.0])).tolist()
        [2.0, 0.5]

    References:
        P. Kupiec, Stress testing in a value at risk framework, J. Derivatives 6 (1998).
    """
    matrix, given = np.asarray(covariance, dtype=np.float64), np.asarray(named, dtype=bool)
    if not given.any():
        raise ArgumentError("no factor is named", where="propagate_shock", mend="name at least one shocked factor")
    scale = np.sqrt(np.diag(matrix))
    unit = np.where(scale > 0.0, scale, 1.0)
    correlation = matrix / np.outer(unit, unit)
    wanted = np.asarray(shock, dtype=np.float64)[given] / unit[given]
    values, vectors = np.linalg.eigh(correlation[np.ix_(given, given)])
    held = values > _RANK * len(values)
    inverse = np.where(held, 1.0 / np.where(held, values, 1.0), 0.0)
    weight = vectors @ (inverse * (vectors.T @ wanted))
    reached = correlation[:, given] @ weight
    off = np.abs(reached[given] - wanted).max()
    if off > _TOLERANCE * max(np.abs(wanted).max(), 1.0):
        place = int(np.flatnonzero(given)[np.argmax(np.abs(reached[given] - wanted))])
        raise ArgumentError(
            f"the value of column {place} cannot happen with the others: their covariance is singular",
            where="propagate_shock",
            mend="name fewer factors, or give values that move together as the covariance says",
        )
    reached[given] = wanted
    return jnp.asarray(reached * unit, covariance.dtype)
