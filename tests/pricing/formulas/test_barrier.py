"""Barriers and touches: Haug's tables, in-out parity, reflection, derivatives and edges."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.pricing.formulas import (
    asset_touch_price,
    barrier_price,
    black_scholes_price,
    no_touch_price,
    one_touch_price,
)

_TAIL = ("time_years", "vol", "rate", "dividend_yield")
_KINDS = list(itertools.product([False, True], repeat=3))


def _columns(table, *names):
    return [jnp.asarray(table[name], float) for name in names]


def test_haug_barriers(cases):
    table = cases("barrier-haug").where(lambda inputs: inputs["exercise"] == "european")
    inputs = _columns(table, "spot", "strike", "barrier", "rebate", *_TAIL)
    up = np.array([name.startswith("Up") for name in table["barrierType"]])
    knock_in = np.array([name.endswith("In") for name in table["barrierType"]])
    table.check(barrier_price(*inputs, *map(jnp.asarray, (table.is_call, up, knock_in))))


def test_beaglehole_value(cases):
    row = cases("barrier-beaglehole").rows[0]
    i = row["inputs"]
    args = (i["spot"], i["strike"], i["barrier"], i["rebate"], i["time_years"], i["volatility"], i["rate"], 0.0)
    value = barrier_price(*map(float, args), True, False, False)
    assert abs(float(value) - row["expected"]["callValue"]) <= row["abs_tol"]


def test_haug_touches(cases):
    def up(table):
        return jnp.asarray(table.is_call)

    table = cases("digital-cash-at-hit")
    spot, barrier, cash, *tail = _columns(table, "spot", "strike", "cash_payoff", *_TAIL)
    table.check(one_touch_price(spot, barrier, cash, *tail, up(table), True))
    table = cases("digital-asset-at-hit")
    spot, barrier, *tail = _columns(table, "spot", "strike", *_TAIL)
    # The asset is worth the barrier at the touch, or the spot if it is already beyond.
    delivered = jnp.where(up(table), jnp.maximum(spot, barrier), jnp.minimum(spot, barrier))
    table.check(one_touch_price(spot, barrier, delivered, *tail, up(table), True))
    table = cases("digital-cash-at-expiry")
    spot, barrier, cash, *tail = _columns(table, "spot", "strike", "cash_payoff", *_TAIL)
    knock_in = jnp.asarray(table["knockin"] == "true")
    touch = one_touch_price(spot, barrier, cash, *tail, up(table), False)
    table.check(jnp.where(knock_in, touch, no_touch_price(spot, barrier, cash, *tail, up(table))))
    table = cases("digital-asset-at-expiry")
    spot, barrier, time, vol, rate, dividend = _columns(table, "spot", "strike", *_TAIL)
    knock_in = jnp.asarray(table["knockin"] == "true")
    touch = asset_touch_price(spot, barrier, time, vol, rate, dividend, up(table))
    table.check(jnp.where(knock_in, touch, spot * jnp.exp(-dividend * time) - touch))


def _book(n=200, seed=0):
    rng = np.random.default_rng(seed)
    up = rng.random(n) < 0.5
    barrier = 100.0 * np.exp(np.where(up, 1.0, -1.0) * rng.uniform(0.001, 0.5, n))
    columns = (
        np.full(n, 100.0),
        100.0 * np.exp(rng.normal(0.0, 0.3, n)),
        barrier,
        rng.uniform(0.0, 5.0, n),
        rng.uniform(0.05, 3.0, n),
        rng.uniform(0.05, 0.7, n),
        rng.uniform(0.0, 0.1, n),
        rng.uniform(0.0, 0.1, n),
        rng.random(n) < 0.5,
        up,
    )
    return list(map(jnp.asarray, columns))


def test_in_plus_out_is_the_vanilla_and_rebates_are_touches():
    spot, strike, barrier, rebate, *tail, call, up = _book()
    vanilla = black_scholes_price(spot, strike, *tail, call)
    free_in = barrier_price(spot, strike, barrier, 0.0, *tail, call, up, True)
    free_out = barrier_price(spot, strike, barrier, 0.0, *tail, call, up, False)
    np.testing.assert_allclose(free_in + free_out, vanilla, atol=1e-12)
    with_in = barrier_price(spot, strike, barrier, rebate, *tail, call, up, True)
    with_out = barrier_price(spot, strike, barrier, rebate, *tail, call, up, False)
    np.testing.assert_allclose(with_in - free_in, no_touch_price(spot, barrier, rebate, *tail, up), atol=1e-12)
    np.testing.assert_allclose(with_out - free_out, one_touch_price(spot, barrier, rebate, *tail, up, True), atol=1e-12)
    assert bool((free_in >= -1e-12).all() and (free_in <= vanilla + 1e-12).all())


def test_limits_of_the_barrier():
    tail = (1.0, 0.3, 0.05, 0.02)
    for call in (True, False):
        vanilla = black_scholes_price(100.0, 95.0, *tail, call)
        for up, far, near in ((True, 1e5, 100.0 + 1e-10), (False, 1e-3, 100.0 - 1e-10)):
            out_far = barrier_price(100.0, 95.0, far, 0.0, *tail, call, up, False)
            np.testing.assert_allclose(out_far, vanilla, rtol=1e-12)
            out_near = barrier_price(100.0, 95.0, near, 3.0, *tail, call, up, False)
            np.testing.assert_allclose(out_near, 3.0, atol=1e-8)
            np.testing.assert_array_equal(barrier_price(100.0, 95.0, 100.0, 3.0, *tail, call, up, False), 3.0)
            np.testing.assert_array_equal(barrier_price(100.0, 95.0, 100.0, 3.0, *tail, call, up, True), vanilla)


def test_zero_rate_one_touch_by_the_reflection_principle():
    # Driftless log spot (r - q = vol^2 / 2): the hitting probability is twice the tail at expiry.
    vol, time = 0.25, 2.0
    scipy_stats = pytest.importorskip("scipy.stats")
    expected = 2.0 * scipy_stats.norm.cdf(-np.log(120.0 / 100.0) / (vol * np.sqrt(time)))
    value = one_touch_price(100.0, 120.0, 1.0, time, vol, 0.0, -0.5 * vol * vol, True, False)
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    np.testing.assert_allclose(
        one_touch_price(100.0, 120.0, 1.0, time, vol, 0.0, -0.5 * vol * vol, True, True), expected
    )


def test_derivatives_by_differences():
    def price(point, barrier, call, up, knock_in):
        return barrier_price(point[0], 100.0, barrier, 2.0, 0.8, point[1], point[2], 0.02, call, up, knock_in)

    # One compilation for the eight kinds and every bump.
    axes = (0, None, None, None, None)
    gradient = jax.jit(jax.vmap(jax.grad(price), axes))
    values, hessian = jax.jit(jax.vmap(price, axes)), jax.jit(jax.hessian(price))
    base, steps = np.array([101.0, 0.3, 0.05]), np.array([1e-3, 1e-6, 1e-6])
    bumped = jnp.asarray(np.concatenate([base + np.diag(steps), base - np.diag(steps), base[None]]))
    for call, up, knock_in in _KINDS:
        kind = (jnp.asarray(120.0 if up else 85.0), *map(jnp.asarray, (call, up, knock_in)))
        value, slope = np.asarray(values(bumped, *kind)), np.asarray(gradient(bumped, *kind))
        np.testing.assert_allclose(slope[6], (value[:3] - value[3:6]) / (2 * steps), rtol=1e-5, atol=1e-7)
        second = (slope[:3] - slope[3:6]) / (2 * steps)[:, None]
        np.testing.assert_allclose(hessian(jnp.asarray(base), *kind), second, rtol=1e-5, atol=1e-5)


def test_edges_are_finite_to_second_order():
    grids = np.meshgrid([80.0, 90.0, 100.0, 110.0, 120.0], [0.0, 0.5], [0.0, 0.2])
    points = jnp.asarray(np.stack([grid.ravel() for grid in grids], axis=1))

    def price(point, call, up, knock_in):
        # Strike, spot, forward and barrier meet in some of the points.
        barrier = jnp.where(up, 110.0, 90.0)
        return barrier_price(point[0], 100.0, barrier, 2.0, point[1], point[2], 0.0, 0.0, call, up, knock_in)

    both = jax.jit(jax.vmap(lambda *a: (price(*a), jax.hessian(price)(*a)), (0, None, None, None)))
    for kind in _KINDS:
        value, second = both(points, *map(jnp.asarray, kind))
        assert bool((jnp.isfinite(value) & (value >= 0.0)).all())
        assert bool(jnp.isfinite(second).all())


def test_zero_vol_follows_the_certain_path():
    # From 100 with carry 10 % the forward at two years is 122.1: it touches 110 after log(1.1) / 0.1 years.
    touch = one_touch_price(100.0, 110.0, 1.0, 2.0, 0.0, 0.1, 0.0, True, True)
    np.testing.assert_allclose(touch, 1.0 / 1.1, rtol=1e-12)
    out = barrier_price(100.0, 90.0, 110.0, 5.0, 2.0, 0.0, 0.1, 0.0, True, True, False)
    np.testing.assert_allclose(out, 5.0 / 1.1, rtol=1e-12)
    unreached = barrier_price(100.0, 90.0, 130.0, 5.0, 2.0, 0.0, 0.1, 0.0, True, True, False)
    np.testing.assert_allclose(unreached, 100.0 - 90.0 * np.exp(-0.2), rtol=1e-12)
    almost = barrier_price(100.0, 90.0, 130.0, 5.0, 2.0, 1e-4, 0.1, 0.0, True, True, False)
    np.testing.assert_allclose(almost, unreached, rtol=1e-8)


def test_low_vol_does_not_overflow():
    # (H/S)^(2 mu) is 2^2000 here, against a tail of the same smallness.
    value = barrier_price(100.0, 100.0, 200.0, 0.0, 1.0, 0.01, 0.1, 0.0, True, True, True)
    assert bool(jnp.isfinite(value)) and 0.0 <= float(value) < 1e-10


def test_faults_are_nan():
    good = [100.0, 95.0, 90.0, 1.0, 1.0, 0.2, 0.05, 0.02]
    for position in range(len(good)):
        bad = list(good)
        bad[position] = np.nan
        assert bool(jnp.isnan(barrier_price(*bad, True, False, False))), position
    assert bool(jnp.isnan(barrier_price(100.0, 95.0, 90.0, 1.0, 1.0, -0.2, 0.05, 0.02, True, False, False)))
    # No real discount to the touch: refused where a rebate needs it, harmless where none does.
    negative = (100.0, 95.0, 90.0, 1.0, 1.0, 0.1, -0.05, -0.05, True, False, False)
    assert bool(jnp.isnan(barrier_price(*negative)))
    assert bool(jnp.isfinite(barrier_price(*negative[:3], 0.0, *negative[4:])))
