"""What a column may hold, and one vectorised pass over a table that finds every cell that does not."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool

from pact_jax.errors import RowProblem

from ._cells import READERS, reads_nan, shown

_TYPE_RULE = {
    "number": ("is not a number", "write it plainly, such as 1234.5 or 0.05: no separators, no percent sign"),
    "date": ("is not a date", "write it as YYYY-MM-DD"),
}


_DTYPES: dict[str, Literal["object", "float64", "datetime64[ns]"]] = {
    "text": "object",
    "number": "float64",
    "date": "datetime64[ns]",
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: Header.
        type: `text`, `number` (float64) or `date`.
        meaning: What it says, with unit and sign; printed in the documentation.
        required: The column must be there and every cell filled.
        default: What an empty cell means; None leaves it empty ("", NaN or NaT).
        above: Exclusive lower bound.
        at_least: Inclusive lower bound.
        below: Exclusive upper bound.
        at_most: Inclusive upper bound.
        allowed: The only values, if any are listed.
        refers_to: `table.column` whose values this one must be among; empty cells refer to nothing.
        literal_nan_refused: A cell that reads NaN is an error here, where elsewhere it counts as empty.
    """

    name: str
    type: Literal["text", "number", "date"]
    meaning: str
    required: bool = False
    default: str | float | None = None
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    allowed: tuple[str, ...] = ()
    refers_to: str = ""
    literal_nan_refused: bool = False

    @property
    def range_text(self) -> str:
        """The bounds in words, empty if there are none."""
        bounds = ((">", self.above), (">=", self.at_least), ("<", self.below), ("<=", self.at_most))
        return " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)


@dataclass(frozen=True)
class Table:
    """One table: its columns, what identifies a row, and what it is for.

    Attributes:
        name: Name of the table and, with its suffix, of its file.
        meaning: What one row is.
        columns: In the order in which files are written.
        unique: Columns that together identify a row; empty if rows may repeat.
        required: A snapshot of priced positions cannot do without it.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    unique: tuple[str, ...] = ()
    required: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """Headers in file order."""
        return tuple(column.name for column in self.columns)


@dataclass(eq=False)
class Findings:
    """What is wrong with one table, collected over several passes.

    Attributes:
        file: Name printed in every problem.
        labels: Row labels, in row order.
        problems: Everything found, in the order found.
        positions: Row position of each problem; None concerns the table as a whole.
        bad: Rows with at least one problem.
    """

    file: str
    labels: pd.Index
    problems: list[RowProblem] = field(default_factory=list)
    positions: list[int | None] = field(default_factory=list)
    bad: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.bad = np.zeros(len(self.labels), dtype=bool)

    def rows(self, mask: Bool[np.ndarray, "positions"], column: str, values: pd.Series, rule: str, mend: str) -> None:
        """Record one problem for every row of `mask`."""
        for at in np.flatnonzero(mask):
            self.row(int(at), column, shown(values.iloc[at]), rule, mend)

    def row(self, at: int, column: str, value: str, rule: str, mend: str) -> None:
        """Record one problem of the row at one position."""
        self.bad[at] = True
        self.problems.append(RowProblem(self.file, self.label(at), column, value, rule, mend))
        self.positions.append(at)

    def label(self, at: int) -> int | str:
        """How messages name the row at one position."""
        label = self.labels[at]
        return int(label) if isinstance(label, int | np.integer) else str(label)

    def whole(self, column: str, value: str, rule: str, mend: str) -> None:
        """Record a problem of the table or of a column: no row can be used until it is mended."""
        self.problems.append(RowProblem(self.file, None, column, value, rule, mend))
        self.positions.append(None)

    @property
    def fatal(self) -> bool:
        """Whether something is wrong that dropping rows cannot cure."""
        return None in self.positions


def check_table(
    table: Table, raw: pd.DataFrame, file: str, known: Mapping[str, Collection[str]]
) -> tuple[pd.DataFrame, Findings]:
    """Bring a table to its types and find every cell that breaks a rule of its columns.

    Args:
        table: The specification.
        raw: Cells as text or already typed; its index labels the rows in messages.
        file: Name printed in messages.
        known: Values that `refers_to` columns may take, per `table.column`; a column that is not listed is not checked.
            `declared:table.column` lists those whose rows were there and may have been rejected.

    Returns:
        The table with all columns of the specification, in its order (bad rows included), and the findings.
    """
    findings = Findings(file, raw.index)
    _check_headers(table, raw, findings)
    typed: dict[str, pd.Series] = {}
    for column in table.columns:
        if column.name in raw.columns and not isinstance(raw[column.name], pd.DataFrame):
            typed[column.name] = _check_column(column, raw[column.name], findings, known)
        else:
            typed[column.name] = _filled(column, raw.index)
    frame = pd.DataFrame(typed, index=raw.index)
    if table.unique and all(name in raw.columns for name in table.unique):
        _check_unique(table, frame, findings)
    return frame, findings


def _check_headers(table: Table, raw: pd.DataFrame, findings: Findings) -> None:
    headers = [str(name) for name in raw.columns]
    for name in sorted({name for name in headers if headers.count(name) > 1}):
        findings.whole(name, "", "the column is there twice", "keep one of them")
    for column in table.columns:
        if column.required and column.name not in headers:
            rule = f"the column is missing ({column.meaning})"
            findings.whole(column.name, "", rule, f"add it; the required columns are {_required(table)}")
    for name in headers:
        if name not in table.column_names and not name.startswith("_"):
            close = difflib.get_close_matches(name, table.column_names, n=1)
            mend = f"did you mean {close[0]!r}?" if close else f"remove it; columns are {', '.join(table.column_names)}"
            rule = f"{table.name} has no such column, and a misspelt one must not be ignored"
            findings.whole(name, "", rule, mend)


def _required(table: Table) -> str:
    return ", ".join(column.name for column in table.columns if column.required)


def _filled(column: Column, index: pd.Index) -> pd.Series:
    empty = {"text": "", "number": np.nan, "date": np.datetime64("NaT", "ns")}[column.type]
    value = empty if column.default is None else column.default
    return pd.Series(value, index=index, dtype=_dtype(column))


def _dtype(column: Column) -> Literal["object", "float64", "datetime64[ns]"]:
    # `object` and not the string type: that one differs between pandas 2 and 3, and so would every comparison with it.
    return _DTYPES[column.type]


def _check_column(
    column: Column, raw: pd.Series, findings: Findings, known: Mapping[str, Collection[str]]
) -> pd.Series:
    values, blank, wrong_type = READERS[column.type](raw)
    if wrong_type.any():
        findings.rows(wrong_type, column.name, raw, *_TYPE_RULE[column.type])
    if column.literal_nan_refused:
        literal = reads_nan(raw, blank)
        blank &= ~literal
        wrong_type = wrong_type | literal
        findings.rows(literal, column.name, raw, "is not a finite number", "leave the cell empty if there is none")
    if blank.any():
        if column.required:
            rule = f"is empty and must be filled ({column.meaning})"
            findings.rows(blank, column.name, raw, rule, "fill the cell or remove the row")
        elif column.default is not None:
            values = values.mask(blank, column.default)
    if column.type == "number":
        _check_range(column, values, ~blank & ~wrong_type, raw, findings)
    if column.allowed:
        wrong = ~blank & ~values.isin(column.allowed).to_numpy()
        _unknown(findings, wrong, column.name, raw, f"is not a known {column.name}", column.allowed)
    if column.refers_to in known:
        keys = known[column.refers_to]
        wrong = ~blank & ~values.isin(list(keys)).to_numpy()
        where = column.refers_to.partition(".")[0]
        lost = wrong & values.isin(list(known.get(f"declared:{column.refers_to}", ()))).to_numpy()
        findings.rows(lost, column.name, raw, f"stands on a row of {where} that is itself rejected", "mend that row")
        wrong &= ~lost
        first = f"add it to {where}, or "
        _unknown(findings, wrong, column.name, raw, f"is not in table {where}", sorted(keys), first)
    return values.astype(_dtype(column))


def _check_range(
    column: Column, values: pd.Series, given: Bool[np.ndarray, "positions"], raw: pd.Series, findings: Findings
) -> None:
    numbers = values.to_numpy(dtype="float64")
    finite = np.isfinite(numbers)
    findings.rows(given & ~finite, column.name, raw, "is not a finite number", "write a finite number")
    wrong = np.zeros_like(finite)
    if column.above is not None:
        wrong |= numbers <= column.above
    if column.at_least is not None:
        wrong |= numbers < column.at_least
    if column.below is not None:
        wrong |= numbers >= column.below
    if column.at_most is not None:
        wrong |= numbers > column.at_most
    rule = f"must be {column.range_text}"
    findings.rows(given & finite & wrong, column.name, raw, rule, f"{column.name} is: {column.meaning}")


def _unknown(
    findings: Findings,
    mask: Bool[np.ndarray, "positions"],
    column: str,
    raw: pd.Series,
    rule: str,
    known: Collection[str],
    first: str = "",
) -> None:
    """Like `Findings.rows`, with the nearest known value as the mend."""
    if not mask.any():
        return
    mends: dict[str, str] = {}
    for at in np.flatnonzero(mask):
        value = shown(raw.iloc[at])
        if value not in mends:
            close = difflib.get_close_matches(value, list(known), n=1, cutoff=0.5)
            listed = ", ".join(list(known)[:12]) + (", ..." if len(known) > 12 else "") or "(there are none)"
            mends[value] = first + (f"did you mean {close[0]!r}?" if close else f"use one of: {listed}")
        findings.row(int(at), column, value, rule, mends[value])


def _check_unique(table: Table, frame: pd.DataFrame, findings: Findings) -> None:
    keys = frame[list(table.unique)]
    repeated = keys.duplicated(keep="first").to_numpy()
    if repeated.any():
        repeated = repeated & ~(keys.isna() | (keys == "")).any(axis=1).to_numpy()
    if not repeated.any():
        return
    firsts = keys[~repeated].itertuples(index=False, name=None)
    first_label = dict(zip(firsts, frame.index[~repeated], strict=True))
    for at in np.flatnonzero(repeated):
        key = tuple(keys.iloc[at])
        value = " / ".join(shown(part) for part in key)
        rule = f"is there twice (first in row {first_label[key]})"
        findings.row(int(at), ", ".join(table.unique), value, rule, "give each row its own key, or merge the two")
