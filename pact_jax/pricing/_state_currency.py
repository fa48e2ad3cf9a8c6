"""Kinds whose value is an exchange rate times what does not depend on any exchange rate."""

from functools import singledispatch
from typing import Any

from jaxtyping import Array, Int

from pact_jax.instruments import (
    AmericanOption,
    AsianOption,
    BarrierOption,
    Bond,
    DigitalOption,
    EuropeanOption,
    Forward,
    Stock,
)


@singledispatch
def state_currency(terms: Any) -> Int[Array, "states"] | None:
    """The currency to whose exchange rate each state is proportional, as long as volatilities stay at their strikes.

    Args:
        terms: contracts of one kind.

    Returns:
        Index of the currency of each state; None for kinds that read exchange rates in another way, or do not say.
    """
    return None


@state_currency.register(EuropeanOption)
@state_currency.register(Forward)
@state_currency.register(Stock)
def _terms(terms: Any) -> Int[Array, "states"]:
    return terms.currency


@state_currency.register(AmericanOption)
@state_currency.register(AsianOption)
@state_currency.register(BarrierOption)
@state_currency.register(DigitalOption)
def _option(terms: Any) -> Int[Array, "states"]:
    return terms.option.currency


@state_currency.register
def _bond(terms: Bond) -> Int[Array, "states"]:
    return terms.points.currency
