"""Markets of many scenarios, scenarios last: each reading equals the one-scenario reading, scenario by scenario."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.market import (
    MarketShock,
    VolDynamics,
    VolPoints,
    apply_shock,
    base_implied_vol,
    log_discount_factor,
    scenario_base_vol,
    scenario_log_discount,
    scenario_markets,
)
from tests.pricing import books

RNG = np.random.default_rng(0)
COUNT = 5


def shock(**kwargs) -> MarketShock:
    market = books.market()
    made = {name: jnp.asarray(0.1 * RNG.normal(size=(COUNT, *getattr(market, name).shape))) for name in kwargs["moves"]}
    return MarketShock(**made, vol_dynamics=kwargs.get("dynamics", VolDynamics.STICKY_STRIKE))


@pytest.mark.parametrize(
    "some",
    [
        shock(moves=("spot", "vol_level")),
        shock(moves=("zero_rate", "implied_vol", "fx")),
        shock(moves=("spot",), dynamics=VolDynamics.STICKY_MONEYNESS),
        shock(moves=("implied_vol", "fx"), dynamics=VolDynamics.STICKY_MONEYNESS),
    ],
    ids=("level", "nodes", "moneyness", "both"),
)
def test_readings_equal_one_scenario_at_a_time(some):
    market = books.market()
    surfaces, curves = market.vol_expiry.shape[0], market.zero_rate.shape[0]
    surface = jnp.asarray(RNG.integers(0, surfaces, 40))
    points = VolPoints(surface, jnp.asarray(RNG.uniform(0.01, 6.0, 40)), jnp.asarray(RNG.uniform(-1.0, 6.0, 40)))
    curve, time = jnp.asarray(RNG.integers(0, curves, 30)), jnp.asarray(RNG.uniform(0.0, 40.0, 30))

    @jax.jit
    def together(shocks):
        many = scenario_markets(market, shocks)
        return scenario_base_vol(many, points), scenario_log_discount(many, curve, time), many

    @jax.jit
    @jax.vmap
    def one_by_one(one):
        moved = apply_shock(market, one)
        return base_implied_vol(moved, *points), log_discount_factor(moved, curve, time), moved

    for ours, single in zip(jax.tree.leaves(together(some)), jax.tree.leaves(one_by_one(some)), strict=True):
        expected = np.moveaxis(np.asarray(single), 0, -1)
        np.testing.assert_allclose(np.broadcast_to(ours, expected.shape), expected, rtol=1e-12, atol=1e-15)


def test_what_does_not_move_is_not_repeated():
    many = scenario_markets(books.market(), MarketShock(fx=jnp.zeros((COUNT, 3))))
    assert many.fx.shape[-1] == COUNT
    assert many.spot.shape[-1] == many.implied_vol.shape[-1] == many.zero_rate.shape[-1] == 1
