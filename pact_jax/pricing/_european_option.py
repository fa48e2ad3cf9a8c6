"""Present value of European options on assets."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import EuropeanOption
from pact_jax.market import MarketState, base_implied_vol, log_discount_factor

from ._value import state_values
from .formulas import black_price_log, safe_sqrt


@state_values.register
def european_option_value(terms: EuropeanOption, market: MarketState) -> Float[Array, "contracts"]:
    """Black-Scholes-Merton value of one contract in the reporting currency.

    `X m [S e^{-qT} N(d1) - K P(T) N(d2)]` for a call, with the volatility read from the surface at the strike.
    Logarithms and exponentials are taken per asset and per discount point, not per contract.

    Args:
        terms: the options.
        market: the state of the world.

    Returns:
        Value per contract; intrinsic value at or after expiry.

    References:
        F. Black, M. Scholes (1973); R. C. Merton (1973).
    """
    time = jnp.maximum(terms.expiry, 0.0)
    log_strike = jnp.log(terms.strike)
    vol = base_implied_vol(market, terms.surface, time, log_strike) * safe_sqrt(time)
    carry = -market.dividend_yield[terms.asset] * time
    log_discount = log_discount_factor(market, terms.discount.curve, jnp.maximum(terms.discount.time, 0.0))
    log_moneyness = (jnp.log(market.spot)[terms.asset] - log_discount[terms.point]) + (carry - log_strike)
    # Both legs are quoted in value today, so the discount factor of the formula is 1.
    value = black_price_log(
        market.spot[terms.asset] * jnp.exp(carry),
        terms.strike * jnp.exp(log_discount)[terms.point],
        log_moneyness,
        vol * market.vol_level[terms.surface],
        jnp.ones_like(vol),
        terms.is_call,
    )
    return value * terms.multiplier * market.fx[terms.currency]
