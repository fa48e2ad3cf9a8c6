"""Market tables -> the arrays of a market state, and the layout of its history."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from pact_jax.market import MarketState
from pact_jax.scenarios import FactorColumn, ShockLayout, ShockLeaf

from ._labels import index_of
from ._rows import SortedTable, words_of
from ._snapshot import Snapshot


def market_names(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """Names of the market's axes: the reporting currency first, everything else sorted."""
    reporting = snapshot.reporting_currency
    currencies = sorted(set(snapshot.currencies["currency"]) - {reporting})
    hazards = snapshot.hazards["issuer"] if len(snapshot.hazards) else ()
    return {
        "assets": tuple(sorted(snapshot.assets["asset"])) if len(snapshot.assets) else (),
        "currencies": (reporting, *currencies),
        "curves": tuple(sorted(set(snapshot.curves["curve"]))),
        "surfaces": tuple(sorted(set(snapshot.vols["surface"].tolist()))) if len(snapshot.vols) else (),
        "hazards": tuple(sorted(set(hazards))),
    }


def prepare_market(snapshot: Snapshot, names: dict[str, tuple[str, ...]]) -> MarketState:
    """Arrays of the base state; an axis that the book does not use has one harmless row.

    Args:
        snapshot: checked tables.
        names: names of the axes.

    Returns:
        The market, as float64 NumPy arrays.
    """
    currencies = _in_order(snapshot.currencies, "currency", names["currencies"])
    assets = _in_order(snapshot.assets, "asset", names["assets"]) if names["assets"] else None
    num_factors = len(snapshot.linear.factor_names) if snapshot.linear is not None else 1

    def of_asset(column: str, default: float) -> np.ndarray:
        return np.full(1, default) if assets is None else assets.array(column).astype(float)

    curve_time, zero_rate = _grid(snapshot.curves, "curve", "zero_rate", names["curves"])
    hazard_time, hazard_rate = np.ones(1), np.zeros((1, 1))
    if names["hazards"]:
        hazard_time, hazard_rate = _grid(snapshot.hazards, "issuer", "hazard_rate", names["hazards"])
    expiry, log_strike, vol = _surfaces(snapshot, names, curve_time, zero_rate)
    underlying = _surface_underlying(names)
    return MarketState(
        spot=of_asset("spot", 1.0),
        dividend_yield=of_asset("dividend_yield", 0.0),
        half_spread=np.nan_to_num(of_asset("half_spread", 0.0), nan=0.0),
        adv=np.nan_to_num(of_asset("adv", 1.0), nan=1.0),
        fx=currencies.array("fx").astype(float),
        curve_time=curve_time,
        zero_rate=zero_rate,
        hazard_time=hazard_time,
        hazard_rate=hazard_rate,
        vol_expiry=expiry,
        vol_log_strike=log_strike,
        vol_underlying=underlying,
        implied_vol=vol,
        vol_level=np.ones(len(underlying)),
        factor=np.zeros(num_factors),
    )


def _in_order(table: pd.DataFrame, key: str, names: tuple[str, ...]) -> SortedTable:
    """The rows of some names, in the order of the names."""
    row = index_of(tuple(table[key]))
    return SortedTable(table, np.array([row[name] for name in names], np.int64))


def _grid(table: pd.DataFrame, name: str, value: str, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The common tenors of several curves, and the values of each curve on them."""
    row = index_of(names)
    tenor, column = np.unique(table["tenor"].to_numpy(float), return_inverse=True)
    grid = np.full((len(names), len(tenor)), np.nan)
    grid[[row[each] for each in table[name].tolist()], column.reshape(-1)] = table[value].to_numpy(float)
    return tenor, grid


def _surfaces(
    snapshot: Snapshot, names: dict[str, tuple[str, ...]], curve_time: np.ndarray, zero_rate: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Expiries, absolute log-strikes and volatilities; moneyness is turned into strikes at the base forward."""
    if not names["surfaces"]:
        return np.ones((1, 1)), np.zeros((1, 1, 1)), np.ones((1, 1, 1))
    surface = words_of(snapshot.vols["surface"].to_numpy()).code
    expiry, moneyness, vol = (snapshot.vols[key].to_numpy(float) for key in ("expiry", "log_moneyness", "implied_vol"))
    order = np.lexsort((moneyness, expiry, surface))
    num = len(names["surfaces"])
    num_expiries = len(np.unique(expiry[surface == 0]))
    shape = (num, num_expiries, len(order) // (num * num_expiries))
    expiry = expiry[order].reshape(shape)[:, :, 0]
    curve = index_of(names["curves"])
    zero_of = {
        name: partial(np.interp, xp=curve_time, fp=zero_rate[curve[of]])
        for name, of in zip(snapshot.currencies["currency"], snapshot.currencies["curve"], strict=True)
    }
    log_forward = _forwards(snapshot, zero_of)
    forward = np.stack([log_forward(name, expiry[k]) for k, name in enumerate(names["surfaces"])])
    return expiry, forward[:, :, None] + moneyness[order].reshape(shape), vol[order].reshape(shape)


def _forwards(
    snapshot: Snapshot, zero_of: dict[str, Callable[[np.ndarray], np.ndarray]]
) -> Callable[[str, np.ndarray], np.ndarray]:
    """Logarithm of the base forward of a surface's underlying; 0 for rates, whose strikes are given themselves."""
    fx = dict(zip(snapshot.currencies["currency"], snapshot.currencies["fx"], strict=True))
    keys = ("asset", "spot", "dividend_yield", "currency")
    assets = (
        {row[0]: row[1:] for row in zip(*(snapshot.assets[key] for key in keys), strict=True)}
        if len(snapshot.assets)
        else {}
    )

    def log_forward(surface: str, time: np.ndarray) -> np.ndarray:
        if surface.startswith("RATE:"):
            return np.zeros(len(time))
        if surface.startswith("FX:"):
            foreign = surface.removeprefix("FX:")
            spot, carry, home = fx[foreign], zero_of[foreign](time), snapshot.reporting_currency
        else:
            spot, carry, home = assets[surface]
        return np.log(spot) + (zero_of[home](time) - carry) * time

    return log_forward


def _surface_underlying(names: dict[str, tuple[str, ...]]) -> np.ndarray:
    asset, currency = index_of(names["assets"]), index_of(names["currencies"])
    offset = max(len(names["assets"]), 1)

    def place(name: str) -> int:
        if name.startswith("RATE:"):
            return offset  # the reporting currency, which never moves: strikes of rates stay where they are
        return offset + currency[name.removeprefix("FX:")] if name.startswith("FX:") else asset[name]

    places = [place(name) for name in names["surfaces"]]
    return np.array(places or [0], dtype=np.int64)


def history_layout(snapshot: Snapshot, names: dict[str, tuple[str, ...]]) -> tuple[ShockLayout, tuple[str, ...]]:
    """Where each history column sits in a shock, and the columns in that order.

    Args:
        snapshot: checked tables.
        names: names of the market's axes.

    Returns:
        The layout and the column names.
    """
    tenor = {value: k for k, value in enumerate(sorted(set(snapshot.curves["tenor"].astype(float))))}
    rows = {
        ShockLeaf.SPOT: index_of(names["assets"]),
        ShockLeaf.FX: index_of(names["currencies"]),
        ShockLeaf.ZERO_RATE: index_of(names["curves"]),
        ShockLeaf.VOL_LEVEL: index_of(names["surfaces"]),
        ShockLeaf.HAZARD_RATE: index_of(names["hazards"]),
        ShockLeaf.HALF_SPREAD: index_of(names["assets"]),
        ShockLeaf.ADV: index_of(names["assets"]),
    }
    leaf_of = {
        "spot": ShockLeaf.SPOT,
        "fx": ShockLeaf.FX,
        "zero": ShockLeaf.ZERO_RATE,
        "vol": ShockLeaf.VOL_LEVEL,
        "hazard": ShockLeaf.HAZARD_RATE,
        "half_spread": ShockLeaf.HALF_SPREAD,
        "adv": ShockLeaf.ADV,
    }
    columns, used = [], []
    for key in map(str, snapshot.history.columns):
        prefix, _, rest = key.partition(":")
        leaf = leaf_of[prefix]
        name, node = rest.rsplit(":", 1) if leaf is ShockLeaf.ZERO_RATE else (rest, "")
        row = rows[leaf].get(name)
        if row is None:
            continue
        columns.append(FactorColumn(leaf, row, tenor[float(node)] if node else 0))
        used.append(key)
    return ShockLayout(tuple(columns)), tuple(used)


def linear_layout(snapshot: Snapshot) -> ShockLayout:
    """Layout of a linear book: one column for each abstract factor."""
    names = snapshot.linear.factor_names if snapshot.linear is not None else ()
    return ShockLayout(tuple(FactorColumn(ShockLeaf.FACTOR, k) for k in range(len(names))))


def history_levels(snapshot: Snapshot, columns: tuple[str, ...]) -> np.ndarray:
    """Levels of the used columns, one row a date."""
    frame: pd.DataFrame = snapshot.history[list(columns)]
    return frame.to_numpy(float)
