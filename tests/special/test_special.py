"""Special functions against forty digits, published values, identities and derivatives.

The `slow` variants take 5,000 points over the whole domain; the quick ones a sample of the same generator.
"""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.errors import DifferentiationError
from pact_jax.special import (
    beta_quantile,
    bivariate_normal_cdf,
    chi2_quantile,
    gamma_quantile,
    normal_cdf,
    normal_pdf,
    normal_quantile,
    student_t_cdf,
    student_t_quantile,
)

SIZES = [pytest.param(60, id="quick"), pytest.param(5000, id="domain", marks=pytest.mark.slow)]
_CASES = Path(__file__).parents[1] / "reference" / "options.json"


@pytest.fixture
def mp():
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(40):
        yield mpmath


def _probabilities(rng, n):
    return np.concatenate([10.0 ** rng.uniform(-12, -0.01, n // 2), rng.uniform(0.0, 1.0, n - n // 2)])


@pytest.mark.parametrize("n", SIZES)
def test_normal_cdf_and_quantile_over_the_whole_line(mp, n):
    x = np.random.default_rng(0).uniform(-37.0, 8.0, n)
    exact = np.array([float(mp.ncdf(mp.mpf(v))) for v in x.tolist()])
    error = np.abs(np.asarray(normal_cdf(jnp.asarray(x))) / exact - 1.0)
    assert error.max() < 3e-13 and error[np.abs(x) < 8.0].max() < 2e-14
    tail = exact[(x < 0.0) & (x > -37.0)]
    root = np.asarray(normal_quantile(jnp.asarray(tail)))
    # ncdf(root) = tail to the rounding of root itself: d log N = -x dx.
    back = np.array(
        [float(mp.ncdf(mp.mpf(v)) / mp.mpf(t) - 1) for v, t in zip(root.tolist(), tail.tolist(), strict=True)]
    )
    assert np.max(np.abs(back) / np.maximum(root**2, 1.0)) < 2e-15
    np.testing.assert_allclose(normal_quantile(jnp.asarray(1.0 - tail)[tail > 1e-3]), -root[tail > 1e-3], rtol=1e-10)


@pytest.mark.parametrize("n", SIZES)
def test_student_t(mp, n):
    rng = np.random.default_rng(1)
    p, dof = _probabilities(rng, n), np.exp(rng.uniform(np.log(0.5), np.log(1e4), n))
    x = np.asarray(student_t_quantile(jnp.asarray(p), jnp.asarray(dof)))

    def tail(v, k):
        v, k = mp.mpf(v), mp.mpf(k)
        return mp.betainc(k / 2, mp.mpf(1) / 2, 0, k / (k + v * v), regularized=True) / 2

    exact = np.array([float(tail(v, k)) for v, k in zip(x.tolist(), dof.tolist(), strict=True)])
    # Large dof magnify the rounding of dof / (dof + x^2) by dof / 2.
    assert np.max(np.abs(exact / np.minimum(p, 1.0 - p) - 1.0)) < 2e-10
    cdf = np.asarray(student_t_cdf(jnp.asarray(-np.abs(x)), jnp.asarray(dof)))
    assert np.max(np.abs(cdf / exact - 1.0)) < 2e-10


@pytest.mark.parametrize("n", SIZES)
def test_gamma_and_chi_square(mp, n):
    rng = np.random.default_rng(2)
    p, shape = _probabilities(rng, n), np.exp(rng.uniform(-3.0, 7.0, n))
    x = np.asarray(gamma_quantile(jnp.asarray(p), jnp.asarray(shape)))
    keep = x > 1e-280
    exact = np.array(
        [
            float(mp.gammainc(mp.mpf(a), 0, mp.mpf(v), regularized=True))
            for a, v in zip(shape[keep].tolist(), x[keep].tolist(), strict=True)
        ]
    )
    assert np.max(np.abs(exact / p[keep] - 1.0)) < 2e-11
    np.testing.assert_allclose(chi2_quantile(p, 2.0), -2.0 * np.log1p(-p), rtol=1e-12)


@pytest.mark.parametrize("n", SIZES)
def test_beta(mp, n):
    rng = np.random.default_rng(3)
    p = _probabilities(rng, n)
    a, b = np.exp(rng.uniform(-2.0, 6.0, (2, n)))
    x = np.asarray(beta_quantile(*map(jnp.asarray, (p, a, b))))
    keep = (x > 1e-280) & (x < 0.999)
    exact = np.array(
        [
            float(mp.betainc(mp.mpf(s), mp.mpf(t), 0, mp.mpf(v), regularized=True))
            for s, t, v in zip(a[keep].tolist(), b[keep].tolist(), x[keep].tolist(), strict=True)
        ]
    )
    # The incomplete beta underneath is good to about 1e-9 in its worst corner (one shape small, the other large).
    error = np.abs(exact / p[keep] - 1.0)
    assert error.max() < 2e-9 and np.quantile(error, 0.95) < 1e-11


def _conditional_integral(mp, h, k, r):
    h, k, r = map(mp.mpf, (h, k, r))
    s = mp.sqrt((1 - r) * (1 + r))
    if h <= -12:
        return 0.0
    turns = [k / r + m * s / abs(r) for m in (-8, -3, 0, 3, 8)] if abs(r) > 1e-3 else []
    knots = sorted({mp.mpf(-12), h, *(min(max(c, mp.mpf(-12)), h) for c in (*turns, mp.mpf(-3), mp.mpf(0)))})
    return float(mp.quad(lambda t: mp.npdf(t) * mp.ncdf((k - r * t) / s), knots))


@pytest.mark.parametrize("n", [40, pytest.param(5000, id="domain", marks=pytest.mark.slow)])
def test_bivariate_normal_by_conditional_integration(mp, n):
    rng = np.random.default_rng(4)
    h, k = rng.normal(0.0, 2.5, (2, n))
    near_one = np.sign(rng.normal(size=n)) * (1.0 - 10.0 ** rng.uniform(-12, -1, n))
    rho = np.where(rng.random(n) < 0.5, rng.uniform(-1.0, 1.0, n), near_one)
    with mp.workdps(20):
        exact = [_conditional_integral(mp, *point) for point in zip(h.tolist(), k.tolist(), rho.tolist(), strict=True)]
    ours = np.asarray(bivariate_normal_cdf(*map(jnp.asarray, (h, k, rho))))
    assert np.max(np.abs(ours - exact)) < 1e-14


def test_bivariate_normal_published_values():
    sets = {entry["id"]: entry["cases"] for entry in json.loads(_CASES.read_text())["sets"]}
    rows = sets["bivariate-normal"]
    assert len(rows) == 28
    columns = [np.array([row["inputs"][name] for row in rows]) for name in ("a", "b", "rho")]
    expected = [row["expected"]["value"] for row in rows]
    np.testing.assert_allclose(bivariate_normal_cdf(*map(jnp.asarray, columns)), expected, atol=1e-6)


def test_bivariate_normal_limits_and_symmetries():
    h, k = (g.ravel() for g in np.meshgrid([-40.0, -3.0, -0.5, 0.0, 1.0, 40.0], [-5.0, 0.0, 0.7, np.inf]))
    h, k = jnp.asarray(h), jnp.asarray(k)
    phi_h, phi_k = normal_cdf(h), normal_cdf(k)
    np.testing.assert_allclose(bivariate_normal_cdf(h, k, 0.0), phi_h * phi_k, atol=1e-15)
    np.testing.assert_allclose(bivariate_normal_cdf(h, k, 1.0), jnp.minimum(phi_h, phi_k), atol=1e-15)
    np.testing.assert_allclose(bivariate_normal_cdf(h, k, -1.0), jnp.maximum(phi_h - normal_cdf(-k), 0.0), atol=1e-15)
    for rho in (-0.99, -0.4, 0.3, 0.93, 0.999999):
        value = bivariate_normal_cdf(h, k, rho)
        np.testing.assert_allclose(value, bivariate_normal_cdf(k, h, rho), atol=2e-15)
        np.testing.assert_allclose(value + bivariate_normal_cdf(h, -k, -rho), phi_h, atol=2e-15)
    np.testing.assert_allclose(bivariate_normal_cdf(0.0, 0.0, 0.6), 0.25 + np.arcsin(0.6) / (2 * np.pi), atol=1e-15)


def test_derivatives_by_differences():
    step = 1e-6
    for function, points in (
        (normal_quantile, (0.01, 0.4, 0.99)),
        (lambda p: student_t_quantile(p, 3.5), (0.001, 0.4, 0.99)),
        (lambda x: student_t_cdf(x, 3.5), (-4.0, 0.3, 2.0)),
        (lambda p: gamma_quantile(p, 2.5), (0.001, 0.4, 0.99)),
        (lambda p: beta_quantile(p, 2.5, 0.7), (0.001, 0.4, 0.9)),
    ):
        for point in points:
            bumped = (function(point + step * point) - function(point - step * point)) / (2 * step * point)
            np.testing.assert_allclose(jax.grad(function)(point), bumped, rtol=1e-6)


def test_bivariate_derivatives_by_differences():
    gradient = jax.jit(jax.grad(bivariate_normal_cdf, (0, 1, 2)))
    hessian = jax.jit(jax.hessian(bivariate_normal_cdf, (0, 1, 2)))
    step = 1e-6
    for point in ((0.3, -0.8, 0.5), (-1.0, -1.2, 0.96), (0.5, 0.4, -0.97)):
        ours, second = gradient(*point), hessian(*point)
        for i in range(3):
            up, down = list(point), list(point)
            up[i] += step
            down[i] -= step
            bumped = (bivariate_normal_cdf(*up) - bivariate_normal_cdf(*down)) / (2 * step)
            np.testing.assert_allclose(ours[i], bumped, rtol=1e-6, atol=1e-9)
            for j in range(3):
                bumped = (gradient(*up)[j] - gradient(*down)[j]) / (2 * step)
                np.testing.assert_allclose(second[i][j], bumped, rtol=1e-5, atol=1e-8)
    for rho in (-1.0, 1.0):
        assert all(bool(jnp.isfinite(g)) for g in gradient(0.3, 0.3 * rho, rho))


def test_shape_derivatives_are_refused():
    for function, args in (
        (beta_quantile, (0.3, 2.0, 3.0)),
        (gamma_quantile, (0.3, 2.0)),
        (student_t_quantile, (0.3, 4.0)),
        (student_t_cdf, (0.3, 4.0)),
    ):
        with pytest.raises(DifferentiationError, match="shape"):
            jax.grad(function, 1)(*args)


def test_ends_outside_and_single_precision():
    np.testing.assert_array_equal(normal_quantile(jnp.asarray([0.0, 0.5, 1.0])), [-np.inf, 0.0, np.inf])
    np.testing.assert_array_equal(student_t_quantile(jnp.asarray([0.0, 0.5, 1.0]), 4.0), [-np.inf, 0.0, np.inf])
    np.testing.assert_array_equal(gamma_quantile(jnp.asarray([0.0, 1.0]), 2.0), [0.0, np.inf])
    np.testing.assert_array_equal(beta_quantile(jnp.asarray([0.0, 1.0]), 2.0, 3.0), [0.0, 1.0])
    outside = jnp.asarray([-0.1, 1.1, jnp.nan])
    for values in (
        normal_quantile(outside),
        student_t_quantile(outside, 4.0),
        gamma_quantile(outside, 2.0),
        beta_quantile(outside, 2.0, 3.0),
    ):
        assert bool(jnp.isnan(values).all())
    single = jnp.asarray([0.01, 0.3, 0.8], jnp.float32)
    for function in (
        normal_quantile,
        normal_pdf,
        lambda p: student_t_quantile(p, 4.0),
        lambda p: beta_quantile(p, 2.0, 3.0),
    ):
        value = function(single)
        assert value.dtype == jnp.float32
        np.testing.assert_allclose(value, function(single.astype(jnp.float64)), rtol=2e-5)


def test_lanes_do_not_depend_on_their_neighbours():
    p = jnp.asarray([0.3, 1e-10, 0.999])
    together = student_t_quantile(p, 3.0)
    apart = [student_t_quantile(p[i : i + 1], 3.0)[0] for i in range(3)]
    np.testing.assert_allclose(together, jnp.stack(apart), rtol=1e-15)
