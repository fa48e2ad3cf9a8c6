"""Reading the market: curve, survival and surface against NumPy, QuantLib, integrals and their own properties."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.market import (
    base_implied_vol,
    discount_factor,
    example_market,
    implied_vol,
    log_discount_factor,
    log_survival_probability,
)
from tests.pricing import books

TIMES = np.array([0.0, 0.1, 0.25, 0.6, 1.0, 2.0, 3.0, 7.5, 10.0, 40.0])


def test_zero_rates_are_linear_between_nodes_and_flat_outside():
    market = books.market()
    for curve in range(3):
        zero = np.interp(TIMES, market.curve_time, market.zero_rate[curve])
        found = log_discount_factor(market, jnp.full(len(TIMES), curve), jnp.asarray(TIMES))
        np.testing.assert_allclose(found, -zero * TIMES, rtol=1e-14, atol=1e-17)
        np.testing.assert_allclose(
            discount_factor(market, jnp.full(len(TIMES), curve), jnp.asarray(TIMES)), np.exp(-zero * TIMES), rtol=1e-14
        )


def test_one_node_is_a_flat_curve():
    market = eqx.tree_at(
        lambda m: (m.curve_time, m.zero_rate), example_market(), (jnp.asarray([1.0]), jnp.asarray([[0.05]]))
    )
    found = log_discount_factor(market, jnp.zeros(3, int), jnp.asarray([0.2, 1.0, 9.0]))
    np.testing.assert_allclose(found, [-0.01, -0.05, -0.45], rtol=1e-14)


def test_discount_factors_equal_quantlib_zero_curve():
    ql = pytest.importorskip("QuantLib", reason="independent implementation; install the oracle group")
    market = books.market()
    today = ql.Date(22, 11, 2023)
    # Nodes at whole days, so that Actual/365 gives their times exactly; the first one stands at today too (flat).
    days = np.array([0, 91, 365, 1095, 3650])
    zero = np.concatenate([market.zero_rate[0][:1], market.zero_rate[0]])
    curve = ql.ZeroCurve([today + int(d) for d in days], zero.tolist(), ql.Actual365Fixed())
    market = eqx.tree_at(lambda m: m.curve_time, market, jnp.asarray(days[1:] / 365.0))
    wanted = np.arange(1, 3650, 173)
    found = discount_factor(market, jnp.zeros(len(wanted), int), jnp.asarray(wanted / 365.0))
    np.testing.assert_allclose(found, [curve.discount(today + int(d)) for d in wanted], rtol=1e-13)


def test_survival_is_the_integral_of_the_forward_hazard():
    market = books.market()
    ends, hazards = np.array([1.0, 5.0, 10.0]), np.asarray(market.hazard_rate)
    for issuer in range(2):
        grid = (np.arange(400_000) + 0.5) * 1e-4  # midpoints up to 40 years
        forward = hazards[issuer][np.minimum(np.searchsorted(ends, grid), 2)]
        integral = np.concatenate([[0.0], np.cumsum(forward) * 1e-4])
        expected = -integral[np.round(TIMES * 1e4).astype(int)]
        found = log_survival_probability(market, jnp.full(len(TIMES), issuer), jnp.asarray(TIMES))
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_survival_equals_quantlib_hazard_curve():
    ql = pytest.importorskip("QuantLib", reason="independent implementation; install the oracle group")
    market = books.market()
    today = ql.Date(22, 11, 2023)
    nodes = [today, today + 365, today + 1825, today + 3650]
    hazards = np.asarray(market.hazard_rate[1])
    curve = ql.HazardRateCurve(nodes, [float(hazards[0]), *hazards.tolist()], ql.Actual365Fixed())
    days = np.arange(10, 3650, 217)
    found = log_survival_probability(market, jnp.ones(len(days), int), jnp.asarray(days / 365.0))
    np.testing.assert_allclose(np.exp(found), [curve.survivalProbability(today + int(d)) for d in days], rtol=1e-13)


def test_no_issuer_never_defaults():
    found = log_survival_probability(books.market(), jnp.asarray([-1, 0]), jnp.asarray([5.0, 5.0]))
    assert float(found[0]) == 0.0 and float(found[1]) == pytest.approx(-(0.012 + 4 * 0.018), rel=1e-14)


def surface_by_hand(market, surface: int, time: float, x: float) -> float:
    """Linear in log-strike at each expiry, then linear in total variance; flat outside both."""
    expiry = np.asarray(market.vol_expiry[surface])
    smile = [
        np.interp(x, market.vol_log_strike[surface, k], market.implied_vol[surface, k]) for k in range(len(expiry))
    ]
    inside = min(max(time, expiry[0]), expiry[-1])
    variance = np.interp(inside, expiry, np.square(smile) * expiry)
    return float(np.sqrt(variance / inside))


@given(st.integers(0, 3), st.floats(0.0, 4.0), st.floats(-1.0, 1.0))
def test_surface_by_hand(surface, time, moneyness):
    market = books.market()
    level = np.array([103.7, 48.2, 2210.0, 1.0893])[surface]
    x = float(np.log(level) + moneyness)
    found = base_implied_vol(market, jnp.asarray([surface]), jnp.asarray([time]), jnp.asarray([x]))
    assert float(found[0]) == pytest.approx(surface_by_hand(market, surface, time, x), rel=1e-12)


def test_surface_is_homogeneous_in_its_nodes_so_the_level_is_a_parallel_move():
    market = books.market()
    place = (jnp.asarray([1, 2]), jnp.asarray([0.7, 1.4]), jnp.log(jnp.asarray([44.0, 2500.0])))
    scaled = eqx.tree_at(lambda m: m.implied_vol, market, 1.1 * market.implied_vol)
    levelled = eqx.tree_at(lambda m: m.vol_level, market, 1.1 * market.vol_level)
    np.testing.assert_allclose(implied_vol(scaled, *place), implied_vol(levelled, *place), rtol=1e-14)
    np.testing.assert_allclose(
        implied_vol(market, *place), np.array([1.1, 0.9]) * base_implied_vol(market, *place), rtol=1e-15
    )


def test_gradients_are_finite_at_zero_time_and_on_nodes():
    market = books.market()

    def total(zero, vol):
        moved = eqx.tree_at(lambda m: (m.zero_rate, m.implied_vol), market, (zero, vol))
        time = jnp.asarray([0.0, 0.25, 1.0, 2.0, 9.0])
        x = jnp.concatenate([market.vol_log_strike[0, 0], jnp.asarray([0.0])])
        surface = jnp.zeros(5, int)
        return jnp.sum(log_discount_factor(moved, surface, time)) + jnp.sum(implied_vol(moved, surface, time, x))

    by_zero, by_vol = jax.grad(total, argnums=(0, 1))(market.zero_rate, market.implied_vol)
    assert np.all(np.isfinite(by_zero)) and np.all(np.isfinite(by_vol))
    # Each of the five readings splits its weight over nodes: the gradient in volatility sums to 5 for a flat surface.
    flat = jax.grad(total, argnums=1)(market.zero_rate, jnp.full_like(market.implied_vol, 0.2))
    assert float(jnp.sum(flat)) == pytest.approx(5.0, rel=1e-12)


@pytest.mark.parametrize(("expiries", "strikes"), [(1, 1), (2, 8), (6, 17)])
def test_any_number_of_nodes_is_interpolated(expiries, strikes):
    # The bisection takes a different number of steps for each.
    rng = np.random.default_rng(expiries + strikes)
    nodes = np.cumsum(rng.uniform(0.1, 0.4, (2, expiries, strikes)), axis=-1)
    times = np.cumsum(rng.uniform(0.1, 0.8, (2, expiries)), axis=-1)
    vols = rng.uniform(0.1, 0.5, nodes.shape)
    market = dataclasses.replace(
        example_market(),
        vol_expiry=jnp.asarray(times),
        vol_log_strike=jnp.asarray(nodes),
        implied_vol=jnp.asarray(vols),
        vol_underlying=jnp.zeros(2, int),
        vol_level=jnp.ones(2),
    )
    surface, expiry, strike = rng.integers(0, 2, 64), rng.uniform(0.0, 4.0, 64), rng.uniform(-0.1, 3.0, 64)
    # Some exactly on nodes, the first and the last among them.
    strike[:strikes] = nodes[0, 0]
    expiry[:expiries], surface[:strikes] = times[0], 0
    found = jax.jit(base_implied_vol)(market, jnp.asarray(surface), jnp.asarray(expiry), jnp.asarray(strike))
    by_hand = [surface_by_hand(market, *point) for point in zip(surface, expiry, strike, strict=True)]
    np.testing.assert_allclose(found, by_hand, rtol=1e-13)
