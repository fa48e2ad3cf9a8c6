"""Reading the market at a point: zero rates, discount factors, survival, implied volatility."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ._state import MarketState


def _bracket(
    nodes: Float[Array, "tenors"], time: Float[Array, "points"]
) -> tuple[Int[Array, "points"], Int[Array, "points"], Float[Array, "points"]]:
    """Left node, right node and weight of the right one; flat outside the nodes."""
    last = nodes.shape[0] - 1
    left = jnp.clip(jnp.searchsorted(nodes, time, side="right") - 1, 0, max(last - 1, 0))
    right = jnp.minimum(left + 1, last)
    width = nodes[right] - nodes[left]
    weight = jnp.clip((time - nodes[left]) / jnp.where(width > 0.0, width, 1.0), 0.0, 1.0)
    return left, right, weight


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
    left, right, weight = _bracket(market.curve_time, time)
    zero = (1.0 - weight) * market.zero_rate[curve, left] + weight * market.zero_rate[curve, right]
    return -zero * time


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
    expiries = market.vol_expiry[surface]
    last = expiries.shape[1] - 1
    left = jnp.clip(jnp.sum(expiries <= expiry[:, None], axis=1) - 1, 0, max(last - 1, 0))
    right = jnp.minimum(left + 1, last)
    time_left = jnp.take_along_axis(expiries, left[:, None], axis=1)[:, 0]
    time_right = jnp.take_along_axis(expiries, right[:, None], axis=1)[:, 0]
    inside = jnp.clip(expiry, time_left, time_right)
    width = jnp.where(time_right > time_left, time_right - time_left, 1.0)
    weight = (inside - time_left) / width
    vol_left = _smile(market, surface, left, log_strike)
    vol_right = _smile(market, surface, right, log_strike)
    variance = (1.0 - weight) * vol_left**2 * time_left + weight * vol_right**2 * time_right
    return jnp.sqrt(variance / inside)


def _smile(
    market: MarketState, surface: Int[Array, "contracts"], row: Int[Array, "contracts"], x: Float[Array, "contracts"]
) -> Float[Array, "contracts"]:
    nodes = market.vol_log_strike[surface, row]
    last = nodes.shape[1] - 1
    left = jnp.clip(jnp.sum(nodes <= x[:, None], axis=1) - 1, 0, max(last - 1, 0))
    right = jnp.minimum(left + 1, last)
    x_left = jnp.take_along_axis(nodes, left[:, None], axis=1)[:, 0]
    x_right = jnp.take_along_axis(nodes, right[:, None], axis=1)[:, 0]
    width = jnp.where(x_right > x_left, x_right - x_left, 1.0)
    weight = jnp.clip((x - x_left) / width, 0.0, 1.0)
    vol = market.implied_vol
    return (1.0 - weight) * vol[surface, row, left] + weight * vol[surface, row, right]


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
