"""Many scenarios at once for European options on assets and on currencies."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import EuropeanOption, FxOption
from pact_jax.market import MarketState, VolPoints, scenario_base_vol

from ._scenario_pricer import ScenarioPricer, discount_reader, scenario_pricer
from .formulas import black_price_log, safe_sqrt


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
def european_option_scenario_pricer(terms: EuropeanOption, markets: MarketState) -> ScenarioPricer:
    """`european_option_value` in many scenarios.

    Args:
        terms: the options.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        One row a contract.
    """
    discount = discount_reader(terms.discount, markets, terms.strike.shape[0])
    log_spot = _log_of(markets.spot, terms.asset)
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
        log_moneyness = log_spot(of.asset) - discount.log(of.point) + (of.carry - of.read.log_strike)[:, None]
        vol = scenario_base_vol(markets, of.read) * of.root_time[:, None]
        value = black_price_log(
            markets.spot[of.asset] * jnp.exp(of.carry)[:, None],
            of.strike[:, None] * discount.factor(of.point),
            log_moneyness,
            vol * markets.vol_level[of.read.surface],
            jnp.ones((1, 1), log_moneyness.dtype),
            of.is_call[:, None],
        )
        return value * (of.multiplier[:, None] * markets.fx[of.currency])

    return ScenarioPricer(rows, price)


class _FxOptionRows(NamedTuple):
    """Currency options as `fx_option_value` reads them, one row each."""

    currency: Array
    foreign_point: Array
    domestic_point: Array
    strike: Array
    is_call: Array
    root_time: Array
    read: VolPoints


@scenario_pricer.register
def fx_option_scenario_pricer(terms: FxOption, markets: MarketState) -> ScenarioPricer:
    """`fx_option_value` in many scenarios.

    Args:
        terms: the options.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        One row a contract.
    """
    discount = discount_reader(terms.discount, markets, 2 * terms.strike.shape[0])
    log_fx = _log_of(markets.fx, terms.currency)
    time = jnp.maximum(terms.expiry, 0.0)
    rows = _FxOptionRows(
        currency=terms.currency,
        foreign_point=terms.foreign_point,
        domestic_point=terms.domestic_point,
        strike=terms.strike,
        is_call=terms.is_call,
        root_time=safe_sqrt(time),
        read=VolPoints(terms.surface, time, jnp.log(terms.strike)),
    )

    def price(of: _FxOptionRows) -> Float[Array, "contracts scenarios"]:
        log_prepaid = log_fx(of.currency) + discount.log(of.foreign_point)
        vol = scenario_base_vol(markets, of.read) * of.root_time[:, None]
        return black_price_log(
            markets.fx[of.currency] * discount.factor(of.foreign_point),
            of.strike[:, None] * discount.factor(of.domestic_point),
            log_prepaid - discount.log(of.domestic_point) - of.read.log_strike[:, None],
            vol * markets.vol_level[of.read.surface],
            jnp.ones((1, 1), log_prepaid.dtype),
            of.is_call[:, None],
        )

    return ScenarioPricer(rows, price)


def _log_of(
    level: Float[Array, "assets scenarios"], asset: Int[Array, "contracts"]
) -> Callable[[Int[Array, "contracts"]], Float[Array, "contracts scenarios"]]:
    """Logarithms once an asset, or of the rows read where there are fewer contracts than assets."""
    if asset.shape[0] < level.shape[0]:
        return lambda index: jnp.log(level[index])
    every = jnp.log(level)
    return lambda index: every[index]
