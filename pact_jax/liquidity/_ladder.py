"""The cash-flow ladder: what comes in and goes out by day, and how long the liquid buffer lasts."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class CashFlowLadder(eqx.Module):
    """Cash flows gathered in time buckets, reporting currency; bucket k ends with day `end_day[k]`.

    Attributes:
        end_day: last day of each bucket, counted from the valuation date.
        inflow: at least 0.
        outflow: at least 0.
        net: inflow less outflow.
        cumulative_net: net of this and all earlier buckets.
        beyond: net of all flows after the last bucket; with the last cumulative net it is the sum of all flows.
    """

    end_day: Int[Array, "dates"]
    inflow: Float[Array, "dates"]
    outflow: Float[Array, "dates"]
    net: Float[Array, "dates"]
    cumulative_net: Float[Array, "dates"]
    beyond: Float[Array, ""]


def cash_flow_ladder(
    day: Int[Array, "flows"], amount: Float[Array, "flows"], end_day: Int[Array, "dates"]
) -> CashFlowLadder:
    """Gathers cash flows in buckets: `end_day[k-1] < day <= end_day[k]`, the first bucket holds everything earlier.

    Args:
        day: days from the valuation date to each flow, in the same count as `end_day`; padding has amount 0.
        amount: inflows positive, reporting currency.
        end_day: last day of each bucket, ascending.

    Returns:
        Flows by bucket.

    Example:
        >>> flows = jnp.asarray([1, 5, 5, 40]), jnp.asarray([10.0, -30.0, 5.0, 7.0])
        >>> cash_flow_ladder(*flows, jnp.asarray([1, 7, 30])).cumulative_net.tolist()
        [10.0, -15.0, -15.0]
    """
    num = end_day.shape[0]
    bucket = jnp.searchsorted(end_day, day, side="left")  # `num` beyond the last bucket: dropped, and summed apart
    inflow = jnp.zeros(num, amount.dtype).at[bucket].add(jnp.maximum(amount, 0.0), mode="drop")
    outflow = jnp.zeros(num, amount.dtype).at[bucket].add(jnp.maximum(-amount, 0.0), mode="drop")
    net = inflow - outflow
    beyond = jnp.sum(jnp.where(bucket == num, amount, 0.0))
    return CashFlowLadder(end_day, inflow, outflow, net, jnp.cumsum(net), beyond)


def largest_net_outflow(
    day: Int[Array, "flows"], amount: Float[Array, "flows"], horizon: Int[Array, ""] | int
) -> Float[Array, ""]:
    """Largest cumulative net outflow at the end of any day within a horizon, at least 0: what the buffer must meet.

    Flows of one day net with each other. A later inflow never makes up for an earlier gap.

    Args:
        day: days to each flow, resolved on the host (business days if the horizon counts business days).
        amount: inflows positive, reporting currency.
        horizon: H, in the same count of days; flows on day H belong to it.

    Returns:
        `max(0, max over t <= H of -sum of flows up to t)`.

    Example:
        >>> day, amount = jnp.asarray([1, 2, 3]), jnp.asarray([-5.0, -3.0, 20.0])
        >>> float(largest_net_outflow(day, amount, 3)), float(largest_net_outflow(day, amount, 1))
        (8.0, 5.0)
    """
    order = jnp.argsort(day)
    gap = -_cumulative(day[order], amount[order])
    return jnp.max(jnp.where(day[order] <= horizon, gap, 0.0), initial=0.0)


def survival_horizon(
    day: Int[Array, "flows"], amount: Float[Array, "flows"], cash_buffer: Float[Array, ""]
) -> Float[Array, ""]:
    """First day at whose end the buffer and all flows so far are negative; infinite if that never happens.

    Args:
        day: days to each flow.
        amount: inflows positive, reporting currency.
        cash_buffer: liquid buffer at the valuation date, at least 0.

    Returns:
        Days, in the count of `day`; infinite means that the buffer outlasts every flow in the ladder. NaN where
        the buffer or a flow is NaN.

    Example:
        >>> float(survival_horizon(jnp.asarray([1, 2, 3]), jnp.asarray([-5.0, -3.0, 20.0]), jnp.asarray(6.0)))
        2.0
    """
    order = jnp.argsort(day)
    left = cash_buffer + _cumulative(day[order], amount[order])
    first = jnp.min(jnp.where(left < 0.0, day[order].astype(amount.dtype), jnp.inf), initial=jnp.inf)
    return jnp.where(jnp.isnan(cash_buffer + jnp.sum(amount)), jnp.nan, first)


def _cumulative(day: Int[Array, "flows"], amount: Float[Array, "flows"]) -> Float[Array, "flows"]:
    """Sum of all flows up to and including each flow's day; days ascending."""
    after = jnp.searchsorted(day, day, side="right")
    return jnp.cumsum(amount)[jnp.maximum(after - 1, 0)] if day.shape[0] else jnp.zeros_like(amount)
