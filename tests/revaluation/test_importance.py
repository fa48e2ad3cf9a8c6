"""Importance sampling by delta-gamma: closed forms, exact probabilities, weights, errors and the spread over seeds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from pact_jax.errors import ArgumentError, PrecisionError
from pact_jax.measures import randomised_standard_error, tail_measures
from pact_jax.revaluation import (
    QuadraticLaw,
    exceedance,
    fourier_tail,
    importance_scenarios,
    principal_quadratic,
)
from pact_jax.revaluation._twist import twist_loss
from pact_jax.scenarios import Sampling
from tests.scenarios.histories import COVARIANCE, moves_of, plan

N, RUNS, LEVEL, SEEDS = 1_024, 8, 0.999, 24
DELTA = np.array([1.0, -2.0, 30.0, 10.0])
GAMMA = np.diag([-40.0, 5.0, 0.0, 0.0])
SIGMA = float(np.sqrt(DELTA @ COVARIANCE @ DELTA))


def sampled(seed=0, gamma=GAMMA, stratified=True, count=N, runs=RUNS, level=LEVEL, covariance=COVARIANCE, delta=DELTA):
    return importance_scenarios(
        jnp.asarray(delta),
        jnp.asarray(gamma),
        jnp.asarray(covariance),
        plan(10, seed),
        level=level,
        num_scenarios=count,
        num_randomisations=runs,
        stratified=stratified,
    )


def quadratic(moves, gamma):
    return -moves @ DELTA - 0.5 * np.einsum("ni,ij,nj->n", moves, gamma, moves)


@jax.jit
def measure(loss, weight):
    found = tail_measures(loss, weight, LEVEL)
    return found, randomised_standard_error(loss, weight, LEVEL, num_randomisations=RUNS, measured=found)


def over_seeds(loss_of, **arguments):
    rows = []
    for seed in range(SEEDS):
        scenarios = sampled(seed, **arguments)
        loss = jnp.asarray(loss_of(moves_of(scenarios)))
        both, error = measure(loss, scenarios.weight)
        rows.append(
            [both.value_at_risk, both.expected_shortfall, error.value_at_risk, error.expected_shortfall]
            + [error.tail_scenarios, jnp.sum(scenarios.weight), jnp.sum(scenarios.weight * loss)]
        )
    return np.array(rows, dtype=float).T


PLAIN_VAR = SIGMA * np.sqrt(LEVEL * (1 - LEVEL) / N) / stats.norm.pdf(stats.norm.ppf(LEVEL))


@pytest.mark.parametrize(("stratified", "times"), [(False, 60.0), (True, 500.0)])
def test_linear_book(stratified, times):
    """VaR = sigma q, ES = sigma phi(q) / (1 - c); plain Monte Carlo has the error of a binomial over the density."""
    var, es, var_error, es_error, tail, total, mean = over_seeds(
        lambda moves: -moves @ DELTA, gamma=np.zeros((4, 4)), stratified=stratified
    )
    q = stats.norm.ppf(LEVEL)
    for estimate, exact, error in (
        (var, SIGMA * q, var_error),
        (es, SIGMA * stats.norm.pdf(q) / (1 - LEVEL), es_error),
    ):
        spread = estimate.std()
        # The bias of an order statistic is a fraction of its own step.
        assert abs(estimate.mean() - exact) < 4 * spread / np.sqrt(SEEDS) + 0.5 * spread
        assert 0.7 < np.sqrt((error**2).mean()) / spread < 1.8
    assert var.var() < PLAIN_VAR**2 / times
    # One in eight plain scenarios: half of what is left lies beyond the quantile that is aimed at.
    assert 0.1 * N < tail.mean() < 0.6 * N
    assert abs(total.mean() - 1) < 4 * total.std() / np.sqrt(SEEDS)
    assert abs(mean.mean()) < 4 * mean.std() / np.sqrt(SEEDS)


def test_quadratic_book_against_fourier_inversion():
    law, _ = principal_quadratic(jnp.asarray(DELTA), jnp.asarray(GAMMA), jnp.asarray(COVARIANCE))
    exact = fourier_tail(law, LEVEL)
    var, es, *_ = over_seeds(lambda moves: quadratic(moves, GAMMA))
    assert abs(var.mean() - float(exact.value_at_risk)) < 4 * var.std() / np.sqrt(SEEDS) + 0.5 * var.std()
    assert abs(es.mean() - float(exact.expected_shortfall)) < 4 * es.std() / np.sqrt(SEEDS)
    assert es.std() < 2e-3 * float(exact.expected_shortfall)


def test_weights_are_unbiased_for_what_delta_and_gamma_know_nothing_of():
    """Events of a factor that the aimed-at loss does not hold, and defaults that its driver makes likelier."""
    aim, pd, loading = np.array([1.0, 0.0, 0.0, 0.0]), 0.02, 0.6
    sigma = np.sqrt(COVARIANCE[2, 2])
    rows = []
    for seed in range(SEEDS):
        scenarios = sampled(seed, delta=aim, gamma=np.zeros((4, 4)))
        weight, driver = np.asarray(scenarios.weight), np.asarray(scenarios.systematic)[:, 0]
        beyond = moves_of(scenarios)[:, 2] > sigma * stats.norm.ppf(0.9)
        distance = (stats.norm.ppf(pd) - loading * driver) / np.sqrt(1 - loading**2)
        rows.append([weight @ beyond, weight @ stats.norm.cdf(distance)])
        # The original law's share keeps weights near 8/n; those of a stratum vary with its probability.
        assert weight.max() < 16.0 / N
    rows = np.array(rows)
    assert (np.abs(rows.mean(axis=0) - [0.1, pd]) < 4 * rows.std(axis=0) / np.sqrt(SEEDS)).all()
    # Plain Monte Carlo has the variance of a binomial: at most eight times that.
    assert rows[:, 0].var() < 8 * 0.1 * 0.9 / N


@pytest.mark.parametrize("curvature", [-400.0, 400.0])
def test_one_curved_factor(curvature):
    """L = -(x + c x^2 / 2) of one normal: P(L > v) by its roots; no boundary lies near the end of what Q reaches."""
    delta, gamma = np.array([1.0, 0.0, 0.0, 0.0]), np.diag([curvature, 0.0, 0.0, 0.0])
    s, threshold = np.sqrt(COVARIANCE[0, 0]), 0.001 if curvature > 0 else 0.3
    root = np.sqrt(1.0 - 2.0 * curvature * threshold)
    low, high = np.sort([(-1.0 - root) / curvature, (-1.0 + root) / curvature])
    between = stats.norm.cdf(high / s) - stats.norm.cdf(low / s)
    exact = between if curvature > 0 else 1.0 - between
    found = []
    for seed in range(SEEDS):
        scenarios = sampled(seed, delta=delta, gamma=gamma)
        x = moves_of(scenarios)[:, 0]
        found.append(float(np.asarray(scenarios.weight) @ (-x - 0.5 * curvature * x * x > threshold)))
    assert abs(np.mean(found) - exact) < 4 * np.std(found) / np.sqrt(SEEDS)
    # No worse than a binomial times eight.
    assert np.var(found) < 8.0 * exact / N


def test_twisted_law_and_density_ratio():
    twisted = twist_loss(jnp.asarray(DELTA), jnp.asarray(GAMMA), jnp.asarray(COVARIANCE), LEVEL)
    # The mean under the twisted law is the threshold, the moves rebuild the covariance, and the ratio is that of the
    # two normal densities.
    law = twisted.twisted_law
    assert float(law.shift + law.curvature.sum()) == pytest.approx(float(twisted.threshold), rel=1e-10)
    np.testing.assert_allclose(twisted.moves.T @ twisted.moves, COVARIANCE, atol=1e-16)
    z = np.random.default_rng(0).standard_normal((50, 4))
    loss = twisted.loss(jnp.asarray(z))
    np.testing.assert_allclose(loss, quadratic(z @ np.asarray(twisted.moves), GAMMA), rtol=1e-10, atol=1e-14)
    ratio = np.prod(
        stats.norm.pdf(z, np.asarray(twisted.mean), np.sqrt(np.asarray(twisted.variance))) / stats.norm.pdf(z), axis=1
    )
    np.testing.assert_allclose(twisted.density_ratio(loss), ratio, rtol=1e-10)


def test_probabilities_beyond():
    beyond = jax.jit(exceedance)
    normal = QuadraticLaw(jnp.asarray(1.0), jnp.asarray([3.0, 4.0, 0.0, 0.0, 0.0]), jnp.zeros(5))
    x = np.array([-9.0, 0.0, 1.0, 4.0, 16.0, 21.0])
    found, error = beyond(normal, jnp.asarray(x))
    np.testing.assert_allclose(found, stats.norm.sf(x, 1.0, 5.0), rtol=1e-7, atol=1e-12)
    assert float(error.max()) < 1e-12
    chi2 = QuadraticLaw(jnp.asarray(0.0), jnp.zeros(5), jnp.ones(5))
    x = np.array([0.5, 3.0, 5.0, 12.0, 20.0, 30.0])
    np.testing.assert_allclose(beyond(chi2, jnp.asarray(x))[0], stats.chi2.sf(x, 5), rtol=1e-6)
    # Near the end of what one squared normal reaches the integral is not exact, and its stated error says so.
    square = QuadraticLaw(jnp.asarray(0.0), jnp.zeros(5), jnp.asarray([1.0, 0.0, 0.0, 0.0, 0.0]))
    x = np.array([0.001, 0.01, 0.1, 0.5, 1.0, 4.0])
    found, error = (np.asarray(part) for part in beyond(square, jnp.asarray(x)))
    truth = np.abs(found - stats.chi2.sf(x, 1))
    assert truth.max() > 1e-4 and (truth <= 3.0 * error + 1e-12).all()


def test_a_seed_means_one_set_and_drivers_keep_their_exact_scores():
    one, same, other = sampled(4), sampled(4), sampled(5)
    np.testing.assert_array_equal(moves_of(one), moves_of(same))
    np.testing.assert_array_equal(one.weight, same.weight)
    assert not np.array_equal(moves_of(one), moves_of(other))
    scale = np.sqrt(np.diag(COVARIANCE))
    np.testing.assert_allclose(one.systematic, moves_of(one)[:, :2] / scale[:2], rtol=1e-12)
    assert one.sampling is Sampling.RANDOMISED and one.num_randomisations == RUNS
    assert len(np.unique(one.index)) == N


@pytest.mark.parametrize(
    ("error", "words", "arguments"),
    [
        (ArgumentError, "no factor moves", {"delta": np.zeros(4), "gamma": np.zeros((4, 4))}),
        (ArgumentError, "no factor moves", {"covariance": np.zeros((4, 4))}),
        (ArgumentError, "not finite", {"delta": np.array([np.nan, 0.0, 0.0, 0.0])}),
        (ArgumentError, "not finite", {"covariance": np.full((4, 4), np.inf)}),
        (ArgumentError, "far tail", {"level": 0.5}),
        (ArgumentError, "3 randomisations", {"runs": 3}),
        (ArgumentError, "4 scenarios in each", {"count": 32}),
        (PrecisionError, "float32", {"delta": DELTA.astype(np.float32)}),
    ],
)
def test_refusals(error, words, arguments):
    with pytest.raises(error, match=words):
        sampled(**arguments)
