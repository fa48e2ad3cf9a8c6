"""Errors of randomised point sets: the formula in NumPy, and independent scenarios as a special case."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from pact_jax import measures
from pact_jax.errors import ArgumentError

LEVEL, RUNS = 0.95, 20
_randomised = jax.jit(measures.randomised_standard_error, static_argnames="num_randomisations")
_every = jax.jit(jax.vmap(lambda x: measures.randomised_standard_error(x, None, LEVEL, num_randomisations=RUNS)))
_measured = jax.jit(jax.vmap(lambda x: measures.tail_measures(x, None, LEVEL)))


def test_formula_in_numpy():
    rng = np.random.default_rng(0)
    loss, weight = rng.standard_normal(400), rng.uniform(0.5, 1.5, 400) / 400
    both = measures.tail_measures(jnp.asarray(loss), jnp.asarray(weight), LEVEL)
    var, es = float(both.value_at_risk), float(both.expected_shortfall)
    influence = weight * np.maximum(loss - var, 0) / (1 - LEVEL) - (es - var) / 400
    sums = influence.reshape(RUNS, -1).sum(axis=1)
    got = _randomised(jnp.asarray(loss), jnp.asarray(weight), LEVEL, num_randomisations=RUNS)
    assert float(got.expected_shortfall) == pytest.approx(np.sqrt(RUNS) * sums.std(ddof=1), rel=1e-10)
    tail = weight[loss > var]
    assert float(got.tail_scenarios) == pytest.approx(tail.sum() ** 2 / (tail**2).sum(), rel=1e-12)


def test_independent_scenarios_are_the_special_case():
    # Without any dependence within the runs both errors estimate the same number.
    loss = jnp.asarray(np.random.default_rng(1).standard_normal((200, 2000)))
    got = _every(loss)
    plain = jax.jit(jax.vmap(lambda x: measures.independent_standard_error(x, None, LEVEL)))(loss)
    for name in ("expected_shortfall", "value_at_risk"):
        # A standard deviation of twenty numbers is 1.3 % low and itself uncertain by 16 %; of 200 such the mean by 1 %.
        ratio = float(getattr(got, name).mean() / getattr(plain, name).mean())
        assert ratio == pytest.approx(1.0, abs=0.06)


def test_stratified_runs_have_the_error_of_their_spread_and_a_bound_that_covers():
    # Each run: one uniform number in each of 97 strata, in any order. The independent formula is far too large.
    rng = np.random.default_rng(2)
    strata = (np.arange(97)[None, None] + rng.uniform(size=(400, RUNS, 97))) / 97
    loss = jnp.asarray(stats.norm.ppf(strata).reshape(400, -1))
    got, both = _every(loss), _measured(loss)
    for name in ("expected_shortfall", "value_at_risk"):
        spread = float(getattr(both, name).std())
        assert float(getattr(got, name).mean()) == pytest.approx(spread, rel=0.15)
    plain = jax.jit(measures.independent_standard_error)(loss[0], None, LEVEL)
    assert float(got.expected_shortfall.mean()) < 0.5 * float(plain.expected_shortfall)
    exact = stats.norm.pdf(stats.norm.ppf(LEVEL)) / (1 - LEVEL)
    bound = measures.randomised_upper_bound(both.expected_shortfall, got.expected_shortfall, num_randomisations=RUNS)
    # 95 % of 400 with three standard errors of a share, less what the skewness of the topmost stratum costs.
    assert 0.89 < float((bound >= exact).mean()) < 0.98


def test_bound_is_that_of_students_law():
    got = float(measures.randomised_upper_bound(10.0, 2.0, num_randomisations=8, coverage=0.99))
    assert got == pytest.approx(10 + 2 * stats.t.ppf(0.99, 7), rel=1e-12)


@pytest.mark.parametrize(("count", "runs"), [(100, 1), (100, 7)])
def test_refusals(count, runs):
    with pytest.raises(ArgumentError, match="randomisations of 100 scenarios"):
        measures.randomised_standard_error(jnp.zeros(count), None, LEVEL, num_randomisations=runs)
