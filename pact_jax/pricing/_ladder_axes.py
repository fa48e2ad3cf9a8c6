"""Which market factors one contract is read along, for kinds whose positions may be collapsed onto a ladder."""

from functools import singledispatch
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Int

from pact_jax.instruments import EuropeanOption, Forward, Stock


class LadderAxes(NamedTuple):
    """The factors of contracts that read at most one of each, and are proportional to the exchange rate.

    Attributes:
        asset: index of the asset.
        surface: index of the volatility surface, -1 for none.
        currency: index of the currency.
        curve: index of the curve, -1 for none.
    """

    asset: Int[Array, "contracts"]
    surface: Int[Array, "contracts"]
    currency: Int[Array, "contracts"]
    curve: Int[Array, "contracts"]


@singledispatch
def ladder_axes(terms: Any) -> LadderAxes | None:
    """The factors of each contract, for kinds that register them beside a `scenario_pricer`.

    Args:
        terms: contracts of one kind.

    Returns:
        One of each factor a contract; None for kinds that no ladder covers.
    """
    return None


@ladder_axes.register
def _european_option(terms: EuropeanOption) -> LadderAxes:
    return LadderAxes(terms.asset, terms.surface, terms.currency, terms.discount.curve[terms.point])


@ladder_axes.register
def _forward(terms: Forward) -> LadderAxes:
    return LadderAxes(terms.asset, _none(terms.asset), terms.currency, terms.discount.curve[terms.point])


@ladder_axes.register
def _stock(terms: Stock) -> LadderAxes:
    return LadderAxes(terms.asset, _none(terms.asset), terms.currency, _none(terms.asset))


def _none(like: Int[Array, "contracts"]) -> Int[Array, "contracts"]:
    return jnp.full_like(like, -1)
