"""Moves between two dates of a history, chosen by date or by what was worst for one factor."""

import dataclasses

import numpy as np

from pact_jax.errors import ArgumentError
from pact_jax.market import MarketState

from ._layout import ShockLayout, ShockLeaf
from ._stress_scenario import FactorNames, HistoricalWindow, WindowRule

# A window's end may fall on a holiday of the history, but not into a hole of it.
_MAX_GAP_DAYS = 7
# How the columns of a history are called.
_WORD = {
    ShockLeaf.SPOT: "spot",
    ShockLeaf.FX: "fx",
    ShockLeaf.ZERO_RATE: "zero",
    ShockLeaf.VOL_LEVEL: "vol",
    ShockLeaf.HAZARD_RATE: "hazard",
    ShockLeaf.HALF_SPREAD: "half_spread",
    ShockLeaf.ADV: "adv",
}


@dataclasses.dataclass(frozen=True, eq=False)
class FactorHistory:
    """Factor levels by date.

    Attributes:
        dates: ascending, `datetime64[D]` or anything NumPy turns into it.
        levels: one row a date, one column a factor.
        layout: where each column sits in a shock.
    """

    dates: np.ndarray
    levels: np.ndarray
    layout: ShockLayout

    def __post_init__(self) -> None:
        """Refuses shapes that do not fit together and dates out of order."""
        dates, levels = self.days, np.asarray(self.levels)
        if levels.shape != (len(dates), len(self.layout.columns)):
            raise ArgumentError(
                f"levels have shape {levels.shape}, expected {(len(dates), len(self.layout.columns))}",
                where="FactorHistory",
                mend="give one row a date and one column for each column of the layout",
            )
        if len(dates) > 1 and not np.all(dates[1:] > dates[:-1]):
            raise ArgumentError("dates are not ascending", where="FactorHistory.dates", mend="sort the rows by date")

    @property
    def days(self) -> np.ndarray:
        """The dates as `datetime64[D]`."""
        return np.asarray(self.dates).astype("datetime64[D]")


@dataclasses.dataclass(frozen=True, eq=False)
class Moves:
    """Moves of one scenario: NumPy arrays by leaf, in the units of a shock."""

    leaves: dict[ShockLeaf, np.ndarray] = dataclasses.field(default_factory=dict)
    window: tuple[str, str] | None = None
    not_covered: tuple[str, ...] = ()

    def leaf(self, leaf: ShockLeaf, market: MarketState) -> np.ndarray:
        """The array of one leaf, made of zeros the first time."""
        if leaf not in self.leaves:
            shape = getattr(market, leaf.value).shape
            self.leaves[leaf] = np.zeros(shape if leaf is ShockLeaf.ZERO_RATE else shape[:1])
        return self.leaves[leaf]


def historical_moves(
    window: HistoricalWindow, history: FactorHistory, market: MarketState, names: FactorNames
) -> Moves | str:
    """Moves of all factors of a history over a window, or the reason why there are none.

    Args:
        window: the dates and the rule.
        history: factor levels by date.
        market: gives the shapes.
        names: of the market's axes.

    Returns:
        Moves with the dates they were taken between and the factors without a column.
    """
    found = _rows(window, history, names)
    if isinstance(found, str):
        return found
    start, end = found
    levels, is_log = np.asarray(history.levels, dtype=float), history.layout.is_log
    before, after = levels[start], levels[end]
    ratio = np.where(is_log, after / np.where(is_log, before, 1.0), 1.0)
    move = np.where(is_log, np.log(ratio), after - before)
    dates = history.days
    moves = Moves(window=(str(dates[start]), str(dates[end])), not_covered=_without_column(history, market, names))
    for column, size in zip(history.layout.columns, move, strict=True):
        place = (column.row, column.tenor) if column.leaf is ShockLeaf.ZERO_RATE else column.row
        moves.leaf(column.leaf, market)[place] = size
    return moves


def _rows(window: HistoricalWindow, history: FactorHistory, names: FactorNames) -> tuple[int, int] | str:
    dates = history.days
    rows = []
    for day in (np.datetime64(window.first), np.datetime64(window.last)):
        row = int(np.searchsorted(dates, day, side="right")) - 1
        if row < 0 or day - dates[row] > np.timedelta64(_MAX_GAP_DAYS, "D"):
            span = f"{dates[0]} to {dates[-1]}" if len(dates) else "no dates"
            return f"the history ({span}) has no levels at {day}"
        rows.append(row)
    start, end = rows
    if window.rule is WindowRule.BETWEEN:
        return start, end
    column = _reference_column(window.reference, history.layout, names)
    if column is None:
        return f"the history has no column for the reference factor {window.reference}"
    path = np.asarray(history.levels, dtype=float)[start : end + 1, column]
    if window.rule is WindowRule.WORST:
        if len(path) <= window.horizon_days:
            return f"the window holds {len(path)} dates, too few for {window.horizon_days} business days"
        first = int(np.argmin(path[window.horizon_days :] / path[: -window.horizon_days]))
        return start + first, start + first + window.horizon_days
    trough = int(np.argmin(path / np.maximum.accumulate(path)))
    return start + int(np.argmax(path[: trough + 1])), start + trough


def _reference_column(reference: str, layout: ShockLayout, names: FactorNames) -> int | None:
    word, _, name = reference.partition(":")
    for k, column in enumerate(layout.columns):
        known = names.of(column.leaf)
        if _WORD.get(column.leaf) == word and column.row < len(known) and known[column.row] == name:
            return k
    return None


def _without_column(history: FactorHistory, market: MarketState, names: FactorNames) -> tuple[str, ...]:
    """Keys of the factors that no column moves; a leaf without any column is one entry."""
    held = {(column.leaf, column.row, column.tenor) for column in history.layout.columns}
    missing: list[str] = []
    for leaf, word in _WORD.items():
        known = names.of(leaf)
        first = 1 if leaf is ShockLeaf.FX else 0
        tenors = list(enumerate(np.asarray(market.curve_time))) if leaf is ShockLeaf.ZERO_RATE else [(0, None)]
        absent = [
            f"{word}:{known[row]}" + ("" if years is None else f":{years:g}")
            for row in range(first, len(known))
            for tenor, years in tenors
            if (leaf, row, tenor) not in held
        ]
        count = (len(known) - first) * len(tenors)
        missing += [f"{word}: all {count}"] if absent and len(absent) == count else absent
    return tuple(missing)
