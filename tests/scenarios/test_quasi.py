"""Quasi-Monte Carlo sets: closed forms of a linear book, errors against the spread over seeds, reproducibility."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from pact_jax.errors import ArgumentError
from pact_jax.measures import randomised_standard_error, tail_measures
from pact_jax.scenarios import Sampling, Sequence, quasi_scenarios
from pact_jax.scenarios._moves import principal_root

from .histories import COVARIANCE, moves_of, plan

N, RUNS, LEVEL = 2_048, 8, 0.975
DELTA = np.array([1.0, -2.0, 30.0, 10.0])
SIGMA = float(np.sqrt(DELTA @ COVARIANCE @ DELTA))
SEEDS = 40


def quasi(seed: int = 0, sequence: Sequence = Sequence.SOBOL, count: int = N, runs: int = RUNS):
    return quasi_scenarios(
        jnp.asarray(COVARIANCE), plan(10, seed), num_scenarios=count, num_randomisations=runs, sequence=sequence
    )


@jax.jit
def measure(loss):
    found = tail_measures(loss, None, LEVEL)
    return found, randomised_standard_error(loss, None, LEVEL, num_randomisations=RUNS, measured=found)


@pytest.mark.parametrize("sequence", list(Sequence))
def test_linear_book(sequence):
    """VaR = sigma q and ES = sigma phi(q) / (1 - c), errors as large as the spread, and far below plain Monte Carlo."""
    found = [measure(jnp.asarray(-moves_of(quasi(seed, sequence)) @ DELTA)) for seed in range(SEEDS)]
    q = stats.norm.ppf(LEVEL)
    exact = {"value_at_risk": SIGMA * q, "expected_shortfall": SIGMA * stats.norm.pdf(q) / (1 - LEVEL)}
    for name, value in exact.items():
        estimate = np.array([float(getattr(m, name)) for m, _ in found])
        error = np.array([float(getattr(e, name)) for _, e in found])
        # The bias of a quantile of 2,048 points is well below its spread.
        assert abs(estimate.mean() - value) < 4 * estimate.std() / np.sqrt(SEEDS) + 0.1 * estimate.std()
        # The step between order statistics makes the error of a VaR of evenly spread points too large, not too small.
        assert 0.75 < np.sqrt((error**2).mean()) / estimate.std() < (1.3 if name == "expected_shortfall" else 1.7)
    shortfall = np.array([float(m.expected_shortfall) for m, _ in found])
    # Five to seven times below in three runs of 40 seeds each; 40 seeds know a variance to a fifth.
    assert shortfall.var() < plain_variance() / 4


def plain_variance() -> float:
    """Variance of the shortfall of N independent Gaussian losses, `Var[(L - VaR)^+] / (N (1 - c)^2)`."""
    q, tail = stats.norm.ppf(LEVEL), 1 - LEVEL
    density = stats.norm.pdf(q)
    first, second = density - q * tail, (1 + q * q) * tail - q * density
    return float(SIGMA**2 * (second - first**2) / (N * tail**2))


@pytest.mark.parametrize("sequence", list(Sequence))
def test_moves_have_the_covariance_and_drivers_their_exact_scores(sequence):
    scenarios = quasi(3, sequence)
    moves, scale = moves_of(scenarios), np.sqrt(np.diag(COVARIANCE))
    found = moves.T @ moves / N
    np.testing.assert_allclose(found / np.outer(scale, scale), COVARIANCE / np.outer(scale, scale), atol=0.02)
    np.testing.assert_allclose(scenarios.systematic, moves[:, :2] / scale[:2], rtol=1e-12)
    assert scenarios.sampling is Sampling.RANDOMISED and scenarios.num_randomisations == RUNS
    assert float(scenarios.weight.sum()) == pytest.approx(1.0) and len(np.unique(scenarios.index)) == N


def test_principal_components_come_first():
    root, scale = (np.asarray(part) for part in principal_root(jnp.asarray(COVARIANCE)))
    np.testing.assert_allclose(root.T @ root * np.outer(scale, scale), COVARIANCE, atol=1e-18, rtol=1e-10)
    variance = (root**2).sum(axis=1)
    expected = np.sort(np.linalg.eigvalsh(COVARIANCE / np.outer(scale, scale)))[::-1]
    np.testing.assert_allclose(variance, expected, rtol=1e-10)
    assert (root[np.arange(4), np.abs(root).argmax(axis=1)] > 0).all()


def test_a_constant_factor_stays_and_its_driver_scores_zero():
    covariance = COVARIANCE.copy()
    covariance[1], covariance[:, 1] = 0.0, 0.0
    scenarios = quasi_scenarios(jnp.asarray(covariance), plan(10), num_scenarios=64, num_randomisations=2)
    assert not moves_of(scenarios)[:, 1].any() and not np.asarray(scenarios.systematic)[:, 1].any()


def test_a_seed_means_one_set_and_randomisations_do_not_depend_on_their_number():
    few, more = quasi(5, count=1_024, runs=4), quasi(5)
    np.testing.assert_array_equal(moves_of(quasi(5)), moves_of(more))
    np.testing.assert_allclose(moves_of(few), moves_of(more)[:1_024], rtol=1e-12, atol=1e-16)
    assert not np.array_equal(moves_of(quasi(6)), moves_of(more))


@pytest.mark.parametrize(
    ("words", "count", "runs"),
    [("300 points", 600, 2), ("2 points", 16, 8), ("7 randomisations", 100, 7), ("1 randomisations", 64, 1)],
)
def test_refusals(words, count, runs):
    with pytest.raises(ArgumentError, match=words):
        quasi(count=count, runs=runs)


def test_more_factors_than_a_lattice_has_dimensions_are_refused():
    with pytest.raises(ArgumentError, match="Sobol"):
        quasi(sequence=Sequence.LATTICE, count=16, runs=2)
