"""What moves, and how it moved: all that scenarios are drawn from, ready before a single position is."""

from dataclasses import dataclass

import numpy as np

from pact_jax.market import MarketState
from pact_jax.scenarios import ShockLayout

from ._labels import index_of
from ._prepare_market import history_layout, history_levels, linear_layout, market_names, prepare_market
from ._prepare_obligors import Obligors, collect_obligors, estimate_loadings
from ._snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class RiskFactors:
    """The base market and its factors.

    Attributes:
        market: the base state (NumPy float64; it becomes device arrays inside the precision that the caller chose).
        axes: names of the market's axes.
        names: of the factors, one a history column.
        layout: where each history column sits in a shock.
        levels: factor levels, one row a business day; no rows for a linear book.
        dates: end date of each row of `levels`.
        drivers: names of the systematic drivers of defaults.
        driver_columns: column of each of them.
        correlation: of the abstract factors of a linear book; None otherwise.
        obligors: who can default, with their loadings on the drivers.
    """

    market: MarketState
    axes: dict[str, tuple[str, ...]]
    names: tuple[str, ...]
    layout: ShockLayout
    levels: np.ndarray
    dates: np.ndarray
    drivers: tuple[str, ...]
    driver_columns: np.ndarray
    correlation: np.ndarray | None
    obligors: Obligors


def prepare_factors(snapshot: Snapshot, *, horizon_days: int) -> RiskFactors:
    """Resolves the market, its history and the drivers of a checked snapshot.

    Args:
        snapshot: what a door handed over.
        horizon_days: business days of the moves that loadings are estimated from.

    Returns:
        Arrays and names.
    """
    axes = market_names(snapshot)
    layout, names, levels, dates = _history(snapshot, axes)
    obligors = collect_obligors(snapshot)
    drivers = tuple(sorted({driver for driver in obligors.driver if driver}))
    obligors = estimate_loadings(obligors, _returns(names, levels, horizon_days))
    linear = snapshot.linear
    return RiskFactors(
        market=prepare_market(snapshot, axes),
        axes=axes,
        names=names,
        layout=layout,
        levels=levels,
        dates=dates,
        drivers=drivers,
        driver_columns=_driver_columns(drivers, names, linear is not None),
        correlation=None if linear is None else linear.correlation,
        obligors=obligors,
    )


def _history(
    snapshot: Snapshot, axes: dict[str, tuple[str, ...]]
) -> tuple[ShockLayout, tuple[str, ...], np.ndarray, np.ndarray]:
    """Layout and names of the risk factors, their levels and dates; a linear book has no history."""
    if snapshot.linear is not None:
        names = tuple(snapshot.linear.factor_names)
        return linear_layout(snapshot), names, np.empty((0, len(names))), np.empty(0, "datetime64[D]")
    layout, names = history_layout(snapshot, axes)
    dates = snapshot.history.index.to_numpy().astype("datetime64[D]")
    return layout, tuple(names), history_levels(snapshot, names), dates


def _returns(names: tuple[str, ...], levels: np.ndarray, horizon_days: int) -> dict[str, np.ndarray]:
    """H-day log returns of assets and currencies, named as drivers are; a linear book has none."""
    moves: dict[str, np.ndarray] = {}
    if len(levels) <= horizon_days + 1:
        return moves
    for k, key in enumerate(names):
        prefix, _, name = key.partition(":")
        if prefix in ("spot", "fx"):
            log_level = np.log(levels[:, k])
            moves[name if prefix == "spot" else f"FX:{name}"] = log_level[horizon_days:] - log_level[:-horizon_days]
    return moves


def _driver_columns(drivers: tuple[str, ...], names: tuple[str, ...], linear: bool) -> np.ndarray:
    place = index_of(names)

    def key(driver: str) -> str:
        if linear:
            return driver
        return f"fx:{driver.removeprefix('FX:')}" if driver.startswith("FX:") else f"spot:{driver}"

    return np.array([place[key(driver)] for driver in drivers], dtype=np.int64)
