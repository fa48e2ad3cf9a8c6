"""Interpolations against scipy, their defining properties, and derivatives against differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline, PchipInterpolator

from pact_jax.curves import (
    Interpolation,
    ZeroCurve,
    discount_factor,
    instantaneous_forward,
    log_discount,
    log_survival_probability,
    overlap_weights,
    simple_forward,
    zero_rate,
)
from pact_jax.market import example_market
from pact_jax.market import log_discount_factor as market_log_discount_factor
from pact_jax.market import log_survival_probability as market_log_survival_probability

_NODES = np.array([0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0])
_RATES = np.array([0.031, 0.028, 0.026, -0.004, 0.002, 0.012, 0.011])
_TIMES = np.linspace(0.0, 29.9, 400)
_METHODS = list(Interpolation)
_forward = jax.jit(instantaneous_forward)
_discount = jax.jit(discount_factor)
_zero_rate = jax.jit(zero_rate)
_log_discount = jax.jit(log_discount, static_argnames="interpolation")


def _curve(method: Interpolation, nodes=_NODES, rates=_RATES) -> ZeroCurve:
    return ZeroCurve(jnp.asarray(nodes), jnp.asarray(rates), method)


@pytest.mark.parametrize("method", _METHODS)
def test_nodes_are_met_and_time_zero_is_worth_one(method: Interpolation) -> None:
    curve = _curve(method)
    np.testing.assert_allclose(_zero_rate(curve, curve.time), _RATES, rtol=0, atol=1e-15)
    assert float(_discount(curve, jnp.asarray(0.0))) == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_monotone_cubic_is_scipy_pchip(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = np.cumsum(rng.uniform(0.05, 3.0, 8))
    rates = rng.normal(0.01, 0.02, 8)
    peer = PchipInterpolator(np.append(0.0, nodes), np.append(0.0, rates * nodes))
    times = rng.uniform(0.0, nodes[-1], 200)
    own = -_log_discount(jnp.asarray(nodes), jnp.asarray(rates), jnp.asarray(times), Interpolation.MONOTONE_CUBIC)
    np.testing.assert_allclose(own, peer(times), rtol=0, atol=1e-14)


@pytest.mark.parametrize("seed", range(20))
def test_natural_cubic_is_scipy_spline(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = np.cumsum(rng.uniform(0.05, 3.0, 8))
    rates = rng.normal(0.01, 0.02, 8)
    peer = CubicSpline(np.append(0.0, nodes), np.append(0.0, rates * nodes), bc_type="natural")
    times = rng.uniform(0.0, nodes[-1], 200)
    own = -_log_discount(jnp.asarray(nodes), jnp.asarray(rates), jnp.asarray(times), Interpolation.NATURAL_CUBIC)
    np.testing.assert_allclose(own, peer(times), rtol=0, atol=1e-13)


def test_linear_zero_is_the_interpolation_of_the_market_state() -> None:
    market = example_market()
    nodes, rates = jnp.asarray([0.25, 10.0]), jnp.asarray([[0.01, 0.05]])
    times = jnp.asarray([0.0, 0.1, 0.25, 3.0, 10.0, 40.0])
    state = type(market)(**{**vars(market), "curve_time": nodes, "zero_rate": rates})
    expected = market_log_discount_factor(state, jnp.zeros(6, int), times)
    np.testing.assert_allclose(log_discount(nodes, rates[0], times, Interpolation.LINEAR_ZERO), expected, atol=1e-16)


def test_log_linear_has_flat_forwards() -> None:
    curve = _curve(Interpolation.LOG_LINEAR_DISCOUNT)
    edges = np.append(0.0, _NODES)
    total = np.append(0.0, _RATES * _NODES)
    middles = jnp.asarray((edges[1:] + edges[:-1]) / 2)
    np.testing.assert_allclose(_forward(curve, middles), np.diff(total) / np.diff(edges), rtol=1e-12)
    # Beyond the last node the last forward goes on.
    np.testing.assert_allclose(_forward(curve, jnp.asarray([50.0])), np.diff(total)[-1:] / np.diff(edges)[-1:])


@pytest.mark.parametrize("method", [Interpolation.MONOTONE_CUBIC, Interpolation.NATURAL_CUBIC])
def test_cubics_have_continuous_forwards(method: Interpolation) -> None:
    curve = _curve(method)
    before, after = (_forward(curve, jnp.asarray(_NODES + shift)) for shift in (-1e-9, 1e-9))
    np.testing.assert_allclose(before, after, rtol=0, atol=1e-7)


@given(st.lists(st.floats(0.0005, 0.2), min_size=6, max_size=6), st.integers(0, 2**32 - 1))
def test_monotone_cubic_keeps_forwards_positive(forwards: list[float], seed: int) -> None:
    widths = np.random.default_rng(seed).uniform(0.1, 5.0, len(forwards))
    nodes, total = np.cumsum(widths), np.cumsum(np.asarray(forwards) * widths)
    curve = _curve(Interpolation.MONOTONE_CUBIC, nodes, total / nodes)
    times = jnp.linspace(0.0, nodes[-1] * 1.2, 300)
    assert float(jnp.min(_forward(curve, times))) >= -1e-12


@pytest.mark.parametrize("method", _METHODS)
def test_derivatives_in_rates_match_differences(method: Interpolation) -> None:
    times = jnp.asarray([0.05, 0.3, 0.9, 1.7, 4.0, 25.0, 35.0])

    def value(rates):
        return log_discount(jnp.asarray(_NODES), rates, times, method)

    value = jax.jit(value)
    analytic = jax.jit(jax.jacrev(value))(jnp.asarray(_RATES))
    step = 1e-6 * np.eye(_RATES.size)
    differences = [(value(jnp.asarray(_RATES + e)) - value(jnp.asarray(_RATES - e))) / 2e-6 for e in step]
    np.testing.assert_allclose(analytic, np.stack(differences, axis=1), rtol=0, atol=2e-8)
    assert np.isfinite(analytic).all()


@pytest.mark.parametrize("method", _METHODS)
def test_flat_curve_is_flat_under_every_method(method: Interpolation) -> None:
    curve = _curve(method, _NODES, np.full(_NODES.size, 0.04))
    np.testing.assert_allclose(_zero_rate(curve, jnp.asarray([0.0, 0.01, 3.0, 29.0, 60.0])), 0.04, rtol=1e-13)
    gradient = jax.grad(lambda z: jnp.sum(log_discount(curve.time, z, jnp.asarray([0.7, 7.0]), method)))(
        curve.zero_rate
    )
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("method", _METHODS)
@pytest.mark.parametrize("size", [1, 2])
def test_short_curves(method: Interpolation, size: int) -> None:
    curve = _curve(method, _NODES[:size], np.full(size, 0.03))
    np.testing.assert_allclose(_discount(curve, jnp.asarray([0.05, 2.0])), np.exp([-0.0015, -0.06]), rtol=1e-14)


def test_simple_forward_of_an_overnight_period_keeps_its_digits() -> None:
    curve = _curve(Interpolation.LOG_LINEAR_DISCOUNT, np.array([1.0]), np.array([0.03]))
    start, day = 0.5, 1 / 365
    forward = simple_forward(curve, jnp.asarray(start), jnp.asarray(start + day), jnp.asarray(1 / 360))
    assert float(forward) == pytest.approx(np.expm1(0.03 * day) * 360, rel=1e-12)


@pytest.mark.parametrize("method", _METHODS)
def test_single_precision_is_kept(method: Interpolation) -> None:
    curve = ZeroCurve(jnp.asarray(_NODES, jnp.float32), jnp.asarray(_RATES, jnp.float32), method)
    got = _discount(curve, jnp.asarray(_TIMES, jnp.float32))
    assert got.dtype == jnp.float32
    np.testing.assert_allclose(got, _discount(_curve(method), jnp.asarray(_TIMES)), rtol=3e-6)


def test_hazard_weights_integrate_the_step_function() -> None:
    nodes, hazards = np.array([0.5, 1.0, 5.0]), np.array([0.01, 0.05, 0.02])
    times = np.array([0.0, 0.25, 0.5, 0.75, 3.0, 9.0])
    expected = [0.0, 0.0025, 0.005, 0.0175, 0.07, 0.19]  # by hand: 0.5*1% + 0.5*5% + 2*2%, and so on
    got = log_survival_probability(jnp.asarray(nodes), jnp.asarray(hazards), jnp.asarray(times))
    np.testing.assert_allclose(got, -np.asarray(expected), rtol=1e-14, atol=1e-17)
    np.testing.assert_allclose(overlap_weights(jnp.asarray(nodes), jnp.asarray(times)).sum(axis=1), times, rtol=1e-15)


def test_survival_is_that_of_the_market_state() -> None:
    market = example_market()
    times = jnp.asarray([0.3, 1.0, 4.0, 12.0])
    expected = market_log_survival_probability(market, jnp.zeros(4, int), times)
    got = log_survival_probability(market.hazard_time, market.hazard_rate[0], times)
    np.testing.assert_allclose(got, expected, rtol=1e-14)
