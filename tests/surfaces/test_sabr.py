"""SABR: Hagan's expansion against other implementations, its limits, fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.errors import ArgumentError
from pact_jax.surfaces import SABRParameters, SABRSmile, SABRVolatility, fit_sabr, sabr_implied_vol, sabr_total_variance

EXPIRY = np.array([0.25, 1.0, 5.0])
FORWARD = np.array([0.03, 0.035, 0.04])
RATIO = np.array([0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.3, 1.7, 2.5])
STRIKE = FORWARD[:, None] * RATIO


def _parameters(beta, shift=0.0) -> SABRParameters:
    alpha = 0.25 * (FORWARD + shift) ** (1.0 - beta)
    rest = np.array([-0.3, -0.6, 0.4]), np.array([0.9, 0.5, 0.3])
    return SABRParameters(*(jnp.asarray(x) for x in (alpha, np.full(3, beta), *rest, np.full(3, shift))))


@jax.jit(static_argnames="volatility")
def _vols(parameters, strike, volatility=SABRVolatility.LOGNORMAL):
    def one(own, forward, strikes, expiry):
        return sabr_implied_vol(own, forward, strikes, expiry, volatility)

    return jax.vmap(one)(parameters, jnp.asarray(FORWARD), strike, jnp.asarray(EXPIRY))


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("volatility", list(SABRVolatility))
def test_against_quantlib(beta, volatility):
    ql = pytest.importorskip("QuantLib")
    kind = {SABRVolatility.LOGNORMAL: ql.ShiftedLognormal, SABRVolatility.NORMAL: ql.Normal}[volatility]
    own = _parameters(beta)
    vols = np.asarray(_vols(own, jnp.asarray(STRIKE), volatility))
    for i in range(3):
        alpha, _, rho, nu, _ = (float(x[i]) for x in own)
        for j in range(RATIO.size):
            other = ql.sabrVolatility(STRIKE[i, j], FORWARD[i], EXPIRY[i], alpha, beta, nu, rho, kind)
            assert abs(vols[i, j] / other - 1.0) < 1e-11


def test_shift_against_quantlib_at_negative_rates():
    ql = pytest.importorskip("QuantLib")
    own, shift = _parameters(0.5, 0.05), 0.05
    strike = FORWARD[:, None] - np.linspace(0.06, -0.04, RATIO.size)
    assert strike.min() < 0.0
    vols = np.asarray(_vols(own, jnp.asarray(strike)))
    for i in range(3):
        alpha, beta, rho, nu, _ = (float(x[i]) for x in own)
        for j in range(RATIO.size):
            other = ql.shiftedSabrVolatility(strike[i, j], FORWARD[i], EXPIRY[i], alpha, beta, nu, rho, shift)
            assert abs(vols[i, j] / other - 1.0) < 1e-11


def test_formula_in_high_precision_through_the_money():
    mpmath = pytest.importorskip("mpmath")
    mpmath.mp.dps = 60
    at = 1.0 + np.array([0.0, 1e-14, -1e-10, 1e-7, -3e-6, 2e-5, 1e-4, -1e-2, 3.0])
    vols = np.asarray(_vols(_parameters(0.5), jnp.asarray(FORWARD[:, None] * at)))
    for i in range(3):
        alpha, beta, rho, nu = (mpmath.mpf(float(x[i])) for x in _parameters(0.5)[:4])
        forward, time = mpmath.mpf(float(FORWARD[i])), mpmath.mpf(float(EXPIRY[i]))
        for j, ratio in enumerate(at):
            strike = mpmath.mpf(float(FORWARD[i] * ratio))
            exact = float(_exact(mpmath, alpha, beta, rho, nu, forward, strike, time))
            assert abs(vols[i, j] / exact - 1.0) < 1e-14 * 50


def _exact(mpmath, alpha, beta, rho, nu, forward, strike, time):
    """Equation (2.17a) of Hagan et al. (2002), as printed."""
    log = mpmath.log(forward / strike)
    power = (forward * strike) ** ((1 - beta) / 2)
    z = nu / alpha * power * log
    x = mpmath.log((mpmath.sqrt(1 - 2 * rho * z + z * z) + z - rho) / (1 - rho))
    ratio = z / x if log else mpmath.mpf(1)
    bottom = power * (1 + (1 - beta) ** 2 / 24 * log**2 + (1 - beta) ** 4 / 1920 * log**4)
    drift = (1 - beta) ** 2 / 24 * alpha**2 / power**2 + rho * beta * nu * alpha / power / 4
    return alpha / bottom * ratio * (1 + (drift + (2 - 3 * rho**2) / 24 * nu**2) * time)


def test_smooth_at_the_money():
    own = jax.tree.map(lambda x: x[1], _parameters(0.5))

    def vol(strike):
        return sabr_implied_vol(own, jnp.asarray(0.035), strike, jnp.asarray(1.0))

    at = jnp.asarray([0.035, 0.035 * (1.0 + 3e-4)])
    slope, curvature = jax.jit(jax.vmap(lambda x: (jax.grad(vol)(x), jax.grad(jax.grad(vol))(x))))(at)
    # Either side of the switch to the series: as close as the smile is smooth.
    assert float(slope[0]) == pytest.approx(float(slope[1]), rel=5e-3)
    assert float(curvature[0]) == pytest.approx(float(curvature[1]), rel=5e-3)


def test_no_volatility_of_volatility_and_beta_one_is_flat():
    own = SABRParameters(*(jnp.full(3, x) for x in (0.2, 1.0, 0.3, 0.0, 0.0)))
    np.testing.assert_allclose(_vols(own, jnp.asarray(STRIKE)), 0.2, rtol=1e-15)


@pytest.mark.parametrize(
    ("volatility", "shift"),
    [(SABRVolatility.LOGNORMAL, 0.0), (SABRVolatility.LOGNORMAL, 0.05), (SABRVolatility.NORMAL, 0.05)],
)
def test_fit_returns_the_parameters(volatility, shift):
    own = _parameters(0.5, shift)
    quotes = np.asarray(_vols(own, jnp.asarray(STRIKE), volatility))
    fit = fit_sabr(EXPIRY, FORWARD, STRIKE, quotes, beta=0.5, shift=shift, volatility=volatility)
    assert bool(np.all(fit.converged))
    assert float(np.max(np.abs(fit.residual))) < 1e-13
    for name, found, true in zip(SABRParameters._fields, fit.parameters, own, strict=True):
        np.testing.assert_allclose(found, np.broadcast_to(true, 3), atol=1e-8, err_msg=name)


def test_total_variance_places_the_smile_on_moneyness():
    own = _parameters(0.5)
    smile = SABRSmile(own, jnp.asarray(FORWARD), jnp.asarray(EXPIRY))
    variance = jax.jit(jax.vmap(sabr_total_variance, (0, None)))(smile, jnp.log(RATIO))
    np.testing.assert_allclose(variance, _vols(own, jnp.asarray(STRIKE)) ** 2 * EXPIRY[:, None], rtol=1e-13)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beta": 1.5}, "fit_sabr: beta is 1.5"),
        ({"beta": np.nan}, "fit_sabr: beta is nan"),
        ({"forward": FORWARD[:2]}, r"forward has shape \(2,\), expiry \(3,\)"),
        ({"forward": -FORWARD}, r"forward\[0\] is -0.03"),
        ({"strike": STRIKE - 0.02}, r"strike\[0, 0\] is -0.008"),
    ],
)
def test_bad_inputs(change, message):
    arguments = {"forward": FORWARD, "strike": STRIKE, "beta": 0.5} | change
    with pytest.raises(ArgumentError, match=message):
        fit_sabr(EXPIRY, arguments["forward"], arguments["strike"], np.full(STRIKE.shape, 0.2), beta=arguments["beta"])
