"""The markets of many scenarios, laid out so that reading one point in all of them is one contiguous row."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ._lookup import base_implied_vol
from ._shock import MarketShock, apply_shock, moved_leaves
from ._state import MarketState


def scenario_markets(market: MarketState, shock: MarketShock) -> MarketState:
    """The markets of many scenarios in one state: every leaf gets a last axis for the scenarios.

    The axis is as long as the scenarios where the shock moves the leaf and of length one elsewhere, so nothing that
    stays put is repeated. With the scenarios last, looking up a row of a leaf copies a contiguous run.

    Args:
        market: base state.
        shock: shocks with a leading scenarios axis.

    Returns:
        A state whose leaves all have one axis more.

    Example:
        >>> from pact_jax.market import example_market
        >>> many = scenario_markets(example_market(), MarketShock(spot=jnp.zeros((5, 1))))
        >>> many.spot.shape, many.fx.shape
        ((1, 5), (1, 1))
    """
    state = jax.tree.map(lambda leaf: leaf[..., None], market)
    names = moved_leaves(shock)
    if not names:
        return state
    moved = jax.vmap(lambda one: [getattr(apply_shock(market, one), n) for n in names], out_axes=-1)(shock)
    return eqx.tree_at(lambda m: [getattr(m, n) for n in names], state, moved)


def scenario_log_discount(
    markets: MarketState, curve: Int[Array, "points"], time: Float[Array, "points"]
) -> Float[Array, "points scenarios"]:
    """`log_discount_factor` in every scenario, from the two nodes around each time.

    Args:
        markets: the scenarios, as `scenario_markets` lays them out.
        curve: index of the curve of each point.
        time: years.

    Returns:
        Log discount factors; one column if no rate moves.
    """
    node = _bracket(jnp.broadcast_to(markets.curve_time[:, 0], (*time.shape, markets.curve_time.shape[0])), time)
    weight = node.weight[:, None]
    zero_rate = (1.0 - weight) * markets.zero_rate[curve, node.low] + weight * markets.zero_rate[curve, node.high]
    return -zero_rate * time[:, None]


def scenario_log_survival(
    markets: MarketState, issuer: Int[Array, "points"], time: Float[Array, "points"]
) -> Float[Array, "points scenarios"]:
    """`log_survival_probability` in every scenario; 0 for an issuer index below 0, which means free of default.

    Args:
        markets: the scenarios, as `scenario_markets` lays them out.
        issuer: index of the issuer of each point.
        time: years.

    Returns:
        Log survival probabilities; one column if no hazard rate moves.
    """
    ends = markets.hazard_time[:, 0]
    # Integral up to the start of the period that holds the time, plus the rate of that period from there.
    width = jnp.diff(ends, prepend=0.0)
    whole = jnp.cumsum(width[None, :, None] * markets.hazard_rate, axis=1)
    before = jnp.concatenate([jnp.zeros_like(whole[:, :1]), whole[:, :-1]], axis=1)
    period = jnp.sum(ends[None, :-1] <= time[:, None], axis=1)
    start = jnp.where(period > 0, ends[jnp.maximum(period - 1, 0)], 0.0)
    own = jnp.maximum(issuer, 0)
    integral = before[own, period] + markets.hazard_rate[own, period] * (time - start)[:, None]
    return jnp.where((issuer >= 0)[:, None], -integral, 0.0)


class VolPoints(NamedTuple):
    """Where contracts read their volatility surfaces.

    Attributes:
        surface: index of the surface.
        expiry: years.
        log_strike: natural logarithm of the strike.
    """

    surface: Int[Array, "contracts"]
    expiry: Float[Array, "contracts"]
    log_strike: Float[Array, "contracts"]


def scenario_base_vol(markets: MarketState, points: VolPoints) -> Float[Array, "contracts scenarios"]:
    """`base_implied_vol` in every scenario: before the level of the surface.

    Args:
        markets: the scenarios, as `scenario_markets` lays them out.
        points: where to read.

    Returns:
        Volatilities; one column if neither the nodes nor the strikes of any surface move.
    """
    if markets.vol_log_strike.shape[-1] == 1:
        return _vol_on_fixed_strikes(markets, points)
    # Strikes that move with the spot bracket a contract differently in each scenario.
    axes = jax.tree.map(lambda leaf: -1 if leaf.shape[-1] > 1 else None, markets)
    some = jax.tree.map(lambda leaf: leaf if leaf.shape[-1] > 1 else leaf[..., 0], markets)
    return jax.vmap(lambda one: base_implied_vol(one, *points), in_axes=(axes,), out_axes=-1)(some)


def _vol_on_fixed_strikes(markets: MarketState, points: VolPoints) -> Float[Array, "contracts scenarios"]:
    surface = points.surface
    expiries = markets.vol_expiry[surface, :, 0]
    inside = jnp.clip(points.expiry, expiries[:, 0], expiries[:, -1])
    node = _bracket(expiries, inside)
    variance = jnp.zeros((), inside.dtype)
    for expiry, weight in ((node.low, 1.0 - node.weight), (node.high, node.weight)):
        strike = _bracket(markets.vol_log_strike[surface, expiry, :, 0], points.log_strike)
        low, high = (markets.implied_vol[surface, expiry, k] for k in (strike.low, strike.high))
        smile = (1.0 - strike.weight)[:, None] * low + strike.weight[:, None] * high
        time = markets.vol_expiry[surface, expiry, 0]
        variance = variance + (weight * time / inside)[:, None] * smile**2
    return jnp.sqrt(variance)


class _Bracket(NamedTuple):
    """Two neighbouring nodes, and the weight of the higher one in linear interpolation, flat outside."""

    low: Int[Array, "points"]
    high: Int[Array, "points"]
    weight: Float[Array, "points"]


def _bracket(nodes: Float[Array, "points tenors"], at: Float[Array, "points"]) -> _Bracket:
    low = jnp.sum(nodes[:, 1:-1] <= at[:, None], axis=1)
    high = jnp.minimum(low + 1, nodes.shape[1] - 1)
    left, right = (jnp.take_along_axis(nodes, index[:, None], axis=1)[:, 0] for index in (low, high))
    weight = jnp.where(right > left, (at - left) / jnp.where(right > left, right - left, 1.0), 0.0)
    return _Bracket(low, high, jnp.clip(weight, 0.0, 1.0))
