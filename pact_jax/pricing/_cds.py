"""Present value of credit default swaps, linear in the values of default intervals and premium payments."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import Cds, LinearFlows
from pact_jax.market import MarketState, log_discount_factor, log_survival_probability

from ._flows import joined_flows, sum_flows
from ._greeks_traits import GreekEstimator, GreekTraits, register_greeks
from ._value import contract_values, default_claim, state_flows, state_values
from .rates import default_interval


@state_values.register
def cds_states(terms: Cds, market: MarketState) -> Float[Array, "states"]:
    """One unit paid at default in each interval, its first moment in years, then one unit of each surviving premium.

    Over an interval the hazard is flat and the forward rate replaced by its mean, which is exact to the square of the
    interval's length; the intervals are cut at payments and at the nodes of the curves.

    Args:
        terms: the contracts.
        market: the state of the world.

    Returns:
        Values in the reporting currency.

    References:
        ISDA, CDS Standard Model (2009).
    """
    of, paid = terms.interval, terms.premium
    log_p = [log_discount_factor(market, of.curve, jnp.maximum(time, 0.0)) for time in (of.start, of.end)]
    log_q = [log_survival_probability(market, of.issuer, jnp.maximum(time, 0.0)) for time in (of.start, of.end)]
    level, moment = default_interval(log_p[0], log_p[1], log_q[0], log_q[1], of.end - of.start)
    premium = jnp.exp(
        log_discount_factor(market, paid.curve, jnp.maximum(paid.end, 0.0))
        + log_survival_probability(market, paid.issuer, jnp.maximum(paid.start, 0.0))
    )
    rate = market.fx[of.currency]
    return jnp.concatenate([rate * level, rate * moment, market.fx[paid.currency] * premium])


@contract_values.register
def cds_value(terms: Cds, states: Float[Array, "states"]) -> Float[Array, "contracts"]:
    """Protection less premium and the premium accrued at default: the linear map from states to contracts.

    Args:
        terms: the contracts.
        states: what `cds_states` returned.

    Returns:
        Value of bought protection, accrued premium included (dirty), reporting currency.
    """
    num, count = terms.interval.end.shape[0], terms.currency.shape[0]
    value = sum_flows(terms.protection_flows, states[:num], count)
    value = value + sum_flows(terms.accrual_flows, states[num : 2 * num], count)
    return value + sum_flows(terms.premium_flows, states[2 * num :], count)


@state_flows.register
def cds_flows(terms: Cds) -> LinearFlows:
    """The flows of each contract: protection, premium accrued at default, premiums.

    Args:
        terms: the contracts.

    Returns:
        Amounts on the states.
    """
    num = terms.interval.end.shape[0]
    return joined_flows((terms.protection_flows, 0), (terms.accrual_flows, num), (terms.premium_flows, 2 * num))


@default_claim.register
def cds_claim(terms: Cds, market: MarketState) -> Float[Array, "contracts"]:
    """Loss given default of the face less accrued premium, received by the buyer on an immediate default.

    Args:
        terms: the contracts.
        market: the state of the world.

    Returns:
        Amount per unit, reporting currency.
    """
    return terms.claim * market.fx[terms.currency]


register_greeks(
    Cds,
    GreekTraits(lambda t: (t.interval.start, t.interval.end, t.premium.start, t.premium.end), GreekEstimator.FORMULA),
)
