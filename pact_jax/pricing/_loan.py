"""Carrying value of loans."""

from jaxtyping import Array, Float

from pact_jax.instruments import Loan
from pact_jax.market import MarketState

from ._value import state_values


@state_values.register
def loan_value(terms: Loan, market: MarketState) -> Float[Array, "contracts"]:
    """Outstanding amount in the reporting currency: loans are carried at cost, not marked.

    Args:
        terms: the loans.
        market: the state of the world.

    Returns:
        Carrying value per unit.
    """
    return terms.outstanding * market.fx[terms.currency]
