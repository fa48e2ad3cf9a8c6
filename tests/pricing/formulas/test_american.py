"""American options: published values, a tree and simulation that share nothing with the method, derivatives, edges."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.pricing.formulas import (
    FAST,
    PRECISE,
    PricingStatus,
    american_binomial_price,
    american_price,
    black_scholes_price,
    longstaff_schwartz_price,
)

_american = jax.jit(american_price, static_argnames=("scheme", "block"))


def _columns(table, *names):
    return [jnp.asarray(table[name], float) for name in names]


def test_longstaff_schwartz_table(cases):
    # Longstaff and Schwartz (2001), table 1 (finite differences), and the other rows of the same source.
    table = cases("american-1asset-lsm")
    inputs = _columns(table, "spot", "strike", "time_years", "vol", "rate", "dividend_yield")
    table.check(_american(*inputs, jnp.asarray(table.is_call)).value)


def test_high_precision_edge_cases(cases):
    table = cases("american-highprec-edges").where(
        # Spot 0 is refused; expiry today is worth its intrinsic value here and nothing in the source; volatility
        # 10,000 % and a yield of 1,000 % are outside what the method covers, and say so.
        lambda i: i["spot"] > 0.0 and i["maturity_days"] > 0.0 and i["vol"] < 10.0 and i["dividend_yield"] < 5.0
    )
    assert len(table.rows) >= 14
    inputs = _columns(table, "spot", "strike", "maturity_days", "vol", "rate", "dividend_yield")
    inputs[2] = inputs[2] / 365.0
    value, status = _american(*inputs, jnp.asarray(table.is_call), scheme=PRECISE)
    assert not np.any(np.asarray(status))
    np.testing.assert_allclose(value, table.expected("true_price_qdfp"), atol=1e-5)


def _book(n, seed=0):
    rng = np.random.default_rng(seed)
    rate, dividend = rng.uniform(0.0, 0.1, (2, n))
    dividend[: n // 8] = rate[: n // 8]
    spot = 100.0 * np.exp(rng.normal(0.0, 0.2, n))
    columns = (spot, np.full(n, 100.0), rng.uniform(0.05, 3.0, n), rng.uniform(0.08, 0.6, n), rate, dividend)
    return [jnp.asarray(column) for column in columns], jnp.asarray(rng.random(n) < 0.5)


def test_tree_and_collocation_agree():
    inputs, call = _book(64)
    tree = jax.jit(american_binomial_price, static_argnames="steps")
    coarse, fine = (tree(*inputs, call, steps=steps) for steps in (201, 401))
    value, status = _american(*inputs, call)
    assert not np.any(np.asarray(status))
    # The tree's error halves with its step: what is left is its own, and extrapolation takes most of it away.
    rms = [float(jnp.sqrt(jnp.mean(jnp.square(value - other)))) for other in (coarse, fine, 2.0 * fine - coarse)]
    assert rms[1] < 0.6 * rms[0] and rms[1] < 5e-3 and rms[2] < 1e-3
    fast = _american(*inputs, call, scheme=FAST).value
    assert float(jnp.max(jnp.abs(value - fast))) < 100.0 * 1e-4


def test_bounds_symmetry_and_blocks():
    inputs, call = _book(64, seed=1)
    spot, strike, time, vol, rate, dividend = inputs
    value = _american(*inputs, call).value
    intrinsic = jnp.where(call, spot - strike, strike - spot)
    assert bool((value >= jnp.maximum(intrinsic, black_scholes_price(*inputs, call) - 1e-9) - 1e-9).all())
    mirrored = _american(strike, spot, time, vol, dividend, rate, ~call).value
    np.testing.assert_allclose(value, mirrored, rtol=1e-12)
    np.testing.assert_allclose(_american(*inputs, call, block=24).value, value, rtol=1e-12)


def test_european_where_waiting_costs_nothing():
    for rate, dividend, call in ((0.05, 0.0, True), (0.05, -0.02, True), (0.0, 0.03, False), (-0.01, 0.03, False)):
        args = (100.0, 95.0, 1.0, 0.2, rate, dividend, call)
        np.testing.assert_allclose(_american(*args).value, black_scholes_price(*args), rtol=1e-12)


def test_derivatives_with_the_boundary():
    def price(point):
        return american_price(*point, False).value

    base = np.array([38.0, 40.0, 1.0, 0.2, 0.06, 0.03])
    steps = 1e-4 * base
    bumped = np.concatenate([base + np.diag(steps), base - np.diag(steps), base[None]])
    value, slope = map(np.asarray, jax.jit(jax.vmap(jax.value_and_grad(price)))(jnp.asarray(bumped)))
    np.testing.assert_allclose(slope[12], (value[:6] - value[6:12]) / (2 * steps), rtol=2e-4, atol=1e-5)
    # The price is homogeneous in spot and strike, and the Black-Scholes equation holds while the option is held.
    np.testing.assert_allclose(slope[12][:2] @ base[:2], value[12], rtol=1e-9)
    gamma = (slope[0][0] - slope[6][0]) / (2 * steps[0])
    spot, _, _, vol, rate, dividend = base
    equation = 0.5 * vol**2 * spot**2 * gamma + (rate - dividend) * spot * slope[12][0] - rate * value[12]
    np.testing.assert_allclose(slope[12][2], equation, rtol=1e-4)


def test_edges():
    spot = jnp.asarray([90.0, 100.0, 110.0])
    for time, vol in ((0.0, 0.2), (-1.0, 0.2), (1.0, 0.0)):
        value, status = _american(spot, 100.0, time, vol, 0.05, 0.0, False)
        np.testing.assert_allclose(value, [10.0, 0.0, 0.0], atol=1e-12)
        assert not np.any(np.asarray(status))
    # On the certain path a call on a paying asset is exercised at once or when its value turns.
    np.testing.assert_allclose(_american(110.0, 100.0, 1.0, 0.0, 0.02, 0.08, True).value, 10.0, rtol=1e-12)
    value, status = _american(
        jnp.asarray([100.0, np.nan, 100.0, -1.0, 100.0]),
        jnp.asarray([100.0, 100.0, 100.0, 100.0, 0.0]),
        1.0,
        jnp.asarray([0.2, 0.2, -0.2, 0.2, 0.2]),
        jnp.asarray([-0.01, 0.05, 0.05, 0.05, 0.05]),
        jnp.asarray([-0.03, 0.0, 0.0, 0.0, 0.0]),
        False,
    )
    bad, uncovered = int(PricingStatus.BAD_INPUT), int(PricingStatus.NOT_COVERED)
    np.testing.assert_array_equal(status, [uncovered, bad, bad, bad, 0])
    np.testing.assert_array_equal(jnp.isnan(value), np.asarray(status) != 0)
    assert float(value[-1]) == 0.0


def test_tree_refuses_an_even_number_of_steps():
    with pytest.raises(ValueError, match="odd"):
        american_binomial_price(100.0, 100.0, 1.0, 0.2, 0.05, 0.0, False, steps=100)


def test_longstaff_schwartz_on_paths():
    # Longstaff and Schwartz (2001), table 1: spot 36, strike 40, 20 % for one year at 6 %, 50 dates: 4.472 (0.010).
    rng = np.random.default_rng(7)
    dates, half = 50, 20_000
    shocks = rng.standard_normal((half, dates))
    shocks = np.concatenate([shocks, -shocks])
    paths = 36.0 * np.exp(np.cumsum((0.06 - 0.02) / dates + 0.2 * np.sqrt(1.0 / dates) * shocks, axis=1))
    discount = jnp.exp(-0.06 * jnp.arange(1.0, dates + 1.0) / dates)

    def price(scale):
        return longstaff_schwartz_price(scale * jnp.asarray(paths), discount, 40.0, False)

    sampled, delta = jax.jit(lambda s: (price(s), jax.grad(lambda u: price(u).value)(s)))(1.0)
    assert abs(float(sampled.value) - 4.472) < 4.0 * float(sampled.standard_error) and sampled.standard_error < 0.02
    exact = jax.grad(lambda s: american_price(s, 40.0, 1.0, 0.2, 0.06, 0.0, False).value)(36.0)
    assert abs(float(delta) / 36.0 - float(exact)) < 0.02
