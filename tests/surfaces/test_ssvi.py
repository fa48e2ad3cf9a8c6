"""SSVI: formula, the conditions of the theorems, fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.errors import ArgumentError
from pact_jax.surfaces import (
    SSVIParameters,
    durrleman,
    fit_ssvi,
    ssvi_conditions,
    ssvi_slices,
    ssvi_total_variance,
    svi_total_variance,
)

from .smiles import LOG_MONEYNESS, SSVI, SVI_EXPIRY

FAR = np.linspace(-12.0, 12.0, 241)


def _surface(theta, rho, eta, gamma) -> SSVIParameters:
    return SSVIParameters(jnp.asarray(theta), *(jnp.asarray(x) for x in (rho, eta, gamma)))


@jax.jit
def _read(parameters):
    def one(own):
        return durrleman(lambda k: svi_total_variance(own, k), jnp.asarray(FAR))

    total = ssvi_total_variance(parameters, jnp.asarray(FAR))
    return total, jax.vmap(one)(ssvi_slices(parameters)), ssvi_conditions(parameters)


_conditions = jax.jit(ssvi_conditions)


def test_formula_in_high_precision():
    mpmath = pytest.importorskip("mpmath")
    total = np.asarray(ssvi_total_variance(jax.tree.map(jnp.asarray, SSVI), jnp.asarray(LOG_MONEYNESS)))
    rho, eta, gamma = (mpmath.mpf(float(x)) for x in SSVI[1:])
    for i, own in enumerate(SSVI.theta):
        theta = mpmath.mpf(float(own))
        phi = eta * theta ** (-gamma)
        for j, at in enumerate(LOG_MONEYNESS):
            x = phi * mpmath.mpf(float(at))
            exact = theta / 2 * (1 + rho * x + mpmath.sqrt((x + rho) ** 2 + 1 - rho**2))
            assert abs(total[i, j] / float(exact) - 1.0) < 1e-13


@given(
    rho=st.floats(-0.95, 0.95),
    gamma=st.floats(0.02, 0.98),
    low=st.floats(1e-3, 0.5),
    rise=st.floats(1.01, 4.0),
    share=st.floats(0.05, 0.999),
)
def test_within_the_conditions_no_arbitrage(rho, gamma, low, rise, share):
    theta = np.array([low, low * rise])
    # The largest eta that both butterfly conditions allow at both expiries.
    most = np.min(
        np.concatenate([4.0 / (theta ** (1.0 - gamma)), 2.0 * theta ** (gamma - 0.5) * np.sqrt(1.0 + abs(rho))])
    ) / (1.0 + abs(rho))
    total, g, conditions = _read(_surface(theta, rho, share * most, gamma))
    assert bool(conditions.hold)
    assert float(np.min(g)) > -1e-9
    assert float(np.min(np.diff(total, axis=0))) > -1e-12


def test_the_bound_is_met_exactly_and_beyond_it_there_is_arbitrage():
    # Wing condition: theta phi (1 + |rho|) = 4 at gamma = 0.5, theta = 4 needs eta = 2 / (1 + |rho|).
    inside, outside = (_read(_surface([1.0, 4.0], -0.5, eta, 0.5)) for eta in (0.999 * 4 / 3, 1.3 * 4 / 3))
    assert float(inside[2].wing[1]) == pytest.approx(4.0 - 0.999 * 4.0, rel=1e-9)
    assert bool(inside[2].hold) and not bool(outside[2].hold)
    assert float(np.min(inside[1])) > 0.0 > float(np.min(outside[1]))


def test_falling_theta_is_calendar_arbitrage():
    total, _, conditions = _read(_surface([0.09, 0.04], -0.5, 0.5, 0.5))
    assert float(conditions.growth[1]) == pytest.approx(-0.05)
    assert not bool(conditions.hold)
    assert float(np.min(np.diff(total, axis=0))) < 0.0


def test_skew_condition_is_the_growth_of_theta_phi():
    # Theorem 4.1 on its own terms: d(theta phi)/d theta over phi by differentiation.
    rho, eta, gamma = -0.8, 0.7, 0.3
    phi = lambda theta: eta * theta ** (-gamma)  # noqa: E731
    growth = jax.jit(jax.grad(lambda x: x * phi(x)))
    for theta in (0.01, 1.0):
        ratio = float(growth(theta)) / phi(theta)
        bound = (1.0 + np.sqrt(1.0 - rho**2)) / rho**2
        skew = float(_conditions(_surface([theta], rho, eta, gamma)).skew)
        assert skew == pytest.approx(min(ratio, bound - ratio), rel=1e-12)
    assert float(_conditions(_surface([0.1], 0.0, eta, gamma)).skew) == pytest.approx(0.7)
    assert float(_conditions(_surface([0.1], rho, eta, 1.2)).skew) < 0.0


def test_fit_returns_the_parameters():
    total = jax.jit(ssvi_total_variance)(SSVI, LOG_MONEYNESS)
    vols = np.sqrt(np.asarray(total) / SVI_EXPIRY[:, None])
    fit = fit_ssvi(SVI_EXPIRY, np.tile(LOG_MONEYNESS, (4, 1)), vols)
    assert bool(fit.converged)
    assert float(np.max(np.abs(fit.residual))) < 1e-12
    for name, found, true in zip(SSVIParameters._fields, fit.parameters, SSVI, strict=True):
        np.testing.assert_allclose(found, true, atol=1e-9, err_msg=name)


def test_fit_never_has_calendar_arbitrage():
    # Quotes whose total variance falls: the fit cannot follow them, and says so in its residuals.
    vols = np.tile([[0.5], [0.2], [0.15], [0.1]], (1, LOG_MONEYNESS.size))
    fit = fit_ssvi(SVI_EXPIRY, np.tile(LOG_MONEYNESS, (4, 1)), vols)
    assert float(np.min(ssvi_conditions(fit.parameters).growth)) >= 0.0
    assert float(np.max(np.abs(fit.residual))) > 0.01


def test_too_few_quotes_for_the_surface():
    with pytest.raises(ArgumentError, match="fit_ssvi: 4 quotes for 5 parameters"):
        fit_ssvi([1.0, 2.0], [[-0.1, 0.1], [-0.1, 0.1]], [[0.2, 0.2], [0.2, 0.2]])
