"""Snapshot -> arrays and labels: the one slow door, after which everything is pure."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

from dataclasses import dataclass

import numpy as np

from pact_jax._pipeline import RiskInputs
from pact_jax.instruments import Portfolio
from pact_jax.scenarios import ShockLayout

from ._capacity import capacity
from ._contract_axes import make_axes
from ._labels import Labels, index_of
from ._prepare_credit import prepare_credit
from ._prepare_exposures import collect_exposures, make_buckets
from ._prepare_liquidity import prepare_liquidity
from ._prepare_market import history_layout, history_levels, linear_layout, market_names, prepare_market
from ._prepare_obligors import collect_obligors, estimate_loadings
from ._prepare_positions import prepare_positions
from ._rows import sorted_by
from ._snapshot import Snapshot

_MIN_DESKS = 8


@dataclass(frozen=True, eq=False)
class Prepared:
    """Everything that `evaluate` needs, and the names to read its answer with.

    Attributes:
        inputs: arrays (NumPy float64; they become device arrays inside the precision that the caller chose).
        labels: names of every axis.
        layout: where each history column sits in a shock.
        levels: factor levels, one row a business day; no rows for a linear book.
        dates: end date of each row of `levels`.
        driver_columns: column of each systematic driver.
        correlation: of the abstract factors of a linear book; None otherwise.
        row: row of the sorted positions behind each place of the positions axis, -1 for padding.
    """

    inputs: RiskInputs
    labels: Labels
    layout: ShockLayout
    levels: np.ndarray
    dates: np.ndarray
    driver_columns: np.ndarray
    correlation: np.ndarray | None
    row: np.ndarray


def prepare(snapshot: Snapshot, *, horizon_days: int) -> Prepared:
    """Resolves a checked snapshot into arrays: dates to year fractions, names to indices, rows sorted by id.

    Args:
        snapshot: what a door handed over.
        horizon_days: business days of the view (funding and loadings depend on it).

    Returns:
        Arrays, labels and the history's layout.
    """
    names = market_names(snapshot)
    market = prepare_market(snapshot, names)
    linear = snapshot.linear is not None
    layout, columns, levels, dates = _factors(snapshot, names)

    obligors = collect_obligors(snapshot)
    drivers = tuple(sorted({driver for driver in obligors.driver if driver}))
    obligors = estimate_loadings(obligors, {} if linear else _returns(levels, columns, horizon_days))
    lgd_of = dict(zip(obligors.names, map(float, obligors.lgd), strict=True))

    positions = sorted_by(snapshot.positions, "position_id")
    lgd = positions.array("lgd")
    positions = positions.replace("lgd", np.where(np.isnan(lgd), positions.words("issuer").value_in(lgd_of), lgd))
    exposures = collect_exposures(snapshot, positions)
    desks = tuple(sorted({*positions.words("desk").names, *exposures.desk}))
    desk = index_of(desks)
    buckets = make_buckets(positions, index_of(obligors.names), desk, index_of(names["currencies"]))
    axes = make_axes(snapshot, names, lgd_of)
    held = prepare_positions(positions, snapshot, axes, desk, buckets.of_row)
    place_of_row = np.empty(len(positions), dtype=np.int64)
    place_of_row[held.row[held.row >= 0]] = np.flatnonzero(held.row >= 0)
    book = prepare_credit(obligors, exposures, buckets, drivers, desk, place_of_row)
    liquidity, missing = prepare_liquidity(snapshot, names, horizon_days)
    portfolio = Portfolio(held.groups, capacity(len(desks), minimum=_MIN_DESKS), book.bucket_obligor.shape[0])

    def of_place(column: str) -> np.ndarray:
        words = np.full(len(held.row), "", dtype=object)
        words[place_of_row] = positions.array(column)
        return words

    labels = Labels(
        position_id=of_place("position_id"),
        kind=of_place("kind"),
        position_desk=of_place("desk"),
        desks=desks,
        assets=names["assets"],
        currencies=names["currencies"],
        curves=names["curves"],
        surfaces=names["surfaces"],
        obligors=obligors.names,
        hazard_issuers=names["hazards"],
        exposures=exposures.name,
        exposure_kind=exposures.kind,
        exposure_desk=exposures.desk,
        drivers=drivers,
        factors=tuple(columns),
        not_supplied=missing,
        assumptions=(*obligors.assumptions, *exposures.assumptions),
    )
    return Prepared(
        inputs=RiskInputs(portfolio, market, book, liquidity, np.float64(snapshot.capital)),
        labels=labels,
        layout=layout,
        levels=levels,
        dates=dates,
        driver_columns=_driver_columns(drivers, columns, linear),
        correlation=snapshot.linear.correlation if snapshot.linear is not None else None,
        row=held.row,
    )


def _factors(
    snapshot: Snapshot, names: dict[str, tuple[str, ...]]
) -> tuple[ShockLayout, tuple[str, ...], np.ndarray, np.ndarray]:
    """Layout and names of the risk factors, their levels and dates; a linear book has no history."""
    if snapshot.linear is not None:
        columns = snapshot.linear.factor_names
        return linear_layout(snapshot), columns, np.empty((0, len(columns))), np.empty(0, "datetime64[D]")
    layout, columns = history_layout(snapshot, names)
    dates = snapshot.history.index.to_numpy().astype("datetime64[D]")
    return layout, columns, history_levels(snapshot, columns), dates


def _returns(levels: np.ndarray, columns: tuple[str, ...], horizon_days: int) -> dict[str, np.ndarray]:
    """H-day log returns of assets and currencies, named as drivers are."""
    moves = {}
    for k, key in enumerate(columns):
        prefix, _, name = key.partition(":")
        if prefix in ("spot", "fx") and len(levels) > horizon_days + 1:
            log_level = np.log(levels[:, k])
            moves[name if prefix == "spot" else f"FX:{name}"] = log_level[horizon_days:] - log_level[:-horizon_days]
    return moves


def _driver_columns(drivers: tuple[str, ...], columns: tuple[str, ...], linear: bool) -> np.ndarray:
    place = index_of(columns)

    def key(driver: str) -> str:
        if linear:
            return driver
        return f"fx:{driver.removeprefix('FX:')}" if driver.startswith("FX:") else f"spot:{driver}"

    return np.array([place[key(driver)] for driver in drivers], dtype=np.int64)
