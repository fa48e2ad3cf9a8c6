"""What a tail measure must obey whatever the losses: coherence, its counterexamples, closed forms, derivatives."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pact_jax import measures
from pact_jax.errors import DifferentiationError
from tests.helpers import assert_trees_close

N = 20
_both = jax.jit(measures.tail_measures)
_LEVELS = st.sampled_from((0.0, 0.3, 0.5, 0.8, 0.9, 0.975))
_VECTOR = st.lists(st.integers(-50, 50), min_size=N, max_size=N).map(lambda v: np.array(v, float) / 4)


def es(loss, level, weight=None):
    return float(_both(jnp.asarray(loss), weight, jnp.asarray(level)).expected_shortfall)


def var(loss, level, weight=None):
    return float(_both(jnp.asarray(loss), weight, jnp.asarray(level)).value_at_risk)


@given(_VECTOR, _VECTOR, _LEVELS, st.integers(-9, 9), st.sampled_from((0.0, 0.5, 3.0)), st.integers(0, 99))
def test_coherence(x, y, level, shift, scale, seed):
    room = 1e-11
    for measure in (es, var):
        assert abs(measure(x + shift, level) - measure(x, level) - shift) <= room
        assert abs(measure(scale * x, level) - scale * measure(x, level)) <= room
        assert measure(np.maximum(x, y), level) >= measure(x, level) - room
        assert measure(np.full(N, 1.75), level) == pytest.approx(1.75, abs=1e-14)
        permuted = np.random.default_rng(seed).permutation(x)
        assert abs(measure(permuted, level) - measure(x, level)) <= room
        # Every scenario twice is the same distribution.
        assert abs(measure(np.repeat(x, 2), level) - measure(x, level)) <= room
        # Comonotone: both rise in the same order.
        x_up, y_up = np.sort(x), np.sort(y)
        assert abs(measure(x_up + y_up, level) - measure(x_up, level) - measure(y_up, level)) <= room
    assert es(x + y, level) <= es(x, level) + es(y, level) + room
    assert es(x, level) >= var(x, level) - room


@given(_VECTOR)
def test_monotone_in_level_and_mean_at_zero(x):
    levels = jnp.asarray(np.linspace(0.0, 0.999, 40))
    curve = _both(jnp.asarray(x), None, levels)
    assert (np.diff(curve.expected_shortfall) >= -1e-12).all()
    assert (np.diff(curve.value_at_risk) >= 0).all()
    assert curve.expected_shortfall[0] == pytest.approx(x.mean(), abs=1e-12)


def test_value_at_risk_is_not_subadditive():
    """Two loans that never default together, 4 % each: at 95 % each alone shows no loss, the pair shows one."""
    loss = np.zeros((2, 100))
    loss[0, :4], loss[1, 4:8] = 1.0, 1.0
    assert var(loss[0], 0.95) == var(loss[1], 0.95) == 0.0
    assert var(loss.sum(0), 0.95) == 1.0
    assert es(loss.sum(0), 0.95) <= es(loss[0], 0.95) + es(loss[1], 0.95)


@pytest.mark.parametrize("level", [0.9, 0.975, 0.99])
def test_gaussian_closed_form(level):
    # Mid-point quantiles instead of draws: what is left is the error of the grid, not of sampling.
    n = 100_000
    z = stats.norm.ppf((np.arange(n) + 0.5) / n)
    q = stats.norm.ppf(level)
    assert var(2.0 + 3.0 * z, level) == pytest.approx(2.0 + 3.0 * q, abs=3e-3)
    assert es(2.0 + 3.0 * z, level) == pytest.approx(2.0 + 3.0 * stats.norm.pdf(q) / (1 - level), abs=1e-3)


_CASES = Path(__file__).parents[3] / "shared" / "cases" / "11_var_es.json"


@pytest.mark.skipif(not _CASES.exists(), reason="needs ../shared/cases/11_var_es.json")
def test_textbook_tables():
    """Hull's two assets; McNeil, Frey and Embrechts' table of normal and t4 losses, on mid-point quantiles."""
    cases = {case["id"]: case for case in json.loads(_CASES.read_text())["sets"][0]["cases"]}
    n = 200_000
    grid = (np.arange(n) + 0.5) / n
    laws = {"normal": stats.norm.ppf(grid), "t4": stats.t(4).ppf(grid) / np.sqrt(2.0)}
    for kind, name in (("var", "value_at_risk"), ("es", "expected_shortfall")):
        for law, z in laws.items():
            case = cases[f"qrm-{kind}-{law}"]
            given_inputs = case["inputs"]
            sd = given_inputs["V"] * given_inputs["sd_annual"] / np.sqrt(given_inputs["days"])
            got = getattr(_both(jnp.asarray(sd * z), None, jnp.asarray(given_inputs["alphas"])), name)
            # The book prints one digit; the grid cuts the t4 tail off at its last 1/n.
            np.testing.assert_allclose(got, case["expected"][kind], rtol=0, atol=case["abs_tol"] + (law == "t4") * 1.0)
    hull = cases["hull-two-asset"]
    size = np.array(hull["inputs"]["positions"]) * hull["inputs"]["vols"]
    total = np.sqrt(size @ np.array([[1, hull["inputs"]["rho"]], [hull["inputs"]["rho"], 1]]) @ size)
    for sd, want in zip((*size, total), (*hull["expected"]["var_1d"], hull["expected"]["portfolio_1d"]), strict=True):
        assert abs(var(sd * laws["normal"], 0.99) - want) <= hull["abs_tol"]
        assert want > 1e5


def test_expected_shortfall_derivatives_against_differences():
    rng = np.random.default_rng(2)
    loss, weight = jnp.asarray(rng.standard_normal(50)), rng.random(50)
    weight = jnp.asarray(weight / weight.sum())
    args = (loss, weight, jnp.asarray(0.83))
    grads = jax.grad(measures.expected_shortfall, (0, 1, 2))(*args)
    assert_trees_close(grads[0], measures.tail_weights(*args))
    step = 1e-6
    for argument, grad in enumerate(grads):
        for i in range(0, grad.size, 7):
            moved = [list(args), list(args)]
            for side, sign in enumerate((1, -1)):
                bump = jnp.zeros(grad.size).at[i].set(sign * step).reshape(grad.shape)
                moved[side][argument] = args[argument] + bump
            slope = (measures.expected_shortfall(*moved[0]) - measures.expected_shortfall(*moved[1])) / (2 * step)
            assert float(grad.reshape(-1)[i]) == pytest.approx(float(slope), abs=1e-7)


def test_value_at_risk_derivative_of_a_gaussian_book():
    """L = m + s Z: dVaR/dm = 1, dVaR/ds = z_c, dVaR/dc = s / phi(z_c); kernel estimates within their noise."""
    n, level = 40_000, 0.95
    z = jnp.asarray(np.random.default_rng(4).standard_normal(n))
    q = stats.norm.ppf(level)

    def risk(m, s, c):
        return measures.value_at_risk(m + s * z, None, c)

    dm, ds, dc = jax.grad(risk, (0, 1, 2))(0.5, 2.0, jnp.asarray(level))
    assert float(dm) == pytest.approx(1.0, abs=1e-12)
    assert float(ds) == pytest.approx(q, abs=0.03)
    assert float(dc) == pytest.approx(2.0 / stats.norm.pdf(q), rel=0.1)
    # With respect to the weights: adding mass far above moves the quantile like the level does.
    weight = jnp.full(n, 1 / n)
    dw = jax.grad(measures.value_at_risk, 1)(z, weight, level)
    assert float(dw[jnp.argmax(z)]) == pytest.approx(1.0 / stats.norm.pdf(q), rel=0.1)
    assert float(dw[jnp.argmin(z)]) == 0.0


def test_discrete_book_shares_the_derivative_among_ties_at_the_top():
    grad = jax.grad(measures.value_at_risk)(jnp.asarray([1.0, 2.0, 2.0, 0.0]), None, 0.75)
    np.testing.assert_allclose(grad, [0, 0.5, 0.5, 0], atol=1e-12)


def test_second_derivatives_and_none_are_refused_not_zero():
    loss = jnp.arange(5.0)
    for measure in (measures.expected_shortfall, measures.value_at_risk):
        with pytest.raises(DifferentiationError):
            jax.hessian(measure)(loss, None, 0.5)


def test_derivative_of_one_measure_beside_the_other_as_auxiliary():
    def score(loss):
        both = measures.tail_measures(loss, None, jnp.asarray([0.5, 0.9]))
        return both.expected_shortfall[0], both.value_at_risk

    loss = jnp.asarray(np.random.default_rng(0).standard_normal(30))
    grad, _ = jax.grad(score, has_aux=True)(loss)
    assert_trees_close(grad, measures.tail_weights(loss, None, 0.5))
