"""How well the buffer covers net outflows, and how long positions take to sell."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax._program import program

COVERAGE_DAYS = 30
"""Calendar days over which coverage is measured."""

INFLOW_CAP = 0.75
"""Share of outflows that inflows may offset at most, as in the liquidity coverage ratio (BCBS 238, January 2013)."""


def net_outflow(
    outflow: Float[Array, "..."], inflow: Float[Array, "..."], inflow_cap: float = INFLOW_CAP
) -> Float[Array, "..."]:
    """Outflows less the inflows that may count, `O - min(I, cap x O)`.

    Args:
        outflow: gross outflows, at least 0.
        inflow: gross inflows, at least 0.
        inflow_cap: share of the outflows; 1 for plain netting down to 0.

    Returns:
        At least `(1 - cap) x O`.

    Example:
        >>> float(net_outflow(jnp.asarray(100.0), jnp.asarray(90.0)))
        25.0
    """
    return outflow - jnp.minimum(inflow, inflow_cap * outflow)


@program(small=True)
def liquidity_coverage(
    day: Int[Array, "flows"],
    amount: Float[Array, "flows"],
    cash_buffer: Float[Array, ""],
    *,
    window_days: int = COVERAGE_DAYS,
    inflow_cap: float = INFLOW_CAP,
) -> Float[Array, ""]:
    """Liquid buffer over the net outflows of 30 days: a cash-flow coverage, NOT the Basel liquidity coverage ratio.

    The numerator is the buffer as given, without haircuts, composition caps or eligibility; the denominator is the
    flows as given, without run-off and draw-down factors. Only the shape of the formula and the cap on inflows are
    those of the ratio.

    Args:
        day: calendar days to each flow.
        amount: inflows positive, reporting currency.
        cash_buffer: liquid buffer, reporting currency; NaN where it was not supplied.
        window_days: length of the window; a flow on its last day counts.
        inflow_cap: share of outflows that inflows may offset.

    Returns:
        Coverage, 1 where the buffer just suffices; infinite where nothing flows out; NaN for an unknown buffer.

    Example:
        >>> day, amount = jnp.asarray([3, 10, 45]), jnp.asarray([-100.0, 20.0, -500.0])
        >>> float(liquidity_coverage(day, amount, jnp.asarray(120.0)))
        1.5

    References:
        BCBS 238, Basel III: The Liquidity Coverage Ratio and liquidity risk monitoring tools (2013), paragraph 69.
    """
    within = (day <= window_days).astype(amount.dtype)
    outflow = jnp.sum(within * jnp.maximum(-amount, 0.0))
    inflow = jnp.sum(within * jnp.maximum(amount, 0.0))
    need = net_outflow(outflow, inflow, inflow_cap)
    covered = cash_buffer / jnp.where(need > 0.0, need, 1.0)
    unneeded = jnp.where(jnp.isnan(cash_buffer + need), jnp.nan, jnp.inf)
    return jnp.where(need > 0.0, covered, unneeded)


class LiquidationTime(eqx.Module):
    """How fast the book can be sold within the participation cap.

    Attributes:
        days: business days to sell the whole net quantity of each asset at the cap; 0 where nothing is held, NaN
            where the volume is not known.
        participation: share of daily volume that selling the fraction phi within the horizon takes.
        utilisation: participation over the cap; above 1 the fraction cannot be sold in time within the cap.
        longest: the longest time; NaN where one is not known, so that a limit on it fails closed.
        highest_utilisation: the highest utilisation; NaN where one is not known.
        longest_known: the longest of the times that are known.
        unknown: true where something is held and its volume is not known.
    """

    days: Float[Array, "assets"]
    participation: Float[Array, "assets"]
    utilisation: Float[Array, "assets"]
    longest: Float[Array, ""]
    highest_utilisation: Float[Array, ""]
    longest_known: Float[Array, ""]
    unknown: Bool[Array, "assets"]


def liquidation_time(
    net_quantity: Float[Array, "assets"],
    adv: Float[Array, "assets"],
    fraction: Float[Array, ""],
    participation_cap: Float[Array, ""],
    horizon_days: Float[Array, ""],
) -> LiquidationTime:
    """Days to liquidate, `|Q| / (cap V)`, and utilisation of the cap, `|phi Q| / (H V) / cap`.

    The cap is reported, never imposed: it does not lower the cost of selling faster.

    Args:
        net_quantity: Q, net units of each asset over all desks.
        adv: V, average daily volume in units; NaN or 0 where it is not known.
        fraction: phi, the fraction to be sold within the horizon.
        participation_cap: largest share of daily volume, positive.
        horizon_days: H, business days.

    Returns:
        Times and utilisations by asset.

    Example:
        >>> q, v = jnp.asarray([1000.0, -50.0]), jnp.asarray([500.0, 1000.0])
        >>> terms = jnp.asarray(0.1), jnp.asarray(0.2), jnp.asarray(1.0)
        >>> liquidation_time(q, v, *terms).days.tolist()
        [10.0, 0.25]
    """
    size = jnp.abs(net_quantity)
    known = adv > 0.0
    volume = jnp.where(known, adv, 1.0)

    def where_known(x: Float[Array, "assets"]) -> Float[Array, "assets"]:
        return jnp.where(size == 0.0, 0.0, jnp.where(known, x, jnp.nan))

    days = where_known(size / (participation_cap * volume))
    participation = where_known(fraction * size / (horizon_days * volume))
    used = participation / participation_cap
    return LiquidationTime(
        days=days,
        participation=participation,
        utilisation=used,
        longest=jnp.max(days, initial=0.0),
        highest_utilisation=jnp.max(used, initial=0.0),
        longest_known=jnp.max(jnp.where(jnp.isnan(days), 0.0, days), initial=0.0),
        unknown=(size > 0.0) & ~known,
    )
