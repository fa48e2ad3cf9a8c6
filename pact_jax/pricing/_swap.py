"""Present value of interest-rate swaps, linear in discount factors and floating periods."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import CashPoints, GrowthPoints, LinearFlows, Swap
from pact_jax.market import MarketState, log_discount_factor

from ._flows import joined_flows, sum_flows
from ._greeks_traits import GreekEstimator, GreekTraits, register_greeks
from ._value import contract_values, state_flows, state_values


def cash_states(points: CashPoints, market: MarketState) -> Float[Array, "points"]:
    """Value of one unit of currency paid at each point, `X P(t)`, reporting currency.

    Args:
        points: currencies, curves and times.
        market: the state of the world.

    Returns:
        One value a point.
    """
    time = jnp.maximum(points.time, 0.0)
    return market.fx[points.currency] * jnp.exp(log_discount_factor(market, points.curve, time))


def growth_states(points: GrowthPoints, market: MarketState) -> Float[Array, "points"]:
    """Value of principal and floating interest paid at the end of each period, `X P_d(e) P_f(s) / P_f(e)`.

    Args:
        points: currencies, curves and periods.
        market: the state of the world.

    Returns:
        One value a point, reporting currency.
    """
    start, end = jnp.maximum(points.start, 0.0), jnp.maximum(points.end, 0.0)
    growth = log_discount_factor(market, points.forward_curve, start) - log_discount_factor(
        market, points.forward_curve, end
    )
    return market.fx[points.currency] * jnp.exp(log_discount_factor(market, points.curve, end) + growth)


@state_values.register
def swap_states(terms: Swap, market: MarketState) -> Float[Array, "states"]:
    """Values of the unique payments, then of the unique floating periods on other forward curves.

    Args:
        terms: the swaps.
        market: the state of the world.

    Returns:
        One value a point, reporting currency.
    """
    return jnp.concatenate([cash_states(terms.cash, market), growth_states(terms.growth, market)])


@contract_values.register
def swap_value(terms: Swap, states: Float[Array, "states"]) -> Float[Array, "contracts"]:
    """Floating leg less fixed leg: the linear map from states to contracts.

    Args:
        terms: the swaps.
        states: what `swap_states` returned.

    Returns:
        Value of paying the fixed rate, accrued interest included, reporting currency.
    """
    num_cash, count = terms.cash.time.shape[0], terms.currency.shape[0]
    cash = sum_flows(terms.cash_flows, states[:num_cash], count)
    return cash + sum_flows(terms.growth_flows, states[num_cash:], count)


@state_flows.register
def swap_flows(terms: Swap) -> LinearFlows:
    """The flows of each swap: payments, then floating periods on other forward curves.

    Args:
        terms: the swaps.

    Returns:
        Amounts on the states.
    """
    return joined_flows((terms.cash_flows, 0), (terms.growth_flows, terms.cash.time.shape[0]))


register_greeks(Swap, GreekTraits(lambda t: (t.cash.time, t.growth.start, t.growth.end), GreekEstimator.FORMULA))
