"""Sampled defaults: their frequency, their dependence, their counters and their gradient."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from pact_jax._pipeline import evaluate
from pact_jax.credit import CreditBook, conditional_pd, horizon_pd, log_likelihood, sample_defaults
from tests.agents import small_desk as desk

N = 20_000
SEED = jnp.asarray(3)


def book(pd, loading, driver=None, key=None):
    none = jnp.zeros(0, int)
    n = len(pd)
    return CreditBook(
        pd=jnp.asarray(pd),
        loading=jnp.broadcast_to(jnp.asarray(loading), (n,)),
        driver=jnp.zeros(n, int) if driver is None else jnp.asarray(driver),
        key=jnp.arange(1, n + 1, dtype=jnp.uint32) if key is None else jnp.asarray(key, jnp.uint32),
        ead=jnp.zeros(0),
        lgd=jnp.zeros(0),
        obligor=none,
        desk=none,
        position=none,
        bucket_obligor=none,
        bucket_desk=none,
        bucket_currency=none,
        bucket_netting=none,
        bucket_lgd=jnp.zeros(0),
        num_netting=0,
    )


def scores(n=N, seed=1):
    """Two independent drivers as normal scores in random order, as a scenario set carries them."""
    rng = np.random.default_rng(seed)
    grid = norm.ppf((np.arange(n) + 0.5) / n)
    return jnp.asarray(np.stack([rng.permutation(grid), rng.permutation(grid)], axis=1))


@jax.jit
def draw(obligors, systematic, index, horizon):
    return jax.vmap(lambda y, i: sample_defaults(obligors, y, i, SEED, horizon))(systematic, index)


def defaults(obligors, n=N, horizon=250.0):
    return np.asarray(draw(obligors, scores(n), jnp.arange(n, dtype=jnp.uint32), jnp.asarray(horizon)))


@pytest.mark.parametrize("horizon", [10.0, 250.0])
def test_the_default_rate_is_the_probability_over_the_horizon(horizon):
    pd = np.array([0.3, 0.3, 0.3, 0.05, 0.05, 1.0, 0.0])
    loading = np.array([0.0, 0.5, 0.9, 0.3, 0.8, 0.5, 0.5])
    rate = defaults(book(pd, loading, driver=[-1, 0, 1, 0, 1, 0, -1]), horizon=horizon).mean(axis=0)
    expected = 1 - (1 - pd) ** (horizon / 250)
    # Binomial error; the scores are stratified, which only narrows it.
    assert (np.abs(rate - expected) <= 4 * np.sqrt(expected * (1 - expected) / N)).all()


def test_a_loading_without_a_driver_leaves_the_probability():
    rate = defaults(book([0.1], 0.8, driver=[-1])).mean()
    assert rate == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / N))


def test_without_loading_defaults_are_uncorrelated():
    drawn = defaults(book([0.2] * 5, 0.0))
    correlation = np.corrcoef(drawn.T) - np.eye(5)
    assert np.abs(correlation).max() < 4 / np.sqrt(N)


def test_towards_loading_one_defaults_are_comonotone():
    drawn = defaults(book([0.05, 0.1, 0.1, 0.3], 1 - 1e-10))
    assert (drawn[:, 1] != drawn[:, 2]).mean() < 1e-3
    assert (drawn[:, 0] & ~drawn[:, 1]).mean() < 1e-3 and (drawn[:, 2] & ~drawn[:, 3]).mean() < 1e-3
    other = defaults(book([0.1, 0.1], 1 - 1e-10, driver=[0, 1]))
    assert abs(np.corrcoef(other.T)[0, 1]) < 4 / np.sqrt(N)


def test_in_between_pairs_default_together_as_the_bivariate_normal_says():
    drawn = defaults(book([0.1, 0.2], jnp.asarray([0.6, 0.7])))
    together = multivariate_normal(cov=[[1, 0.42], [0.42, 1]]).cdf(norm.ppf([0.1, 0.2]))
    error = np.sqrt(together * (1 - together) / N)
    assert (drawn[:, 0] & drawn[:, 1]).mean() == pytest.approx(together, abs=4 * error)
    assert together > 0.1 * 0.2 + 12 * error  # the test can tell dependence from none


def test_conditional_probabilities_average_to_the_probability():
    obligors = book([0.01, 0.2], jnp.asarray([0.5, 0.9]))
    mean = jax.vmap(lambda y: conditional_pd(obligors, y, jnp.asarray(250.0)))(scores()).mean(axis=0)
    np.testing.assert_allclose(mean, [0.01, 0.2], rtol=2e-4)


def test_draws_depend_on_seed_scenario_and_name_only():
    pd, loading, key = [0.3, 0.2, 0.4], jnp.asarray([0.1, 0.5, 0.8]), [11, 22, 33]
    base = defaults(book(pd, loading, key=key), n=600)
    more = defaults(book([*pd, 0.5], jnp.asarray([0.1, 0.5, 0.8, 0.2]), key=[*key, 44]), n=600)
    assert (more[:, :3] == base).all()
    turned = defaults(book(pd[::-1], loading[::-1], key=key[::-1]), n=600)
    assert (turned[:, ::-1] == base).all()
    # Any chunk, any order of scenarios.
    rows = np.random.default_rng(0).permutation(600)[:100]
    part = draw(book(pd, loading, key=key), scores(600)[rows], jnp.asarray(rows.astype(np.uint32)), jnp.asarray(250.0))
    assert (np.asarray(part) == base[rows]).all()
    fresh = defaults(book(pd, loading, key=[11, 22, 34]), n=600)
    assert (fresh[:, :2] == base[:, :2]).all() and (fresh[:, 2] != base[:, 2]).any()


@pytest.mark.parametrize("pd", [1e-12, 0.04, 0.999])
def test_horizon_pd_closed_form_and_derivative(pd):
    p, h = jnp.asarray([pd]), jnp.asarray(10.0)
    assert float(horizon_pd(p, h)[0]) == pytest.approx(-np.expm1(np.log1p(-pd) / 25), rel=1e-13)
    slope = jax.grad(lambda x: horizon_pd(x, h)[0])(p)[0]
    assert float(slope) == pytest.approx((1 - pd) ** (1 / 25 - 1) / 25, rel=1e-10)


def test_likelihood_gradient_of_an_expected_loss():
    """d/dPD of E[sum severity 1(default)] = severity dPD_H/dPD, within three standard errors of the estimator."""
    severity, horizon = jnp.asarray([100.0, 40.0]), jnp.asarray(50.0)
    obligors = book([0.3, 0.5], jnp.asarray([0.5, 0.3]), driver=[0, -1])
    y, index = scores(), jnp.arange(N, dtype=jnp.uint32)
    drawn = draw(obligors, y, index, horizon)
    loss = jnp.sum(jnp.where(drawn, severity[None, :], 0.0), axis=1)

    def score_times_loss(pd):
        moved = eqx.tree_at(lambda b: b.pd, obligors, pd)
        return jax.vmap(lambda d, s: log_likelihood(moved, d, s, horizon))(drawn, y)

    each = np.asarray(jax.jacfwd(score_times_loss)(obligors.pd)) * np.asarray(loss)[:, None]
    expected = np.asarray(severity) * (1 - np.array([0.3, 0.5])) ** (0.2 - 1) * 0.2
    error = each.std(axis=0) / np.sqrt(N)
    assert (np.abs(each.mean(axis=0) - expected) < 3 * error).all()
    assert (error < 0.05 * expected).all()


def test_gradients_stay_finite_at_the_ends():
    obligors = book([0.0, 1.0, 1e-300, 0.2], 0.5)
    y = scores(8)[0]
    drawn = jnp.asarray([False, True, False, True])
    value = log_likelihood(obligors, drawn, y, jnp.asarray(10.0))
    assert np.isfinite(float(value))
    slope = jax.grad(lambda pd: log_likelihood(eqx.tree_at(lambda b: b.pd, obligors, pd), drawn, y, jnp.asarray(10.0)))
    got = np.asarray(slope(obligors.pd))
    assert np.isfinite(got[[0, 3]]).all()


def test_gradient_of_the_score_with_respect_to_pd_of_a_single_line():
    """One line of severity D: below the level ES = D PD / (1 - c), so dS/dPD = D / ((1 - c) K)."""
    n, level = 4000, 0.8
    inputs, scenarios = desk.inputs(), desk.scenario_set(desk.moves(n))
    inputs = eqx.tree_at(lambda i: i.credit.lgd, inputs, jnp.asarray([0.0, 0.7]))
    inputs = eqx.tree_at(lambda i: i.credit.pd, inputs, jnp.asarray([0.0, 0.0, 0.0, 0.1]))
    present = jnp.asarray([False, True, False])

    @jax.jit
    def score(pd):
        moved = eqx.tree_at(lambda i: i.credit.pd, inputs, pd)
        return evaluate(moved, scenarios, level, present=present).score

    value, slope = jax.value_and_grad(score)(inputs.credit.pd)
    unit = 0.7 * desk.EAD[1] / ((1 - level) * desk.CAPITAL)
    error = np.sqrt(0.9 / 0.1 / n)
    assert float(value) == pytest.approx(0.1 * unit, rel=4 * error)
    assert float(slope[3]) == pytest.approx(unit, rel=4 * error)
    # On the same draws the estimator is exact: value and slope hold the same sampled frequency.
    assert float(slope[3]) * 0.1 == pytest.approx(float(value), rel=1e-9)
