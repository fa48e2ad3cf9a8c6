"""The market of the desk: real spots and exchange rates, derived volatilities and spreads, illustrative rates."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from desk_sources import CURRENCIES, RealData

from pact_jax.datasets import _derive as derive

SEED = 20221228
EXPIRIES = (1 / 12, 0.25, 0.5, 1.0, 2.0)
LOG_MONEYNESS = (-0.5, -0.35, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.3, 0.45)
HAZARD_TENORS = (1.0, 3.0, 5.0, 10.0)
CURVE_TENORS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
INDEX = "SP500"

# asset: sector, dividend yield, half-spread (relative), average daily volume in shares. Round illustrative figures.
ASSETS = {
    "SP500": ("Index", 0.017, 0.00005, 900_000.0),
    "AAPL": ("Information Technology", 0.007, 0.0001, 80e6),
    "AMD": ("Information Technology", 0.0, 0.0003, 60e6),
    "BAC": ("Financials", 0.026, 0.0003, 40e6),
    "BBY": ("Consumer Discretionary", 0.044, 0.0005, 2.5e6),
    "CVX": ("Energy", 0.032, 0.0002, 8e6),
    "GE": ("Industrials", 0.005, 0.0003, 6e6),
    "HD": ("Consumer Discretionary", 0.024, 0.0002, 4e6),
    "JNJ": ("Health Care", 0.025, 0.0002, 7e6),
    "JPM": ("Financials", 0.030, 0.0002, 11e6),
    "KO": ("Consumer Staples", 0.028, 0.0002, 13e6),
    "LLY": ("Health Care", 0.012, 0.0003, 3e6),
    "MRK": ("Health Care", 0.026, 0.0002, 9e6),
    "MSFT": ("Information Technology", 0.011, 0.0001, 28e6),
    "PEP": ("Consumer Staples", 0.025, 0.0002, 5e6),
    "PFE": ("Health Care", 0.031, 0.0003, 22e6),
    "PG": ("Consumer Staples", 0.024, 0.0002, 7e6),
    "RRC": ("Energy", 0.013, 0.0010, 4e6),
    "UNH": ("Health Care", 0.012, 0.0002, 3e6),
    "WMT": ("Consumer Staples", 0.016, 0.0002, 6e6),
    "XOM": ("Energy", 0.033, 0.0002, 17e6),
}

# Level, slope and curvature (decimal) that the illustrative factors pass through; straight lines between the dates.
RATE_ANCHORS = {
    "USD": (
        ("1999-01-04", 0.055, -0.010, 0.000),
        ("2000-07-01", 0.062, 0.001, 0.006),
        ("2002-01-01", 0.057, -0.040, -0.010),
        ("2003-07-01", 0.050, -0.041, -0.022),
        ("2006-07-01", 0.052, 0.000, -0.003),
        ("2007-09-01", 0.049, -0.006, -0.012),
        ("2008-12-15", 0.032, -0.031, -0.025),
        ("2010-01-01", 0.048, -0.047, -0.030),
        ("2012-07-01", 0.029, -0.028, -0.035),
        ("2015-12-01", 0.032, -0.030, -0.020),
        ("2018-12-01", 0.031, -0.007, 0.002),
        ("2020-04-01", 0.015, -0.014, -0.020),
        ("2021-12-01", 0.021, -0.021, -0.010),
        ("2022-12-28", 0.0385, 0.0045, 0.0050),
    ),
    "EUR": (
        ("1999-01-04", 0.046, -0.014, -0.010),
        ("2000-10-01", 0.057, -0.008, 0.000),
        ("2003-07-01", 0.047, -0.026, -0.020),
        ("2008-07-01", 0.047, -0.004, -0.002),
        ("2009-12-01", 0.043, -0.039, -0.030),
        ("2012-07-01", 0.026, -0.026, -0.030),
        ("2016-07-01", 0.010, -0.016, -0.020),
        ("2020-04-01", 0.003, -0.008, -0.010),
        ("2021-12-01", 0.004, -0.011, -0.006),
        ("2022-12-28", 0.0250, -0.0060, 0.0080),
    ),
    "GBP": (
        ("1999-01-04", 0.044, 0.010, 0.010),
        ("2000-07-01", 0.044, 0.015, 0.010),
        ("2003-07-01", 0.047, -0.012, -0.010),
        ("2007-07-01", 0.044, 0.014, 0.012),
        ("2009-03-01", 0.044, -0.038, -0.030),
        ("2014-01-01", 0.037, -0.033, -0.020),
        ("2020-04-01", 0.008, -0.006, -0.010),
        ("2021-12-01", 0.011, -0.008, 0.004),
        ("2022-12-28", 0.0380, -0.0040, 0.0030),
    ),
    "JPY": (
        ("1999-01-04", 0.028, -0.026, -0.030),
        ("2006-07-01", 0.026, -0.023, -0.015),
        ("2012-07-01", 0.020, -0.019, -0.020),
        ("2016-07-01", 0.003, -0.006, -0.008),
        ("2021-12-01", 0.008, -0.009, -0.010),
        ("2022-12-28", 0.0165, -0.0175, -0.0100),
    ),
}
# Curves that follow another one at a constant distance.
FOLLOWERS = {"CHF": ("EUR", -0.0100), "CAD": ("USD", -0.0040), "AUD": ("USD", -0.0060), "SEK": ("EUR", 0.0040)}
DAILY_SD = (0.00055, 0.00045, 0.00070)
"""Standard deviation of daily changes of level, slope and curvature around the anchors."""
PULL = 3.0
"""Mean reversion of those deviations, per year."""
COMMON_SHARE = 0.5
"""Squared correlation between the deviations of two currencies."""
EQUITY_LINK = 0.3
"""Correlation of the common level change with the return of the index: yields fall when equities fall."""
RATE_SCALE = {"USD": 1.0, "EUR": 0.8, "GBP": 0.9, "JPY": 0.35}


@dataclass(frozen=True, eq=False)
class Market:
    """Tables of the market at the last date, the real history, the rate factors and the two fits."""

    assets: pd.DataFrame
    currencies: pd.DataFrame
    curves: pd.DataFrame
    vols: pd.DataFrame
    history: pd.DataFrame
    rate_factors: pd.DataFrame
    vol_fit: derive.LinearFit
    spread_fit: derive.LinearFit


def build(real: RealData) -> Market:
    """Assemble the market."""
    history = pd.concat([real.prices.add_prefix("spot:"), real.fx.add_prefix("fx:")], axis=1)
    history = history.map(lambda level: float(f"{level:.7g}"))
    prices = history[[f"spot:{name}" for name in ASSETS]].rename(columns=lambda name: name[5:])
    fx = history[[f"fx:{name}" for name in CURRENCIES]].rename(columns=lambda name: name[3:])
    spread = np.log((real.credit_yields["BAA"] - real.credit_yields["AAA"]) / 100.0)
    spread_fit = derive.fit_line(spread, np.log(derive.slow_monthly_vol(prices[INDEX])), lag=12)
    realised = derive.realised_vol(prices, downside=derive.DOWNSIDE)
    vol_fit = derive.fit_line(real.vix["vix"].loc[:"2018-12-31"] / 100.0, realised[INDEX], lag=21)
    factors = _rate_factors(history.index, np.log(prices[INDEX]).diff().to_numpy())
    levels = derive.vol_levels(prices, fx, vol_fit, INDEX)
    return Market(
        *(_assets(prices.iloc[-1]), _currencies(fx.iloc[-1]), _curves(factors.iloc[-1]), _vols(levels)),
        *(history, factors, vol_fit, spread_fit),
    )


def _assets(spot: pd.Series) -> pd.DataFrame:
    rows = [(name, "USD", spot[name], y, h, v, sector) for name, (sector, y, h, v) in ASSETS.items()]
    return pd.DataFrame(rows, columns=["asset", "currency", "spot", "dividend_yield", "half_spread", "adv", "sector"])


def _currencies(fx: pd.Series) -> pd.DataFrame:
    names = ["USD", *CURRENCIES]
    return pd.DataFrame({"currency": names, "fx": [1.0, *fx], "curve": names})


def _curves(factors: pd.Series) -> pd.DataFrame:
    table = derive.curve_levels(factors.to_frame().T, FOLLOWERS, CURVE_TENORS).iloc[-1]
    keys = [name.split(":") for name in table.index]
    return pd.DataFrame(
        {"curve": [k[1] for k in keys], "tenor": [float(k[2]) for k in keys], "zero_rate": table.to_numpy().round(9)}
    )


def _rate_factors(dates: pd.DatetimeIndex, index_return: np.ndarray) -> pd.DataFrame:
    """Illustrative Nelson-Siegel factors: anchors, plus mean-reverting deviations that end at zero on the last date."""
    rng = np.random.default_rng(SEED)
    count = len(dates)
    shocks = np.nan_to_num(index_return / np.nanstd(index_return)).clip(-4.0, 4.0)
    common = rng.standard_normal((count, 3))
    common[:, 0] = EQUITY_LINK * shocks + np.sqrt(1.0 - EQUITY_LINK**2) * common[:, 0]
    days = dates.to_numpy(dtype="datetime64[D]").astype(float)
    frames = {}
    for name, anchors in RATE_ANCHORS.items():
        own = rng.standard_normal((count, 3))
        moves = np.sqrt(COMMON_SHARE) * common + np.sqrt(1.0 - COMMON_SHARE) * own
        moves *= np.array(DAILY_SD) * RATE_SCALE[name]
        deviation = np.zeros((count, 3))
        keep = 1.0 - PULL / derive.DAYS_PER_YEAR
        for at in range(1, count):
            deviation[at] = keep * deviation[at - 1] + moves[at]
        deviation -= deviation[-1] * keep ** np.arange(count - 1, -1, -1)[:, None]
        at_dates = np.array([np.datetime64(row[0]) for row in anchors], dtype="datetime64[D]").astype(float)
        for column, label in enumerate(("level", "slope", "curvature")):
            path = np.interp(days, at_dates, [row[column + 1] for row in anchors])
            frames[f"{name}:{label}"] = (path + deviation[:, column]).round(6)
    return pd.DataFrame(frames, index=dates)


def _vols(levels: pd.DataFrame) -> pd.DataFrame:
    """Surfaces at the last date: level and long-run mean give the term structure, stated coefficients the smile."""
    rows = []
    for name in levels.columns:
        now, mean = levels[name].iloc[-1], levels[name].mean()
        skew, curvature = (
            (-0.065, 0.008) if name == INDEX else (-0.012, 0.012) if name[:3] == "FX:" else (-0.035, 0.010)
        )
        for expiry in EXPIRIES:
            weight = -np.expm1(-2.0 * expiry) / (2.0 * expiry)
            atm = np.sqrt(mean**2 + (now**2 - mean**2) * weight)
            for k in LOG_MONEYNESS:
                d = np.clip(k / (atm * np.sqrt(expiry)), -3.0, 3.0)
                vol = atm * (1.0 + skew * d + curvature * d * d)
                rows.append((name, round(expiry, 9), k, round(float(vol), 7)))
    return pd.DataFrame(rows, columns=["surface", "expiry", "log_moneyness", "implied_vol"])
