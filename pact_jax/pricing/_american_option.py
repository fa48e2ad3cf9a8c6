"""Present value of American options on assets."""

from jaxtyping import Array, Float

from pact_jax.instruments import AmericanOption
from pact_jax.market import MarketState

from ._asset_inputs import asset_inputs, flat_inputs
from ._greeks_traits import GreekEstimator, GreekTraits, register_greeks
from ._value import state_values
from .formulas import ACCURATE, american_price


@state_values.register
def american_option_value(terms: AmericanOption, market: MarketState) -> Float[Array, "contracts"]:
    """American value by spectral collocation of the exercise boundary, in the reporting currency.

    Volatility, rate and yield are constant over the life: those of the strike and the expiry. The scheme is ACCURATE,
    with an error below 5e-6 of the strike for 99 % of contracts (`american_price` says more).

    Args:
        terms: the options.
        market: the state of the world.

    Returns:
        Value per contract, intrinsic at or after expiry; NaN where the method does not apply (`yield < rate < 0` for a
        put, `rate < yield < 0` for a call, or a drift above 25 standard deviations), which assessments refuse.

    References:
        L. Andersen, M. Lake, D. Offengenden, High-performance American option pricing, J. Comp. Finance 20 (2016).
    """
    option = terms.option
    of = asset_inputs(option, market)
    flat = flat_inputs(option, market, of)
    found = american_price(
        of.spot, option.strike, of.time, flat.vol, flat.rate, flat.dividend_yield, option.is_call, scheme=ACCURATE
    )
    return found.value * of.unit


register_greeks(
    AmericanOption,
    GreekTraits(lambda t: (t.option.expiry, t.option.discount.time), GreekEstimator.BRANCH, lambda t: t.option.asset),
)
