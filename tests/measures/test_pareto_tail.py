"""Peaks over a threshold: against scipy, closed forms, a profile by brute force, and simulated coverage."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from pact_jax import measures
from pact_jax.errors import ArgumentError, DifferentiationError

_K, _N = 200, 2_000
_LEVELS = np.array([0.99, 0.995, 0.999])
_CRITICAL = stats.chi2.ppf(0.95, 1)

fit = jax.jit(partial(measures.fit_pareto_tail, exceedances=_K))
moments = jax.jit(partial(measures.pareto_tail_by_moments, exceedances=_K))
_measure = jax.jit(partial(measures.pareto_measures, exceedances=_K))


def measure(loss, levels, independence=1.0):
    return _measure(loss, levels, independence=independence)


def draws(law, seed=0):
    return law.rvs(_N, random_state=np.random.default_rng(seed))


def excesses(loss):
    ordered = np.sort(loss)[::-1]
    return ordered[:_K] - ordered[_K], ordered[_K]


@pytest.mark.parametrize(
    "law", [stats.t(4), stats.norm(), stats.expon(), stats.genpareto(0.9), stats.genpareto(-0.3), stats.cauchy()]
)
def test_likelihood_is_that_of_scipy(law):
    """scipy.stats.genpareto.fit, a simplex search, ends a little below the maximum that Newton steps reach."""
    loss = draws(law)
    y, threshold = excesses(loss)
    tail = fit(loss)
    shape, _, scale = stats.genpareto.fit(y, floc=0.0)
    ours = stats.genpareto.logpdf(y, float(tail.shape), 0.0, float(tail.scale)).sum()
    assert ours >= stats.genpareto.logpdf(y, shape, 0.0, scale).sum() - 1e-9
    assert float(tail.shape) == pytest.approx(shape, abs=2e-4)
    assert float(tail.scale) == pytest.approx(scale, rel=2e-4)
    assert float(tail.threshold) == threshold and int(tail.exceedances) == _K and int(tail.distinct) == _K

    def negative(x):
        return -stats.genpareto.logpdf(y, x[0], 0.0, x[1]).sum()

    step = 1e-4 * np.array([1.0, float(tail.scale)])
    point = np.array([float(tail.shape), float(tail.scale)])
    for i in range(2):
        e = np.eye(2)[i] * step
        # The score is 0 at the maximum and the inverse covariance is the curvature there.
        curvature = (negative(point + e) - 2.0 * negative(point) + negative(point - e)) / step[i] ** 2
        information = np.linalg.inv(np.asarray(tail.covariance))
        assert information[i, i] == pytest.approx(curvature, rel=1e-3)


def test_measures_are_those_of_the_law():
    """Quantile and tail mean of scipy's generalised Pareto law at the fitted parameters."""
    tail = fit(draws(stats.t(4)))
    shape, scale, threshold = float(tail.shape), float(tail.scale), float(tail.threshold)
    for level in _LEVELS:
        inner = 1.0 - (1.0 - level) * _N / _K
        quantile = stats.genpareto.ppf(inner, shape, threshold, scale)
        assert float(measures.pareto_value_at_risk(tail, level)) == pytest.approx(quantile, rel=1e-12)
        share = np.linspace(0.0, 1.0, 2_000_001)[1:-1]
        mean = stats.genpareto.ppf(inner + (1.0 - inner) * share, shape, threshold, scale).mean()
        assert float(measures.pareto_expected_shortfall(tail, level)) == pytest.approx(mean, rel=2e-3)
    assert np.isnan(measures.pareto_value_at_risk(tail, 0.85)) and np.isnan(measures.pareto_value_at_risk(tail, 1.0))
    heavy = fit(draws(stats.genpareto(1.6)))
    assert float(heavy.shape) > 1.0 and np.isinf(measures.pareto_expected_shortfall(heavy, 0.99))


def test_moments_are_hosking_and_wallis():
    y, _ = excesses(draws(stats.t(4)))
    rising = np.sort(y)
    plotting = (np.arange(1, _K + 1) - 0.35) / _K
    first, second = rising.mean(), ((1.0 - plotting) * rising).mean()
    tail = moments(draws(stats.t(4)))
    assert float(tail.shape) == pytest.approx(2.0 - first / (first - 2.0 * second), rel=1e-12)
    assert float(tail.scale) == pytest.approx(2.0 * first * second / (first - 2.0 * second), rel=1e-12)
    # Two estimators that share nothing but the data are within two standard errors of the shape of each other.
    by_likelihood = fit(draws(stats.t(4)))
    assert abs(float(tail.shape - by_likelihood.shape)) < 2.0 * float(by_likelihood.covariance[0, 0]) ** 0.5


def profile(y, threshold, level, value, of_shortfall):
    """Log-likelihood at the best shape and share for a measure that is held fixed."""

    def negative(x):
        shape, share = x
        if not 0.0 < share < 1.0:
            return 1e12
        size = ((share / (1.0 - level)) ** shape - 1.0) / shape
        size = (size + 1.0) / (1.0 - shape) if of_shortfall else size
        scale = (value - threshold) / size
        if scale <= 0.0 or (of_shortfall and shape >= 1.0):
            return 1e12
        counted = _K * np.log(share) + (_N - _K) * np.log(1.0 - share)
        return -stats.genpareto.logpdf(y, shape, 0.0, scale).sum() - counted

    return -optimize.minimize(
        negative, [0.2, _K / _N], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-8}
    ).fun


@pytest.mark.parametrize("of_shortfall", [False, True])
def test_intervals_are_the_profile_likelihood(of_shortfall):
    loss = draws(stats.t(4), seed=3)
    y, threshold = excesses(loss)
    found = measure(loss, _LEVELS)
    name = "expected_shortfall" if of_shortfall else "value_at_risk"
    at = 1
    value, (low, high) = float(getattr(found, name)[at]), np.asarray(getattr(found, f"{name}_interval")[at])
    top = profile(y, threshold, _LEVELS[at], value, of_shortfall)
    for end in (low, high):
        drop = 2.0 * (top - profile(y, threshold, _LEVELS[at], end, of_shortfall))
        assert drop == pytest.approx(_CRITICAL, rel=0.02)
    error = float(getattr(found, f"{name}_error")[at])
    assert low < value < high and 3.0 * error < high - low < 6.0 * error


def test_error_at_the_threshold_is_that_of_its_share():
    # At 1 - c = k/n = z the VaR is the threshold: a binomial error, sqrt(z (1 - z) / n) over the density z / beta.
    found = measure(draws(stats.t(4)), np.full(3, 0.9))
    expected = float(found.tail.scale) * np.sqrt(0.9 / (0.1 * _N))
    np.testing.assert_allclose(found.value_at_risk_error, expected, rtol=1e-6)
    np.testing.assert_allclose(found.value_at_risk, found.tail.threshold, rtol=1e-9)


def test_intervals_widen_with_dependence_and_open_where_the_mean_may_be_infinite():
    loss = draws(stats.t(4), seed=3)
    alone, clustered = (measure(loss, _LEVELS, independence=x) for x in (1.0, 0.25))
    narrow, wide = (np.asarray(found.value_at_risk_interval) for found in (alone, clustered))
    assert np.all(wide[:, 1] - wide[:, 0] > 1.7 * (narrow[:, 1] - narrow[:, 0]))
    np.testing.assert_allclose(clustered.value_at_risk_error, 2.0 * alone.value_at_risk_error, rtol=1e-12)
    heavy = measure(draws(stats.genpareto(0.95)), _LEVELS)
    assert np.all(np.isinf(heavy.expected_shortfall_interval[:, 1]))
    assert np.all(np.isfinite(heavy.value_at_risk_interval))
    assert np.all(np.isnan(measure(loss, np.full(3, 0.8)).value_at_risk_interval))


@given(st.floats(1e-6, 1e9), st.floats(-1e3, 1e3), st.integers(0, 10_000))
def test_equivariance(size, shift, seed):
    """Measures of a + b L are a + b times those of L, and no order of scenarios matters."""
    loss = draws(stats.t(3), seed=seed % 7)
    rng = np.random.default_rng(seed)
    base, moved = measure(loss, _LEVELS), measure(size * rng.permutation(loss) + shift * size, _LEVELS)
    assert float(moved.tail.shape) == pytest.approx(float(base.tail.shape), abs=1e-6)
    for name in ("value_at_risk", "expected_shortfall", "value_at_risk_interval"):
        np.testing.assert_allclose(getattr(moved, name), size * (getattr(base, name) + shift), rtol=1e-5)


def test_dependence_of_clusters():
    """Each loss ten times in a row is a tenth of an observation."""
    rng = np.random.default_rng(0)
    single = rng.standard_normal(4_000)
    of = jax.jit(partial(measures.exceedance_independence, exceedances=_K))
    assert float(of(single, lag=0)) == pytest.approx(1.0)
    assert float(of(single, lag=20)) == pytest.approx(1.0, abs=0.3)
    assert float(of(np.repeat(single[:400], 10) + 1e-9 * single, lag=60)) == pytest.approx(0.1, abs=0.05)


def test_what_has_no_tail():
    assert np.isnan(fit(np.ones(_N)).scale) and int(fit(np.ones(_N)).distinct) == 1
    assert np.isnan(fit(np.where(np.arange(_N) == 5, np.nan, draws(stats.norm()))).scale)
    ended = fit(draws(stats.beta(1.0, 0.4)))
    assert float(ended.shape) == measures.LOWEST_SHAPE and np.all(np.isnan(ended.covariance))
    for count in (1, 10):
        with pytest.raises(ArgumentError, match="exceedances of 10 losses"):
            measures.fit_pareto_tail(jnp.arange(10.0), exceedances=count)
    with pytest.raises(DifferentiationError):
        jax.grad(lambda x: measures.fit_pareto_tail(x, exceedances=_K).shape)(jnp.arange(float(_N)))
    assert measures.default_exceedances(5) == 1


def share_covered(law, samples, truth):
    """Share of samples whose 95 % interval of the 99.9 % VaR holds the truth."""
    held = 0
    for seed in range(samples):
        low, high = measure(draws(law, seed=1_000 + seed), _LEVELS).value_at_risk_interval[2]
        held += bool(low <= truth <= high)
    return held / samples


def test_coverage_small():
    # The law itself: nothing but sampling error is left, 60 samples have a standard error of 3 points.
    assert share_covered(stats.genpareto(0.25), 60, stats.genpareto(0.25).ppf(0.999)) >= 0.87


@pytest.mark.slow
@pytest.mark.parametrize(("law", "least"), [(stats.norm(), 0.90), (stats.t(4), 0.87), (stats.t(3), 0.87)])
def test_coverage(law, least):
    # Nominal 95 %; the limit law is an approximation at the 90 % quantile, which costs a few points.
    assert share_covered(law, 400, law.ppf(0.999)) >= least
