"""Implied volatility: round trips over the whole domain, status of bad quotes, derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.pricing.formulas import (
    PricingStatus,
    bachelier_price,
    black_price,
    implied_bachelier_vol,
    implied_black_vol,
)


def _quotes(n, seed=0):
    rng = np.random.default_rng(seed)
    forward = 100.0 * np.exp(rng.normal(0.0, 0.3, n))
    # From at the money to far out, from a tenth of a per cent to 500 % of total volatility.
    moneyness = np.where(rng.random(n) < 0.1, 0.0, rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-9, 0.8, n))
    time = np.exp(rng.uniform(-4.0, 3.0, n))
    total = 10.0 ** rng.uniform(-3.0, 0.7, n)
    # Some on both sides of the inflection of the price in volatility, where the solver changes branch.
    knee = np.sqrt(2.0 * np.abs(moneyness)) * np.exp(rng.normal(0.0, 1e-3, n))
    vol = np.where((knee > 1e-3) & (rng.random(n) < 0.2), knee, total) / np.sqrt(time)
    columns = (forward, forward * np.exp(moneyness), time, rng.uniform(0.5, 1.05, n), vol, rng.random(n) < 0.5)
    return map(jnp.asarray, columns)


@pytest.mark.parametrize("n", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_black_round_trip(n):
    forward, strike, time, discount, vol, call = _quotes(n)
    price = black_price(forward, strike, vol * jnp.sqrt(time), discount, call)
    solved, status = jax.jit(implied_black_vol)(price, forward, strike, time, discount, call)
    # A price that rounding has put on its upper bound says only that the volatility is huge.
    capped = np.asarray(status) == PricingStatus.ABOVE_MAXIMUM
    assert set(np.unique(status)) <= {0, int(PricingStatus.ABOVE_MAXIMUM)}
    assert capped.mean() < 0.02 and float(jnp.min(jnp.where(capped, (vol * jnp.sqrt(time)), 9.0))) > 2.0
    again = black_price(forward, strike, solved * jnp.sqrt(time), discount, call)
    error = jnp.where(capped, 0.0, jnp.abs(again - price) / jnp.sqrt(forward * strike))
    assert float(error.max()) < 1e-14
    informative = ~capped & (
        np.asarray(price - discount * jnp.maximum(jnp.where(call, 1.0, -1.0) * (forward - strike), 0.0)) > 1e-4
    )
    informative &= np.asarray(vol * jnp.sqrt(time)) < 4.0
    np.testing.assert_allclose(solved[informative], vol[informative], rtol=1e-8)


@pytest.mark.parametrize("n", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_bachelier_round_trip(n):
    forward, strike, time, discount, vol, call = _quotes(n, seed=1)
    vol, forward, strike = 0.05 * vol, 0.01 * (forward - 100.0), 0.01 * (strike - 100.0)
    price = bachelier_price(forward, strike, vol * jnp.sqrt(time), discount, call)
    solved, status = jax.jit(implied_bachelier_vol)(price, forward, strike, time, discount, call)
    assert not np.any(np.asarray(status))
    again = bachelier_price(forward, strike, solved * jnp.sqrt(time), discount, call)
    scale = jnp.maximum(price, jnp.abs(forward) + jnp.abs(strike))
    assert float(jnp.max(jnp.abs(again - price) / scale)) < 2e-13


def test_against_the_reference_solver():
    ql = pytest.importorskip("QuantLib")
    for strike, vol in ((100.0, 0.2), (130.0, 0.15), (70.0, 0.6)):
        price = ql.blackFormula(ql.Option.Call, strike, 105.0, vol, 0.97)
        theirs = ql.blackFormulaImpliedStdDev(ql.Option.Call, strike, 105.0, price, 0.97, 0.0, 0.3, 1e-14, 100)
        ours = implied_black_vol(price, 105.0, strike, 1.0, 0.97, True).vol
        np.testing.assert_allclose(ours, theirs, rtol=1e-11)


def test_status_of_bad_quotes():
    price = jnp.asarray([4.0, 100.0, np.nan, 5.0, 10.0, 5.0])
    strike = jnp.asarray([95.0, 95.0, 95.0, 95.0, -1.0, 95.0])
    time = jnp.asarray([1.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    vol, status = implied_black_vol(price, 100.0, strike, time, 1.0, True)
    bad, low, high = PricingStatus.BAD_INPUT, PricingStatus.BELOW_INTRINSIC, PricingStatus.ABOVE_MAXIMUM
    np.testing.assert_array_equal(status, [low, high, bad, bad, bad, 0])
    np.testing.assert_array_equal(jnp.isnan(vol), np.asarray(status) != 0)
    # Exactly the intrinsic value is a quote: volatility 0.
    assert float(vol[-1]) == 0.0
    vol, status = implied_bachelier_vol(jnp.asarray([-1.0, np.inf, 0.0]), 1.0, 2.0, 1.0, 1.0, True)
    np.testing.assert_array_equal(status, [low, bad, 0])
    assert float(vol[-1]) == 0.0


@pytest.mark.parametrize("solve", [implied_black_vol, implied_bachelier_vol])
def test_derivatives_by_the_implicit_function(solve):
    def vol(point):
        return solve(*point, False).vol

    base = np.array([6.0, 101.0, 97.0, 1.3, 0.96])
    bumped = jnp.asarray(np.concatenate([base + 1e-5 * np.eye(5), base - 1e-5 * np.eye(5), base[None]]))
    value, slope = map(np.asarray, jax.jit(jax.vmap(lambda p: (vol(p), jax.grad(vol)(p))))(bumped))
    np.testing.assert_allclose(slope[10], (value[:5] - value[5:10]) / 2e-5, rtol=1e-6, atol=1e-9)
    second = (slope[:5] - slope[5:10]) / 2e-5
    np.testing.assert_allclose(jax.jit(jax.hessian(vol))(jnp.asarray(base)), second, rtol=1e-5, atol=1e-7)


def test_single_precision():
    args = [jnp.asarray(x, jnp.float32) for x in (6.0, 101.0, 97.0, 1.3, 0.96)]
    vol, status = implied_black_vol(*args, True)
    assert vol.dtype == jnp.float32 and int(status) == 0
    np.testing.assert_allclose(vol, implied_black_vol(6.0, 101.0, 97.0, 1.3, 0.96, True).vol, rtol=1e-4)
    # At the money the ratio that is inverted is infinite.
    at_money = [jnp.asarray(x, jnp.float32) for x in (8.0, 100.0, 100.0, 1.0, 1.0)]
    np.testing.assert_allclose(implied_bachelier_vol(*at_money, True).vol, 8.0 * np.sqrt(2.0 * np.pi), rtol=1e-4)
    np.testing.assert_allclose(implied_black_vol(*at_money, True).vol, 0.2008680, rtol=1e-4)
