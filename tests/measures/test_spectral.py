"""Spectral risk measures: closed forms, the expected shortfall as one of them, ties, errors, admissibility."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax import measures
from pact_jax.errors import ArgumentError

_LEVELS = (0.9, 0.975)
_SPECTRA = (
    *(partial(measures.expected_shortfall_spectrum, confidence=level) for level in _LEVELS),
    partial(measures.power_spectrum, risk_aversion=4.0),
    partial(measures.power_spectrum, risk_aversion=0.5),
    partial(measures.exponential_spectrum, risk_aversion=20.0),
    lambda p: p,
)
_ES, _DUAL, _HAZARD, _EXPONENTIAL, _MEAN = (0, 1), 2, 3, 4, 5
_N = 500

measure = jax.jit(partial(measures.spectral_measures, cumulative_spectra=_SPECTRA))
shortfall = jax.jit(measures.expected_shortfall)
independent = jax.jit(measures.independent_standard_error)
dependent = jax.jit(partial(measures.dependent_standard_error, horizon_days=5))
weights = jax.jit(lambda loss, weight: [measures.spectral_weights(loss, weight, phi) for phi in _SPECTRA])


def sample(seed=0, n=_N):
    return np.random.default_rng(seed).standard_normal(n)


def test_closed_forms():
    """Uniform losses: int p g p^(g-1) = g/(g+1); exponential ones: int (1-F)^g = 1/g; both on a fine sample."""
    p = (np.arange(200_000) + 0.5) / 200_000
    uniform, exponential = measure(p, None), measure(-np.log1p(-p), None)
    assert float(uniform.value[_DUAL]) == pytest.approx(4.0 / 5.0, rel=1e-6)
    assert float(exponential.value[_HAZARD]) == pytest.approx(2.0, rel=5e-3)
    k = 20.0
    # int p k exp(-k(1-p)) dp / (1 - exp(-k)) by parts.
    expected = (1.0 - (1.0 - np.exp(-k)) / k) / (1.0 - np.exp(-k))
    assert float(uniform.value[_EXPONENTIAL]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_expected_shortfall_is_one_of_them(weighted):
    loss = sample()
    weight = np.random.default_rng(1).random(_N) if weighted else np.full(_N, 1.0)
    weight = weight / weight.sum()
    found = measure(loss, weight)
    for k in _ES:
        level = _LEVELS[k]
        es = shortfall(loss, weight, level)
        assert float(found.value[k]) == pytest.approx(float(es), rel=1e-12)
        error = independent(loss, weight, level)
        # Where the level falls on the probability of a whole loss, the kink of the spectrum counts by half there.
        assert float(found.standard_error[k]) == pytest.approx(float(error.expected_shortfall), rel=0.02)
    mean = np.average(loss, weights=weight)
    assert float(found.value[_MEAN]) == pytest.approx(mean, abs=1e-12)
    spread = np.sqrt(np.sum((weight * (loss - mean)) ** 2))
    assert float(found.standard_error[_MEAN]) == pytest.approx(spread, rel=1e-9)


def test_errors_are_those_of_repeated_samples():
    found = [measure(sample(seed), None) for seed in range(300)]
    spread = np.std([f.value for f in found], axis=0)
    predicted = np.mean([f.standard_error for f in found], axis=0)
    # 300 repetitions know a standard deviation to 4 %; heavy weight on few losses costs the predictor a little more.
    np.testing.assert_allclose(predicted, spread, rtol=0.15)


def test_dependent_history():
    loss = np.repeat(sample(n=_N // 5), 5)
    plain, clustered = measure(loss, None), measure(loss, None, lag=40)
    np.testing.assert_allclose(clustered.standard_error / plain.standard_error, np.sqrt(5.0), rtol=0.35)
    error = dependent(loss, None, _LEVELS[1], lag=jnp.asarray(40))
    assert float(clustered.standard_error[1]) == pytest.approx(float(error.expected_shortfall), rel=1e-9)


@given(st.lists(st.integers(-9, 9), min_size=8, max_size=8), st.integers(0, 10_000))
def test_components_sum_whatever_the_ties_and_the_order(values, seed):
    rng = np.random.default_rng(seed)
    items = rng.integers(-3, 4, (8, 3)).astype(float)
    items[:, 0] = np.array(values) - items[:, 1:].sum(axis=1)
    weight = rng.integers(0, 4, 8).astype(float) + np.eye(8)[0]
    order = rng.permutation(8)
    loss = items.sum(axis=1)
    here, moved = weights(loss, weight), weights(loss[order], weight[order])
    found = measure(loss, weight)
    for k, (share, other) in enumerate(zip(here, moved, strict=True)):
        parts = measures.expected_shortfall_components(share, jnp.asarray(items))
        assert float(parts.sum()) == pytest.approx(float(found.value[k]), abs=1e-12)
        assert float(share.sum()) == pytest.approx(1.0, abs=1e-12)
        np.testing.assert_allclose(np.asarray(other), np.asarray(share)[order], atol=1e-14)
        # Equal losses weigh in proportion to their probability.
        for value in set(loss):
            tied = (loss == value) & (weight > 0)
            if tied.any():
                ratio = np.asarray(share)[tied] / weight[tied]
                np.testing.assert_allclose(ratio, ratio[0], atol=1e-13)


@pytest.mark.parametrize(
    ("words", "spectrum"),
    [
        ("from 0 to 2", lambda p: 2.0 * p),
        ("from 0.5 to 1", lambda p: 0.5 + 0.5 * p),
        ("it falls", lambda p: p * (2.0 * p - 1.0)),
        ("risk aversion falls", jnp.sqrt),
    ],
)
def test_inadmissible_spectra(words, spectrum):
    with pytest.raises(ArgumentError, match=words):
        measures.check_spectrum(spectrum, "mine")
    for good in _SPECTRA:
        measures.check_spectrum(good)
