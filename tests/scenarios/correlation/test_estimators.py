"""Covariance estimators against NumPy, SciPy and scikit-learn's figures; repairs and stresses by their definition."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from pact_jax.datasets import load_prices
from pact_jax.errors import ArgumentError, CorrelationError
from pact_jax.scenarios import filter_history
from pact_jax.scenarios.correlation import (
    compare_estimators,
    complete_moves,
    conditional_covariance,
    constant_correlation_shrinkage,
    ewma_covariance,
    gaussian_from_kendall,
    gaussian_from_spearman,
    identity_shrinkage,
    kendall_covariance,
    kendall_tau,
    lagged_covariance,
    nearest_correlation,
    pairwise_correlation,
    sample_covariance,
    spearman_rho,
    standard_estimators,
    stressed_correlation,
    to_correlation,
)

PRICES = Path(__file__).parents[4] / "shared" / "data" / "sp500_20stocks" / "prices.csv"


def moves(rows: int = 40, factors: int = 4, seed: int = 0) -> np.ndarray:
    """Correlated heavy-tailed moves, rounded so that some tie."""
    rng = np.random.default_rng(seed)
    common = rng.standard_t(4, (rows, 1))
    return np.round(common + rng.standard_t(4, (rows, factors)), 1)


def stock_returns(rows: int) -> np.ndarray:
    prices = load_prices().drop(columns="SP500").to_numpy()
    return (prices[1:] / prices[:-1] - 1.0)[-rows:]


def smallest(matrix) -> float:
    return float(np.linalg.eigvalsh(np.asarray(matrix))[0])


def test_sample_and_exponential_weights():
    x = moves()
    np.testing.assert_allclose(sample_covariance(jnp.asarray(x)), np.cov(x.T), rtol=1e-12)
    weight = 0.9 ** np.arange(39, -1, -1)
    np.testing.assert_allclose(
        ewma_covariance(jnp.asarray(x), 0.9), np.einsum("t,ti,tj->ij", weight / weight.sum(), x, x), rtol=1e-12
    )
    np.testing.assert_allclose(ewma_covariance(jnp.asarray(x), 1.0), x.T @ x / 40, rtol=1e-12)
    np.testing.assert_allclose(to_correlation(sample_covariance(jnp.asarray(x))), np.corrcoef(x.T), rtol=1e-12)


def test_lags_find_what_one_series_does_a_day_later():
    rng = np.random.default_rng(2)
    news, own = rng.standard_normal((2, 1_500))
    x = jnp.asarray(np.column_stack([news[1:], news[:-1] + 0.2 * own[1:]]))
    assert abs(float(to_correlation(lagged_covariance(x, 0))[0, 1])) < 0.1
    # Weights 1 - l/(L+1): at L = 3 three quarters of the covariance at lag 1 are counted.
    assert float(to_correlation(lagged_covariance(x, 3))[0, 1]) == pytest.approx(0.75 / np.sqrt(1.04), abs=0.08)
    np.testing.assert_allclose(lagged_covariance(x, 0), np.cov(np.asarray(x).T, bias=True), rtol=1e-10)
    assert smallest(lagged_covariance(jnp.asarray(moves(6, 5)), 3)) > -1e-12
    with pytest.raises(ArgumentError, match="6 lags of 6 rows"):
        lagged_covariance(jnp.asarray(moves(6)), 6)


@pytest.mark.skipif(not PRICES.exists(), reason="the development data are not beside this checkout")
def test_shrinkage_of_scikit_learn():
    # sklearn.covariance.LedoitWolf of scikit-learn 1.9.1 on the last 252 simple returns of the 20 stocks.
    prices = np.loadtxt(PRICES, delimiter=",", skiprows=1, usecols=range(1, 21))
    shrunk = identity_shrinkage(jnp.asarray((prices[1:] / prices[:-1] - 1.0)[-252:]))
    expected = [
        [0.0004971710357264397, 0.0006057498781651115, 0.00024954785296529293],
        [0.0006057498781651115, 0.0014373408019902152, 0.0004223461955117028],
        [0.00024954785296529293, 0.0004223461955117028, 0.00041608047131931044],
    ]
    assert float(shrunk.shrinkage) == pytest.approx(0.03150816395338726, rel=1e-6)
    np.testing.assert_allclose(shrunk.covariance[:3, :3], expected, rtol=1e-6)


def test_identity_target_term_by_term():
    # Lemmas 3.2 to 3.4 of Ledoit and Wolf (2004): mean squared distance of each day's product from their mean, over n.
    x = moves(30, 3, seed=7) * np.array([1.0, 2.0, 3.0])
    y = x - x.mean(axis=0)
    s = y.T @ y / 30
    target = np.trace(s) / 3 * np.eye(3)
    share = sum(((np.outer(day, day) - s) ** 2).sum() for day in y) / 30**2 / ((s - target) ** 2).sum()
    shrunk = identity_shrinkage(jnp.asarray(x))
    assert 0.0 < share < 1.0 and float(shrunk.shrinkage) == pytest.approx(share, rel=1e-10)
    np.testing.assert_allclose(shrunk.covariance, (1 - share) * s + share * target, rtol=1e-10, atol=1e-14)


def test_constant_correlation_target_term_by_term():
    # The sums of appendix B of Ledoit and Wolf (2004), written out.
    x = moves(200, 3, seed=5) @ np.diag([1.0, 2.0, 3.0]) + moves(200, 1, seed=6) * np.array([0.0, 0.0, 4.0])
    n, p = x.shape
    y = x - x.mean(axis=0)
    s = y.T @ y / n
    r = s / np.sqrt(np.outer(np.diag(s), np.diag(s)))
    mean = np.mean([r[i, j] for i in range(p) for j in range(p) if i != j])
    target = np.array([[s[i, i] if i == j else mean * np.sqrt(s[i, i] * s[j, j]) for j in range(p)] for i in range(p)])

    def error(i, j, k, m):
        return np.mean((y[:, i] * y[:, j] - s[i, j]) * (y[:, k] * y[:, m] - s[k, m]))

    noise = sum(error(i, j, i, j) for i in range(p) for j in range(p))
    joint = sum(error(i, i, i, i) for i in range(p)) + sum(
        mean / 2 * (np.sqrt(s[j, j] / s[i, i]) * error(i, i, i, j) + np.sqrt(s[i, i] / s[j, j]) * error(j, j, i, j))
        for i in range(p)
        for j in range(p)
        if i != j
    )
    share = min(1.0, max(0.0, (noise - joint) / ((s - target) ** 2).sum() / n))
    shrunk = constant_correlation_shrinkage(jnp.asarray(x))
    assert 0.0 < share < 1.0 and float(shrunk.shrinkage) == pytest.approx(share, rel=1e-10)
    np.testing.assert_allclose(shrunk.covariance, (1 - share) * s + share * target, rtol=1e-10)


def test_shrinkage_is_regular_with_fewer_days_than_factors_and_leaves_a_constant_factor_alone():
    x = np.column_stack([moves(6, 10, seed=1), np.full(6, 0.3)])
    assert smallest(sample_covariance(jnp.asarray(x[:, :10]))) < 1e-12
    both = [jax.jit(f)(jnp.asarray(x)) for f in (identity_shrinkage, constant_correlation_shrinkage)]
    assert smallest(both[0].covariance) > 1e-3
    assert smallest(both[1].covariance[:10, :10]) > 1e-3
    np.testing.assert_allclose(both[1].covariance[10], 0.0, atol=1e-15)


def test_rank_correlations_of_scipy_ties_included():
    x = moves()
    tau, rho = kendall_tau(jnp.asarray(x)), spearman_rho(jnp.asarray(x))
    for i in range(4):
        for j in range(i):
            assert float(tau[i, j]) == pytest.approx(stats.kendalltau(x[:, i], x[:, j]).statistic, rel=1e-12)
    np.testing.assert_allclose(rho, stats.spearmanr(x).statistic, rtol=1e-12)


def test_ranks_of_a_gaussian_copula_give_its_correlation_whatever_the_margins():
    rng = np.random.default_rng(4)
    z = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=900)
    x = jnp.asarray(np.column_stack([np.exp(2 * z[:, 0]), z[:, 1] ** 3]))
    assert float(gaussian_from_kendall(kendall_tau(x))[0, 1]) == pytest.approx(0.6, abs=0.08)
    assert float(gaussian_from_spearman(spearman_rho(x))[0, 1]) == pytest.approx(0.6, abs=0.08)
    np.testing.assert_allclose(jnp.diagonal(kendall_covariance(x)), np.var(np.asarray(x), axis=0, ddof=1), rtol=1e-12)


def test_covariance_of_tomorrow_has_todays_volatility():
    prices = load_prices().to_numpy()[-400:, :3]
    history = filter_history(jnp.asarray(prices), jnp.ones(3, bool))
    covariance = conditional_covariance(history)
    np.testing.assert_allclose(jnp.diagonal(covariance), history.variance, rtol=1e-12)
    np.testing.assert_allclose(to_correlation(covariance), np.corrcoef(np.asarray(history.residual).T), rtol=1e-10)


def test_nearest_correlation_of_higham():
    # N. J. Higham (2002), section 4, as QuantLib's test suite (matrices.cpp) prints it; the diagonal need not be 1.
    matrix = np.diag([2.0] * 4) - np.diag([1.0] * 3, 1) - np.diag([1.0] * 3, -1)
    row = [1, -0.8084124981, 0.1915875019, 0.106775049]
    np.testing.assert_allclose(nearest_correlation(matrix)[0], row, atol=1e-8)


def test_stressed_correlation_is_a_correlation():
    calm = to_correlation(sample_covariance(jnp.asarray(moves(6, 5))))
    whole = stressed_correlation(calm, 0.9, 0.7)
    off = ~np.eye(5, dtype=bool)
    np.testing.assert_allclose(np.asarray(whole)[off], (0.3 * np.asarray(calm) + 0.7 * 0.9)[off], rtol=1e-12)
    group = np.array([True, True, True, False, False])
    part = stressed_correlation(calm, -0.5, 0.6, group=jnp.asarray(group))
    assert smallest(part) > -1e-12 and smallest(whole) > -1e-12
    np.testing.assert_allclose(np.diag(part), 1.0)
    assert part[0, 1] == pytest.approx(0.4 * calm[0, 1] - 0.3) and part[3, 4] == pytest.approx(calm[3, 4])
    assert part[0, 3] == pytest.approx(np.sqrt(0.4) * calm[0, 3])
    for level, intensity, words in ((0.5, 1.2, "intensity is 1.2"), (-0.3, 0.5, "cannot all have")):
        with pytest.raises(ArgumentError, match=words):
            stressed_correlation(calm, level, intensity)
    with pytest.raises(CorrelationError, match="smallest eigenvalue -0.5"):
        stressed_correlation(jnp.asarray([[1.0, 1.5], [1.5, 1.0]]), 0.5, 0.5)


def test_gaps_are_dropped_and_counted():
    levels = np.exp(np.cumsum(0.01 * moves(), axis=0))
    whole, gaps = complete_moves(levels, np.ones(4, bool))
    np.testing.assert_allclose(whole, np.diff(np.log(levels), axis=0))
    assert gaps.dropped == 0
    levels[5, 1] = np.nan
    broken, gaps = complete_moves(levels, np.ones(4, bool))
    assert (gaps.dropped, gaps.missing.tolist()) == (1, [0.0, 1.0, 0.0, 0.0])
    # The move over the gap is the sum of the two days.
    np.testing.assert_allclose(broken[4], whole[4] + whole[5], rtol=1e-9)
    levels[2:, 0] = np.nan
    with pytest.raises(ArgumentError, match="2 dates have a level of every factor; column 0"):
        complete_moves(levels, np.ones(4, bool))


def test_pairs_on_different_dates_are_repaired_only_when_asked():
    x = moves(12, 3, seed=3)
    np.testing.assert_allclose(pairwise_correlation(x).correlation, np.corrcoef(x.T), rtol=1e-10)
    # Each pair on its own four dates: +, + and - cannot hold together.
    y = np.full((12, 3), np.nan)
    line = np.array([-1.0, 0.5, 1.5, -0.5])
    for k, (i, j, sign) in enumerate(((0, 1, 1.0), (1, 2, 1.0), (0, 2, -1.0))):
        y[4 * k : 4 * k + 4, i], y[4 * k : 4 * k + 4, j] = line, sign * line
    with pytest.raises(CorrelationError, match="smallest eigenvalue -1"):
        pairwise_correlation(y)
    found = pairwise_correlation(y, repair=True)
    assert found.smallest_eigenvalue == pytest.approx(-1.0) and smallest(found.correlation) > -1e-12
    assert found.repair_distance == pytest.approx(
        np.linalg.norm(found.correlation - [[1, 1, -1], [1, 1, 1], [-1, 1, 1]])
    )
    assert found.pairs.tolist() == [[8, 4, 4], [4, 8, 4], [4, 4, 8]]
    y[:3, 0] = np.nan
    with pytest.raises(ArgumentError, match="dates in common"):
        pairwise_correlation(y, repair=True)


def test_out_of_sample_table():
    # Fewer days than factors: the sample covariance is singular and has no density, shrunk ones have.
    x = stock_returns(120)
    names = ("sample", "ledoit_wolf_identity", "ledoit_wolf_constant_correlation")
    chosen = {name: standard_estimators()[name] for name in names}
    table = compare_estimators(x, chosen, window=60, ahead=20)
    short = compare_estimators(x[:, :18], {"sample": sample_covariance}, window=15, ahead=10)
    assert [score.name for score in table] == list(names) and {score.windows for score in table} == {3}
    assert np.isnan(short[0].log_score) and short[0].condition == np.inf
    # The first window of the sample by hand.
    first = np.cov(x[:60].T)
    by_hand = [
        stats.multivariate_normal(np.zeros(20), np.cov(x[20 * k : 20 * k + 60].T))
        .logpdf(x[20 * k + 60 : 20 * k + 80])
        .mean()
        for k in range(3)
    ]
    assert table[0].log_score == pytest.approx(np.mean(by_hand) / 20, rel=1e-9)
    assert table[0].condition == pytest.approx(np.linalg.cond(np.corrcoef(x[20:80].T)), rel=0.5)
    assert first.shape == (20, 20) and table[2].log_score > table[0].log_score
    with pytest.raises(ArgumentError, match="do not hold a window"):
        compare_estimators(x, chosen, window=110, ahead=20)
    x[:70, 3] = 0.0
    with pytest.raises(ArgumentError, match="does not move within the window from row 0"):
        compare_estimators(x, chosen, window=60, ahead=20)
