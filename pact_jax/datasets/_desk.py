"""The desk that ships with the package, and larger ones of the same kind."""

import numpy as np
import pandas as pd

from pact_jax.snapshot import TABLES, Snapshot, make_snapshot

from ._derive import SPREAD_ELASTICITY, LinearFit, curve_levels, spread_index, vol_levels
from ._files import read_json, read_series, read_table
from ._generate import generate

INDEX = "SP500"
_REFERENCE_TENOR = 5.0


def load_desk(num_positions: int | None = None, seed: int = 0) -> Snapshot:
    """A realistic bank desk on 28 December 2022, shipped inside the package.

    Prices of 20 US stocks, the S&P 500 and exchange rates are real and daily from January 1999; volatilities, spreads
    and half-spreads are derived from them by stated formulas; rates, the book and the obligors are illustrative. The
    table `sources` says which is which. All twenty companies survived until 2022, so their tails are too mild.

    Args:
        num_positions: Size of a generated book on the same market; None for the book of the package.
        seed: Seed of the generated book; the same seed gives the same book.

    Returns:
        The snapshot.

    Raises:
        PactError: A shipped file does not match its checksum.
        ArgumentError: Fewer than 20 positions are asked for.

    Example:
        >>> desk = load_desk()
        >>> len(desk.positions) >= 200, desk.history.index[0].year, str(desk.valuation_date)
        (True, 1999, '2022-12-28')
    """
    tables = {name: read_table(name) for name in TABLES}
    scalars = read_json("desk/snapshot.json")
    if num_positions is not None:
        tables, scalars = generate(tables, scalars, num_positions, seed)
    tables["history"] = _history(tables["assets"], tables["hazards"], tables["curves"])
    return make_snapshot(tables, scalars, files={name: f"{name}.csv" for name in tables})


def load_prices() -> pd.DataFrame:
    """Adjusted daily closes of 20 US stocks and the S&P 500 (`SP500`), USD, January 1999 to December 2022.

    Example:
        >>> load_prices().shape[1]
        21
    """
    return _only(read_series("desk/history.csv.gz"), "spot:")


def load_fx() -> pd.DataFrame:
    """USD per unit of seven currencies: ECB reference rates crossed through the euro, on the dates of `load_prices`.

    Example:
        >>> list(load_fx().columns)
        ['EUR', 'GBP', 'JPY', 'CHF', 'CAD', 'AUD', 'SEK']
    """
    return _only(read_series("desk/history.csv.gz"), "fx:")


def load_vix() -> pd.Series:
    """VIX closes in percent, January 2014 to January 2019.

    Example:
        >>> float(load_vix().iloc[0])
        13.76
    """
    return read_series("series/vix.csv")["vix"]


def load_credit_yields() -> pd.DataFrame:
    """Moody's `AAA` and `BAA` corporate bond yields in percent, monthly, January 1999 to December 2018.

    Example:
        >>> load_credit_yields().columns.tolist()
        ['AAA', 'BAA']
    """
    return read_series("series/credit_yields.csv")


def calibration_fits() -> dict[str, LinearFit]:
    """The two fits that the derived histories rest on.

    Returns:
        `vol`: VIX/100 on downside-weighted realised volatility of the S&P 500; `spread`: log of the Moody's BAA-AAA
        spread on the log of slow realised volatility.

    Example:
        >>> round(calibration_fits()["vol"].r_squared, 2)
        0.8
    """
    fits = read_json("series/fits.json")
    return {name: LinearFit(**fits[name]) for name in ("vol", "spread")}


def _only(frame: pd.DataFrame, prefix: str) -> pd.DataFrame:
    chosen = frame.filter(regex=f"^{prefix}")
    return chosen.set_axis([name.removeprefix(prefix) for name in chosen.columns], axis=1)


def _history(assets: pd.DataFrame, hazards: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Real levels, and behind them the derived and illustrative ones."""
    real = read_series("desk/history.csv.gz")
    prices, fx = _only(real, "spot:"), _only(real, "fx:")
    fits = calibration_fits()
    vols = vol_levels(prices, fx, fits["vol"], INDEX)
    followers = {name: (base, gap) for name, (base, gap) in read_json("series/fits.json")["curve_followers"].items()}
    tenors = sorted({float(tenor) for tenor in curves["tenor"]})
    rates = curve_levels(read_series("series/rate_factors.csv.gz"), followers, tenors)
    spreads = spread_index(prices[INDEX], load_credit_yields(), fits["spread"])
    parts = [
        real,
        rates,
        vols.add_prefix("vol:"),
        _hazards(hazards, spreads, vols),
        _half_spreads(assets, vols),
    ]
    return pd.concat(parts, axis=1)


def _hazards(hazards: pd.DataFrame, spreads: pd.Series, vols: pd.DataFrame) -> pd.DataFrame:
    """The market's spread times the name's own risk, `s (v/v_index)^0.5`, both relative to the last date."""
    at = hazards["tenor"].astype(float) == _REFERENCE_TENOR
    level = dict(zip(hazards.loc[at, "issuer"], hazards.loc[at, "hazard_rate"].astype(float), strict=True))
    names = [name for name in level if name in vols]
    relative = (vols[names].to_numpy() / vols[[INDEX]].to_numpy()) ** SPREAD_ELASTICITY
    path = (spreads / spreads.iloc[-1]).to_numpy()[:, None] * relative / relative[-1]
    values = path * np.array([level[name] for name in names])
    return pd.DataFrame(values, index=vols.index, columns=[f"hazard:{name}" for name in names])


def _half_spreads(assets: pd.DataFrame, vols: pd.DataFrame) -> pd.DataFrame:
    """`half_spread (v/v(T))^0.5`: quotes widen with the volatility of the name."""
    names = list(assets["asset"])
    path = (vols[names] / vols[names].iloc[-1]) ** SPREAD_ELASTICITY
    values = path.to_numpy() * assets["half_spread"].astype(float).to_numpy()
    return pd.DataFrame(values, index=vols.index, columns=[f"half_spread:{name}" for name in names])
