"""Expected shortfall over liquidity horizons: a Gaussian book in closed form, NumPy by windows, refusals."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

import pact_jax as pj
from pact_jax.errors import ArgumentError
from pact_jax.measures import LIQUIDITY_HORIZONS, LiquidityClass, liquidity_horizon_cascade
from tests.report import books

_LARGE, _SMALL = LiquidityClass.EQUITY_LARGE_CAP, LiquidityClass.EQUITY_SMALL_CAP


def test_table_of_horizons():
    """MAR33.12 table 2, one row of each risk class and each horizon."""
    assert {category.days for category in LiquidityClass} == set(LIQUIDITY_HORIZONS)
    expected = {
        "INTEREST_RATE_SPECIFIED": 10,
        "INTEREST_RATE_VOLATILITY": 60,
        "CREDIT_SOVEREIGN_INVESTMENT_GRADE": 20,
        "CREDIT_CORPORATE_HIGH_YIELD": 60,
        "CREDIT_VOLATILITY": 120,
        "EQUITY_SMALL_CAP": 20,
        "EQUITY_VOLATILITY_SMALL_CAP": 60,
        "FX_VOLATILITY": 40,
        "METAL_PRICE": 20,
        "COMMODITY_OTHER": 120,
    }
    assert {name: LiquidityClass[name].days for name in expected} == expected
    assert len(LiquidityClass) == 26


@given(st.lists(st.floats(0.0, 1e6), min_size=5, max_size=5))
def test_gaussian_book_scales_each_factor_by_its_own_horizon(deviation):
    """L = sum of independent normals, one a bucket: ES = k sqrt(sum of s_j^2 LH_j / 10), k = phi(z) / 0.025."""
    square = np.array(deviation) ** 2
    k = norm.pdf(norm.ppf(0.975)) / 0.025
    nested = k * np.sqrt(square[::-1].cumsum()[::-1])
    found = float(liquidity_horizon_cascade(jnp.asarray(nested)))
    assert found == pytest.approx(k * np.sqrt(np.sum(square * np.array(LIQUIDITY_HORIZONS) / 10.0)), rel=1e-12)


def shortfall(loss, level=0.975):
    ranked, tail = np.sort(loss)[::-1], (1.0 - level) * len(loss)
    whole = int(tail)
    return (ranked[:whole].sum() + (tail - whole) * ranked[whole]) / tail


def test_book_by_windows_of_history():
    """Both stocks in step 1, only BETA (small cap, 20 days) in step 2, nothing beyond."""
    report = pj.liquidity_horizon_shortfall(books.stocks(), {"spot:": _LARGE, "spot:BETA": _SMALL})
    levels = books.history().to_numpy()
    move = levels[10:] / levels[:-10] - 1.0
    loss = -move * np.array([300.0 * 50.0, 150.0 * 20.0])
    first, second = shortfall(loss.sum(axis=1)), shortfall(loss[:, 1])
    np.testing.assert_allclose(report.steps["expected_shortfall"], [first, second, 0.0, 0.0, 0.0], rtol=1e-10)
    # (20 - 10) / 10 = 1: both count once.
    assert report.expected_shortfall == pytest.approx(np.hypot(first, second), rel=1e-10)
    assert report.steps["num_factors"].tolist() == [1, 1, 0, 0, 0]
    assert report.steps["num_shocked"].tolist() == [2, 1, 0, 0, 0]
    assert report.steps["share"].sum() == pytest.approx(1.0) and report.standard_error > 0.0
    assert report.factors.loc["spot:BETA", "category"] == "equity price: small cap"
    assert "over liquidity horizons" in repr(report)


def test_one_horizon_is_the_plain_shortfall():
    report = pj.liquidity_horizon_shortfall(books.stocks(), {"spot:": _LARGE})
    assert report.expected_shortfall == pytest.approx(report.steps["expected_shortfall"].iloc[0], rel=1e-15)


@pytest.mark.parametrize(
    ("words", "classes", "options"),
    [
        (r"no category for \['spot:BETA'\]", {"spot:ACME": _LARGE}, {}),
        (r"no factor starts with \['vol:'\]", {"spot:": _LARGE, "vol:": _SMALL}, {}),
        ("root-time", {"spot:": _LARGE}, {"generator": pj.RootTime(pj.Historical())}),
        ("0.3 is no confidence level", {"spot:": _LARGE}, {"confidence": 0.3}),
    ],
)
def test_refusals(words, classes, options):
    with pytest.raises(ArgumentError, match=words):
        pj.liquidity_horizon_shortfall(books.stocks(), classes, **options)
