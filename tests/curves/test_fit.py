"""Joint calibration: repricing, QuantLib, the sequential bootstrap, derivatives by the implicit function theorem."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.curves import (
    CurveProblem,
    Interpolation,
    basis_swap_terms,
    bootstrap_curves,
    calibrate_curves,
    curve_problem,
    deposit_terms,
    discount_factor,
    fair_quotes,
    futures_rate,
    implicit_root,
    quote_jacobian,
    quote_sensitivity,
    swap_terms,
)
from pact_jax.errors import ArgumentError

from .eur_market import dual_market, quantlib_curves, swap_3m_terms

_QUANTLIB = {
    Interpolation.LINEAR_ZERO: "PiecewiseLinearZero",
    Interpolation.LOG_LINEAR_DISCOUNT: "PiecewiseLogLinearDiscount",
}
_calibrate = jax.jit(calibrate_curves)
_fair = jax.jit(fair_quotes)
_jacobian = jax.jit(quote_jacobian)
_discount = jax.jit(discount_factor)
_batch = jax.jit(jax.vmap(calibrate_curves, in_axes=(None, 0)))


@pytest.fixture(scope="module")
def market() -> tuple[list, np.ndarray]:
    return dual_market()


def _problem(market, method: Interpolation) -> CurveProblem:
    return curve_problem(market[0], [method, method])


@pytest.mark.parametrize("method", list(Interpolation))
def test_quotes_are_repriced(market, method: Interpolation) -> None:
    problem, quotes = _problem(market, method), jnp.asarray(market[1])
    fit = _calibrate(problem, quotes)
    assert bool(fit.converged) and int(fit.steps) <= 12
    np.testing.assert_allclose(_fair(problem, fit.zero_rates), quotes, rtol=0, atol=1e-15)
    np.testing.assert_allclose(fit.residual, 0.0, atol=1e-15)


@pytest.mark.parametrize("method", list(_QUANTLIB))
def test_curves_equal_quantlib(market, method: Interpolation) -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    fit = _calibrate(_problem(market, method), jnp.asarray(market[1]))
    _, *peers = quantlib_curves(ql, market[1], _QUANTLIB[method])
    for own, peer in zip(fit.curves, peers, strict=True):
        np.testing.assert_allclose(own.time, peer.times()[1:], rtol=1e-14)
        times = np.linspace(0.0, float(own.time[-1]), 500)
        expected = [peer.discount(float(t)) for t in times]
        # QuantLib's solver stops at 1e-12 in the quote.
        np.testing.assert_allclose(_discount(own, jnp.asarray(times)), expected, rtol=0, atol=5e-12)


@pytest.mark.parametrize("method", list(_QUANTLIB))
def test_sequential_bootstrap_agrees(market, method: Interpolation) -> None:
    problem, quotes = _problem(market, method), jnp.asarray(market[1])
    sequential = jax.jit(bootstrap_curves)(problem, quotes)
    np.testing.assert_allclose(sequential, _calibrate(problem, quotes).zero_rates, rtol=0, atol=1e-14)


@pytest.mark.parametrize("method", [Interpolation.LINEAR_ZERO, Interpolation.MONOTONE_CUBIC])
def test_quote_jacobian_matches_recalibration(market, method: Interpolation) -> None:
    problem, quotes = _problem(market, method), jnp.asarray(market[1])
    zero_rates = _calibrate(problem, quotes).zero_rates
    analytic = _jacobian(problem, zero_rates)
    step = 1e-5
    up, down = (
        [_calibrate(problem, quotes.at[i].add(bump)).zero_rates for i in range(0, quotes.size, 4)]
        for bump in (step, -step)
    )
    moved = (np.stack(up, axis=1) - np.stack(down, axis=1)) / (2 * step)
    np.testing.assert_allclose(analytic[:, ::4], moved, rtol=0, atol=2e-6)


def test_differentiating_the_calibration_gives_the_implicit_derivative(market) -> None:
    problem, quotes = _problem(market, Interpolation.LOG_LINEAR_DISCOUNT), jnp.asarray(market[1])
    by_reverse = jax.jit(jax.jacrev(lambda q: calibrate_curves(problem, q).zero_rates))(quotes)
    zero_rates = _calibrate(problem, quotes).zero_rates
    np.testing.assert_allclose(by_reverse, _jacobian(problem, zero_rates), rtol=0, atol=1e-11)
    ladder = jnp.arange(1.0, zero_rates.size + 1.0)
    through = jax.jit(quote_sensitivity)(problem, zero_rates, ladder)
    np.testing.assert_allclose(through, ladder @ by_reverse, rtol=1e-9, atol=1e-9)


def test_derivative_does_not_see_the_iterations() -> None:
    # A solve that is cut off after 0 steps at the exact root still has the derivative of the root.
    def root_of(a):
        return implicit_root(lambda x: x**2 - a, jnp.asarray([3.0]), max_steps=0)[0][0]

    value, slope = jax.jit(jax.value_and_grad(root_of))(9.0)
    assert float(value) == 3.0 and float(slope) == pytest.approx(1 / 6, rel=1e-15)
    assert float(jax.jit(jax.grad(jax.grad(root_of)))(9.0)) == pytest.approx(-1 / 108, rel=1e-14)


def test_batch_of_markets_is_the_loop(market) -> None:
    problem, quotes = _problem(market, Interpolation.LINEAR_ZERO), jnp.asarray(market[1])
    batch = jnp.stack([quotes - 0.01, quotes, quotes + 0.02])
    together = _batch(problem, batch)
    alone = [_calibrate(problem, row).zero_rates for row in batch]
    np.testing.assert_allclose(together.zero_rates, jnp.stack(alone), rtol=0, atol=1e-14)
    assert together.converged.shape == (3,) and bool(together.converged.all())


def test_one_bad_market_spoils_only_itself(market) -> None:
    problem, quotes = _problem(market, Interpolation.LINEAR_ZERO), jnp.asarray(market[1])
    batch = jnp.stack([quotes, quotes.at[5].set(jnp.nan), quotes])
    fit = _batch(problem, batch)
    assert fit.converged.tolist() == [True, False, True]
    assert np.isfinite(fit.zero_rates[0]).all()


def test_unsolvable_quotes_are_reported() -> None:
    # A deposit of -200% over a year would need a negative growth factor.
    problem = curve_problem([deposit_terms(0.0, 1.0, 1.0)], [Interpolation.LINEAR_ZERO])
    fit = _calibrate(problem, jnp.asarray([-2.0]))
    assert not bool(fit.converged) and float(abs(fit.residual[0])) > 0.1


def test_tenor_basis_spread_is_recovered() -> None:
    # Curves 0 (discount), 1 (3M), 2 (6M): the 6M curve is quoted as a spread over 3M and the 3M rates as swaps.
    yearly = np.arange(1.0, 6.0)
    quarters, halves = np.arange(0.25, 5.01, 0.25), np.arange(0.5, 5.01, 0.5)

    def legs(times, curve):
        starts = times - times[0]
        return {
            year: swap_terms(
                yearly[: int(year)], np.ones(int(year)), starts[times <= year], times[times <= year],
                times[times <= year], projection=curve, discount=0,
            )
            for year in yearly
        }  # fmt: skip

    discount, three, six = legs(yearly, 0), legs(quarters, 1), legs(halves, 2)
    # Quarterly spread dates for the basis swap.
    spread_leg = {
        year: swap_terms(
            quarters[quarters <= year], np.full(int(4 * year), 0.25), quarters[quarters <= year] - 0.25,
            quarters[quarters <= year], quarters[quarters <= year], projection=1, discount=0,
        )
        for year in yearly
    }  # fmt: skip
    terms = [*discount.values(), *three.values()]
    terms += [basis_swap_terms(six[year], spread_leg[year], pillar_curve=2) for year in yearly]
    problem = curve_problem(terms, [Interpolation.LINEAR_ZERO] * 3)
    quotes = jnp.asarray(np.concatenate([np.full(5, 0.02), np.full(5, 0.023), np.full(5, 0.001)]))
    fit = _calibrate(problem, quotes)
    assert bool(fit.converged)
    # Independent check on plain arrays: value both legs of the five-year basis swap.
    paid = _leg_value(fit, halves, 2)
    annuity = 0.25 * float(_discount(fit.curves[0], jnp.asarray(quarters)).sum())
    received = _leg_value(fit, quarters, 1) + 0.001 * annuity
    assert paid == pytest.approx(received, abs=1e-15)


def _leg_value(fit, times: np.ndarray, curve: int) -> float:
    growth = np.asarray(_discount(fit.curves[curve], jnp.asarray(np.append(0.0, times))))
    paid = np.asarray(_discount(fit.curves[0], jnp.asarray(times)))
    return float(((growth[:-1] / growth[1:] - 1.0) * paid).sum())


def test_futures_rate_feeds_the_curve() -> None:
    rate = futures_rate(jnp.asarray(95.25), jnp.asarray(0.0003))
    assert float(rate) == pytest.approx(0.0472, rel=1e-14)
    terms = [deposit_terms(0.0, 0.25, 0.25), deposit_terms(0.25, 0.5, 0.25)]
    problem = curve_problem(terms, [Interpolation.LOG_LINEAR_DISCOUNT])

    # The price of a future moves the curve one to one with minus a hundredth of its rate.
    def last_node(price):
        quotes = jnp.stack([jnp.asarray(0.05), futures_rate(price, jnp.asarray(0.0))])
        return calibrate_curves(problem, quotes).zero_rates[1]

    slope = jax.jit(jax.grad(last_node))(jnp.asarray(95.25))
    by_hand = -0.01 * (0.25 / (1 + 0.0475 * 0.25)) / 0.5
    assert float(slope) == pytest.approx(by_hand, rel=1e-12)


def test_single_precision(market) -> None:
    problem = _problem(market, Interpolation.LOG_LINEAR_DISCOUNT)
    single = jax.tree.map(lambda x: x.astype(jnp.float32) if eqx.is_inexact_array(x) else x, problem)
    fit = _calibrate(single, jnp.asarray(market[1], jnp.float32))
    assert fit.zero_rates.dtype == jnp.float32 and bool(fit.converged)
    double = _calibrate(problem, jnp.asarray(market[1]))
    np.testing.assert_allclose(fit.zero_rates, double.zero_rates, atol=3e-6)


def test_one_compilation_for_new_quotes(market) -> None:
    _calibrate(_problem(market, Interpolation.LINEAR_ZERO), jnp.asarray(market[1]))
    compiled = _calibrate._cache_size()
    _calibrate(_problem(market, Interpolation.LINEAR_ZERO), jnp.asarray(market[1]) + 0.001)
    assert _calibrate._cache_size() == compiled


@pytest.mark.parametrize(
    ("terms", "methods"),
    [
        ([deposit_terms(0.0, 1.0, 1.0), deposit_terms(0.5, 1.0, 0.5)], 1),  # one node twice
        ([deposit_terms(0.0, 1.0, 1.0)], 2),  # a curve without quotes
        ([deposit_terms(0.0, 1.0, 1.0, curve=1)], 1),  # a quote on a curve that is not there
        ([swap_3m_terms("2Y")], 2),  # discount curve undetermined
    ],
)
def test_undetermined_sets_are_refused(terms, methods: int) -> None:
    with pytest.raises(ArgumentError):
        curve_problem(terms, [Interpolation.LINEAR_ZERO] * methods)


def test_unusable_terms_are_refused(market) -> None:
    with pytest.raises(ArgumentError):
        deposit_terms(1.0, 1.0, 0.5)
    with pytest.raises(ArgumentError):
        swap_terms(np.ones(2), np.ones(1), np.zeros(1), np.ones(1), np.ones(1), projection=0, discount=0)
    with pytest.raises(ArgumentError):
        swap_terms(np.ones(1), np.array([np.nan]), np.zeros(1), np.ones(1), np.ones(1), projection=0, discount=0)
    with pytest.raises(ArgumentError, match="not local"):
        bootstrap_curves(_problem(market, Interpolation.NATURAL_CUBIC), jnp.asarray(market[1]))
