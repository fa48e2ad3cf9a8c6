"""Bachelier and displaced models: published values, fifty digits, parity, derivatives and edges."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.pricing.formulas import bachelier_price, black_price, displaced_price


def test_published_values(cases):
    table = cases("bachelier-basic")
    inputs = [jnp.asarray(table[name]) for name in ("forward", "strike", "stdDev", "discount")]
    table.check(bachelier_price(*inputs, jnp.asarray(table.is_call)))


def test_against_fifty_digits():
    mpmath = pytest.importorskip("mpmath")
    rng = np.random.default_rng(0)
    forward, strike = rng.normal(0.0, 0.03, (2, 200))
    vol, call = np.exp(rng.uniform(-8.0, -3.0, 200)), rng.random(200) < 0.5
    exact = []
    with mpmath.workdps(50):
        for f, k, s, c in zip(*map(np.ndarray.tolist, (forward, strike, vol, call)), strict=True):
            x = (mpmath.mpf(f) - mpmath.mpf(k)) * (1 if c else -1)
            exact.append(float(x * mpmath.ncdf(x / s) + s * mpmath.npdf(x / s)))
    ours = np.asarray(bachelier_price(*map(jnp.asarray, (forward, strike, vol)), 1.0, jnp.asarray(call)))
    assert np.max(np.abs(ours - exact) / np.maximum(exact, 1e-4 * vol)) < 1e-10


@given(forward=st.floats(-10.0, 10.0), strike=st.floats(-10.0, 10.0), vol=st.floats(0.0, 20.0))
def test_parity_and_floor(forward, strike, vol):
    call, put = (float(bachelier_price(forward, strike, vol, 0.9, is_call)) for is_call in (True, False))
    assert abs(call - put - 0.9 * (forward - strike)) < 1e-13
    assert call >= max(0.9 * (forward - strike), 0.0) - 1e-13


def test_derivatives():
    def price(*args):
        return bachelier_price(*args, False)

    args = tuple(map(jnp.asarray, (0.01, 0.012, 0.004, 0.97)))
    gradient, hessian = jax.grad(price, (0, 1, 2, 3)), jax.hessian(price, (0, 1, 2, 3))(*args)
    step = 1e-7
    for i in range(4):
        up, down = ([a + s * step if j == i else a for j, a in enumerate(args)] for s in (1, -1))
        np.testing.assert_allclose(gradient(*args)[i], (price(*up) - price(*down)) / (2 * step), rtol=1e-6, atol=1e-9)
        for j in range(4):
            bumped = (gradient(*up)[j] - gradient(*down)[j]) / (2 * step)
            np.testing.assert_allclose(hessian[i][j], bumped, rtol=1e-6, atol=1e-6)


def test_edges():
    forward = jnp.asarray([-0.01, 0.0, 0.01])
    np.testing.assert_array_equal(bachelier_price(forward, 0.0, 0.0, 1.0, True), [0.0, 0.0, 0.01])
    derivatives = jax.vmap(jax.hessian(lambda f, s: bachelier_price(f, 0.0, s, 1.0, True), (0, 1)))(
        forward, jnp.zeros(3)
    )
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(derivatives))
    delta = jax.vmap(jax.grad(lambda f: bachelier_price(f, 0.0, 0.0, 1.0, True)))(forward)
    np.testing.assert_array_equal(delta, [0.0, 0.5, 1.0])
    for bad in ((0.01, 0.0, -0.1, 1.0), (0.01, 0.0, np.nan, 1.0), (np.nan, 0.0, 0.1, 1.0), (0.01, 0.0, 0.1, np.nan)):
        assert bool(jnp.isnan(bachelier_price(*bad, True))), bad


def test_displaced_is_between_black_and_bachelier():
    np.testing.assert_array_equal(displaced_price(1.0, 1.1, 0.2, 0.9, 0.0, True), black_price(1.0, 1.1, 0.2, 0.9, True))
    # With a displacement b and volatility s / b the model tends to Bachelier with volatility s.
    far = displaced_price(1.0, 1.1, 0.2 / 1e6, 0.9, 1e6, True)
    np.testing.assert_allclose(far, bachelier_price(1.0, 1.1, 0.2, 0.9, True), rtol=1e-5)
    call, put = (displaced_price(-0.01, 0.002, 0.2, 0.9, 0.03, is_call) for is_call in (True, False))
    np.testing.assert_allclose(call - put, 0.9 * -0.012, rtol=1e-12)
