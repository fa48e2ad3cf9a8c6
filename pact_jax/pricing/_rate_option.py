"""Present value of caps, floors and European swaptions."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax.instruments import CapFloor, RateVolTerms, Swaption
from pact_jax.market import MarketState, base_implied_vol, log_discount_factor

from ._flows import sum_flows
from ._greeks_traits import GreekEstimator, GreekTraits, register_greeks
from ._swap import cash_states, growth_states
from ._value import state_values
from .rates import RateVol, rate_option_price


@state_values.register
def cap_floor_value(terms: CapFloor, market: MarketState) -> Float[Array, "contracts"]:
    """Sum of caplets or floorlets under lognormal (displaced) or normal volatility, in the reporting currency.

    Each is `X N tau P_d(e) E[max(w (F - K), 0)]` with the forward of its period on the forward curve and the
    volatility at its fixing time and strike.

    Args:
        terms: the caps and floors.
        market: the state of the world.

    Returns:
        Value per unit of each contract; a period that has begun is worth its discounted intrinsic value. NaN where a
        lognormal forward and its displacement are negative in sum.

    References:
        F. Black, The pricing of commodity contracts, J. Financial Economics 3 (1976).
    """
    point = terms.period
    start, end = jnp.maximum(point.start, 0.0), jnp.maximum(point.end, 0.0)
    growth = jnp.expm1(
        log_discount_factor(market, point.forward_curve, start) - log_discount_factor(market, point.forward_curve, end)
    )
    paid = market.fx[point.currency] * jnp.exp(log_discount_factor(market, point.curve, end))
    at, own = terms.flow_period, terms.flow_contract
    forward = jnp.where(terms.flow_is_fixed, terms.flow_fixing, growth[at] / terms.flow_accrual)
    caplet = _option_value(terms.option, own, market, forward, terms.flow_fixing_time, terms.flow_accrual * paid[at])
    held = jnp.where(terms.flow_notional == 0.0, 0.0, terms.flow_notional * caplet)
    return jax.ops.segment_sum(held, own, num_segments=terms.currency.shape[0])


@state_values.register
def swaption_value(terms: Swaption, market: MarketState) -> Float[Array, "contracts"]:
    """Option on the forward swap rate times the annuity of the fixed leg, in the reporting currency.

    Args:
        terms: the swaptions.
        market: the state of the world.

    Returns:
        Value per unit of each contract; at or after expiry that of the swap if it is positive. NaN where a lognormal
        swap rate and its displacement are negative in sum.

    References:
        F. Black, The pricing of commodity contracts, J. Financial Economics 3 (1976).
    """
    count = terms.currency.shape[0]
    cash, growth = cash_states(terms.cash, market), growth_states(terms.growth, market)
    floating = sum_flows(terms.float_cash_flows, cash, count) + sum_flows(terms.float_growth_flows, growth, count)
    annuity = sum_flows(terms.annuity_flows, cash, count)
    held = annuity > 0.0
    rate = floating / jnp.where(held, annuity, 1.0)
    value = _option_value(terms.option, jnp.arange(count), market, rate, terms.expiry, annuity)
    return jnp.where(held, value, 0.0)


def _option_value(
    option: RateVolTerms,
    contract: Int[Array, "flows"],
    market: MarketState,
    forward: Float[Array, "flows"],
    time: Float[Array, "flows"],
    numeraire: Float[Array, "flows"],
) -> Float[Array, "flows"]:
    """Each option by its own model: both are computed, on harmless inputs where they do not apply."""
    surface, strike, is_call = option.surface[contract], option.strike[contract], option.is_call[contract]
    normal, shift = option.is_normal[contract], option.displacement[contract]
    years = jnp.maximum(time, 0.0)
    vol = base_implied_vol(market, surface, years, strike) * market.vol_level[surface]

    def priced(model: RateVol, of_model: Bool[Array, "flows"]) -> Float[Array, "flows"]:
        safe_forward, safe_strike = jnp.where(of_model, forward, 1.0), jnp.where(of_model, strike, 1.0)
        return rate_option_price(
            safe_forward, safe_strike, years, vol, numeraire, is_call=is_call, model=model, displacement=shift
        )

    return jnp.where(normal, priced(RateVol.BACHELIER, normal), priced(RateVol.BLACK, ~normal))


register_greeks(
    CapFloor,
    GreekTraits(lambda t: (t.period.start, t.period.end, t.flow_fixing_time), GreekEstimator.FORMULA),
)
register_greeks(
    Swaption,
    GreekTraits(lambda t: (t.expiry, t.cash.time, t.growth.start, t.growth.end), GreekEstimator.FORMULA),
)
