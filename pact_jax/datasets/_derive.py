"""Histories that no free source publishes daily, derived from the shipped ones by stated formulas, not simulated.

The same functions serve the script that builds the desk and the loader, so the surface of the last date and the end of
its history agree to the last bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

DAYS_PER_YEAR = 252
DECAY = 0.9
"""Decay per observation of the realised variance that implied volatility follows."""
DOWNSIDE = 0.8
"""Weight that squared equity falls get over squared rises: 1.8 against 0.2. VIX rises on falls; 0 for currencies."""
SLOW_DECAY = 0.97
"""Decay of the variance that credit spreads follow."""
SEED_DAYS = 60
"""Observations whose mean square starts the recursion."""
CURVE_SCALE = 1.8
"""Time scale of the Nelson-Siegel curves, years."""
SPREAD_ELASTICITY = 0.5
"""Elasticity of half-spreads, and of single-name hazards, to the volatility of the name."""
RESIDUAL_MEMORY = 125.0
"""Business days after which the last residual of the spread fit has decayed to 1/e."""


@dataclass(frozen=True)
class LinearFit:
    """An ordinary least-squares fit `y = intercept + slope x`.

    Attributes:
        intercept: Value of y at x = 0.
        slope: Change of y per unit of x.
        intercept_se: Standard error, Newey-West with `lag`.
        slope_se: Standard error, Newey-West with `lag`.
        r_squared: Share of the variance of y that is explained.
        residual_sd: Standard deviation of the residuals.
        num_observations: Pairs used.
        lag: Bartlett lag of the standard errors, observations.
        first: First date used.
        last: Last date used.
    """

    intercept: float
    slope: float
    intercept_se: float
    slope_se: float
    r_squared: float
    residual_sd: float
    num_observations: int
    lag: int
    first: str
    last: str

    def __str__(self) -> str:
        return (
            f"y = {self.intercept:.4f} ({self.intercept_se:.4f}) + {self.slope:.4f} ({self.slope_se:.4f}) x, "
            f"n = {self.num_observations}, R2 = {self.r_squared:.3f}, residual sd = {self.residual_sd:.4f}, "
            f"{self.first} .. {self.last}, standard errors Newey-West lag {self.lag}"
        )


def fit_line(y: pd.Series, x: pd.Series, lag: int) -> LinearFit:
    """Fit `y = a + b x` on the dates that both series have.

    Args:
        y: What is explained.
        x: What explains it.
        lag: Bartlett lag of the standard errors, observations.

    Returns:
        The fit.

    References:
        W. K. Newey, K. D. West, A simple positive semi-definite HAC covariance matrix, Econometrica 55 (1987).
    """
    dates = y.index.intersection(x.index)
    design = np.column_stack([np.ones(len(dates)), x.loc[dates].to_numpy()])
    target = y.loc[dates].to_numpy()
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ (design.T @ target)
    residual = target - design @ beta
    scores = design * residual[:, None]
    meat = scores.T @ scores
    for shift in range(1, lag + 1):
        cross = scores[shift:].T @ scores[:-shift]
        meat += (1.0 - shift / (lag + 1.0)) * (cross + cross.T)
    error = np.sqrt(np.diag(bread @ meat @ bread))
    return LinearFit(
        *(float(beta[0]), float(beta[1]), float(error[0]), float(error[1])),
        r_squared=float(1.0 - residual @ residual / np.sum((target - target.mean()) ** 2)),
        residual_sd=float(residual.std(ddof=2)),
        num_observations=len(dates),
        lag=lag,
        first=f"{dates[0]:%Y-%m-%d}",
        last=f"{dates[-1]:%Y-%m-%d}",
    )


def realised_vol(levels: pd.DataFrame, decay: float = DECAY, downside: float = 0.0) -> pd.DataFrame:
    """Exponentially weighted realised volatility per square-root year of every column.

    `v_t = decay v_{t-1} + (1 - decay) (1 -+ downside) r_t^2`, plus for falls, minus for rises, started at the mean of
    the first 60 weighted squares; the first date carries the starting value.

    Args:
        levels: Positive levels by date.
        decay: Weight of yesterday's variance.
        downside: How much more falls weigh, in [0, 1]; 0 treats both sides alike.

    Returns:
        Volatilities, same shape.

    References:
        J.P. Morgan, RiskMetrics Technical Document (1996), for the recursion.
    """
    returns = np.diff(np.log(levels.to_numpy()), axis=0)
    squares = returns**2 * (1.0 - downside * np.sign(returns))
    start = squares[:SEED_DAYS].mean(axis=0, keepdims=True)
    variance = np.concatenate([start, (1.0 - decay) * squares])
    for at in range(1, len(variance)):
        variance[at] += decay * variance[at - 1]
    return pd.DataFrame(np.sqrt(DAYS_PER_YEAR * variance), index=levels.index, columns=levels.columns)


def implied_vol_proxy(realised: pd.DataFrame, fit: LinearFit, index_mean: float) -> pd.DataFrame:
    """At-the-money volatility level of every column, from realised volatility and the fit of VIX on the index.

    `a m / m_index + b v`: the slope b of the fit, its intercept a scaled by the column's own mean realised volatility
    m relative to that of the index. For the index this is the fit itself.

    Args:
        realised: Realised volatility by date, at least as long as the mean should cover.
        fit: Fit of VIX on the realised volatility of the index.
        index_mean: Mean realised volatility of the index over the history.

    Returns:
        Volatilities, same shape.
    """
    return fit.intercept * realised.mean() / index_mean + fit.slope * realised


def spread_index(index_levels: pd.Series, monthly: pd.DataFrame, fit: LinearFit) -> pd.Series:
    """Daily credit-spread index: Moody's BAA minus AAA, carried between and beyond its months by equity volatility.

    The fit of the monthly spread on slow realised volatility gives the daily level; its residual is interpolated
    between mid-months and, after the last month, decays over 125 business days.

    Args:
        index_levels: Equity index by date.
        monthly: Yields `AAA` and `BAA` in percent, indexed by the first day of the month.
        fit: Fit of the log spread on the log of `slow_monthly_vol`.

    Returns:
        Spread, decimal, by date.
    """
    slow = realised_vol(index_levels.to_frame("index"), SLOW_DECAY)["index"]
    spread = (monthly["BAA"] - monthly["AAA"]) / 100.0
    monthly_vol = slow_monthly_vol(index_levels)
    months = spread.index.intersection(monthly_vol.index)
    logs = np.log(monthly_vol.loc[months].to_numpy(dtype="float64"))
    residual = np.log(spread.loc[months].to_numpy(dtype="float64")) - fit.intercept - fit.slope * logs
    middle = months.to_numpy(dtype="datetime64[D]").astype(float) + 14.0
    days = slow.index.to_numpy(dtype="datetime64[D]").astype(float)
    carried = np.interp(days, middle, residual)
    beyond = np.cumsum(days > middle[-1])
    carried = carried * np.exp(-beyond / RESIDUAL_MEMORY)
    return pd.Series(np.exp(fit.intercept + fit.slope * np.log(slow.to_numpy()) + carried), index=slow.index)


def slow_monthly_vol(index_levels: pd.Series) -> pd.Series:
    """Monthly mean of the slow realised volatility, indexed by the first day of the month."""
    slow = realised_vol(index_levels.to_frame("index"), SLOW_DECAY)["index"]
    return slow.groupby(slow.index.to_numpy(dtype="datetime64[M]").astype("datetime64[ns]")).mean()


def zero_rates(factors: Float[np.ndarray, "dates factors"], tenors: Float[np.ndarray, "tenors"]) -> np.ndarray:
    """Nelson-Siegel zero rates `L + S g(x) + C (g(x) - e^{-x})`, `x = T / 1.8`, `g(x) = (1 - e^{-x}) / x`.

    Args:
        factors: Level, slope and curvature by date.
        tenors: Years.

    Returns:
        Continuously compounded zero rates, dates by tenors, decimal.

    References:
        C. R. Nelson, A. F. Siegel, Parsimonious modeling of yield curves, J. Business 60 (1987).
    """
    scaled = tenors / CURVE_SCALE
    slope = -np.expm1(-scaled) / scaled
    return factors @ np.stack([np.ones_like(scaled), slope, slope - np.exp(-scaled)])


def vol_levels(prices: pd.DataFrame, fx: pd.DataFrame, fit: LinearFit, index: str) -> pd.DataFrame:
    """Volatility level of every surface by date: assets under their names, exchange rates as `FX:EUR`.

    Args:
        prices: Levels of the assets by date.
        fx: Exchange rates by date.
        fit: Fit of VIX on the downside-weighted realised volatility of `index`.
        index: Column of `prices` that the fit belongs to.

    Returns:
        Levels by date and surface.
    """
    equity = realised_vol(prices, downside=DOWNSIDE)
    mean = float(equity[index].mean())
    rates = realised_vol(fx).add_prefix("FX:")
    return pd.concat([implied_vol_proxy(equity, fit, mean), implied_vol_proxy(rates, fit, mean)], axis=1)


def curve_levels(
    factors: pd.DataFrame, followers: Mapping[str, tuple[str, float]], tenors: Sequence[float]
) -> pd.DataFrame:
    """Zero rates by date in columns `zero:CURVE:TENOR`.

    Args:
        factors: Columns `CURVE:level`, `CURVE:slope`, `CURVE:curvature` by date.
        followers: Curves that follow another one: name of that one and the constant distance, decimal.
        tenors: Years.

    Returns:
        Zero rates, decimal.
    """
    names = [name.removesuffix(":level") for name in factors.columns if name.endswith(":level")]
    columns = ("level", "slope", "curvature")
    rates = {n: zero_rates(factors[[f"{n}:{c}" for c in columns]].to_numpy(), np.array(tenors)) for n in names}
    rates |= {name: rates[base] + distance for name, (base, distance) in followers.items()}
    labels = [f"zero:{name}:{tenor:g}" for name in rates for tenor in tenors]
    return pd.DataFrame(np.hstack(list(rates.values())), index=factors.index, columns=labels)
