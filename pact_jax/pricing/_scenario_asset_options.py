"""Many scenarios at once for digital and barrier options."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import AssetOption, BarrierOption, DigitalOption
from pact_jax.market import MarketState, VolPoints, scenario_base_vol

from ._asset_inputs import _NO_TIME
from ._scenario_pricer import ScenarioPricer, discount_reader, scenario_pricer
from .formulas import asset_digital_price, barrier_price, cash_digital_price, safe_sqrt


class _AssetRows(NamedTuple):
    """Options on one asset as `asset_inputs` and `flat_inputs` read them, one row each."""

    asset: Array
    currency: Array
    point: Array
    strike: Array
    is_call: Array
    multiplier: Array
    time: Array
    dividend_yield: Array
    read: VolPoints


class _Found(NamedTuple):
    """What `asset_inputs` and `flat_inputs` find, in every scenario."""

    spot: Float[Array, "contracts scenarios"]
    vol: Float[Array, "contracts scenarios"]
    log_discount: Float[Array, "contracts scenarios"]
    unit: Float[Array, "contracts scenarios"]


def _asset_rows(option: AssetOption, markets: MarketState) -> _AssetRows:
    time = jnp.maximum(option.expiry, 0.0)
    return _AssetRows(
        asset=option.asset,
        currency=option.currency,
        point=option.point,
        strike=option.strike,
        is_call=option.is_call,
        multiplier=option.multiplier,
        time=time,
        dividend_yield=markets.dividend_yield[option.asset, 0],
        read=VolPoints(option.surface, time, jnp.log(option.strike)),
    )


def _finder(option: AssetOption, markets: MarketState) -> Callable[[_AssetRows], _Found]:
    discount = discount_reader(option.discount, markets, option.point.shape[0])

    def found(of: _AssetRows) -> _Found:
        return _Found(
            spot=markets.spot[of.asset],
            vol=scenario_base_vol(markets, of.read) * markets.vol_level[of.read.surface],
            log_discount=discount.log(of.point),
            unit=of.multiplier[:, None] * markets.fx[of.currency],
        )

    return found


class _DigitalRows(NamedTuple):
    option: _AssetRows
    cash: Array
    pays_asset: Array


@scenario_pricer.register
def digital_option_scenario_pricer(terms: DigitalOption, markets: MarketState) -> ScenarioPricer:
    """`digital_option_value` in many scenarios.

    Args:
        terms: the options.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        One row a contract.
    """
    find = _finder(terms.option, markets)
    rows = _DigitalRows(_asset_rows(terms.option, markets), terms.cash, terms.pays_asset)

    def price(of: _DigitalRows) -> Float[Array, "contracts scenarios"]:
        option, at = of.option, find(of.option)
        prepaid = at.spot * jnp.exp(-option.dividend_yield * option.time)[:, None]
        discount, total_vol = jnp.exp(at.log_discount), at.vol * safe_sqrt(option.time)[:, None]
        shared = (prepaid / discount, option.strike[:, None], total_vol, discount)
        cash = cash_digital_price(*shared, of.cash[:, None], option.is_call[:, None])
        asset = asset_digital_price(*shared, option.is_call[:, None])
        return jnp.where(of.pays_asset[:, None], asset, cash) * at.unit

    return ScenarioPricer(rows, price)


class _BarrierRows(NamedTuple):
    option: _AssetRows
    barrier: Array
    rebate: Array
    is_up: Array
    is_in: Array


@scenario_pricer.register
def barrier_option_scenario_pricer(terms: BarrierOption, markets: MarketState) -> ScenarioPricer:
    """`barrier_option_value` in many scenarios.

    Args:
        terms: the options.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        One row a contract.
    """
    find = _finder(terms.option, markets)
    rows = _BarrierRows(_asset_rows(terms.option, markets), terms.barrier, terms.rebate, terms.is_up, terms.is_in)

    def price(of: _BarrierRows) -> Float[Array, "contracts scenarios"]:
        option, at = of.option, find(of.option)
        live = option.time > _NO_TIME
        years = jnp.where(live, option.time, 1.0)[:, None]
        value = barrier_price(
            at.spot,
            option.strike[:, None],
            of.barrier[:, None],
            of.rebate[:, None],
            option.time[:, None],
            at.vol,
            jnp.where(live[:, None], -at.log_discount / years, 0.0),
            option.dividend_yield[:, None],
            option.is_call[:, None],
            of.is_up[:, None],
            of.is_in[:, None],
        )
        return value * at.unit

    return ScenarioPricer(rows, price)
