"""Present value of European options on assets."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import EuropeanOption
from pact_jax.market import MarketState

from ._asset_inputs import asset_inputs
from ._value import state_values
from .formulas import black_price_log


@state_values.register
def european_option_value(terms: EuropeanOption, market: MarketState) -> Float[Array, "contracts"]:
    """Black-Scholes-Merton value of one contract in the reporting currency.

    `X m [S e^{-qT} N(d1) - K P(T) N(d2)]` for a call, with the volatility read from the surface at the strike.

    Args:
        terms: the options.
        market: the state of the world.

    Returns:
        Value per contract; intrinsic value at or after expiry.

    References:
        F. Black, M. Scholes (1973); R. C. Merton (1973).
    """
    of = asset_inputs(terms, market)
    # Both legs are quoted in value today, so the discount factor of the formula is 1.
    value = black_price_log(
        of.prepaid,
        terms.strike * of.discount,
        of.log_moneyness,
        of.total_vol,
        jnp.ones_like(of.total_vol),
        terms.is_call,
    )
    return value * of.unit
