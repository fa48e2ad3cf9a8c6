"""Pricing many scenarios at once, one row a contract: the hot path of a revaluation."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from pact_jax.instruments import EuropeanOption
from pact_jax.market import MarketState, VolPoints, scenario_base_vol, scenario_log_discount

from .formulas import black_price_log, safe_sqrt


class ScenarioPricer(NamedTuple):
    """A kind's contracts made ready for a block of scenarios.

    What contracts share (logarithms of spots, discount factors) is computed once and looked up a row at a time; a row
    is contiguous along the scenarios, so that a whole price is one vectorised loop without a gather inside.

    Attributes:
        rows: what belongs to the contracts, one row each.
        price: unit values of some of the rows, contracts x scenarios, reporting currency; one column if no scenario
            moves them.
    """

    rows: PyTree
    price: Callable[[Any], Float[Array, "contracts scenarios"]]


@singledispatch
def scenario_pricer(terms: Any, markets: MarketState) -> ScenarioPricer | None:
    """The pricer of a block of scenarios, for kinds whose states are their contracts and that register one.

    Its values are those of `state_values` to rounding; a kind without one is priced by `vmap` of `state_values`.

    Args:
        terms: contracts of one kind.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        The pricer, or None.
    """
    return None


class _OptionRows(NamedTuple):
    """European options as `european_option_value` reads them, one row each."""

    asset: Array
    currency: Array
    point: Array
    strike: Array
    is_call: Array
    multiplier: Array
    carry: Array
    root_time: Array
    read: VolPoints


@scenario_pricer.register
def _european_option(terms: EuropeanOption, markets: MarketState) -> ScenarioPricer:
    log_discount = scenario_log_discount(markets, terms.discount.curve, jnp.maximum(terms.discount.time, 0.0))
    discount, log_spot = jnp.exp(log_discount), _log_spot(markets, terms.asset)
    time = jnp.maximum(terms.expiry, 0.0)
    rows = _OptionRows(
        asset=terms.asset,
        currency=terms.currency,
        point=terms.point,
        strike=terms.strike,
        is_call=terms.is_call,
        multiplier=terms.multiplier,
        carry=-markets.dividend_yield[terms.asset, 0] * time,
        root_time=safe_sqrt(time),
        read=VolPoints(terms.surface, time, jnp.log(terms.strike)),
    )

    def price(of: _OptionRows) -> Float[Array, "contracts scenarios"]:
        log_moneyness = log_spot(of.asset) - log_discount[of.point] + (of.carry - of.read.log_strike)[:, None]
        vol = scenario_base_vol(markets, of.read) * of.root_time[:, None]
        value = black_price_log(
            markets.spot[of.asset] * jnp.exp(of.carry)[:, None],
            of.strike[:, None] * discount[of.point],
            log_moneyness,
            vol * markets.vol_level[of.read.surface],
            jnp.ones((1, 1), log_moneyness.dtype),
            of.is_call[:, None],
        )
        return value * (of.multiplier[:, None] * markets.fx[of.currency])

    return ScenarioPricer(rows, price)


def _log_spot(
    markets: MarketState, asset: Int[Array, "contracts"]
) -> Callable[[Int[Array, "contracts"]], Float[Array, "contracts scenarios"]]:
    """Logarithms once an asset, or of the rows read where there are fewer contracts than assets."""
    if asset.shape[0] < markets.spot.shape[0]:
        return lambda index: jnp.log(markets.spot[index])
    every = jnp.log(markets.spot)
    return lambda index: every[index]
