"""Which market factors one contract is read along, for kinds whose positions may be collapsed onto a ladder."""

from functools import singledispatch
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import EuropeanOption, Forward, Stock
from pact_jax.market import MarketState, base_implied_vol


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


@singledispatch
def bend_width(terms: Any, market: MarketState) -> Float[Array, "contracts"] | None:
    """Over which move of the logarithm of its spot a price bends, for kinds on ladders that bend at all.

    Args:
        terms: contracts of one kind.
        market: the base state.

    Returns:
        The standard deviation of the spot to expiry for options; None for kinds that are straight or exponential.
    """
    return None


@bend_width.register
def _european_option_width(terms: EuropeanOption, market: MarketState) -> Float[Array, "contracts"]:
    time = jnp.maximum(terms.expiry, 0.0)
    vol = base_implied_vol(market, terms.surface, time, jnp.log(terms.strike)) * market.vol_level[terms.surface]
    return vol * jnp.sqrt(time)


@ladder_axes.register
def _european_option(terms: EuropeanOption) -> LadderAxes:
    return LadderAxes(terms.asset, terms.surface, terms.currency, terms.discount.curve[terms.point])


@ladder_axes.register
def _forward(terms: Forward) -> LadderAxes:
    return LadderAxes(terms.asset, None, terms.currency, terms.discount.curve[terms.point])


@ladder_axes.register
def _stock(terms: Stock) -> LadderAxes:
    return LadderAxes(terms.asset, None, terms.currency, None)
