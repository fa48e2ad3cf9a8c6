"""The order statistics that other systems print as value at risk, so that their numbers reproduce."""

import enum

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._numerics import from_ordered_bits
from .._typing import FloatScalar, FloatScalarLike
from ._quantile import SNAP, as_confidence, count_losses, has_nan, quantile_within, tail_mass
from ._refusal import refuse_derivative


class OrderStatistic(enum.Enum):
    """Which of n equally weighted losses is called the value at risk at level c; ranks count from the largest loss.

    Attributes:
        EXCEEDANCE: Rank floor((1 - c) n) + 1: the smallest x exceeded with probability <= 1 - c. The definition that
            the rest of this package uses; a P&L list sorted upwards and read at the 0-based index floor((1 - c) n).
        CEIL: Rank ceil((1 - c) n), as skfolio and the tail quantile of Boost do.
        FLOOR: Rank floor((1 - c) n), at least 1.
        LINEAR: Interpolated at the 0-based index (n - 1) c of the ascending losses: the default of numpy.quantile.
    """

    EXCEEDANCE = enum.auto()
    CEIL = enum.auto()
    FLOOR = enum.auto()
    LINEAR = enum.auto()


def order_statistic_value_at_risk(
    loss: Float[Array, "scenarios"], confidence: FloatScalarLike, rule: OrderStatistic
) -> FloatScalar:
    """Value at risk of equally weighted losses by a named rule; the rules differ by at most one order statistic.

    Args:
        loss: Losses, positive = money lost.
        confidence: Level c in [0, 1).
        rule: Which order statistic.

    Returns:
        The value at risk, NaN if a loss is NaN or the level is outside [0, 1).

    Raises:
        DifferentiationError: If differentiated; `value_at_risk` has an estimator.

    Example:
        >>> import jax.numpy as jnp
        >>> losses = jnp.arange(1.0, 11.0)
        >>> [float(order_statistic_value_at_risk(losses, 0.8, rule)) for rule in OrderStatistic]
        [8.0, 9.0, 9.0, 8.2]

    References:
        R. J. Hyndman and Y. Fan, Sample quantiles in statistical packages, The American Statistician 50 (1996).
    """
    loss, level = refuse_derivative((loss, as_confidence(confidence)))
    n = loss.shape[0]
    counted = count_losses(loss, None)

    def largest(rank: FloatScalar) -> FloatScalar:
        above = jnp.clip(rank, 1.0, float(n)) - 1.0
        return from_ordered_bits(quantile_within(counted, above), loss.dtype)

    tail = tail_mass(level) * n
    if rule is OrderStatistic.LINEAR:
        position = _snap((n - 1) * level)
        below = jnp.floor(position)
        low, high = largest(n - below), largest(n - below - 1.0)
        x = low + (position - below).astype(loss.dtype) * (high - low)
    elif rule is OrderStatistic.CEIL:
        x = largest(jnp.ceil(_snap(tail)))
    else:
        x = largest(jnp.floor(_snap(tail)) + (1.0 if rule is OrderStatistic.EXCEEDANCE else 0.0))
    return jnp.where(has_nan(loss, None) | jnp.isnan(tail), jnp.nan, x)


def _snap(count: FloatScalar) -> FloatScalar:
    """A count that is whole up to rounding, made whole."""
    room = max(SNAP, 4.0 * float(jnp.finfo(count.dtype).eps))
    return jnp.where(jnp.abs(count - jnp.round(count)) <= room * jnp.maximum(count, 1.0), jnp.round(count), count)
