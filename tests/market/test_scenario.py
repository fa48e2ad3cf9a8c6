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
    many = scenario_markets(market, some)
    surfaces, curves = market.vol_expiry.shape[0], market.zero_rate.shape[0]
    surface = jnp.asarray(RNG.integers(0, surfaces, 40))
    points = VolPoints(surface, jnp.asarray(RNG.uniform(0.01, 6.0, 40)), jnp.asarray(RNG.uniform(-1.0, 6.0, 40)))
    curve, time = jnp.asarray(RNG.integers(0, curves, 30)), jnp.asarray(RNG.uniform(0.0, 40.0, 30))
    vol, discount = scenario_base_vol(many, points), scenario_log_discount(many, curve, time)
    for k in range(COUNT):
        one = apply_shock(market, jax.tree.map(lambda leaf, k=k: leaf[k], some))
        np.testing.assert_allclose(jnp.broadcast_to(vol, (40, COUNT))[:, k], base_implied_vol(one, *points), rtol=1e-13)
        np.testing.assert_allclose(
            jnp.broadcast_to(discount, (30, COUNT))[:, k], log_discount_factor(one, curve, time), rtol=1e-12, atol=1e-15
        )
        for name in ("spot", "fx", "zero_rate", "implied_vol", "vol_log_strike"):
            leaf = getattr(many, name)
            picked = leaf[..., k] if leaf.shape[-1] > 1 else leaf[..., 0]
            np.testing.assert_allclose(picked, getattr(one, name), rtol=1e-15)


def test_what_does_not_move_is_not_repeated():
    many = scenario_markets(books.market(), MarketShock(fx=jnp.zeros((COUNT, 3))))
    assert many.fx.shape[-1] == COUNT
    assert many.spot.shape[-1] == many.implied_vol.shape[-1] == many.zero_rate.shape[-1] == 1
