"""Currency conventions: published deltas and strikes, neutrality at the money, derivatives and edges."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.pricing.formulas import fx_atm_strike, fx_delta, fx_strike_from_delta


def _inputs(table):
    spot, domestic, foreign, vol = (jnp.asarray(table[name]) for name in ("spot", "dDf", "fDf", "stdDev"))
    kinds = table["dt"]
    flags = (
        table["ot"] == "Call",
        np.array([kind.endswith("Fwd") for kind in kinds]),
        np.array([kind.startswith("Pa") for kind in kinds]),
    )
    return spot * foreign / domestic, vol, foreign, *map(jnp.asarray, flags)


@pytest.mark.parametrize("name", ["fx-delta", "fx-atm"])
def test_published_deltas_and_strikes(cases, name):
    # The zero-volatility row is a search start of its source, not a delta of this definition.
    table = cases(name).where(lambda inputs: inputs["stdDev"] > 0.0)
    assert len(table.rows) >= 8
    forward, vol, foreign, *flags = _inputs(table)
    table.check(fx_delta(forward, jnp.asarray(table["strike"]), vol, foreign, *flags))
    strike = fx_strike_from_delta(jnp.asarray(table.expected()), forward, vol, foreign, *flags)
    np.testing.assert_allclose(strike, table["strike"], rtol=2e-3)


def test_premium_adjusted_is_delta_less_premium():
    from pact_jax.pricing.formulas import black_price

    for call in (True, False):
        plain = fx_delta(1.1, 1.15, 0.12, 0.98, call, False, False)
        premium_in_foreign = black_price(1.1, 1.15, 0.12, 0.97, call) / (1.1 * 0.97 / 0.98)
        adjusted = fx_delta(1.1, 1.15, 0.12, 0.98, call, False, True)
        np.testing.assert_allclose(adjusted, plain - premium_in_foreign, rtol=1e-12)


def test_strike_to_the_right_of_the_peak():
    # The same premium-adjusted call delta belongs to two strikes; the market means the larger one.
    strikes = jnp.linspace(0.6, 1.6, 4001)
    deltas = fx_delta(1.1, strikes, 0.2, 0.98, True, True, True)
    peak = float(strikes[jnp.argmax(deltas)])
    strike = fx_strike_from_delta(0.25, 1.1, 0.2, 0.98, True, True, True)
    assert float(strike) > peak
    assert bool(jnp.isnan(fx_strike_from_delta(float(deltas.max()) + 1e-3, 1.1, 0.2, 0.98, True, True, True)))


def test_atm_is_delta_neutral():
    for adjusted, is_forward in itertools.product([False, True], repeat=2):
        strike = fx_atm_strike(1.1, 0.15, adjusted)
        total = sum(float(fx_delta(1.1, strike, 0.15, 0.98, call, is_forward, adjusted)) for call in (True, False))
        assert abs(total) < 1e-15


def test_strike_derivatives_to_second_order():
    def strike(point, call, is_forward, adjusted):
        return fx_strike_from_delta(point[0], point[1], point[2], 0.98, call, is_forward, adjusted)

    axes = (0, None, None, None)
    values = jax.jit(jax.vmap(lambda *a: (strike(*a), jax.grad(strike)(*a)), axes))
    hessian = jax.jit(jax.hessian(strike))
    for kind in itertools.product([False, True], repeat=3):
        flags = tuple(map(jnp.asarray, kind))
        base = np.array([0.3 if kind[0] else -0.3, 1.1, 0.15])
        bumped = jnp.asarray(np.concatenate([base + 1e-5 * np.eye(3), base - 1e-5 * np.eye(3), base[None]]))
        value, slope = map(np.asarray, values(bumped, *flags))
        np.testing.assert_allclose(slope[6], (value[:3] - value[3:6]) / 2e-5, rtol=1e-6, atol=1e-8)
        second = (slope[:3] - slope[3:6]) / 2e-5
        np.testing.assert_allclose(hessian(jnp.asarray(base), *flags), second, rtol=1e-5, atol=1e-6)


def test_impossible_deltas_are_nan():
    delta = jnp.asarray([-0.2, 0.2, 1.2, 0.0, np.nan])
    call = jnp.asarray([True, False, True, True, True])
    for adjusted in (False, True):
        assert bool(jnp.isnan(fx_strike_from_delta(delta, 1.1, 0.1, 0.98, call, True, adjusted)).all()), adjusted
