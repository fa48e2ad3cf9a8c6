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


def rolling_value_at_risk(loss: Float[Array, "dates"], confidence: FloatScalarLike, *, window: int) -> RollingForecast:
    """Historical-simulation VaR and ES for each date from the `window` dates before it, and the exceptions.

    The forecast for a date sees nothing of that date.

    Args:
        loss: Daily losses in date order, positive = money lost (for a long book: minus the returns).
        confidence: Level c.
        window: Number of past dates that each forecast uses.

    Returns:
        Forecasts for the dates from number `window` on.

    Raises:
        ArgumentError: The series is not longer than the window.

    Example:
        >>> import jax.numpy as jnp
        >>> rolling = rolling_value_at_risk(jnp.asarray([1.0, 2.0, 3.0, 0.0, 4.0]), 0.5, window=3)
        >>> rolling.value_at_risk.tolist(), rolling.exception.tolist()
        ([2.0, 2.0], [False, True])
    """
    dates = loss.shape[0]
    if not 0 < window < dates:
        raise ArgumentError(
            f"a window of {window} in {dates} dates leaves nothing to test", "window", f"use 1 to {dates - 1}"
        )

    def forecast(start: Array) -> TailMeasures:
        return tail_measures(lax.dynamic_slice_in_dim(loss, start, window), None, jnp.asarray(confidence))

    count = dates - window
    batch = min(_BATCH, count)
    # Whole batches: `lax.map` would compile what remains a second time. The last start fills up.
    starts = jnp.minimum(jnp.arange(-(-count // batch) * batch), count - 1)
    measures = jax.tree.map(lambda leaf: leaf[:count], lax.map(forecast, starts, batch_size=batch))
    came = loss[window:]
    return RollingForecast(
        measures.value_at_risk, measures.expected_shortfall, came, exceptions(came, measures.value_at_risk)
    )
