"""Generators against NumPy, closed forms and published weights; numbers that depend on the counter only."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize, stats

from pact_jax.errors import ArgumentError
from pact_jax.market import example_market
from pact_jax.sampling import Stream, counter_chi2
from pact_jax.scenarios import (
    FactorColumn,
    Sampling,
    ShockLayout,
    ShockLeaf,
    age_weighted_scenarios,
    age_weights,
    block_bootstrap_scenarios,
    factor_model_scenarios,
    fit_degrees_of_freedom,
    historical_scenarios,
    low_rank,
    scale_root_time,
    student_t_scenarios,
)
from pact_jax.scenarios._systematic import normal_score

from .histories import COVARIANCE, daily, levels, moves_of, plan

N = 4_000


def student_t(num_scenarios: int = N, nu: float = 4.5, seed: int = 1):
    return student_t_scenarios(
        jnp.asarray(COVARIANCE),
        plan(10, seed),
        degrees_of_freedom=nu,
        num_scenarios=num_scenarios,
    )


def bootstrap(num_scenarios: int, block_days: int | None, horizon_days: int = 5):
    return block_bootstrap_scenarios(
        jnp.asarray(levels()),
        plan(horizon_days, seed=2),
        num_scenarios=num_scenarios,
        block_days=block_days,
    )


def test_age_weights_of_the_paper():
    # J. Boudoukh, M. Richardson and R. Whitelaw, The best of both worlds (1998): decay 0.98, 100 days; days ago and
    # weight in their example.
    weight = np.asarray(age_weights(100, jnp.asarray(0.98)))[::-1]
    paper = {2: 0.0226, 3: 0.0221, 5: 0.0213, 30: 0.0128, 45: 0.0095, 65: 0.0063}
    assert {day: round(float(weight[day - 1]), 4) for day in paper} == paper
    assert weight.sum() == pytest.approx(1.0, rel=1e-14)
    assert 1.0 / (np.asarray(age_weights(5_000, jnp.asarray(0.98))) ** 2).sum() == pytest.approx(99.0, rel=1e-12)


def test_age_weights_of_a_long_history_stay_positive_in_single_precision():
    weight = age_weights(6_000, jnp.asarray(0.98, jnp.float32))
    assert float(weight.min()) > 0.0 and weight.dtype == jnp.float32


def test_age_weighted_history_is_the_history_with_other_weights():
    history = jnp.asarray(levels())
    plain = historical_scenarios(history, plan(5))
    aged = age_weighted_scenarios(history, plan(5), decay=0.95)
    np.testing.assert_array_equal(moves_of(plain), moves_of(aged))
    assert aged.sampling is Sampling.OVERLAPPING
    np.testing.assert_allclose(aged.weight, 0.95 ** np.arange(55, -1, -1) * 0.05 / (1 - 0.95**56), rtol=1e-12)
    # The scores are standard normal under the weights: their weighted mean is 0 to the accuracy of 56 scenarios.
    assert abs(float(jnp.sum(aged.weight * aged.systematic[:, 0]))) < 0.02


def test_blocks_are_sums_of_windows_of_the_history():
    # Five days of blocks of two: two pairs of consecutive days and one single day.
    move = daily(levels())
    pair, single = move[1:] + move[:-1], move
    sums = np.sort((pair[:, None, None, 0] + pair[None, :, None, 0] + single[None, None, :, 0]).ravel())
    drawn = moves_of(bootstrap(N, 2))
    above = np.minimum(np.searchsorted(sums, drawn[:, 0]), len(sums) - 1)
    distance = np.minimum(np.abs(sums[above] - drawn[:, 0]), np.abs(sums[np.maximum(above - 1, 0)] - drawn[:, 0]))
    assert distance.max() < 1e-14
    mean, variance = 2 * pair.mean(axis=0) + single.mean(axis=0), 2 * pair.var(axis=0) + single.var(axis=0)
    assert (np.abs(drawn.mean(axis=0) - mean) < 4 * np.sqrt(variance / N)).all()
    np.testing.assert_allclose(drawn.var(axis=0), variance, rtol=0.15)
    assert bootstrap(N, 2).sampling is Sampling.INDEPENDENT


def test_student_t_tail_of_a_linear_book():
    # A linear book in a multivariate t is t: ES_c = s g(q)/(1-c) (nu + q^2)/(nu - 1) with the scale
    # s = sigma sqrt((nu-2)/nu) (McNeil, Frey and Embrechts 2015, example 2.15).
    nu, delta = 4.5, np.array([1.0, -2.0, 30.0, 10.0])
    loss = np.sort(-moves_of(student_t()) @ delta)
    sigma = np.sqrt(delta @ COVARIANCE @ delta)
    q = stats.t.ppf(0.975, nu)
    expected = sigma * np.sqrt((nu - 2) / nu) * stats.t.pdf(q, nu) / 0.025 * (nu + q * q) / (nu - 1)
    tail = N // 40
    error = np.std(np.maximum(loss - loss[-tail], 0.0)) / 0.025 / np.sqrt(N)
    assert abs(loss[-tail:].mean() - expected) < 3 * error
    gaussian = sigma * stats.norm.pdf(stats.norm.ppf(0.975)) / 0.025
    assert loss[-tail:].mean() > gaussian + 2 * error


def test_student_t_moves_jointly():
    # x' S^-1 x / 4 times nu / (nu - 2) is F(4, nu): one mixing variable for all factors, covariance matched.
    move, nu = moves_of(student_t()), 4.5
    distance = np.einsum("ni,ij,nj->n", move, np.linalg.inv(COVARIANCE), move)
    assert stats.kstest(distance / 4.0 * nu / (nu - 2.0), stats.f(4, nu).cdf).pvalue > 0.01


@jax.jit
def chi2(index, nu):
    return counter_chi2(jnp.asarray(5), Stream.MIXING, index, nu)


def test_chi_square_law_whatever_the_shard():
    index = jnp.arange(N, dtype=jnp.uint32)
    drawn = np.asarray(chi2(index, jnp.asarray(2.7)))
    assert stats.kstest(drawn, stats.chi2(2.7).cdf).pvalue > 0.01
    np.testing.assert_array_equal(drawn[20:], chi2(index + 20, jnp.asarray(2.7))[:-20])
    np.testing.assert_array_equal(drawn[::-1], chi2(index[::-1], jnp.asarray(2.7)))


def test_degrees_of_freedom_are_those_of_the_likelihood():
    rng = np.random.default_rng(0)
    sample = rng.standard_t(5.0, size=(3_000, 2)) * np.array([0.01, 3.0])
    sample = np.column_stack([sample, np.zeros(3_000)])
    square = ((sample - sample.mean(axis=0)) ** 2 / np.maximum(sample.var(axis=0), 1e-300))[:, :2]

    def negative(nu):
        scale = np.sqrt((nu - 2) / nu)
        return -stats.t.logpdf(np.sqrt(square), nu, scale=scale).sum()

    found = optimize.minimize_scalar(negative, bounds=(2.05, 200.0), method="bounded", options={"xatol": 1e-8}).x
    assert float(fit_degrees_of_freedom(jnp.asarray(sample))) == pytest.approx(found, rel=1e-4)
    assert found == pytest.approx(5.0, abs=0.8)


def test_low_rank_keeps_variances_and_with_all_factors_everything():
    covariance = jnp.asarray(COVARIANCE)
    one, every = low_rank(covariance, 1), low_rank(covariance, 4)
    np.testing.assert_allclose(jnp.diagonal(one.covariance), np.diag(COVARIANCE), rtol=1e-12)
    np.testing.assert_allclose(every.covariance, COVARIANCE, atol=1e-18, rtol=1e-10)
    scale = np.sqrt(np.diag(COVARIANCE))
    largest = np.linalg.eigvalsh(COVARIANCE / np.outer(scale, scale))[-1]
    assert float(one.explained) == pytest.approx(largest / 4.0, rel=1e-12)
    with pytest.raises(ArgumentError, match="5 common factors of 4"):
        low_rank(covariance, 5)


def test_factor_model_draws_its_covariance():
    scenarios = factor_model_scenarios(
        jnp.asarray(COVARIANCE),
        plan(10, seed=4),
        num_common=2,
        num_scenarios=N,
    )
    expected = np.asarray(low_rank(jnp.asarray(COVARIANCE), 2).covariance)
    scale = np.sqrt(np.diag(expected))
    # A sample correlation has a standard error of at most 1/sqrt(n).
    np.testing.assert_allclose(
        np.cov(moves_of(scenarios).T) / np.outer(scale, scale), expected / np.outer(scale, scale), atol=5 / np.sqrt(N)
    )


def test_scenario_i_is_the_same_whatever_the_number_of_scenarios():
    np.testing.assert_array_equal(moves_of(bootstrap(64, 2)), moves_of(bootstrap(N, 2))[:64])


def test_root_time_is_exactly_that():
    history = jnp.asarray(levels())
    one = historical_scenarios(history, plan(1))
    ten = scale_root_time(one, 10)
    np.testing.assert_allclose(moves_of(ten), np.sqrt(10.0) * daily(levels()), rtol=1e-10, atol=1e-15)
    assert float(ten.horizon_days) == 10.0
    assert jax.tree.structure(one) == jax.tree.structure(ten)


@pytest.mark.parametrize(
    ("words", "make"),
    [
        (
            "decay is 1.5",
            lambda: age_weighted_scenarios(jnp.asarray(levels()), plan(5), decay=1.5),
        ),
        ("block_days is 6", lambda: bootstrap(5, 6)),
        ("above 2", lambda: student_t(5, nu=2.0)),
        ("num_scenarios is 0", lambda: student_t(0)),
        ("needs at least 62 dates", lambda: bootstrap(5, None, horizon_days=60)),
    ],
)
def test_refusals(words, make):
    with pytest.raises(ArgumentError, match=words):
        make()


def test_scores_of_equal_weights_are_mid_ranks_with_ties():
    move = np.random.default_rng(5).integers(-40, 40, 400) * 0.25 + 0.0
    move[:3] = [-0.0, 0.0, -0.0]
    ours = np.asarray(normal_score(jnp.asarray(move), None))
    expected = stats.norm.ppf((stats.rankdata(move) - 0.5) / 400)
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)
    weighted = normal_score(jnp.asarray(move), jnp.full(400, 1 / 400))
    np.testing.assert_allclose(weighted, expected, rtol=1e-10, atol=1e-12)


def test_columns_find_their_places_in_any_order_and_what_none_drives_stands_still():
    state = example_market()
    curves, tenors = state.zero_rate.shape
    layout = ShockLayout(
        (
            FactorColumn(ShockLeaf.ZERO_RATE, 0, tenors - 1),
            FactorColumn(ShockLeaf.SPOT, 0),
            FactorColumn(ShockLeaf.ZERO_RATE, 0, 0),
        )
    )
    moves = np.random.default_rng(6).normal(size=(5, 3))
    shock = layout.to_shock(jnp.asarray(moves), state)
    rates = np.zeros((5, curves, tenors))
    rates[:, 0, tenors - 1], rates[:, 0, 0] = moves[:, 0], moves[:, 2]
    np.testing.assert_array_equal(shock.zero_rate, rates)
    np.testing.assert_array_equal(shock.spot[:, 0], moves[:, 1])
    assert not np.asarray(shock.spot[:, 1:]).any() and shock.fx is None
    np.testing.assert_array_equal(layout.to_moves(shock), moves)
