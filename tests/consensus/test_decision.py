"""Decision on a score, reliability, bounds for missing agents, combination of scalars, diversification."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from pact_jax.agents import Decision
from pact_jax.consensus import combine_scalars, decide, diversify, gate, missing_bound, reliability, stale_charge
from pact_jax.errors import ArgumentError, CorrelationError

CONFIDENCE = 0.8
CAPITAL = 100.0


def shortfall(loss):
    """Mean of the worst fifth of equally likely losses; the count is whole, so no scenario is split."""
    count = round(len(loss) * (1 - CONFIDENCE))
    return np.sort(loss)[-count:].mean()


def verdict(score, upper, limit, impaired=False):
    return Decision(int(decide(jnp.asarray(score), jnp.asarray(upper), jnp.asarray(limit), impaired)))


def test_decisions():
    assert verdict(0.04, 0.05, 0.05) == Decision.PASS
    assert verdict(0.04, 0.05, 0.05, impaired=True) == Decision.REVIEW
    assert verdict(0.04, 0.06, 0.05) == Decision.REVIEW
    assert verdict(0.06, 0.07, 0.05, impaired=True) == Decision.BREACH
    assert verdict(0.06, np.inf, 0.05) == Decision.BREACH
    assert verdict(0.04, np.inf, 0.05) == Decision.BREACH_UNKNOWN
    for numbers in [(np.nan, 1.0, 1.0), (0.04, np.nan, 0.05), (0.06, np.nan, 0.05), (0.04, 0.05, np.nan)]:
        assert verdict(*numbers) == Decision.BREACH_UNKNOWN
    assert verdict(np.inf, np.inf, 0.05) == Decision.BREACH_UNKNOWN
    assert int(gate(jnp.asarray(1), jnp.asarray([0, 0]))) == 1
    assert int(gate(jnp.asarray(1), jnp.zeros(0, int))) == 1


@given(st.floats(1e-6, 10.0), st.floats(1e-6, 10.0))
def test_reliability_is_a_normal_probability(score, sigma):
    expected = 2 * norm.cdf(0.1 * score / sigma) - 1
    assert float(reliability(jnp.asarray(score), jnp.asarray(sigma))) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_reliability_is_undefined_where_it_means_nothing():
    for score, sigma in [(0.0, 1.0), (-0.1, 1.0), (np.nan, 1.0), (0.1, np.nan), (0.1, -1.0), (np.inf, 1.0)]:
        assert np.isnan(float(reliability(jnp.asarray(score), jnp.asarray(sigma))))
    assert float(reliability(jnp.asarray(0.1), jnp.asarray(0.0))) == 1.0


@st.composite
def runs(draw):
    """Losses of three agents and of the interaction of each pair, and how much each charge overstates the truth."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    loss = rng.standard_t(3, (6, 20)) * rng.uniform(0.1, 5.0, (6, 1)) + rng.normal(0.0, 1.0, (6, 1))
    return loss, draw(st.floats(1.0, 2.0)), draw(st.floats(0.0, 0.3)), draw(st.floats(0.0, 0.02))


PAIRS = [(0, 1), (0, 2), (1, 2)]


@given(runs(), st.booleans())
def test_losing_any_agents_never_improves_the_decision(run, has_charge):
    loss, overstated, limit, error = run
    full = shortfall(loss.sum(axis=0)) / CAPITAL
    before = verdict(full, full + error, limit)
    for lost in itertools.chain(*(itertools.combinations(range(3), n) for n in (1, 2, 3))):
        kept = [a for a in range(3) if a not in lost]
        touched = [3 + k for k, pair in enumerate(PAIRS) if set(pair) & set(lost)]
        apart = [3 + k for k in range(3) if 3 + k not in touched]
        survivors = shortfall(loss[kept + apart].sum(axis=0))
        charge = np.array([overstated * max(shortfall(loss[a]), 0.0) for a in range(3)])
        # Each lost interaction is charged once, with the first of its agents that is lost.
        joint = np.zeros(3)
        for k, pair in enumerate(PAIRS):
            owner = [a for a in pair if a in lost]
            if owner:
                joint[owner[0]] += overstated * max(shortfall(loss[3 + k]), 0.0)
        if not has_charge:
            charge[lost[0]] = np.nan
        present = jnp.asarray([a not in lost for a in range(3)])
        bound = missing_bound(
            jnp.asarray(survivors), jnp.asarray(charge), jnp.asarray(joint), present, jnp.asarray(CAPITAL)
        )
        after = verdict(float(bound.score), float(bound.upper_bound), limit, impaired=True)
        assert after >= before
        assert after != Decision.PASS
        if not has_charge and survivors / CAPITAL > limit:
            assert after == Decision.BREACH
        total = float(bound.score_survivors) + float(jnp.sum(bound.unallocated))
        assert total == pytest.approx(float(bound.score), rel=1e-12, abs=1e-15)


def test_bound_in_numbers():
    present = jnp.asarray([True, False, False])
    charge, joint = jnp.asarray([9.0, 2.0, -3.0]), jnp.asarray([9.0, 0.5, 0.25])
    bound = missing_bound(jnp.asarray(4.0), charge, joint, present, jnp.asarray(100.0), 0.01)
    assert float(bound.upper_bound) == pytest.approx(0.04 + 0.025 + 0.0025 + 0.01, rel=1e-14)
    np.testing.assert_allclose(bound.unallocated, [0.0, 0.025 + 0.005, 0.0025 + 0.005], rtol=1e-14)
    assert bool(bound.bounded) and float(bound.score_survivors) == 0.04
    none = missing_bound(jnp.asarray(4.0), charge.at[1].set(jnp.nan), joint, present, jnp.asarray(100.0), 0.01)
    assert float(none.upper_bound) == np.inf and float(none.score) == 0.04 and not bool(none.bounded)
    whole = missing_bound(jnp.asarray(4.0), charge, joint, jnp.ones(3, bool), jnp.asarray(100.0), 0.01)
    assert float(whole.upper_bound) == float(whole.score) == 0.04


def test_stale_charges_are_rescaled_and_widened():
    loss, weight = jnp.arange(10.0), jnp.full(10, 0.1)
    level = jnp.asarray(CONFIDENCE)

    def charge(ratio, age, volatility=0.1):
        return float(stale_charge(loss, weight, level, jnp.asarray(ratio), jnp.asarray(age), volatility))

    assert charge(1.0, 0.0) == pytest.approx(8.5, rel=1e-12)
    assert charge(2.0, 0.0) == pytest.approx(17.0, rel=1e-12)
    assert charge(1.0, 4.0) == pytest.approx(8.5 * np.exp(norm.ppf(0.95) * 0.1 * 2.0), rel=1e-12)
    assert charge(1.0, 9.0) > charge(1.0, 4.0) > charge(1.0, 1.0)
    assert all(np.isnan(x) for x in (charge(-1.0, 0.0), charge(1.0, -1.0), charge(np.nan, 1.0), charge(1.0, 1.0, -0.1)))
    gain = stale_charge(-1.0 - loss, weight, level, jnp.asarray(1.0), jnp.asarray(1.0))
    assert float(gain) == 0.0


def test_the_plain_sum_of_the_founding_document():
    result = combine_scalars(jnp.asarray([0.023, 0.015, 0.008]))
    assert float(result.score) == pytest.approx(0.046, rel=1e-15)
    ones = combine_scalars(jnp.asarray([0.023, 0.015, 0.008]), np.ones((3, 3)))
    assert float(ones.score) == pytest.approx(0.046, rel=1e-15)
    np.testing.assert_allclose(ones.contribution, [0.023, 0.015, 0.008], rtol=1e-14)
    assert float(ones.diversification) == pytest.approx(0.0, abs=1e-15)


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=4), st.integers(0, 1000))
def test_scalars_with_a_correlation(scores, seed):
    factor = np.random.default_rng(seed).standard_normal((len(scores), 6))
    correlation = np.corrcoef(factor)
    result = combine_scalars(jnp.asarray(scores), correlation)
    expected = np.sqrt(max(np.asarray(scores) @ correlation @ np.asarray(scores), 0.0))
    assert float(result.score) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert float(result.score) <= float(result.sum) * (1 + 1e-12)
    assert float(jnp.sum(result.contribution)) == pytest.approx(float(result.score), rel=1e-9, abs=1e-12)


def test_what_is_no_correlation_is_refused():
    scores = jnp.asarray([0.1, 0.2, 0.3])
    indefinite = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    with pytest.raises(CorrelationError, match=r"smallest eigenvalue is -0\.8"):
        combine_scalars(scores, indefinite)
    for wrong in (np.eye(3) * 2, np.triu(np.full((3, 3), 0.5)) + np.eye(3) / 2, np.full((3, 3), np.nan)):
        with pytest.raises(CorrelationError):
            combine_scalars(scores, wrong)
    with pytest.raises(ArgumentError):
        combine_scalars(scores, np.eye(2))
    for bad in ([0.1, -0.1], [0.1, np.nan]):
        with pytest.raises(ArgumentError):
            combine_scalars(jnp.asarray(bad))


def test_diversification_recovers_a_common_correlation():
    # Elliptical losses: ES is proportional to the deviation, so the implied correlation is the true one.
    deviation, rho = np.array([1.0, 2.0, 3.0]), 0.3
    correlation = np.full((3, 3), rho) + (1 - rho) * np.eye(3)
    joint = np.sqrt(deviation @ correlation @ deviation)
    rng = np.random.default_rng(3)
    loss, weight = rng.standard_normal((50, 3)), rng.uniform(0.5, 1.5, 50)
    scalars = (jnp.asarray(joint), jnp.asarray(joint), jnp.asarray(deviation), jnp.asarray(0.5))
    out = diversify(*scalars, jnp.asarray(loss), jnp.asarray(weight))
    assert float(out.implied_correlation) == pytest.approx(rho, rel=1e-12)
    assert float(out.score_sum) == 6.5
    assert float(out.diversification) == pytest.approx(1 - joint / 6.5, rel=1e-12)
    covariance = np.cov(loss.T, aweights=weight, ddof=0)
    scale = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(out.loss_correlation, covariance / np.outer(scale, scale), rtol=1e-10)
    alone = diversify(
        *scalars[:2], jnp.asarray([2.0, 0.0, 0.0]), jnp.asarray(0.0), jnp.asarray(loss), jnp.asarray(weight)
    )
    assert np.isnan(float(alone.implied_correlation))
