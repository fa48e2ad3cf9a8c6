"""Snapshot -> arrays and labels: the one slow door, after which everything is pure."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

from dataclasses import dataclass

import numpy as np

from pact_jax._pipeline import RiskInputs
from pact_jax.instruments import Portfolio

from ._capacity import capacity
from ._contract_axes import make_axes
from ._labels import Labels, index_of
from ._prepare_credit import prepare_credit
from ._prepare_exposures import collect_exposures, make_buckets
from ._prepare_factors import RiskFactors, prepare_factors
from ._prepare_liquidity import prepare_liquidity
from ._prepare_positions import prepare_positions
from ._rows import sorted_by
from ._snapshot import Snapshot

_MIN_DESKS = 8


@dataclass(frozen=True, eq=False)
class Prepared:
    """Everything that `evaluate` needs, and the names to read its answer with.

    Attributes:
        inputs: arrays (NumPy float64; they become device arrays inside the precision that the caller chose).
        factors: the market and what its scenarios are drawn from.
        labels: names of every axis.
        row: row of the sorted positions behind each place of the positions axis, -1 for padding.
    """

    inputs: RiskInputs
    factors: RiskFactors
    labels: Labels
    row: np.ndarray


def prepare(snapshot: Snapshot, *, horizon_days: int, factors: RiskFactors | None = None) -> Prepared:
    """Resolves a checked snapshot into arrays: dates to year fractions, names to indices, rows sorted by id.

    Args:
        snapshot: what a door handed over.
        horizon_days: business days of the view (funding and loadings depend on it).
        factors: what `prepare_factors` says of this snapshot and horizon, where it is already known.

    Returns:
        Arrays, labels and the history's layout.
    """
    factors = prepare_factors(snapshot, horizon_days=horizon_days) if factors is None else factors
    names, drivers, obligors = factors.axes, factors.drivers, factors.obligors
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
        factors=factors.names,
        not_supplied=missing,
        assumptions=(*obligors.assumptions, *exposures.assumptions),
    )
    inputs = RiskInputs(portfolio, factors.market, book, liquidity, np.float64(snapshot.capital))
    return Prepared(inputs, factors, labels, held.row)
