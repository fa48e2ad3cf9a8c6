"""Present value of options on two assets."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import TwoAssetOption
from pact_jax.market import MarketState, base_implied_vol, log_discount_factor

from ._greeks_traits import GreekEstimator, GreekTraits, register_greeks
from ._value import state_values
from .formulas import safe_sqrt, two_asset_sum_price


class _Leg(NamedTuple):
    """One of the two assets: forward price at expiry, volatility there times the square root of the time."""

    forward: Float[Array, "contracts"]
    total_vol: Float[Array, "contracts"]


@state_values.register
def two_asset_option_value(terms: TwoAssetOption, market: MarketState) -> Float[Array, "contracts"]:
    """Option on the sum of two lognormal assets, one integral over Black's formula; reporting currency.

    Each asset's volatility is that of its own forward: the smiles do not enter, nor does their correlation move.

    Args:
        terms: the options.
        market: the state of the world.

    Returns:
        Value per contract, within 5e-6 of the two forwards; NaN where the method does not reach that (correlation
        next to 1 or -1).

    References:
        See `formulas.two_asset_sum_price`.
    """
    time = jnp.maximum(terms.expiry, 0.0)
    log_discount = log_discount_factor(market, terms.discount.curve, jnp.maximum(terms.discount.time, 0.0))[terms.point]
    first = _leg(terms.asset, terms.surface, time, log_discount, market)
    second = _leg(terms.asset_2, terms.surface_2, time, log_discount, market)
    value = two_asset_sum_price(
        first.forward,
        terms.weight_2 * second.forward,
        terms.strike,
        first.total_vol,
        second.total_vol,
        terms.correlation,
        jnp.exp(log_discount),
        terms.is_call,
    )
    return value * terms.multiplier * market.fx[terms.currency]


def _leg(
    asset: Int[Array, "contracts"],
    surface: Int[Array, "contracts"],
    time: Float[Array, "contracts"],
    log_discount: Float[Array, "contracts"],
    market: MarketState,
) -> _Leg:
    log_forward = jnp.log(market.spot)[asset] - market.dividend_yield[asset] * time - log_discount
    vol = base_implied_vol(market, surface, time, log_forward) * market.vol_level[surface]
    return _Leg(jnp.exp(log_forward), vol * safe_sqrt(time))


register_greeks(
    TwoAssetOption,
    GreekTraits(lambda t: (t.expiry, t.discount.time), GreekEstimator.FORMULA),
)
