"""Butterfly, wing and calendar arbitrage: found where it is, and only there."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.errors import ArgumentError, CalibrationError
from pact_jax.special import normal_cdf
from pact_jax.surfaces import (
    ArbitrageCondition,
    ArbitrageViolation,
    SABRParameters,
    SABRSmile,
    SVIParameters,
    durrleman,
    grid_durrleman,
    grid_violations,
    refuse_arbitrage,
    sabr_total_variance,
    smile_violations,
    ssvi_slices,
    svi_total_variance,
    svi_violations,
)

from .smiles import SSVI, VOGT

_vogt_g = jax.jit(lambda k: durrleman(lambda at: svi_total_variance(VOGT, at), k))
_grid_g = jax.jit(grid_durrleman)
_total = jax.jit(svi_total_variance)
ONE = SVIParameters(*(jnp.asarray([x]) for x in VOGT))
K = np.linspace(-1.5, 1.5, 61)


def test_vogt_smile_has_butterfly_arbitrage():
    # Gatheral and Jacquier (2014), figure 1: g is negative between log-moneyness 0.6 and 1.2, and only there.
    found = svi_violations(ONE, [1.0], K)
    assert {row.condition for row in found} == {ArbitrageCondition.BUTTERFLY}
    places = [row.log_moneyness for row in found]
    assert 0.5 < min(places) < 0.75 and 1.0 < max(places) < 1.3
    assert len(places) == round((max(places) - min(places)) / 0.05) + 1


def test_g_in_high_precision():
    mpmath = pytest.importorskip("mpmath")
    a, b, rho, m, sigma = (mpmath.mpf(float(x)) for x in VOGT)

    def w(k):
        return a + b * (rho * (k - m) + mpmath.sqrt((k - m) ** 2 + sigma**2))

    at = [-1.0, 0.0, 0.8]
    found = _vogt_g(jnp.asarray(at))
    with mpmath.workdps(40):
        for k, g in zip(at, found, strict=True):
            total, slope, curvature = w(k), mpmath.diff(w, k), mpmath.diff(w, k, 2)
            exact = (1 - k * slope / (2 * total)) ** 2 - slope**2 / 4 * (1 / total + mpmath.mpf(1) / 4) + curvature / 2
            assert abs(float(g) - float(exact)) < 1e-13


def test_g_is_the_density():
    # density of log(S / F) = g exp(-d2^2 / 2) / sqrt(2 pi w): the second strike derivative of Black's call.
    smile = SVIParameters(*(jnp.asarray(x) for x in (0.04, 0.4, -0.4, 0.05, 0.1)))

    def call(strike):
        root = jnp.sqrt(svi_total_variance(smile, jnp.log(strike)))
        d1 = -jnp.log(strike) / root + 0.5 * root
        return normal_cdf(d1) - strike * normal_cdf(d1 - root)

    at = np.array([0.7, 1.0, 1.4])
    density = jax.jit(jax.vmap(jax.grad(jax.grad(call))))(at)
    log = np.log(at)
    root = np.sqrt(_total(smile, log))
    d2 = -log / root - 0.5 * root
    g = np.asarray(jax.jit(lambda k: durrleman(lambda x: svi_total_variance(smile, x), k))(log))
    np.testing.assert_allclose(g * np.exp(-0.5 * d2**2) / (at * root * np.sqrt(2.0 * np.pi)), density, rtol=1e-9)


def test_grid_agrees_with_derivatives():
    smile = K, np.asarray(_total(VOGT, K))
    exact = np.asarray(_vogt_g(smile[0]))[1:-1]
    fine = np.max(np.abs(np.asarray(_grid_g(*smile)) - exact))
    inner = np.asarray(_grid_g(smile[0][::2], smile[1][::2]))
    wide = np.max(np.abs(inner - exact[1::2]))
    assert float(fine) < 1e-2
    assert float(wide / fine) == pytest.approx(4.0, rel=0.1)  # second order
    uneven = np.array([-0.3, -0.1, 0.0, 0.5])
    parabola = lambda k: 0.1 + 0.02 * k + 0.3 * k**2  # noqa: E731
    exact = jax.jit(lambda k: durrleman(parabola, k))(uneven[1:-1])
    np.testing.assert_allclose(_grid_g(uneven, parabola(uneven)), exact, rtol=1e-12)


def test_steep_wing():
    steep = SVIParameters(*(jnp.asarray([x]) for x in (0.1, 1.5, 0.5, 0.0, 0.5)))
    wings = [row for row in svi_violations(steep, [1.0], [0.0]) if row.condition is ArbitrageCondition.WING]
    assert wings == [ArbitrageViolation(1.0, np.inf, ArbitrageCondition.WING, 0.25)]


def test_calendar_and_positive():
    two = SVIParameters(*(jnp.asarray(x) for x in ([0.04, 0.03], [0.1, 0.1], [0.0, 0.0], [0.0, 0.0], [0.1, 0.1])))
    found = svi_violations(two, [1.0, 2.0], [-0.1, 0.1])
    assert [row.condition for row in found] == [ArbitrageCondition.CALENDAR] * 2
    assert [(row.expiry, row.log_moneyness) for row in found] == [(2.0, -0.1), (2.0, 0.1)]
    assert found[0].amount == pytest.approx(0.01)
    negative = two._replace(a=jnp.asarray([-0.02, 0.04]))
    found = svi_violations(negative, [1.0, 2.0], [0.0])
    assert [row.condition for row in found] == [ArbitrageCondition.POSITIVE]
    assert found[0].amount == pytest.approx(0.01)


def test_a_surface_without_arbitrage_has_no_rows():
    slices = ssvi_slices(jax.tree.map(jnp.asarray, SSVI))
    assert svi_violations(slices, [0.1, 0.5, 1.0, 3.0], K) == []
    vols = [[0.25, 0.2, 0.22], [0.24, 0.2, 0.21]]
    assert grid_violations([0.5, 1.0], [-0.4, 0.0, 0.4], vols) == []


def test_sabr_expansion_breaks_down_at_low_strikes():
    # Known defect of the expansion: long expiry, beta below one, low strike.
    bad = SABRParameters(*(jnp.asarray([x]) for x in (0.06, 0.4, -0.4, 0.5, 0.0)))
    smile = SABRSmile(bad, jnp.asarray([0.03]), jnp.asarray([10.0]))
    found = smile_violations(sabr_total_variance, smile, [10.0], np.linspace(-4.0, 1.0, 51))
    assert found and all(row.condition is ArbitrageCondition.BUTTERFLY for row in found)
    assert max(row.log_moneyness for row in found) < -0.4


def test_violations_of_nan():
    nan = ONE._replace(a=jnp.asarray([jnp.nan]))
    assert [row.condition for row in svi_violations(nan, [1.0], [0.0])] == [ArbitrageCondition.POSITIVE]


def test_refusal_lists_every_row():
    found = svi_violations(ONE, [1.0], K)
    with pytest.raises(CalibrationError, match="SPX: static arbitrage") as caught:
        refuse_arbitrage(found, where="SPX")
    assert all(str(row) in str(caught.value) for row in found)
    with pytest.raises(CalibrationError, match=r"and 10 more"):
        refuse_arbitrage([found[0]] * 60)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 1.0], [0.0], [[0.2], [0.2]]), r"expiry\[1\] is 1.0: it is positive and ascends"),
        (([-1.0], [0.0], [[0.2]]), r"expiry\[0\] is -1.0"),
        (([1.0], [0.1, 0.0], [[0.2, 0.2]]), r"log_moneyness\[1\] is 0.0: it ascends"),
        (([np.nan], [0.0], [[0.2]]), "expiry is"),
        (([1.0], [0.0], [0.2]), r"implied_vol has shape \(1,\)"),
        (([1.0], [0.0], [[np.nan]]), r"implied_vol\[0, 0\] is nan"),
        (([1.0], [0.0], [[-0.1]]), r"implied_vol\[0, 0\] is -0.1"),
    ],
)
def test_bad_grids(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        grid_violations(*arguments)
