"""Covariance by moments: equally weighted, exponentially weighted, with lags, and by today's volatilities."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError

from .._filtered import FilteredHistory

_HIGHEST = jax.lax.Precision.HIGHEST


def sample_covariance(moves: Float[Array, "dates factors"]) -> Float[Array, "factors factors"]:
    """Unbiased sample covariance, divisor n - 1.

    Args:
        moves: one row a window.

    Returns:
        Covariance; singular with fewer than one more window than factors.

    Example:
        >>> sample_covariance(jnp.asarray([[1.0, 2.0], [3.0, 6.0]])).tolist()
        [[2.0, 4.0], [4.0, 8.0]]
    """
    centred = moves - jnp.mean(moves, axis=0, keepdims=True)
    return jnp.matmul(centred.T, centred, precision=_HIGHEST) / (moves.shape[0] - 1.0)


def ewma_covariance(
    moves: Float[Array, "dates factors"], decay: Float[Array, ""] | float = 0.97
) -> Float[Array, "factors factors"]:
    r"""Exponentially weighted covariance with mean zero.

    $C = \sum_t w_t r_t r_t'$ with weights that fall by `decay` a row of age and sum to one.

    Args:
        moves: one row a day, oldest first.
        decay: above 0 and at most 1.

    Returns:
        Covariance, worth (1 + decay) / (1 - decay) equal rows.

    Example:
        >>> ewma_covariance(jnp.asarray([[2.0], [1.0]]), 0.5).round(6).tolist()
        [[2.0]]

    References:
        J.P. Morgan and Reuters, RiskMetrics Technical Document, 4th ed. (1996), section 5.2.
    """
    age = jnp.arange(moves.shape[0] - 1, -1, -1).astype(moves.dtype)
    raw = jnp.asarray(decay, moves.dtype) ** age
    weighted = moves * (raw / jnp.sum(raw))[:, None]
    return jnp.matmul(weighted.T, moves, precision=_HIGHEST)


def lagged_covariance(moves: Float[Array, "dates factors"], lags: int) -> Float[Array, "factors factors"]:
    r"""Long-run covariance of a day, for series that are not observed at the same time of day.

    $\Gamma_0 + \sum_{l=1}^{L} (1 - l/(L+1)) (\Gamma_l + \Gamma_l')$: a move that one market makes today and another
    tomorrow counts as one. Never indefinite, thanks to the weights; they leave out a part of the lagged covariance,
    1/(L+1) of it at lag 1.

    Args:
        moves: one row a day, in date order.
        lags: L, at least 0; 0 is the sample covariance with divisor n.

    Returns:
        Covariance of one day.

    Raises:
        ArgumentError: lags below 0, or not fewer than rows.

    References:
        W. Newey and K. West, Econometrica 55 (1987). P. Burns, R. Engle and J. Mezrich, Correlations and volatilities
        of asynchronous data, J. Derivatives 5 (1998).
    """
    count = moves.shape[0]
    if not 0 <= lags < count:
        raise ArgumentError(f"{lags} lags of {count} rows", where="lagged_covariance", mend="use 0 to a few days")
    centred = moves - jnp.mean(moves, axis=0, keepdims=True)
    total = jnp.matmul(centred.T, centred, precision=_HIGHEST)
    for lag in range(1, lags + 1):
        gamma = jnp.matmul(centred[lag:].T, centred[:-lag], precision=_HIGHEST)
        total = total + (1.0 - lag / (lags + 1.0)) * (gamma + gamma.T)
    return total / float(count)


def conditional_covariance(history: FilteredHistory) -> Float[Array, "factors factors"]:
    """Covariance of tomorrow: today's volatilities (EWMA or GARCH) and the correlation of the residuals.

    Args:
        history: what `filter_history` made.

    Returns:
        `D R D` with constant conditional correlation R.

    References:
        T. Bollerslev, Modelling the coherence in short-run nominal exchange rates, Review of Economics and Statistics
        72 (1990).
    """
    deviation = jnp.sqrt(history.variance)
    correlation = to_correlation(sample_covariance(history.residual))
    return correlation * deviation[:, None] * deviation[None, :]


def to_correlation(covariance: Float[Array, "factors factors"]) -> Float[Array, "factors factors"]:
    """Correlation of a covariance; a factor without variance is uncorrelated with all others.

    Args:
        covariance: positive semi-definite.

    Returns:
        Unit diagonal.

    Example:
        >>> to_correlation(jnp.asarray([[4.0, 1.0], [1.0, 1.0]])).tolist()
        [[1.0, 0.5], [0.5, 1.0]]
    """
    variance = jnp.diagonal(covariance)
    moving = variance > 0.0
    scale = jnp.sqrt(jnp.where(moving, variance, 1.0))
    both = moving[:, None] & moving[None, :]
    ratio = jnp.where(both, covariance / (scale[:, None] * scale[None, :]), 0.0)
    return jnp.where(jnp.eye(variance.shape[0], dtype=bool), jnp.ones_like(ratio), ratio)
