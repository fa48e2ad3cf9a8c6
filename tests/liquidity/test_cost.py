"""Cost of liquidation: the formula in NumPy, its limits and its shape in size."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.liquidity import asset_holding, funding_shortfall, unit_cost
from pact_jax.market import MarketShock
from tests.agents import small_desk as desk

inputs = cache(desk.inputs)
compiled = jax.jit(unit_cost)


def cost(quantity, shock=None, horizon=desk.HORIZON, book=None):
    """Total cost at base prices of each asset."""
    given, q = inputs(), jnp.asarray(quantity)
    price = jnp.asarray(desk.SPOT * desk.FX)
    unit = compiled(book or given.liquidity, q, price, given.market, shock or MarketShock(), jnp.asarray(horizon))
    return np.asarray(q * (unit.spread + unit.impact)), np.asarray(q * unit.stressed)


def by_hand(quantity, horizon=desk.HORIZON, spread=1.0, vol=1.0, volume=1.0):
    sold = desk.PHI * np.abs(quantity)
    impact = desk.COEFFICIENT * desk.VOL * vol * np.sqrt(sold / (horizon * desk.ADV * volume))
    return sold * desk.SPOT * desk.FX * (desk.HALF_SPREAD * spread + impact)


SIZES = st.lists(st.floats(-1e7, 1e7), min_size=2, max_size=2)


@given(SIZES)
def test_formula_at_the_base(quantity):
    got, stressed = cost(quantity)
    np.testing.assert_allclose(got, by_hand(np.array(quantity)), rtol=1e-12, atol=1e-300)
    assert (got >= 0).all() and (stressed == 0).all()


def test_formula_in_a_scenario():
    quantity = np.array([3000.0, -200.0])
    shock = MarketShock(
        spot=jnp.asarray([0.1, -0.2]),
        fx=jnp.asarray([0.0, 0.05]),
        half_spread=jnp.asarray([0.5, 1.0]),
        adv=jnp.asarray([-0.7, 0.0]),
        vol_level=jnp.asarray([0.3]),
    )
    book = eqx.tree_at(lambda b: b.surface, inputs().liquidity, jnp.asarray([0, -1]))
    got, stressed = cost(quantity, shock, 5.0, book)
    expected = by_hand(quantity, 5.0, np.exp([0.5, 1.0]), np.exp([0.3, 0.0]), np.exp([-0.7, 0.0]))
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    np.testing.assert_allclose(stressed, expected * np.expm1([0.1, -0.2 + 0.05]), rtol=1e-12)


@given(st.floats(1.0, 1e6), st.floats(1.0, 1e6), st.floats(0.0, 1.0))
def test_cost_is_convex_in_size_and_symmetric(small, large, share):
    between = share * small + (1 - share) * large
    at = {q: cost([q, -q])[0] for q in (small, large, between)}
    assert (at[between] <= (share * at[small] + (1 - share) * at[large]) * (1 + 1e-12)).all()
    np.testing.assert_allclose(cost([-small, small])[0], at[small], rtol=1e-12)


def test_small_sizes_cost_the_half_spread_and_nothing_costs_nothing():
    tiny = 1e-9
    got, _ = cost([tiny, -tiny])
    np.testing.assert_allclose(got / (desk.PHI * tiny * desk.SPOT * desk.FX), desk.HALF_SPREAD, rtol=1e-4)
    assert cost([0.0, 0.0])[0].tolist() == [0.0, 0.0]
    slope = jax.grad(lambda q: jnp.sum(q * _unit(q)))(jnp.zeros(2))
    assert np.isfinite(np.asarray(slope)).all()


def _unit(q):
    price = jnp.asarray(desk.SPOT * desk.FX)
    unit = unit_cost(inputs().liquidity, q, price, inputs().market, MarketShock(), jnp.asarray(10.0))
    return unit.spread + unit.impact


def test_assets_without_liquidity_data_carry_no_cost():
    book = eqx.tree_at(lambda b: b.supplied, inputs().liquidity, jnp.asarray([False, True]))
    market = eqx.tree_at(
        lambda m: (m.half_spread, m.adv), inputs().market, (jnp.asarray([jnp.nan, 2e-3]), jnp.asarray([jnp.nan, 5e3]))
    )
    q = jnp.asarray([100.0, 100.0])
    unit = unit_cost(book, q, jnp.ones(2), market, MarketShock(), jnp.asarray(10.0))
    assert float(unit.spread[0]) == float(unit.impact[0]) == float(unit.stressed[0]) == 0.0
    assert float(unit.spread[1]) == pytest.approx(desk.PHI * 2e-3, rel=1e-15)


def test_holdings_net_over_desks():
    given = inputs()
    holding = asset_holding(given.portfolio)
    held = np.where(desk.ASSET >= 0, desk.QUANTITY, 0.0)
    np.testing.assert_allclose(holding.net(2), [held[desk.ASSET == a].sum() for a in (0, 1)], rtol=1e-15)
    by_desk = holding.by_desk(jnp.asarray(desk.DESK), 3, 2)
    expected = [[held[(desk.DESK == d) & (desk.ASSET == a)].sum() for a in (0, 1)] for d in range(3)]
    np.testing.assert_allclose(by_desk, expected, rtol=1e-15)


def test_funding_shortfall():
    assert float(funding_shortfall(inputs().liquidity)) == desk.OUTFLOW - desk.BUFFER
    rich = eqx.tree_at(lambda b: b.cash_buffer, inputs().liquidity, jnp.asarray(1e6))
    assert float(funding_shortfall(rich)) == 0.0
