"""The derived histories: formulas by hand, and the two fits recomputed from the shipped data."""

import numpy as np
import pandas as pd
import pytest

from pact_jax.datasets import _derive as derive
from pact_jax.datasets import calibration_fits, load_credit_yields, load_prices, load_vix


@pytest.fixture(scope="module")
def index() -> pd.Series:
    return load_prices()["SP500"]


def test_realised_vol_is_the_recursion(index: pd.Series) -> None:
    levels = index.iloc[:200].to_numpy()
    returns = np.log(levels[1:] / levels[:-1])
    weighted = [r * r * (1.8 if r < 0 else 0.2) for r in returns]
    variance = sum(weighted[:60]) / 60
    expected = [variance]
    for square in weighted:
        variance = 0.9 * variance + 0.1 * square
        expected.append(variance)
    got = derive.realised_vol(index.iloc[:200].to_frame(), downside=0.8).iloc[:, 0]
    np.testing.assert_allclose(got, np.sqrt(252 * np.array(expected)), rtol=1e-12)


def test_realised_vol_of_a_constant_move() -> None:
    levels = pd.DataFrame({"x": 100.0 * np.exp(0.01 * (np.arange(300) % 2))})
    np.testing.assert_allclose(derive.realised_vol(levels), 0.01 * np.sqrt(252), rtol=1e-12)


def test_the_vix_fit_is_that_of_the_shipped_data(index: pd.Series) -> None:
    fit = calibration_fits()["vol"]
    realised = derive.realised_vol(load_prices(), downside=derive.DOWNSIDE)["SP500"]
    vix = load_vix().loc[:"2018-12-31"] / 100.0
    dates = vix.index.intersection(realised.index)
    slope, intercept = np.polyfit(realised[dates], vix[dates], 1)
    assert fit.num_observations == len(dates) == 1245
    assert fit.slope == pytest.approx(slope, rel=1e-9) and fit.intercept == pytest.approx(intercept, rel=1e-9)
    residual = vix[dates] - intercept - slope * realised[dates]
    assert fit.r_squared == pytest.approx(1.0 - residual.var() / vix[dates].var(), rel=1e-9)
    assert fit.r_squared > 0.75 and 0.0 < fit.slope_se < 0.05
    proxy = derive.implied_vol_proxy(realised.to_frame(), fit, float(realised.mean())).iloc[:, 0]
    np.testing.assert_allclose(proxy, intercept + slope * realised, rtol=1e-9)


def test_newey_west_errors_by_the_double_sum() -> None:
    rng = np.random.default_rng(0)
    x = pd.Series(rng.standard_normal(40))
    y = 1.0 + 2.0 * x + pd.Series(rng.standard_normal(40)).rolling(3, min_periods=1).mean()
    dates = pd.bdate_range("2020-01-01", periods=40)
    fit = derive.fit_line(y.set_axis(dates), x.set_axis(dates), lag=4)
    design = np.column_stack([np.ones(40), x])
    bread = np.linalg.inv(design.T @ design)
    residual = y.to_numpy() - design @ (bread @ design.T @ y.to_numpy())
    meat = sum(
        max(0.0, 1.0 - abs(s - t) / 5.0) * residual[s] * residual[t] * np.outer(design[s], design[t])
        for s in range(40)
        for t in range(40)
    )
    errors = np.sqrt(np.diag(bread @ meat @ bread))
    assert (fit.intercept_se, fit.slope_se) == pytest.approx(tuple(errors), rel=1e-9)


def test_the_spread_index_passes_through_moodys_spreads(index: pd.Series) -> None:
    yields, fit = load_credit_yields(), calibration_fits()["spread"]
    daily = derive.spread_index(index, yields, fit)
    monthly = (yields["BAA"] - yields["AAA"]) / 100.0
    average = daily.groupby(daily.index.to_numpy(dtype="datetime64[M]").astype("datetime64[ns]")).mean()
    months = monthly.index
    # Within a month the index moves with volatility, so averages agree to a few percent, not exactly.
    assert np.median(np.abs(np.log(average[months] / monthly))) < 0.03
    assert np.abs(np.log(average[months] / monthly)).max() < 0.25
    # After the last month the residual fades and the fit remains.
    slow = derive.realised_vol(index.to_frame(), derive.SLOW_DECAY).iloc[-1, 0]
    assert daily.iloc[-1] == pytest.approx(np.exp(fit.intercept + fit.slope * np.log(slow)), rel=1e-3)
    assert daily["2008-12"].mean() > 2.0 * daily["2006-12"].mean()


def test_nelson_siegel_limits() -> None:
    factors = np.array([[0.04, -0.01, 0.02]])
    rates = derive.zero_rates(factors, np.array([1e-6, 1.8, 1e7]))[0]
    g = 1.0 - np.exp(-1.0)
    assert rates == pytest.approx([0.03, 0.04 - 0.01 * g + 0.02 * (g - np.exp(-1.0)), 0.04], abs=1e-7)


def test_followers_keep_their_distance() -> None:
    dates = pd.bdate_range("2022-01-03", periods=2)
    factors = pd.DataFrame([[0.04, 0.0, 0.0]] * 2, index=dates, columns=["USD:level", "USD:slope", "USD:curvature"])
    rates = derive.curve_levels(factors, {"CAD": ("USD", -0.004)}, (1.0, 10.0))
    assert list(rates) == ["zero:USD:1", "zero:USD:10", "zero:CAD:1", "zero:CAD:10"]
    np.testing.assert_allclose(rates.iloc[0], [0.04, 0.04, 0.036, 0.036], rtol=1e-14)


def test_the_proxy_against_the_vix_it_has_never_seen() -> None:
    """Before 2014 and after 2018 the proxy follows the real index; the file is the VIX history in ../shared/data."""
    from pathlib import Path

    found = list((Path(__file__).resolve().parents[3] / "shared" / "data" / "vix").glob("*.csv"))
    if not found:
        pytest.skip("needs ../shared/data")
    true = pd.read_csv(found[0], index_col=0, parse_dates=True)["CLOSE"] / 100.0
    prices = load_prices()
    realised = derive.realised_vol(prices, downside=derive.DOWNSIDE)["SP500"]
    proxy = (calibration_fits()["vol"].intercept + calibration_fits()["vol"].slope * realised).dropna()
    dates = proxy.index.intersection(true.index)
    outside = dates[(dates < "2014") | (dates > "2018-12-31")]
    error = np.log(proxy[outside] / true[outside])
    # Measured: 10-day changes correlate 0.73, peak 0.78 against 0.83.
    changes = np.log(proxy[dates]).diff(10).corr(np.log(true[dates]).diff(10))
    assert error.std() < 0.25 and changes > 0.65 and 0.6 < proxy.max() < 0.9
