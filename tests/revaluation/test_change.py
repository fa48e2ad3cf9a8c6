"""The hot path, contracts in blocks and scenarios last: equal to one scenario at a time through `state_values`."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.market import MarketShock, VolDynamics, apply_shock, scenario_markets
from pact_jax.pricing import scenario_pricer, state_values
from pact_jax.revaluation import _change, hold_change, sum_change
from tests.pricing import books

RNG = np.random.default_rng(1)
COUNT = 6


def shock(*moves: str, dynamics: VolDynamics = VolDynamics.STICKY_STRIKE) -> MarketShock:
    market = books.market()
    scale = {"zero_rate": 0.01}
    shape = {name: getattr(market, name).shape for name in moves} | {"hazard_rate": market.hazard_rate.shape[:1]}
    made = {name: jnp.asarray(scale.get(name, 0.2) * RNG.normal(size=(COUNT, *shape[name]))) for name in moves}
    return MarketShock(**made, vol_dynamics=dynamics)


SHOCKS = {
    "all": shock("spot", "fx", "zero_rate", "vol_level", "hazard_rate"),
    "nodes": shock("spot", "implied_vol"),
    "moneyness": shock("spot", "fx", dynamics=VolDynamics.STICKY_MONEYNESS),
    "rates": shock("zero_rate"),
    "elsewhere": shock("adv"),
}


CASES = [
    *((books.options, name, 4) for name in SHOCKS),
    *((kind, "all", 4) for kind in (books.forwards, books.fx_forwards, books.fx_options, books.bonds)),
    (books.bonds, "all", 512),
    (books.fx_options, "elsewhere", 512),
]


@pytest.mark.parametrize(("kind", "name", "block"), CASES)
def test_blocks_equal_one_scenario_at_a_time(monkeypatch, kind, name, block):
    monkeypatch.setattr(_change, "BLOCK", block)
    terms, market, some = kind(), books.market(), SHOCKS[name]
    base = jax.jit(state_values)(terms, market)
    assert scenario_pricer(terms, scenario_markets(market, some)) is not None
    change = np.asarray(jax.jit(jax.vmap(lambda one: state_values(terms, apply_shock(market, one)) - base))(some))
    exposure, weight = RNG.normal(size=(9, base.shape[0])), RNG.normal(size=(3, COUNT))
    exposure[4:8, : (base.shape[0] + 1) // 2] = 0.0  # books that hold nothing of a block are skipped, four at a time

    @jax.jit
    def both(held, weights):
        return hold_change(terms, market, some, base, held), sum_change(terms, market, some, base, weights)

    held, summed = both(jnp.asarray(exposure), jnp.asarray(weight))
    scale = float(jnp.max(jnp.abs(base))) + COUNT * float(np.max(np.abs(change)))
    np.testing.assert_allclose(held, exposure @ change.T, rtol=0, atol=1e-13 * scale)
    np.testing.assert_allclose(summed, weight @ change, rtol=0, atol=1e-13 * scale)


def test_blocks_that_nobody_holds_are_skipped(monkeypatch):
    monkeypatch.setattr(_change, "BLOCK", 2)
    terms, market = books.options(), books.market()
    base = state_values(terms, market)
    # The strikes of the last block are no numbers: priced, they would spoil the sums.
    broken = dataclasses.replace(terms, strike=terms.strike.at[-2:].set(jnp.nan))
    used = jnp.arange(base.shape[0]) < base.shape[0] - 2
    some = SHOCKS["all"]
    held = hold_change(broken, market, some, base, jnp.where(used, 1.0, 0.0)[None, :])
    whole = hold_change(terms, market, some, base, jnp.where(used, 1.0, 0.0)[None, :])
    assert bool(jnp.all(jnp.isfinite(held))) and bool(jnp.all(held == whole))
    summed = sum_change(broken, market, some, base, jnp.ones((1, COUNT)), used)
    assert bool(jnp.all(summed[:, -2:] == 0.0)) and bool(jnp.all(jnp.isfinite(summed)))


def test_a_kind_without_a_pricer_takes_the_plain_way():
    terms, market = books.linear(), books.market()
    some = MarketShock(factor=jnp.asarray(np.random.default_rng(2).normal(size=(COUNT, 2))))
    base = state_values(terms, market)
    assert scenario_pricer(terms, scenario_markets(market, some)) is None
    held = hold_change(terms, market, some, base, jnp.ones((1, base.shape[0])))
    moved = [apply_shock(market, jax.tree.map(lambda leaf, k=k: leaf[k], some)) for k in range(COUNT)]
    np.testing.assert_allclose(held[0], [float(jnp.sum(state_values(terms, m) - base)) for m in moved], rtol=1e-12)


def test_a_missing_spot_reaches_the_result():
    terms, market, some = books.options(), books.market(), SHOCKS["all"]
    base = state_values(terms, market)
    assert some.spot is not None
    broken = MarketShock(spot=some.spot.at[2, 0].set(jnp.nan))
    held = jax.jit(lambda moves: hold_change(terms, market, moves, base, jnp.ones((1, base.shape[0]))))(broken)[0]
    assert np.isnan(np.asarray(held)).tolist() == [k == 2 for k in range(COUNT)]
