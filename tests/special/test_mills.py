"""Mills' ratio against 40-digit arithmetic and scipy's scaled complementary error function; its derivative."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import erfcx

from pact_jax.special import mills_fraction, mills_ratio, normal_cdf, normal_pdf

POINTS = np.concatenate([np.linspace(0.0, 8.0, 201), np.geomspace(8.0, 60.0, 60)])


def test_against_forty_digits():
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(40):
        exact = [
            float(mpmath.sqrt(mpmath.pi / 2) * mpmath.exp(mpmath.mpf(x) ** 2 / 2) * mpmath.erfc(x / mpmath.sqrt(2)))
            for x in map(float, POINTS)
        ]
    np.testing.assert_allclose(mills_ratio(jnp.asarray(POINTS)), exact, rtol=2e-15)


def test_against_scipy_and_the_normal_law():
    ours = np.asarray(mills_ratio(jnp.asarray(POINTS)))
    np.testing.assert_allclose(ours, np.sqrt(np.pi / 2) * erfcx(POINTS / np.sqrt(2)), rtol=2e-15)
    near = jnp.asarray(POINTS[POINTS < 8.0])
    np.testing.assert_allclose(mills_ratio(near) * normal_pdf(near), normal_cdf(-near), rtol=5e-14)


def test_fraction_and_derivative():
    numerator, denominator = mills_fraction(jnp.asarray(POINTS))
    np.testing.assert_allclose(numerator / denominator, mills_ratio(jnp.asarray(POINTS)), rtol=2e-15)
    for x in (0.0, 0.7, 3.0):
        bumped = (float(mills_ratio(x + 1e-5)) - float(mills_ratio(max(x - 1e-5, 0.0)))) / (1e-5 + min(x, 1e-5))
        assert float(jax.grad(mills_ratio)(x)) == pytest.approx(bumped, rel=1e-4)


def test_single_precision():
    ours = mills_ratio(jnp.asarray(POINTS, jnp.float32))
    assert ours.dtype == jnp.float32
    np.testing.assert_allclose(ours, mills_ratio(jnp.asarray(POINTS)), rtol=5e-7)
