"""Raw SVI: formula, published example, fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.surfaces import SVIParameters, fit_svi, svi_implied_vol, svi_total_variance

from .smiles import LOG_MONEYNESS, SVI, SVI_EXPIRY, VOGT, svi_vols

_total = jax.jit(svi_total_variance)


def test_vogt_example_is_the_published_one():
    # Gatheral and Jacquier (2014), section 5.1: the same smile by its jump wings, at one year.
    slope = jax.jit(jax.grad(lambda k: svi_implied_vol(VOGT, k, jnp.ones(()))))(0.0)
    far = np.array([-1e6, 0.0, 1e6])
    below, variance, above = np.asarray(_total(VOGT, far))
    wings = np.array([below, above]) / 1e6 / np.sqrt(variance)
    lowest = VOGT.a + VOGT.b * VOGT.sigma * np.sqrt(1.0 - VOGT.rho**2)
    found = [float(x) for x in (variance, slope, *wings, lowest)]
    np.testing.assert_allclose(found, [0.01742625, -0.1752111, 0.6997381, 1.316798, 0.0116249], rtol=2e-5)


def test_formula_in_high_precision():
    mpmath = pytest.importorskip("mpmath")
    a, b, rho, m, sigma = (mpmath.mpf(float(x)) for x in VOGT)
    places = np.array([-40.0, 0.3586, 25.0])
    for k, found in zip(places, np.asarray(_total(VOGT, places)), strict=True):
        at = mpmath.mpf(float(k)) - m
        exact = a + b * (rho * at + mpmath.sqrt(at**2 + sigma**2))
        assert abs(float(found) / float(exact) - 1.0) < 1e-14


def test_volatility_against_quantlib():
    ql = pytest.importorskip("QuantLib")
    section = ql.SviSmileSection(1.0, 100.0, [float(VOGT[i]) for i in (0, 1, 4, 2, 3)])
    vols = svi_implied_vol(VOGT, jnp.asarray(LOG_MONEYNESS), jnp.asarray(1.0))
    for k, vol in zip(LOG_MONEYNESS, vols, strict=True):
        assert abs(section.volatility(100.0 * float(np.exp(k))) - float(vol)) < 1e-14


def test_fit_returns_the_parameters():
    fit = fit_svi(SVI_EXPIRY, np.tile(LOG_MONEYNESS, (SVI_EXPIRY.size, 1)), svi_vols())
    assert bool(np.all(fit.converged))
    assert float(np.max(np.abs(fit.residual))) < 1e-12
    for name, found, true in zip(SVIParameters._fields, fit.parameters, SVI, strict=True):
        np.testing.assert_allclose(found, true, atol=1e-9, err_msg=name)


def test_fit_is_a_minimum_over_noisy_quotes():
    places = np.tile(LOG_MONEYNESS, (SVI_EXPIRY.size, 1))
    quotes = svi_vols() * (1.0 + 0.01 * np.random.default_rng(7).standard_normal(places.shape))
    fit = fit_svi(SVI_EXPIRY, places, quotes)
    assert bool(np.all(fit.converged))

    @jax.jit
    def cost(parameters):
        vols = jax.vmap(svi_implied_vol)(parameters, jnp.asarray(places), jnp.asarray(SVI_EXPIRY))
        return jnp.sum((vols - quotes) ** 2)

    own = float(np.sum(np.square(fit.residual)))
    assert own == pytest.approx(float(cost(fit.parameters)), rel=1e-12)
    assert own < float(cost(SVI))
    slopes = jax.jit(jax.grad(cost))(fit.parameters)
    # The longest smile runs to rho = -1, where the slope in rho does not vanish and points outwards.
    assert np.flatnonzero(fit.parameters.rho < -0.999).tolist() == [3]
    assert float(slopes.rho[3]) > 0.0
    assert max(float(np.max(np.abs(slope[:3]))) for slope in slopes) < 1e-6


def test_cells_of_weight_zero_are_not_read():
    places = np.tile(LOG_MONEYNESS, (SVI_EXPIRY.size, 1))
    quotes = svi_vols()
    weight = np.ones_like(quotes)
    weight[1, -3:] = weight[0, 4] = 0.0
    quotes[weight == 0.0] = places[weight == 0.0] = np.nan
    fit = fit_svi(SVI_EXPIRY, places, quotes, weight=weight)
    assert bool(np.all(fit.converged))
    np.testing.assert_allclose(fit.parameters.rho, SVI.rho, atol=1e-8)
    assert float(np.max(np.abs(np.where(weight == 0.0, fit.residual, 0.0)))) == 0.0


def test_flat_smile_is_fitted_exactly():
    flat = np.full((SVI_EXPIRY.size, LOG_MONEYNESS.size), 0.2)
    fit = fit_svi(SVI_EXPIRY, np.tile(LOG_MONEYNESS, (SVI_EXPIRY.size, 1)), flat)
    assert float(np.max(np.abs(fit.residual))) < 1e-6
