"""Which market factors one contract is read along, for kinds whose positions may be collapsed onto a ladder."""

from functools import singledispatch
from typing import Any, NamedTuple

from jaxtyping import Array, Int

from pact_jax.instruments import EuropeanOption, Forward, Stock


class LadderAxes(NamedTuple):
    """The factors of contracts that read at most one of each, and are proportional to the exchange rate.

    Attributes:
        asset: index of the asset.
        surface: index of the volatility surface; None for kinds that read none.
        currency: index of the currency.
        curve: index of the curve; None for kinds that read none.
    """

    asset: Int[Array, "contracts"]
    surface: Int[Array, "contracts"] | None
    currency: Int[Array, "contracts"]
    curve: Int[Array, "contracts"] | None


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
    return LadderAxes(terms.asset, None, terms.currency, terms.discount.curve[terms.point])


@ladder_axes.register
def _stock(terms: Stock) -> LadderAxes:
    return LadderAxes(terms.asset, None, terms.currency, None)
