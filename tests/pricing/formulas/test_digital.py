"""Digitals at expiry: Haug's values, decompositions, derivatives and edges."""

import jax
import jax.numpy as jnp
import numpy as np

from pact_jax.pricing.formulas import asset_digital_price, black_price, cash_digital_price, gap_price


def _forward_inputs(table):
    spot, strike, time, vol, rate, dividend = (
        table[name] for name in ("spot", "strike", "time_years", "vol", "rate", "dividend_yield")
    )
    forward = spot * np.exp((rate - dividend) * time)
    return tuple(map(jnp.asarray, (forward, strike, vol * np.sqrt(time), np.exp(-rate * time))))


def test_haug_values(cases):
    table = cases("digital-cash-eur")
    table.check(cash_digital_price(*_forward_inputs(table), 10.0, jnp.asarray(table.is_call)))
    table = cases("digital-asset-eur")
    table.check(asset_digital_price(*_forward_inputs(table), jnp.asarray(table.is_call)))
    table = cases("digital-gap-eur")
    forward, trigger, vol, discount = _forward_inputs(table)
    strike = jnp.asarray(table["second_strike"]).astype(float)
    table.check(gap_price(forward, trigger, strike, vol, discount, jnp.asarray(table.is_call)))


def test_decompositions():
    forward = jnp.linspace(50.0, 200.0, 31)
    args = (forward, 100.0, 0.3, 0.9)
    for call in (True, False):
        sign = 1.0 if call else -1.0
        cash, asset = cash_digital_price(*args, 100.0, call), asset_digital_price(*args, call)
        np.testing.assert_allclose(sign * (asset - cash), black_price(*args, call), atol=1e-12)
        np.testing.assert_allclose(
            gap_price(forward, 100.0, 100.0, 0.3, 0.9, call), black_price(*args, call), atol=1e-12
        )
    both = cash_digital_price(*args, 1.0, True) + cash_digital_price(*args, 1.0, False)
    np.testing.assert_allclose(both, 0.9, rtol=1e-14)
    # A digital call is minus the slope of the vanilla call in its strike.
    slope = jax.vmap(jax.grad(black_price, 1), (0, None, None, None, None))(forward, 100.0, 0.3, 0.9, True)
    np.testing.assert_allclose(cash_digital_price(*args, 1.0, True), -slope, rtol=1e-13)


def test_derivatives():
    def price(f, s):
        return gap_price(f, 100.0, 95.0, s, 0.9, True)

    gradient, step = jax.grad(price, (0, 1)), 1e-5
    hessian = jax.hessian(price, (0, 1))(110.0, 0.2)
    for i in range(2):
        bump = np.eye(2)[i] * step * (100.0, 1.0)[i]
        up, down = (110.0 + bump[0], 0.2 + bump[1]), (110.0 - bump[0], 0.2 - bump[1])
        width = 2 * float(bump.sum())
        np.testing.assert_allclose(gradient(110.0, 0.2)[i], (price(*up) - price(*down)) / width, rtol=1e-6)
        for j in range(2):
            np.testing.assert_allclose(hessian[i][j], (gradient(*up)[j] - gradient(*down)[j]) / width, rtol=1e-5)


def test_edges_are_finite_and_faults_are_not():
    forward = jnp.asarray([90.0, 100.0, 110.0])
    np.testing.assert_array_equal(cash_digital_price(forward, 100.0, 0.0, 1.0, 1.0, True), [0.0, 0.5, 1.0])
    np.testing.assert_array_equal(asset_digital_price(forward, 100.0, 0.0, 1.0, False), [90.0, 50.0, 0.0])
    second = jax.vmap(jax.hessian(lambda f, s: cash_digital_price(f, 100.0, s, 1.0, 1.0, True), (0, 1)))(
        forward, jnp.zeros(3)
    )
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(second))
    for bad in ((np.nan, 100.0, 0.2), (100.0, np.nan, 0.2), (100.0, 100.0, np.nan), (100.0, 100.0, -0.2)):
        assert bool(jnp.isnan(cash_digital_price(*bad, 1.0, 1.0, True))), bad
        assert bool(jnp.isnan(black_price(*bad, 1.0, True))), bad
