"""Delta-gamma: laws with known quantiles, cumulants by simulation, vectors against differences and full revaluation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from pact_jax.errors import ArgumentError
from pact_jax.market import MarketShock, apply_shock
from pact_jax.pricing import present_value
from pact_jax.revaluation import (
    Cumulants,
    QuadraticLaw,
    RevaluationMode,
    cornish_fisher,
    cumulants,
    delta_gamma,
    delta_gamma_vectors,
    fourier_tail,
    full_vectors,
    quadratic_law,
    supplied_vectors,
)
from tests.pricing import books

RNG = np.random.default_rng(3)
exact_tail = jax.jit(fourier_tail)


def law(linear, curvature, shift=0.0) -> QuadraticLaw:
    return QuadraticLaw(jnp.asarray(shift), jnp.asarray(linear, float), jnp.asarray(curvature, float))


@pytest.mark.parametrize("confidence", [0.9, 0.975, 0.9997])
class TestKnownQuantiles:
    def test_a_linear_book_is_normal(self, confidence):
        var, es = exact_tail(law([3.0, -4.0, 0.0], [0.0, 0.0, 0.0], 2.0), confidence)
        z = stats.norm.ppf(confidence)
        assert float(var) == pytest.approx(2.0 + 5.0 * z, rel=1e-12)
        assert float(es) == pytest.approx(2.0 + 5.0 * stats.norm.pdf(z) / (1.0 - confidence), rel=1e-11)
        ours = cornish_fisher(cumulants(law([3.0, -4.0, 0.0], [0.0, 0.0, 0.0], 2.0)), confidence)
        np.testing.assert_allclose(ours, (var, es), rtol=1e-11)

    @pytest.mark.parametrize("freedom", [1, 3])
    def test_a_purely_curved_book_is_chi_square(self, confidence, freedom):
        padded = np.zeros(3)
        padded[:freedom] = 1.0
        var, es = exact_tail(law(np.zeros(3), padded), confidence)
        quantile = stats.chi2.ppf(confidence, freedom)
        assert float(var) == pytest.approx(quantile, rel=1e-11)
        # E[X 1(X > q)] of a chi-square is its mean times the tail with two more degrees of freedom.
        assert float(es) == pytest.approx(freedom * stats.chi2.sf(quantile, freedom + 2) / (1 - confidence), rel=1e-10)
        gains, _ = exact_tail(law(np.zeros(3), -padded), confidence)
        assert float(gains) == pytest.approx(-stats.chi2.ppf(1.0 - confidence, freedom), rel=1e-7, abs=1e-7)

    @pytest.mark.parametrize("curve", [0.4, -0.4])
    def test_one_bent_direction_is_noncentral_chi_square(self, confidence, curve):
        # b z + l z^2 = l (z + b / 2l)^2 - b^2 / 4l
        slope, level = 1.5, confidence if curve > 0 else 1.0 - confidence
        expected = curve * stats.ncx2.ppf(level, 1, (slope / (2 * curve)) ** 2) - slope**2 / (4 * curve)
        var, _ = exact_tail(law([slope, 0.0, 0.0], [curve, 0.0, 0.0]), confidence)
        assert float(var) == pytest.approx(expected, rel=1e-9)


def test_a_mixed_book_by_simulation():
    linear, curve = np.array([1.0, 0.5, 0.1]), np.array([0.3, -0.5, 0.2])
    draws = RNG.normal(size=(1_000_000, 3))
    loss = draws @ linear + draws**2 @ curve
    var, es = exact_tail(law(linear, curve), 0.975)
    tail = np.sort(loss)[-25_000:]
    # Standard errors of the simulation are 0.008 (VaR) and 0.01 (ES); about three of them.
    assert float(var) == pytest.approx(tail[0], abs=0.025)
    assert float(es) == pytest.approx(tail.mean(), abs=0.03)
    ours = cumulants(law(linear, curve))
    np.testing.assert_allclose(ours[:3], (loss.mean(), loss.std(), stats.skew(loss)), atol=0.02)
    assert float(ours.excess_kurtosis) == pytest.approx(stats.kurtosis(loss), abs=0.15)


def test_cornish_fisher_refuses_what_is_no_quantile_function():
    made = [Cumulants(*(jnp.asarray(x) for x in (0.0, 1.0, s, k))) for s, k in ((0.3, 0.5), (2.0, 0.0))]
    assert np.isfinite(cornish_fisher(made[0], 0.99)).all()
    assert np.isnan(cornish_fisher(made[1], 0.99)).all()
    # Against the definition: the mean of the quantile function beyond the level.
    levels = 0.99 + (np.arange(200_000) + 0.5) / 200_000 * 0.01
    quantiles = jax.vmap(lambda c: cornish_fisher(made[0], c).value_at_risk)(jnp.asarray(levels))
    assert float(cornish_fisher(made[0], 0.99).expected_shortfall) == pytest.approx(
        float(jnp.mean(quantiles)), rel=1e-5
    )


def test_principal_directions_keep_the_law():
    root, gamma = RNG.normal(size=(4, 4)), RNG.normal(size=(4, 4))
    delta, gamma, covariance = RNG.normal(size=4), gamma + gamma.T, root @ root.T
    ours = cumulants(quadratic_law(jnp.asarray(delta), jnp.asarray(gamma), jnp.asarray(covariance)))
    # Moments of a quadratic form: tr(G S)/2, d'Sd + tr((G S)^2)/2, with the sign of a loss.
    product = gamma @ covariance
    variance = delta @ covariance @ delta + 0.5 * np.trace(product @ product)
    third = -3.0 * delta @ covariance @ gamma @ covariance @ delta - np.trace(product @ product @ product)
    assert float(ours.mean) == pytest.approx(-0.5 * np.trace(product), rel=1e-10)
    assert float(ours.standard_deviation) == pytest.approx(np.sqrt(variance), rel=1e-10)
    assert float(ours.skewness) == pytest.approx(third / variance**1.5, rel=1e-9)


BOOK = books.book(
    books.hold(books.options(), [1.0, -2.0, 5.0, 4.0, -1.0, 2.0], desk=[0, 0, 1, 1, 0, 0]),
    books.hold(books.stocks(), [10.0, -20.0, 3.0], desk=[0, 1, 1]),
    num_desks=2,
)
SPOT, FX = 0.02 * RNG.normal(size=(200, 3)), 0.01 * RNG.normal(size=(200, 3))
SHOCK = MarketShock(spot=jnp.asarray(SPOT), fx=jnp.asarray(FX))


def test_derivatives_against_differences():
    form = delta_gamma(BOOK, books.market(), SHOCK)
    assert form.delta.shape == (2, 6) and form.gamma.shape == (2, 6, 6)

    @jax.jit
    def value(move):
        return jnp.sum(present_value(BOOK, apply_shock(books.market(), MarketShock(spot=move[:3], fx=move[3:]))))

    step, unit = 1e-3, np.eye(6)
    total, up = np.asarray(form.gamma).sum(axis=0), {}
    for k in range(6):
        up[k] = float(value(jnp.asarray(step * unit[k])) - value(jnp.asarray(-step * unit[k]))) / (2 * step)
    np.testing.assert_allclose(np.asarray(form.delta).sum(axis=0), list(up.values()), rtol=1e-4, atol=1e-2)
    for k, j in ((0, 0), (1, 4), (2, 5), (1, 1)):
        corners = [float(value(jnp.asarray(step * (a * unit[k] + b * unit[j])))) for a in (1, -1) for b in (1, -1)]
        mixed = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
        assert total[k, j] == pytest.approx(mixed, rel=1e-3, abs=0.5)


def test_vectors_state_their_error():
    ours = delta_gamma_vectors(BOOK, books.market(), SHOCK, confidence=0.9, tolerance=1e-9)
    full = full_vectors(BOOK, books.market(), SHOCK)
    seen = ours.certificate
    assert ours.mode is RevaluationMode.DELTA_GAMMA and seen is not None and "above the tolerance" in ours.remark
    ranked = np.sort(full.loss)
    assert seen.value_at_risk == pytest.approx(ranked[-21], rel=1e-10)
    assert abs(np.sort(ours.loss)[-21] - ranked[-21]) == pytest.approx(seen.value_at_risk_error, rel=1e-5)
    # The second order is there: what is left over is of third order in moves of a few per cent.
    assert seen.max_error < 0.05 * seen.value_at_risk
    form = delta_gamma(BOOK, books.market(), SHOCK)
    move = np.concatenate([SPOT, FX], axis=1)
    by_hand = move @ np.asarray(form.delta).T + 0.5 * np.einsum("sk,dkj,sj->sd", move, form.gamma, move)
    np.testing.assert_allclose(ours.pnl, by_hand, rtol=1e-10, atol=1e-9)


def test_supplied_vectors_belong_to_the_scenarios_or_are_refused():
    good = {"set_id": "a", "expected_set_id": "a", "num_scenarios": 3, "num_desks": 2, "source": "desk engine"}
    pnl = jnp.asarray([[1.0, 2.0], [jnp.nan, 0.0], [-1.0, -1.0]])
    taken = supplied_vectors(pnl, **good)
    assert taken.mode is RevaluationMode.SUPPLIED and "desk engine" in taken.remark
    assert np.asarray(taken.status).tolist() == [0, 1, 0] and taken.loss[2] == 2.0
    wrong = ({"set_id": "b"}, {"num_scenarios": 4}, {"num_desks": 1}, {"num_buckets": 2}, {"source": " "})
    for change in wrong:
        with pytest.raises(ArgumentError):
            supplied_vectors(pnl, **{**good, **change})
