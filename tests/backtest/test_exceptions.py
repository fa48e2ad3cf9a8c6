"""Exception tests against Basel's and Kupiec's tables, scipy, and simulation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import xlogy

from pact_jax import backtest
from pact_jax.backtest import Zone
from tests.backtest.reference import KUPIEC_REGIONS, MAR99_TABLE_1, MAR99_TABLE_2

N = 250
_cdf = jax.jit(backtest.binomial_cdf, static_argnums=1)
_light = jax.jit(backtest.traffic_light, static_argnums=1)
_kupiec = jax.jit(backtest.kupiec)
_independence = jax.jit(backtest.christoffersen_independence)
_conditional = jax.jit(backtest.christoffersen_conditional_coverage)


def series(count, n=N, spread=True):
    """`count` exceptions in n days, far apart or in a row."""
    days = np.linspace(0, n - 1, count).astype(int) if spread else np.arange(count)
    hit = np.zeros(n, bool)
    hit[days] = True
    return jnp.asarray(hit)


def test_mar99_table_1():
    for count, (exact, above, exact_other, below_other) in MAR99_TABLE_1.items():
        for rate, want, under in zip(
            (0.01, 0.02, 0.03, 0.04, 0.05), (exact, *exact_other), (None, *below_other), strict=True
        ):
            upto, less = (float(_cdf(jnp.asarray(k), N, jnp.asarray(rate))) for k in (count, count - 1))
            assert 100 * (upto - less) == pytest.approx(want, abs=0.051)
            assert 100 * (1 - less if under is None else less) == pytest.approx(
                above if under is None else under, abs=0.051
            )


def test_mar99_table_2():
    for count, (zone, multiplier, cumulative) in MAR99_TABLE_2.items():
        light = _light(count, N, 0.99)
        assert Zone(int(light.zone)).name == zone
        assert float(light.multiplier) == multiplier
        assert 100 * float(light.cumulative_probability) == pytest.approx(cumulative, abs=0.0051)
    # Table 1: with coverage of 98 % the green zone is left with probability 1 - 43.9 %.
    assert 100 * float(light.power) == pytest.approx(100 - 43.9, abs=0.051)
    assert np.isnan(_light(3, 500, 0.99).multiplier) and np.isnan(_light(3, N, 0.975).multiplier)


def test_binomial_against_scipy_and_edges():
    k = np.arange(-2, 32)
    got = backtest.binomial_cdf(jnp.asarray(k), 30, jnp.asarray(0.07))
    np.testing.assert_allclose(got, stats.binom.cdf(k, 30, 0.07), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("case", "region"), KUPIEC_REGIONS.items())
def test_kupiec_non_rejection_regions(case, region):
    (rate, n), (lower, upper) = case, region
    for count, accepted in ((lower, False), (lower + 1, True), (upper - 1, True), (upper, False)):
        test = _kupiec(series(count, n), 1 - rate)
        assert (float(test.p_value) > 0.05) == accepted, count
        assert (int(test.exceptions), int(test.n)) == (count, n)


@given(st.integers(0, N), st.sampled_from((0.9, 0.95, 0.975, 0.99)))
def test_kupiec_formula_and_power(count, level):
    test = _kupiec(series(count), level)
    p = 1 - level

    def lr(x):
        return 2 * (xlogy(x, x / N) + xlogy(N - x, 1 - x / N) - xlogy(x, p) - xlogy(N - x, 1 - p))

    assert float(test.statistic) == pytest.approx(lr(count), abs=1e-9)
    assert float(test.p_value) == pytest.approx(stats.chi2.sf(lr(count), 1), rel=1e-8, abs=1e-14)
    every = np.arange(N + 1)
    power = stats.binom.pmf(every, N, 2 * p)[lr(every) > stats.chi2.isf(0.05, 1)].sum()
    assert float(test.power) == pytest.approx(power, abs=1e-10)
    assert float(test.expected) == pytest.approx(N * p)


def by_hand_independence(hit):
    """Christoffersen's ratio from the four counts."""
    pairs = list(zip(hit[:-1], hit[1:], strict=True))
    n = {(i, j): sum((bool(a), bool(b)) == (i, j) for a, b in pairs) for i in (False, True) for j in (False, True)}

    def likelihood(hits, misses):
        total = max(hits + misses, 1)
        return xlogy(hits, hits / total) + xlogy(misses, misses / total)

    apart = likelihood(n[True, True], n[True, False]) + likelihood(n[False, True], n[False, False])
    return 2 * (apart - likelihood(n[True, True] + n[False, True], n[True, False] + n[False, False]))


@given(st.integers(0, 10_000), st.sampled_from((0.0, 0.02, 0.1, 0.5, 1.0)))
def test_christoffersen_by_counts(seed, rate):
    hit = np.random.default_rng(seed).random(N) < rate
    ratio = by_hand_independence(hit)
    alone, both = _independence(jnp.asarray(hit), 0.95), _conditional(jnp.asarray(hit), 0.95)
    assert float(alone.statistic) == pytest.approx(ratio, abs=1e-9)
    assert float(alone.p_value) == pytest.approx(stats.chi2.sf(max(ratio, 0), 1), rel=1e-6, abs=1e-12)
    coverage = _kupiec(jnp.asarray(hit), 0.95).statistic
    assert float(both.statistic) == pytest.approx(float(coverage) + ratio, abs=1e-9)
    assert float(both.p_value) == pytest.approx(stats.chi2.sf(float(both.statistic), 2), rel=1e-9)


def test_clusters_are_seen_and_the_power_is_that_of_the_noncentral_law():
    spread, row = series(12), series(12, spread=False)
    assert float(_independence(row, 0.95).p_value) < 1e-6 < 0.1 < float(_independence(spread, 0.95).p_value)
    assert float(_conditional(row, 0.95).p_value) < 1e-6
    p, repeat = 0.05, 0.2
    start = p * (1 - repeat) / (1 - p)
    divergence = [q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p)) for q in (repeat, start)]
    shift = 2 * (N - 1) * (p * divergence[0] + (1 - p) * divergence[1])
    for test, freedom in ((_independence(spread, 0.95), 1), (_conditional(spread, 0.95), 2)):
        want = stats.ncx2.sf(stats.chi2.isf(0.05, freedom), freedom, shift)
        assert float(test.power) == pytest.approx(want, rel=1e-8)


def test_power_of_independence_test_by_simulation():
    p, repeat, n, reps = 0.05, 0.35, 1000, 400
    rng, start = np.random.default_rng(3), 0.05 * (1 - 0.35) / 0.95
    hit = np.zeros((reps, n), bool)
    hit[:, 0] = rng.random(reps) < p
    for day in range(1, n):
        hit[:, day] = rng.random(reps) < np.where(hit[:, day - 1], repeat, start)
    tests = jax.jit(jax.vmap(lambda h: backtest.christoffersen_independence(h, 1 - p, repeat_probability=repeat)))(
        jnp.asarray(hit)
    )
    assert float((tests.p_value < 0.05).mean()) == pytest.approx(float(tests.power[0]), abs=0.05)


def test_a_gap_in_the_data_is_an_exception():
    nan = float("nan")
    hit = backtest.exceptions(jnp.asarray([1.0, 2.0, nan, 1.0]), jnp.asarray([1.0, 1.0, 5.0, nan]))
    assert hit.tolist() == [False, True, True, True]
