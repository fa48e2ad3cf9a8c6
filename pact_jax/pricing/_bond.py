"""Present value of bonds."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import Bond, LinearFlows
from pact_jax.market import MarketState, log_discount_factor, log_survival_probability

from ._flows import sum_flows
from ._value import contract_values, default_claim, state_flows, state_values


@state_values.register
def bond_states(terms: Bond, market: MarketState) -> Float[Array, "states"]:
    """Value of one unit paid at each point on survival, `X P(end) Q(start)`.

    P is the discount factor, Q the survival probability, X the exchange rate.

    Args:
        terms: the bonds.
        market: the state of the world.

    Returns:
        One state a point, reporting currency.
    """
    points = terms.points
    log_discount = log_discount_factor(market, points.curve, points.end)
    log_survival = log_survival_probability(market, points.issuer, points.start)
    return market.fx[points.currency] * jnp.exp(log_discount + log_survival)


@contract_values.register
def bond_value(terms: Bond, states: Float[Array, "states"]) -> Float[Array, "contracts"]:
    """Value of each bond as the sum of its flows: the linear map from states to contracts.

    Args:
        terms: the bonds.
        states: what `bond_states` returned.

    Returns:
        Value per bond, accrued interest included (dirty), reporting currency.
    """
    return sum_flows(_flows(terms), states, terms.recovery.shape[0])


@state_flows.register
def bond_flows(terms: Bond) -> LinearFlows:
    """The flows of each bond.

    Args:
        terms: the bonds.

    Returns:
        Amounts on the points.
    """
    return _flows(terms)


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


def _flows(terms: Bond) -> LinearFlows:
    return LinearFlows(terms.flow_point, terms.flow_contract, terms.amount)
