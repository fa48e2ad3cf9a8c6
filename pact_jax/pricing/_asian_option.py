"""Present value of average-price options on assets."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import ArithmeticAsianOption, AsianOption
from pact_jax.market import MarketState

from ._asset_inputs import asset_inputs, flat_inputs
from ._greeks_traits import GreekEstimator, GreekTraits, register_greeks
from ._value import state_values
from .formulas import arithmetic_asian_price, geometric_asian_price


@state_values.register
def asian_option_value(terms: AsianOption, market: MarketState) -> Float[Array, "contracts"]:
    """Option on the geometric mean of the fixings, exact for constant volatility, rate and yield; reporting currency.

    Volatility, rate and yield are constant over the life: those of the strike and the expiry.

    Args:
        terms: the options.
        market: the state of the world.

    Returns:
        Value per contract; after the last fixing, what the known mean pays.

    References:
        A. Kemna, A. Vorst, A pricing method for options based on average asset values, J. Banking Finance 14 (1990).
    """
    option = terms.option
    of = asset_inputs(option, market)
    flat = flat_inputs(option, market, of)
    value = jax.vmap(geometric_asian_price)(
        of.spot,
        option.strike,
        terms.fixing_time,
        terms.fixing_weight,
        terms.past_log_sum,
        of.time,
        flat.vol,
        flat.rate,
        flat.dividend_yield,
        option.is_call,
    )
    return value * of.unit


@state_values.register
def arithmetic_asian_option_value(terms: ArithmeticAsianOption, market: MarketState) -> Float[Array, "contracts"]:
    """Option on the arithmetic mean of the fixings, by conditioning on one normal variable; reporting currency.

    Volatility, rate and yield are constant over the life: those of the strike and the expiry.

    Args:
        terms: the options.
        market: the state of the world.

    Returns:
        Value per contract, within 5e-6 of the forward up to a total volatility of 30 % and 1e-4 up to 60 %; after the
        last fixing, what the known mean pays.

    References:
        See `formulas.arithmetic_asian_price`.
    """
    option = terms.option
    of = asset_inputs(option, market)
    flat = flat_inputs(option, market, of)
    time = jnp.maximum(terms.fixing_time, 0.0)
    value = jax.vmap(arithmetic_asian_price)(
        of.spot[:, None] * jnp.exp((flat.rate - flat.dividend_yield)[:, None] * time),
        (flat.vol * flat.vol)[:, None] * time,
        terms.fixing_weight,
        terms.past_sum,
        option.strike,
        of.discount,
        option.is_call,
    )
    return value * of.unit


for _kind in (AsianOption, ArithmeticAsianOption):
    register_greeks(
        _kind,
        GreekTraits(
            lambda t: (t.option.expiry, t.option.discount.time, t.fixing_time),
            GreekEstimator.FORMULA,
            lambda t: t.option.asset,
        ),
    )
