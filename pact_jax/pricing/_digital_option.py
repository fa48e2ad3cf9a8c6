"""Present value of digital options on assets."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import DigitalOption
from pact_jax.market import MarketState

from ._asset_inputs import asset_inputs
from ._greeks_traits import GreekEstimator, GreekTraits, register_greeks
from ._value import state_values
from .formulas import asset_digital_price, cash_digital_price


@state_values.register
def digital_option_value(terms: DigitalOption, market: MarketState) -> Float[Array, "contracts"]:
    """Cash or nothing `X m cash P(T) N(w d2)`, asset or nothing `X m S e^{-qT} N(w d1)`, in the reporting currency.

    The volatility is that of the surface at the strike: the slope of the smile is not part of the price.

    Args:
        terms: the options.
        market: the state of the world.

    Returns:
        Value per contract; at or after expiry what it pays at the spot, one half of it exactly at the strike.

    References:
        M. Rubinstein, E. Reiner, Unscrambling the binary code, Risk 4 (1991).
    """
    option = terms.option
    of = asset_inputs(option, market)
    shared = (of.forward, option.strike, of.total_vol, of.discount)
    cash = cash_digital_price(*shared, terms.cash, option.is_call)
    return jnp.where(terms.pays_asset, asset_digital_price(*shared, option.is_call), cash) * of.unit


register_greeks(
    DigitalOption,
    GreekTraits(lambda t: (t.option.expiry, t.option.discount.time), GreekEstimator.JUMP, lambda t: t.option.asset),
)
