"""EWMA, GARCH and filtered history: recursions by NumPy, likelihoods by SciPy and arch, identities."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from pact_jax.errors import ArgumentError
from pact_jax.scenarios import (
    GarchFit,
    Sampling,
    VarianceRecursion,
    VolatilityFilter,
    _filtered,
    ewma_recursion,
    filter_history,
    filter_variance,
    filtered_historical_scenarios,
    fit_garch,
    historical_scenarios,
    initial_variance,
)

from .histories import LAYOUT, daily, levels, moves_of, plan

LOGS = jnp.asarray(LAYOUT.is_log)


def garch_path(num: int = 700, seed: int = 11) -> np.ndarray:
    """Returns in percent of a GARCH(1,1) with omega 0.05, alpha 0.1, beta 0.85."""
    rng = np.random.default_rng(seed)
    variance, path = 1.0, []
    for z in rng.standard_normal(num):
        path.append(np.sqrt(variance) * z)
        variance = 0.05 + 0.1 * path[-1] ** 2 + 0.85 * variance
    return np.array(path)


def variance_by_hand(move: np.ndarray, omega: float, alpha: float, beta: float) -> np.ndarray:
    weight = 0.94 ** np.arange(min(75, len(move)))
    start = (weight * move[:75] ** 2).sum() / weight.sum()
    path = [omega + (alpha + beta) * start]
    for x in move:
        path.append(omega + alpha * x * x + beta * path[-1])
    return np.array(path)


def negative_log_likelihood(parameter: np.ndarray, move: np.ndarray) -> float:
    variance = variance_by_hand(move, *parameter)[:-1]
    return 0.5 * float((np.log(2 * np.pi * variance) + move**2 / variance).sum())


def filtered(history: np.ndarray, horizon_days: int, volatility=VolatilityFilter.EWMA, decay: float = 0.94):
    found = filter_history(jnp.asarray(history), LOGS, volatility=volatility, decay=decay)
    return found, filtered_historical_scenarios(found, plan(horizon_days))


def test_recursion_by_hand():
    move = garch_path(100)
    recursion = VarianceRecursion(jnp.asarray(0.02), jnp.asarray(0.08), jnp.asarray(0.9))
    path = filter_variance(jnp.asarray(move), recursion, initial_variance(jnp.asarray(move)))
    np.testing.assert_allclose(path, variance_by_hand(move, 0.02, 0.08, 0.9), rtol=1e-13)
    ewma = filter_variance(jnp.asarray(move), ewma_recursion(jnp.asarray(0.94)), initial_variance(jnp.asarray(move)))
    np.testing.assert_allclose(ewma, variance_by_hand(move, 0.0, 0.06, 0.94), rtol=1e-13)


def test_garch_reaches_the_maximum_that_another_optimiser_finds():
    move = garch_path()
    fit = jax.jit(fit_garch)(jnp.asarray(move))
    best = optimize.minimize(
        negative_log_likelihood,
        [0.05, 0.1, 0.8],
        args=(move,),
        bounds=[(1e-6, 10), (1e-6, 0.9), (1e-6, 0.999)],
        method="L-BFGS-B",
    )
    assert bool(fit.converged)
    # Within 1e-4 of log-likelihood, that is a hundredth of a standard error of each parameter.
    assert float(fit.log_likelihood) >= -best.fun - 1e-4
    got = np.array([fit.recursion.omega, fit.recursion.alpha, fit.recursion.beta])
    assert float(fit.log_likelihood) == pytest.approx(-negative_log_likelihood(got, move), rel=1e-12)
    np.testing.assert_allclose(got, best.x, rtol=2e-2)
    np.testing.assert_allclose(got, [0.05, 0.1, 0.85], atol=0.08)


def test_garch_does_not_depend_on_the_unit():
    move = jnp.asarray(garch_path())
    fit = jax.jit(fit_garch)
    large, small = fit(move), fit(move * 1e-4)
    np.testing.assert_allclose(large.recursion.alpha, small.recursion.alpha, rtol=1e-6)
    np.testing.assert_allclose(large.recursion.omega * 1e-8, small.recursion.omega, rtol=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_garch_and_ewma_of_arch():
    univariate = pytest.importorskip("arch.univariate")
    move = garch_path()
    theirs = univariate.arch_model(move, mean="Zero", vol="GARCH", p=1, q=1, rescale=False).fit(disp="off")
    fit = jax.jit(fit_garch)(jnp.asarray(move))
    assert float(fit.log_likelihood) == pytest.approx(theirs.loglikelihood, abs=1e-4)
    got = np.array([fit.recursion.omega, fit.recursion.alpha, fit.recursion.beta])
    np.testing.assert_allclose(got, theirs.params.to_numpy(), rtol=5e-3)


def test_a_series_that_never_moves_does_not_converge():
    fit = jax.jit(fit_garch)(jnp.zeros(700))
    assert not bool(fit.converged)


def test_filter_without_memory_is_plain_history():
    # With a decay of 1 today's volatility is that of every day, and the windows are those of the history.
    history = levels()
    _, scenarios = filtered(history, 3, decay=1.0)
    plain = historical_scenarios(jnp.asarray(history), plan(3))
    np.testing.assert_allclose(moves_of(scenarios), moves_of(plain), rtol=1e-9, atol=1e-15)
    assert scenarios.sampling is Sampling.OVERLAPPING


def test_one_day_is_the_move_times_the_ratio_of_volatilities():
    history = levels()
    move = daily(history)
    variance = np.column_stack([variance_by_hand(x, 0.0, 0.06, 0.94) for x in move.T])
    _, scenarios = filtered(history, 1)
    np.testing.assert_allclose(moves_of(scenarios), move * np.sqrt(variance[-1] / variance[:-1]), rtol=1e-10)


def test_longer_windows_follow_the_recursion():
    history = levels()
    found, scenarios = filtered(history, 3)
    z, expected = np.asarray(found.residual), np.zeros((58, 4))
    for t in range(58):
        variance = np.asarray(found.variance)
        for h in range(3):
            move = np.sqrt(variance) * z[t + h]
            expected[t] += move
            variance = 0.06 * move**2 + 0.94 * variance
    np.testing.assert_allclose(moves_of(scenarios), expected, rtol=1e-10, atol=1e-16)


def test_a_constant_factor_stays_and_an_unfitted_one_falls_back_to_ewma(monkeypatch):
    def unfitted(move):
        nothing = jnp.full((), jnp.nan)
        return GarchFit(VarianceRecursion(nothing, nothing, nothing), nothing, jnp.zeros((), bool), jnp.zeros((), int))

    monkeypatch.setattr(_filtered, "fit_garch", unfitted)
    history = levels()
    history[:, 3] = 0.02
    found, scenarios = filtered(history, 3, VolatilityFilter.GARCH)
    assert np.asarray(found.converged).tolist() == [False, False, False, True]
    np.testing.assert_allclose(found.recursion.beta, 0.94)
    move = moves_of(scenarios)
    assert np.isfinite(move).all() and not move[:, 3].any() and move[:, :3].any(axis=0).all()


def test_refusals():
    with pytest.raises(ArgumentError, match="decay is 0.0"):
        filter_history(jnp.asarray(levels()), LOGS, decay=0.0)
    with pytest.raises(ArgumentError, match="needs at least"):
        filtered(levels(), 60)
