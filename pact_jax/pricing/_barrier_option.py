"""Present value of single-barrier options on assets."""

from jaxtyping import Array, Float

from pact_jax.instruments import BarrierOption
from pact_jax.market import MarketState

from ._asset_inputs import asset_inputs, flat_inputs
from ._greeks_traits import GreekEstimator, GreekTraits, register_greeks
from ._value import state_values
from .formulas import barrier_price


@state_values.register
def barrier_option_value(terms: BarrierOption, market: MarketState) -> Float[Array, "contracts"]:
    """Reiner-Rubinstein value of knock-in and knock-out options with rebate, in the reporting currency.

    Volatility, rate and yield are constant over the life: those of the strike and the expiry, also at the barrier. A
    spot that a scenario carries to or beyond the barrier has touched it.

    Args:
        terms: the options.
        market: the state of the world.

    Returns:
        Value per contract; at or after expiry what it settles at, from the spot alone.

    References:
        M. Rubinstein, E. Reiner, Breaking down the barriers, Risk 4 (1991).
    """
    option = terms.option
    of = asset_inputs(option, market)
    flat = flat_inputs(option, market, of)
    value = barrier_price(
        of.spot,
        option.strike,
        terms.barrier,
        terms.rebate,
        of.time,
        flat.vol,
        flat.rate,
        flat.dividend_yield,
        option.is_call,
        terms.is_up,
        terms.is_in,
    )
    return value * of.unit


register_greeks(
    BarrierOption,
    GreekTraits(lambda t: (t.option.expiry, t.option.discount.time), GreekEstimator.JUMP, lambda t: t.option.asset),
)
