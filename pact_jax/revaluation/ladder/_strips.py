"""Strips: the fixed payments of a book in one currency, on one curve and issuer, merged onto a few dates.

A scenario multiplies a payment at time t by `r(t) = exp(-t dz(t))` and, where an issuer has to survive until s, by
`q(s) = exp(-H(s) g)`, with the curve's move dz, the issuer's integrated hazard H and `g = expm1` of its log move. Both
are smooth in time between the nodes of the curves, so that a payment may be spread over a few dates around its own by
polynomial interpolation: what is interpolated is the change, not the value. Recovery flows survive until earlier than
they pay; `q(s) = q(t) exp((H(t) - H(s)) g)` is expanded in that small difference.
"""

import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import PositionGroup
from pact_jax.market import MarketShock, MarketState, log_discount_factor, log_survival_probability
from pact_jax.pricing import FixedPayments

from ._strip_plan import StripPlan

_LOBATTO = (-1.0, -0.5, 0.5, 1.0)
"""Chebyshev points of the second kind: neighbouring intervals share their ends."""

_ORDERS = 3
"""Terms of the expansion of survival in the time between two payments."""


class Strips(NamedTuple):
    """Merged payments, one row a strip in the bundle of its curve and issuer.

    Attributes:
        amount: base value at each date, reporting currency, one a term of the expansion; 0 where there is no strip.
        base: their sum over the dates.
        currency: of each strip.
        curve: discount curve of each bundle.
        issuer: issuer of each bundle; None where no payment has one.
        desk: desk of each strip.
        bucket: credit bucket of each strip, out of bounds for none.
    """

    amount: Float[Array, "bundles orders strips dates"]
    base: Float[Array, "bundles strips"]
    currency: Int[Array, "bundles strips"]
    curve: Int[Array, "bundles"]
    issuer: Int[Array, "bundles"] | None
    desk: Int[Array, "bundles strips"]
    bucket: Int[Array, "bundles strips"]


class StripDates(NamedTuple):
    """The dates that payments are merged onto.

    Attributes:
        ends: ends of the intervals: today, the nodes of the curves, the last payment.
        time: the dates, years.
        hazard: integrated base hazard of each issuer up to each date; a last row of zeros for no issuer.
    """

    ends: Float[Array, "nodes"]
    time: Float[Array, "dates"]
    hazard: Float[Array, "issuers dates"]


def strip_dates(market: MarketState, legs: list[FixedPayments]) -> StripDates:
    """Lays out the dates between the nodes of the curves.

    Args:
        market: the base state.
        legs: what is to be merged.

    Returns:
        The dates.
    """
    nodes = jnp.concatenate([market.curve_time, market.hazard_time])
    last = jnp.max(jnp.stack([jnp.max(leg.end, initial=0.0) for leg in legs]))
    ends = jnp.sort(jnp.concatenate([jnp.zeros_like(nodes[:1]), nodes, jnp.maximum(last, jnp.max(nodes))[None]]))
    middle, half = 0.5 * (ends[1:] + ends[:-1]), 0.5 * (ends[1:] - ends[:-1])
    inner = middle[:, None] + half[:, None] * jnp.asarray(_LOBATTO[:-1], ends.dtype)[None, :]
    time = jnp.concatenate([inner.reshape(-1), ends[-1:]])
    issuers = jnp.append(jnp.arange(market.hazard_rate.shape[0]), -1)
    hazard = jax.vmap(lambda issuer: -log_survival_probability(market, jnp.full(time.shape, issuer), time))(issuers)
    return StripDates(ends, time, hazard)


def merge_payments(
    plan: StripPlan,
    group: PositionGroup,
    leg: FixedPayments,
    exposure: Float[Array, "books states"],
    market: MarketState,
    dates: StripDates,
    num_buckets: int,
) -> Strips:
    """Spreads the payments of one leg over the dates, and adds up by strip.

    Args:
        plan: the strips.
        group: the positions.
        leg: what their states pay.
        exposure: holdings of the states by book.
        market: the base state.
        dates: to merge onto.
        num_buckets: length of the credit-buckets axis.

    Returns:
        The strips.
    """
    end = jnp.maximum(leg.end, 0.0)
    log_value = log_discount_factor(market, leg.curve, end)
    own = (plan.currency[:, None] == leg.currency[None, :]) & (plan.curve[plan.bundle][:, None] == leg.curve[None, :])
    spread = _spread(dates, end)
    powers = [spread]
    if leg.issuer is not None:
        assert leg.start is not None and plan.issuer is not None
        log_survival = log_survival_probability(market, leg.issuer, leg.start)
        own = own & (plan.issuer[plan.bundle][:, None] == leg.issuer[None, :])
        # Payments of one date that survive until different times differ by this much of integrated hazard.
        earlier = (log_survival - log_survival_probability(market, leg.issuer, end))[:, None]
        powers = [spread * earlier**k / math.factorial(k) for k in range(_ORDERS)]
        log_value = log_value + log_survival
    unit = market.fx[leg.currency] * jnp.exp(log_value)
    unit = unit if leg.amount is None else leg.amount * unit
    value = jnp.where(own & plan.used[:, None], exposure[plan.book] * unit[None, :], 0.0)
    flat = jnp.stack(powers, axis=1).reshape(end.shape[0], -1)
    amount = jnp.matmul(value, flat, precision=jax.lax.Precision.HIGHEST)
    amount = amount.reshape(plan.book.shape[0], len(powers), spread.shape[1])
    bucket = jnp.full(plan.book.shape, -1) if group.book_bucket is None else group.book_bucket[plan.book]
    # The strip after the last one is that of no book.
    amount = jnp.moveaxis(jnp.pad(amount, ((0, 1), (0, 0), (0, 0)))[plan.row], 2, 1)
    return Strips(
        amount,
        jnp.sum(amount[:, 0], axis=2),
        jnp.pad(plan.currency, (0, 1))[plan.row],
        plan.curve,
        plan.issuer,
        jnp.pad(group.book_desk[plan.book], (0, 1))[plan.row],
        jnp.pad(jnp.where(bucket < 0, num_buckets, bucket), (0, 1), constant_values=num_buckets)[plan.row],
    )


def strip_pnl(
    strips: tuple[Strips, ...], dates: StripDates, market: MarketState, shock: MarketShock
) -> list[Float[Array, "bundles strips scenarios"]]:
    """Profit and loss of strips in a block of scenarios.

    Args:
        strips: of each leg.
        dates: that they were merged onto.
        market: the base state.
        shock: a block of scenarios.

    Returns:
        One row a strip, for each leg.
    """
    discount = _discount_change(dates, market, shock)
    growth, survival = _survival_change(dates, shock)
    num_scenarios = jax.tree.leaves(shock)[0].shape[0]
    still = jnp.zeros((num_scenarios, market.fx.shape[0]), dates.time.dtype)
    converted = (still if shock.fx is None else jnp.expm1(shock.fx)).T

    def one_bundle(some: Strips) -> Float[Array, "strips scenarios"]:
        change, risky = discount[some.curve], some.issuer
        change = change if risky is None else change * survival[risky]
        orders, rows, _ = some.amount.shape
        terms = jnp.matmul(some.amount.reshape(orders * rows, -1), change, precision=jax.lax.Precision.HIGHEST)
        value = terms[-rows:]
        for k in range(orders - 2, -1, -1):
            assert risky is not None
            value = terms[k * rows : (k + 1) * rows] + growth[risky][None, :] * value
        return (value - some.base[:, None]) + converted[some.currency] * value

    return [jax.lax.map(one_bundle, leg) for leg in strips]


def _discount_change(
    dates: StripDates, market: MarketState, shock: MarketShock
) -> Float[Array, "curves dates scenarios"]:
    """`exp(-t dz(t))` of each curve at each date."""
    if shock.zero_rate is None:
        num_scenarios = jax.tree.leaves(shock)[0].shape[0]
        return jnp.ones((market.zero_rate.shape[0], dates.time.shape[0], num_scenarios), dates.time.dtype)
    # Reading a curve is linear in its nodes: the logarithms for a unit move of each.
    tenors = market.curve_time.shape[0]
    unit = eqx.tree_at(lambda m: m.zero_rate, market, jnp.eye(tenors, dtype=dates.time.dtype))
    read = jax.vmap(lambda k: log_discount_factor(unit, jnp.full(dates.time.shape, k), dates.time), out_axes=1)
    reading = read(jnp.arange(tenors))
    by_curve = jnp.moveaxis(shock.zero_rate, 0, 2)
    return jax.lax.map(lambda move: jnp.exp(jnp.matmul(reading, move, precision=jax.lax.Precision.HIGHEST)), by_curve)


def _survival_change(
    dates: StripDates, shock: MarketShock
) -> tuple[Float[Array, "issuers scenarios"], Float[Array, "issuers dates scenarios"]]:
    """Growth g of each issuer's hazard and `exp(-H(t) g)` at each date; after the last issuer comes none."""
    num_scenarios, issuers = jax.tree.leaves(shock)[0].shape[0], dates.hazard.shape[0] - 1
    still = jnp.zeros((num_scenarios, issuers), dates.time.dtype)
    growth = jnp.pad(still if shock.hazard_rate is None else jnp.expm1(shock.hazard_rate), ((0, 0), (0, 1))).T
    return growth, jnp.exp(-dates.hazard[:, :, None] * growth[:, None, :])


def _spread(dates: StripDates, time: Float[Array, "points"]) -> Float[Array, "points dates"]:
    """Weights of interpolation in time by cubics, one on each interval."""
    ends, width = dates.ends, len(_LOBATTO) - 1
    count = ends.shape[0] - 1
    interval = jnp.clip(jnp.sum(ends[None, 1:] <= time[:, None], axis=1), 0, count - 1)
    low, high = ends[interval], ends[interval + 1]
    at = jnp.where(high > low, (2.0 * time - low - high) / jnp.where(high > low, high - low, 1.0), -1.0)
    column = jnp.arange(dates.time.shape[0])[None, :] - (width * interval)[:, None]
    total = jnp.zeros(column.shape, time.dtype)
    for k, node in enumerate(_LOBATTO):
        others = [x for x in _LOBATTO if x != node]
        weight = math.prod(1.0 / (node - x) for x in others) * jnp.ones_like(at)
        for x in others:
            weight = weight * (at - x)
        total = total + jnp.where(column == k, weight[:, None], 0.0)
    return total
