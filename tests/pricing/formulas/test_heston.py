"""Heston: limits, parity, convergence, derivatives; QuantLib has its own test."""

import jax
import jax.numpy as jnp
import numpy as np

from pact_jax.pricing.formulas import black_price, heston_price

_MODEL = (0.04, 1.5, 0.09, 0.5, -0.7)


def test_no_volatility_of_variance_is_black_scholes():
    mean = 0.09 + (0.04 - 0.09) * (1.0 - np.exp(-1.5)) / 1.5
    strike = jnp.asarray([80.0, 100.0, 125.0])
    for sigma in (0.0, 1e-7):
        value = heston_price(100.0, strike, 1.0, 0.95, 0.04, 1.5, 0.09, sigma, -0.5, True)
        np.testing.assert_allclose(value, black_price(100.0, strike, np.sqrt(mean), 0.95, True), rtol=1e-6)


def test_parity_and_homogeneity():
    strike = jnp.linspace(60.0, 160.0, 11)
    call, put = (heston_price(100.0, strike, 0.7, 0.95, *_MODEL, c) for c in (True, False))
    np.testing.assert_allclose(call - put, 0.95 * (100.0 - strike), atol=1e-11)
    np.testing.assert_allclose(heston_price(200.0, 2.0 * strike, 0.7, 0.95, *_MODEL, True), 2.0 * call, rtol=1e-11)
    assert bool((call > 0.0).all() and (jnp.diff(call) < 0.0).all() and (jnp.diff(call, 2) > 0.0).all())


def test_more_nodes_change_nothing():
    rng = np.random.default_rng(0)
    n = 64
    columns = [
        rng.uniform(*b, n) for b in ((80, 120), (0.25, 5), (0.02, 0.2), (0.5, 3), (0.02, 0.2), (0.1, 0.8), (-0.9, 0))
    ]
    strike, time, *model = map(jnp.asarray, columns)
    price = jax.jit(heston_price, static_argnames="nodes")
    args = (100.0, strike, time, 0.95, *model, True)
    np.testing.assert_allclose(price(*args), price(*args, nodes=256), atol=1e-8)


def test_long_dated_has_no_branch_jump():
    # With the other sign of the root the logarithm crosses its cut at some maturity and the price jumps.
    times = jnp.linspace(0.5, 30.0, 60)
    values = heston_price(100.0, 100.0, times, 1.0, 0.04, 0.5, 0.04, 0.9, -0.9, True)
    second = np.abs(np.diff(values, 2))
    assert np.all(np.diff(values) > 0.0) and second.max() < 0.2


def test_derivatives():
    def price(point):
        return heston_price(point[0], 105.0, point[1], 0.95, *point[2:], True)

    base = np.array([100.0, 0.8, *_MODEL])
    steps = 1e-5 * np.abs(base)
    bumped = np.concatenate([base + np.diag(steps), base - np.diag(steps), base[None]])
    count = len(base)
    value, slope = map(np.asarray, jax.jit(jax.vmap(jax.value_and_grad(price)))(jnp.asarray(bumped)))
    np.testing.assert_allclose(slope[-1], (value[:count] - value[count:-1]) / (2 * steps), rtol=1e-5, atol=1e-6)
    gamma = jax.jit(jax.grad(lambda f: jax.grad(price)(jnp.asarray(base).at[0].set(f))[0]))(100.0)
    np.testing.assert_allclose(gamma, (slope[0][0] - slope[count][0]) / (2 * steps[0]), rtol=1e-5)


def test_edges():
    forward = jnp.asarray([90.0, 100.0, 110.0])
    np.testing.assert_allclose(heston_price(forward, 100.0, 0.0, 1.0, *_MODEL, True), [0.0, 0.0, 10.0], atol=1e-12)
    still = heston_price(forward, 100.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.3, -0.5, True)
    np.testing.assert_allclose(still, [0.0, 0.0, 10.0], atol=1e-12)
    gradient = jax.vmap(jax.grad(lambda f, t: heston_price(f, 100.0, t, 1.0, *_MODEL, True), (0, 1)))(
        forward, jnp.zeros(3)
    )
    assert all(bool(jnp.isfinite(g).all()) for g in gradient)
    for position in range(5):
        model = list(_MODEL)
        model[position] = np.nan
        assert bool(jnp.isnan(heston_price(100.0, 100.0, 1.0, 1.0, *model, True)))
