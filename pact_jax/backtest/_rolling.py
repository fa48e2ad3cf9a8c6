"""Rolling historical simulation over a return series, all dates in one call."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from .._typing import FloatScalarLike
from ..errors import ArgumentError
from ..measures import TailMeasures, tail_measures
from ._exceptions import exceptions

_BATCH = 256


class RollingForecast(eqx.Module):
    """One-step forecasts and what came: entry k belongs to date k + window.

    Attributes:
        value_at_risk: VaR of the window that ends the day before.
        expected_shortfall: ES of that window.
        loss: The loss that came.
        exception: Whether it was beyond the VaR.
    """

    value_at_risk: Float[Array, "..."]
    expected_shortfall: Float[Array, "..."]
    loss: Float[Array, "..."]
    exception: Bool[Array, "..."]


def rolling_value_at_risk(
    loss: Float[Array, "dates"],
    confidence: FloatScalarLike,
    *,
    window: int,
    volatility: Float[Array, "dates"] | None = None,
) -> RollingForecast:
    """Historical-simulation VaR and ES for each date from the `window` dates before it, and the exceptions.

    The forecast for a date sees nothing of that date. With volatilities it is filtered historical simulation: past
    losses are brought from the volatility of their day to that of the date.

    Args:
        loss: Daily losses in date order, positive = money lost (for a long book: minus the returns).
        confidence: Level c.
        window: Number of past dates that each forecast uses.
        volatility: Of each date, positive and known the day before, as `scenarios.filter_variance` makes it.

    Returns:
        Forecasts for the dates from number `window` on.

    Raises:
        ArgumentError: The series is not longer than the window.

    Example:
        >>> import jax.numpy as jnp
        >>> rolling = rolling_value_at_risk(jnp.asarray([1.0, 2.0, 3.0, 0.0, 4.0]), 0.5, window=3)
        >>> rolling.value_at_risk.tolist(), rolling.exception.tolist()
        ([2.0, 2.0], [False, True])

    References:
        J. Hull and A. White, Incorporating volatility updating into the historical simulation method for value at
        risk, J. Risk 1 (1998), for the filter.
    """
    dates = loss.shape[0]
    if not 0 < window < dates:
        raise ArgumentError(
            f"a window of {window} in {dates} dates leaves nothing to test", "window", f"use 1 to {dates - 1}"
        )

    scale = jnp.ones_like(loss) if volatility is None else volatility
    scaled = loss / scale

    def forecast(start: Array) -> TailMeasures:
        return tail_measures(lax.dynamic_slice_in_dim(scaled, start, window), None, jnp.asarray(confidence))

    count = dates - window
    batch = min(_BATCH, count)
    # Whole batches: `lax.map` would compile what remains a second time. The last start fills up.
    starts = jnp.minimum(jnp.arange(-(-count // batch) * batch), count - 1)
    measures = jax.tree.map(lambda leaf: leaf[:count], lax.map(forecast, starts, batch_size=batch))
    came, today = loss[window:], scale[window:]
    var = measures.value_at_risk * today
    return RollingForecast(var, measures.expected_shortfall * today, came, exceptions(came, var))
