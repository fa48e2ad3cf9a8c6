"""Shocks: sizes, groups, untouched leaves and the two dynamics of the surface."""

import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.market import FactorGroup, MarketShock, VolDynamics, apply_shock, implied_vol
from tests.pricing import books

GROUP_OF = {
    "spot": FactorGroup.SPOT,
    "fx": FactorGroup.FX,
    "zero_rate": FactorGroup.RATES,
    "vol_level": FactorGroup.VOL,
    "implied_vol": FactorGroup.VOL,
    "hazard_rate": FactorGroup.SPREAD,
    "factor": FactorGroup.FACTOR,
}


def full_shock() -> MarketShock:
    market = books.market()
    return MarketShock(
        spot=jnp.asarray([0.1, -0.2, 0.3]),
        fx=jnp.asarray([0.0, 0.05, -0.04]),
        zero_rate=jnp.full_like(market.zero_rate, 0.01),
        vol_level=jnp.asarray([0.2, -0.1, 0.0, 0.4]),
        implied_vol=jnp.full_like(market.implied_vol, -0.3),
        hazard_rate=jnp.asarray([0.5, -0.5]),
        half_spread=jnp.asarray([1.0, 0.0, -1.0]),
        adv=jnp.asarray([-0.7, 0.0, 0.2]),
        factor=jnp.asarray([2.0, -1.0]),
    )


def test_levels_move_by_log_return_and_rates_by_difference():
    market, shock = books.market(), full_shock()
    moved = apply_shock(market, shock)
    for name in ("spot", "fx", "vol_level", "implied_vol", "half_spread", "adv"):
        np.testing.assert_allclose(
            getattr(moved, name), getattr(market, name) * np.exp(getattr(shock, name)), rtol=1e-15
        )
    np.testing.assert_allclose(moved.hazard_rate, market.hazard_rate * np.exp([[0.5], [-0.5]]), rtol=1e-15)
    np.testing.assert_allclose(moved.zero_rate, market.zero_rate + 0.01, rtol=1e-15)
    np.testing.assert_allclose(moved.factor, [2.0, -1.0], rtol=1e-15)
    for name in ("dividend_yield", "curve_time", "vol_expiry", "vol_log_strike", "vol_underlying"):
        assert getattr(moved, name) is getattr(market, name)


def test_no_shock_returns_the_market_itself():
    market = books.market()
    assert apply_shock(market, MarketShock()) is market


@pytest.mark.parametrize("group", list(FactorGroup))
def test_only_one_group_moves_only_its_leaves(group):
    kept = full_shock().only([group])
    for name in (*GROUP_OF, "half_spread", "adv"):
        assert (getattr(kept, name) is not None) == (GROUP_OF.get(name) is group), name


def test_scaling_a_group():
    scaled = full_shock().scaled({FactorGroup.VOL: jnp.asarray(0.0), FactorGroup.SPOT: jnp.asarray(2.0)})
    np.testing.assert_array_equal(scaled.vol_level, 0.0)
    np.testing.assert_array_equal(scaled.implied_vol, 0.0)
    np.testing.assert_allclose(scaled.spot, [0.2, -0.4, 0.6], rtol=1e-15)
    np.testing.assert_array_equal(scaled.fx, full_shock().fx)


def test_sticky_strike_keeps_the_volatility_at_a_strike_and_sticky_moneyness_that_at_a_moneyness():
    market = books.market()
    surface, time = jnp.asarray([0, 3]), jnp.asarray([0.8, 0.8])
    move = {"spot": jnp.asarray([0.1, 0.0, 0.0]), "fx": jnp.asarray([0.0, -0.07, 0.0])}
    x = jnp.log(jnp.asarray([100.0, 1.05]))
    own = jnp.asarray([0.1, -0.07])  # surface 3 is on the second currency
    before = implied_vol(market, surface, time, x)
    strike = apply_shock(market, MarketShock(**move, vol_dynamics=VolDynamics.STICKY_STRIKE))
    money = apply_shock(market, MarketShock(**move, vol_dynamics=VolDynamics.STICKY_MONEYNESS))
    np.testing.assert_allclose(implied_vol(strike, surface, time, x), before, rtol=1e-15)
    np.testing.assert_allclose(implied_vol(money, surface, time, x + own), before, rtol=1e-13)
    assert np.all(np.abs(np.asarray(implied_vol(money, surface, time, x) - before)) > 1e-4)


def test_sticky_moneyness_without_a_move_of_the_underlying_changes_no_strike():
    market = books.market()
    shock = MarketShock(zero_rate=jnp.zeros_like(market.zero_rate), vol_dynamics=VolDynamics.STICKY_MONEYNESS)
    assert apply_shock(market, shock).vol_log_strike is market.vol_log_strike
