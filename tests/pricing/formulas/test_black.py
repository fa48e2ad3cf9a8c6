"""Black's formula: published tables, a 50-digit oracle, identities, derivatives and edges."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_jax.pricing.formulas import (
    black76_price,
    black_price,
    black_price_log,
    black_scholes_price,
    garman_kohlhagen_price,
    safe_sqrt,
)

_ARGS = ("spot", "strike", "time_years", "vol", "rate", "dividend_yield")


def _bs(cases, price=black_scholes_price):
    return price(*(jnp.asarray(cases[name]) for name in _ARGS), jnp.asarray(cases.is_call))


def _random(n, seed=0):
    rng = np.random.default_rng(seed)
    forward = 100.0 * np.exp(rng.normal(0.0, 0.5, n))
    strike = 100.0 * np.exp(rng.normal(0.0, 0.5, n))
    return forward, strike, np.exp(rng.uniform(-6.0, 1.0, n)), rng.uniform(0.5, 1.1, n), rng.random(n) < 0.5


def test_haug_values(cases):
    table = cases("bs-european")
    table.check(_bs(table))
    table.check(_bs(table, garman_kohlhagen_price))


def test_haug_greeks(cases):
    argnum = {"delta": 0, "vega": 3, "theta": 2, "theta_per_day": 2, "rho": 4, "dividend_rho": 5}
    table = cases("bs-greeks")
    assert len(table.rows) == 11
    for row in table.rows:
        given_inputs = row["inputs"]
        args = [jnp.asarray(float(given_inputs[name])) for name in _ARGS] + [given_inputs["option_type"] == "Call"]
        kind = given_inputs["quantity"]
        if kind == "gamma":
            value = jax.grad(jax.grad(black_scholes_price))(*args)
        elif kind == "elasticity":
            value = jax.grad(black_scholes_price)(*args) * args[0] / black_scholes_price(*args)
        else:
            value = jax.grad(black_scholes_price, argnum[kind])(*args)
        if kind.startswith("theta"):
            # Time to expiry falls as the calendar moves on.
            value = -value / (365.0 if kind == "theta_per_day" else 1.0)
        assert abs(float(value) - row["expected"]["value"]) <= row["abs_tol"], row


def test_black76_basic(cases):
    table = cases("black76-basic")
    inputs = [jnp.asarray(table[name]) for name in ("forward", "strike", "stdDev", "discount")]
    table.check(black_price(*inputs, jnp.asarray(table.is_call)))


def test_against_fifty_digits():
    mpmath = pytest.importorskip("mpmath")
    forward, strike, vol, discount, call = _random(400)
    with mpmath.workdps(50):
        exact = []
        for f, k, s, d, c in zip(*map(np.ndarray.tolist, (forward, strike, vol, discount, call)), strict=True):
            f, k, s, d = map(mpmath.mpf, (f, k, s, d))
            d1 = mpmath.log(f / k) / s + s / 2
            w = 1 if c else -1
            exact.append(float(d * w * (f * mpmath.ncdf(w * d1) - k * mpmath.ncdf(w * (d1 - s)))))
    ours = np.asarray(black_price(*map(jnp.asarray, (forward, strike, vol, discount, call))))
    # The floor of 1e-4 of the forward is the issue's: below it a price is noise to a desk.
    assert np.max(np.abs(ours - exact) / np.maximum(exact, 1e-4 * forward)) < 1e-10


def test_supplied_logs_change_nothing():
    forward, strike, vol, discount, call = map(jnp.asarray, _random(300, seed=1))

    def logged(f):
        return black_price_log(f, strike, jnp.log(f) - jnp.log(strike), vol, discount, call).sum()

    def plain(f):
        return black_price(f, strike, vol, discount, call).sum()

    np.testing.assert_allclose(logged(forward), plain(forward), rtol=1e-13)
    np.testing.assert_allclose(jax.grad(logged)(forward), jax.grad(plain)(forward), rtol=1e-10, atol=1e-13)
    second = jax.grad(lambda f: jax.grad(logged)(f).sum())(forward)
    np.testing.assert_allclose(second, jax.grad(lambda f: jax.grad(plain)(f).sum())(forward), rtol=1e-8, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(forward=st.floats(1.0, 1e4), strike=st.floats(1.0, 1e4), vol=st.floats(0.0, 5.0), discount=st.floats(0.1, 1.5))
def test_parity_and_bounds(forward, strike, vol, discount):
    call = float(black_price(forward, strike, vol, discount, True))
    put = float(black_price(forward, strike, vol, discount, False))
    scale = 1e-14 * discount * (forward + strike)
    assert abs(call - put - discount * (forward - strike)) <= 4 * scale
    assert call >= max(discount * (forward - strike), 0.0) - scale and call <= discount * forward + scale


def test_first_derivatives_are_the_closed_forms():
    forward, strike, vol, discount, call = map(jnp.asarray, _random(200, seed=2))

    def total(*args):
        return black_price(*args, call).sum()

    step = 1e-6
    gradient = jax.grad(total, (0, 1, 2, 3))(forward, strike, vol, discount)
    args = [forward, strike, vol, discount]
    for i, ours in enumerate(gradient):
        up = [a * (1.0 + step) if j == i else a for j, a in enumerate(args)]
        down = [a * (1.0 - step) if j == i else a for j, a in enumerate(args)]
        bumped = (black_price(*up, call) - black_price(*down, call)) / (2.0 * step * args[i])
        np.testing.assert_allclose(ours, bumped, rtol=1e-5, atol=1e-5 * float(jnp.max(jnp.abs(ours))))


def test_second_derivatives():
    args = tuple(map(jnp.asarray, (105.0, 100.0, 0.3, 0.95)))
    hessian = jax.hessian(lambda *a: black_price(*a, True), (0, 1, 2, 3))(*args)
    step = 1e-5
    for i in range(4):
        gradient = jax.grad(lambda *a: black_price(*a, True), i)
        for j in range(4):
            up = [a + step * a if k == j else a for k, a in enumerate(args)]
            down = [a - step * a if k == j else a for k, a in enumerate(args)]
            bumped = (gradient(*up) - gradient(*down)) / (2.0 * step * args[j])
            np.testing.assert_allclose(hessian[i][j], bumped, rtol=1e-6, atol=1e-8)


def test_second_order_in_spot_vol_and_time_at_the_edges_is_finite():
    # Zero time, zero volatility, at the strike and away from it.
    time, vol, spot = (
        g.ravel() for g in jnp.meshgrid(*map(jnp.asarray, ([0.0, 1.0], [0.0, 0.2], [90.0, 100.0, 110.0])))
    )

    def price(s, t, v):
        return black_scholes_price(s, 100.0, t, v, 0.0, 0.0, True)

    for order in (jax.grad(price, (0, 1, 2)), jax.hessian(price, (0, 1, 2))):
        leaves = jax.tree.leaves(jax.vmap(order)(spot, time, vol))
        assert all(bool(jnp.isfinite(leaf).all()) for leaf in leaves)


def test_zero_vol_and_zero_time_are_the_discounted_intrinsic_exactly():
    spot = jnp.asarray([80.0, 100.0, 120.0])
    for call, payoff in ((True, [0.0, 0.0, 20.0]), (False, [20.0, 0.0, 0.0])):
        np.testing.assert_array_equal(black_price(spot, 100.0, 0.0, 1.0, call), payoff)
        np.testing.assert_array_equal(black_scholes_price(spot, 100.0, 0.0, 0.2, 0.1, 0.0, call), payoff)
        np.testing.assert_array_equal(black_scholes_price(spot, 100.0, -0.5, 0.2, 0.1, 0.0, call), payoff)
    delta, vega = jax.vmap(jax.grad(lambda f, s: black_price(f, 100.0, s, 1.0, True), (0, 1)))(spot, jnp.zeros(3))
    np.testing.assert_array_equal(delta[jnp.asarray([0, 2])], [0.0, 1.0])
    np.testing.assert_allclose(delta[1], 0.5, rtol=2e-16)
    np.testing.assert_allclose(vega, [0.0, 100.0 / np.sqrt(2.0 * np.pi), 0.0])


def test_strike_that_is_never_crossed_and_vol_that_is_infinite():
    np.testing.assert_allclose(black_price(100.0, jnp.asarray([0.0, -5.0]), 0.2, 0.9, True), [90.0, 94.5])
    np.testing.assert_array_equal(black_price(100.0, jnp.asarray([0.0, -5.0]), 0.2, 0.9, False), [0.0, 0.0])
    np.testing.assert_allclose(black_price(100.0, 50.0, jnp.asarray([100.0]), 0.9, jnp.asarray([True])), [90.0])
    assert bool(jnp.isnan(black_price(-1.0, 1.0, 0.2, 1.0, True)))


def test_forms_agree_and_keep_single_precision():
    discount = np.exp(-0.05)
    np.testing.assert_allclose(
        black76_price(100.0, 95.0, 1.0, 0.2, 0.05, False), black_price(100.0, 95.0, 0.2, discount, False), rtol=1e-15
    )
    single = [jnp.asarray(x, jnp.float32) for x in (100.0, 95.0, 0.2, 0.95)]
    value = black_price(*single, jnp.asarray(True))
    assert value.dtype == jnp.float32
    np.testing.assert_allclose(value, black_price(100.0, 95.0, 0.2, 0.95, True), rtol=1e-5)
    assert jax.grad(lambda f: black_price(f, *single[1:], True))(single[0]).dtype == jnp.float32


def test_safe_sqrt():
    np.testing.assert_array_equal(jax.vmap(jax.grad(safe_sqrt))(jnp.asarray([-1.0, 0.0, 4.0])), [0.0, 0.0, 0.25])
