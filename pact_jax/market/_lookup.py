"""Reading the market at a point: zero rates, discount factors, survival, implied volatility."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ._state import MarketState


def _hat_weights(nodes: Float[Array, "... tenors"], at: Float[Array, "..."]) -> Float[Array, "... tenors"]:
    """Weights of linear interpolation on the nodes, flat outside: they are not negative and sum to 1.

    A comparison with every node instead of a search: no gather, one fused kernel, smooth code under `vmap` and `grad`.
    """
    if nodes.shape[-1] == 1:
        return jnp.ones_like(nodes + at[..., None])
    gap = nodes[..., 1:] - nodes[..., :-1]
    passed = jnp.clip((at[..., None] - nodes[..., :-1]) / gap, 0.0, 1.0)
    one = jnp.ones_like(passed[..., :1])
    return jnp.concatenate([one, passed], axis=-1) - jnp.concatenate([passed, 0.0 * one], axis=-1)


def log_discount_factor(
    market: MarketState, curve: Int[Array, "points"], time: Float[Array, "points"]
) -> Float[Array, "points"]:
    """Logarithm of the discount factor, `-z(t) t`, with the zero rate linear between nodes and flat outside.

    Args:
        market: the state.
        curve: index of the curve of each point.
        time: years.

    Returns:
        Log discount factor of each point.
    """
    weight = _hat_weights(market.curve_time[None, :], time)
    return -jnp.sum(weight * market.zero_rate[curve], axis=-1) * time


def discount_factor(
    market: MarketState, curve: Int[Array, "points"], time: Float[Array, "points"]
) -> Float[Array, "points"]:
    """Discount factor `exp(-z(t) t)` of each point.

    Args:
        market: the state.
        curve: index of the curve of each point.
        time: years.

    Returns:
        Discount factor of each point.

    Example:
        >>> from pact_jax.market import example_market
        >>> round(float(discount_factor(example_market(), jnp.zeros(1, int), jnp.ones(1))[0]), 6)
        0.970446
    """
    return jnp.exp(log_discount_factor(market, curve, time))


def log_survival_probability(
    market: MarketState, issuer: Int[Array, "points"], time: Float[Array, "points"]
) -> Float[Array, "points"]:
    """Logarithm of the risk-neutral survival probability, minus the integral of the forward hazard to `time`.

    An issuer index below 0 means free of default.

    Args:
        market: the state.
        issuer: index of the issuer of each point, -1 for none.
        time: years.

    Returns:
        Log survival probability of each point.
    """
    start = jnp.concatenate([jnp.zeros_like(market.hazard_time[:1]), market.hazard_time[:-1]])
    end = jnp.concatenate([market.hazard_time[:-1], jnp.full_like(market.hazard_time[:1], jnp.inf)])
    overlap = jnp.clip(jnp.minimum(time[:, None], end[None, :]) - start[None, :], 0.0, None)
    hazard = market.hazard_rate[jnp.maximum(issuer, 0)]
    return jnp.where(issuer >= 0, -jnp.sum(overlap * hazard, axis=-1), 0.0)


def base_implied_vol(
    market: MarketState,
    surface: Int[Array, "contracts"],
    expiry: Float[Array, "contracts"],
    log_strike: Float[Array, "contracts"],
) -> Float[Array, "contracts"]:
    """Implied volatility of each contract before the surface's level multiplier.

    Linear in log-strike at each expiry, then linear in total variance between expiries; flat in volatility outside.
    The result is homogeneous of degree one in the nodes, so a parallel move is exactly the level multiplier.

    Args:
        market: the state.
        surface: index of the surface of each contract.
        expiry: years.
        log_strike: natural logarithm of the strike.

    Returns:
        Volatility per square-root year.
    """
    expiries, strikes = market.vol_log_strike.shape[1:]
    times = market.vol_expiry.reshape(-1)
    inside = jnp.clip(expiry, market.vol_expiry[surface, 0], market.vol_expiry[surface, -1])
    when = _bracket(times, surface * expiries, expiries, inside)
    variance = jnp.zeros_like(inside)
    for row, weight in ((when.low, 1.0 - when.weight), (when.high, when.weight)):
        at = _bracket(market.vol_log_strike.reshape(-1), row * strikes, strikes, log_strike)
        low, high = (market.implied_vol.reshape(-1)[index] for index in (at.low, at.high))
        smile = (1.0 - at.weight) * low + at.weight * high
        variance = variance + weight * times[row] * smile**2
    return jnp.sqrt(variance / inside)


class _Bracket(NamedTuple):
    """Places of the two neighbouring nodes, and the weight of the higher one in linear interpolation, flat outside."""

    low: Int[Array, "contracts"]
    high: Int[Array, "contracts"]
    weight: Float[Array, "contracts"]


def _bracket(
    nodes: Float[Array, "nodes"], first: Int[Array, "contracts"], count: int, at: Float[Array, "contracts"]
) -> _Bracket:
    """The nodes around a point among `count` ascending ones that begin at `first`, by bisection.

    Only the two neighbours are read and differentiated, however many nodes a surface has.
    """
    if count == 1:
        return _Bracket(first, first, jnp.zeros_like(at))
    low, step = jnp.zeros_like(first), 1 << (count - 1).bit_length()
    while step := step // 2:
        further = low + step
        passed = (further <= count - 2) & (nodes[first + jnp.minimum(further, count - 2)] <= at)
        low = jnp.where(passed, further, low)
    left, right = nodes[first + low], nodes[first + low + 1]
    weight = jnp.clip((at - left) / (right - left), 0.0, 1.0)
    return _Bracket(first + low, first + low + 1, weight)


def implied_vol(
    market: MarketState,
    surface: Int[Array, "contracts"],
    expiry: Float[Array, "contracts"],
    log_strike: Float[Array, "contracts"],
) -> Float[Array, "contracts"]:
    """Implied volatility of each contract at its absolute strike (sticky strike), level multiplier included.

    Args:
        market: the state.
        surface: index of the surface of each contract.
        expiry: years.
        log_strike: natural logarithm of the strike.

    Returns:
        Volatility per square-root year.

    Example:
        >>> from pact_jax.market import example_market
        >>> market = example_market()
        >>> vol = implied_vol(market, jnp.zeros(1, int), jnp.ones(1), jnp.log(jnp.full(1, 100.0)))
        >>> round(float(vol[0]), 6)
        0.2
    """
    return base_implied_vol(market, surface, expiry, log_strike) * market.vol_level[surface]
