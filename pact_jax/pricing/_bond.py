"""Present value of bonds."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import Bond
from pact_jax.market import MarketState, log_discount_factor, log_survival_probability

from ._value import contract_values, default_claim, state_values


@state_values.register
def bond_states(terms: Bond, market: MarketState) -> Float[Array, "states"]:
    """Value of one unit paid at each point on survival, then of one unit paid there on default within its period.

    `X P(t_k) Q(t_k)` and `X P(t_k) [Q(t_{k-1}) - Q(t_k)]`, with the discount factor P, the survival probability Q and
    the exchange rate X.

    Args:
        terms: the bonds.
        market: the state of the world.

    Returns:
        Survival-contingent states, then default-contingent states, one each a point.
    """
    points = terms.points
    discount = market.fx[points.currency] * jnp.exp(log_discount_factor(market, points.curve, points.end))
    survive_start = jnp.exp(log_survival_probability(market, points.issuer, points.start))
    survive_end = jnp.exp(log_survival_probability(market, points.issuer, points.end))
    return jnp.concatenate([discount * survive_end, discount * (survive_start - survive_end)])


@contract_values.register
def bond_value(terms: Bond, states: Float[Array, "states"]) -> Float[Array, "contracts"]:
    """Value of each bond as the sum of its flows: the linear map from states to contracts.

    Args:
        terms: the bonds.
        states: what `bond_states` returned.

    Returns:
        Value per bond, accrued interest included (dirty), reporting currency.
    """
    num_points = terms.points.end.shape[0]
    flow = terms.amount * states[terms.flow_point] + terms.recovery_amount * states[num_points + terms.flow_point]
    return jax.ops.segment_sum(flow, terms.flow_contract, num_segments=terms.recovery.shape[0])


@default_claim.register
def bond_claim(terms: Bond, market: MarketState) -> Float[Array, "contracts"]:
    """Recovery of face per bond on an immediate default, reporting currency.

    Args:
        terms: the bonds.
        market: the state of the world.

    Returns:
        Recovery rate times face, converted.
    """
    return terms.recovery * market.fx[terms.currency]
