"""The one door to a snapshot: each table is checked by itself and against the others, and all faults are listed."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from pact_jax.errors import RowProblem, SnapshotError

from ._checks import CHECKS
from ._checks_positions import fill_position_currency
from ._context import Context
from ._history import check_history
from ._rejected import rejected_rows
from ._schema import SCALARS, TABLES
from ._schema_positions import LINEAR_POSITIONS
from ._snapshot import TABLE_NAMES, LinearBook, RejectedRow, Snapshot
from ._table_spec import Findings, Table, check_table

OnReject = Literal["raise", "report"]

_GROUPS = {"curves": "curve", "vols": "surface", "hazards": "issuer"}


@dataclass(frozen=True)
class CellFault:
    """A fault that a door found while it turned its own format into tables.

    Attributes:
        table: Table of the row.
        at: Position of the row in that table.
        column: Name of the field as the user wrote it.
        value: The offending value as text.
        rule: The rule it breaks.
        mend: How to mend it.
    """

    table: str
    at: int
    column: str
    value: str
    rule: str
    mend: str


def make_snapshot(
    tables: Mapping[str, pd.DataFrame],
    scalars: Mapping[str, object],
    *,
    on_reject: OnReject = "raise",
    files: Mapping[str, str] | None = None,
    linear: LinearBook | None = None,
    faults: Sequence[CellFault] = (),
) -> Snapshot:
    """Check every cell of a set of tables and make a snapshot of them.

    Args:
        tables: Frames by table name with the columns of `TABLES`; `history` is indexed by date or has a `date` column.
            Absent tables are empty. Cells may be text or typed; the index labels rows in messages.
        scalars: Values by scalar name, as in `snapshot.json`.
        on_reject: `raise` lists all bad rows in one error; `report` leaves them out and lists them in `rejected`, so
            that the run is INCOMPLETE. Faults of scalars, columns or whole tables raise in either case.
        files: Name printed in messages for a table; the table's name if absent.
        linear: Sensitivities of a linear book; its rows follow the `positions` table.
        faults: Faults that the caller already found, listed with the others.

    Returns:
        The snapshot, with the defaults of the schema filled in.

    Raises:
        SnapshotError: Something is wrong; `problems` lists everything found.

    Example:
        >>> import pandas as pd
        >>> tables = {
        ...     "curves": pd.DataFrame({"curve": ["USD"], "tenor": [1.0], "zero_rate": [0.03]}),
        ...     "currencies": pd.DataFrame({"currency": ["USD"], "fx": [1.0], "curve": ["USD"]}),
        ...     "assets": pd.DataFrame({"asset": ["ACME"], "currency": ["USD"], "spot": [50.0]}),
        ...     "positions": pd.DataFrame(
        ...         {"position_id": ["P1"], "desk": ["equity"], "kind": ["stock"], "quantity": [100], "asset": ["ACME"]}
        ...     ),
        ... }
        >>> scalars = {
        ...     "portfolio_id": "demo", "valuation_date": "2022-12-28", "reporting_currency": "USD", "capital": 1e6
        ... }
        >>> make_snapshot(tables, scalars).positions.loc[0, "currency"]
        'USD'
    """
    if on_reject not in ("raise", "report"):
        message = "must be 'raise' or 'report'"
        raise SnapshotError([RowProblem("on_reject", None, "", repr(on_reject), message, "use one of the two")])
    names = dict(files or {})
    values, problems = _read_scalars(scalars, names.get("snapshot", "snapshot.json"))
    problems += _unknown_tables(tables)
    review = _Review(values, on_reject == "report", names, linear)
    for name in TABLE_NAMES:
        review.read(name, tables.get(name), [fault for fault in faults if fault.table == name])
    problems += _empty_book(review, names)
    fatal = bool(problems) or any(one.fatal for one in review.findings.values())
    problems += [found for one in review.findings.values() for found in one.problems]
    if fatal or (problems and on_reject == "raise"):
        raise SnapshotError(problems)
    return review.snapshot()


class _Review:
    """Reads the tables one after the other; each may refer to those before it."""

    def __init__(self, scalars: dict, drop: bool, files: Mapping[str, str], linear: LinearBook | None):
        self.scalars, self.drop, self.files, self.linear = scalars, drop, files, linear
        factor_names = linear.factor_names if linear else ()
        self.context = Context(
            scalars["valuation_date"], scalars["reporting_currency"] or "", factor_names=factor_names
        )
        self.findings: dict[str, Findings] = {}
        self.rejected: list[RejectedRow] = []
        self.rows_in: dict[str, int] = {}

    def read(self, name: str, raw: pd.DataFrame | None, faults: Sequence[CellFault]) -> None:
        file = self.files.get(name, name)
        given = raw if raw is not None else pd.DataFrame()
        self.rows_in[name] = len(given)
        if name == "history" and any(one.fatal for one in self.findings.values()):
            return
        if name == "history":
            frame, findings = check_history(given, file, self.context)
        else:
            table = LINEAR_POSITIONS if name == "positions" and self.linear else TABLES[name]
            empty = given.empty and not len(given.columns)
            frame, findings = check_table(table, _blank(table) if empty else given, file, self.context.known)
        for fault in faults:
            findings.row(fault.at, fault.column, fault.value, fault.rule, fault.mend)
        self.findings[name] = findings
        # Once a column is missing, what refers to it would only repeat that in other words.
        if name in CHECKS and not any(one.fatal for one in self.findings.values()):
            CHECKS[name](frame, findings, self.context)
        if name == "positions" and not self.linear:
            frame = fill_position_currency(frame, self.context.tables["assets"], self.context.reporting_currency)
        self._keep(name, frame)

    def _keep(self, name: str, frame: pd.DataFrame) -> None:
        findings = self.findings[name]
        bad = findings.bad.copy()
        if name in _GROUPS:
            bad = _with_whole_group(frame, _GROUPS[name], bad)
        kept = frame
        if self.drop and bad.any():
            self.rejected += rejected_rows(name, frame, findings, bad, self.context)
            if name == "positions" and self.linear:
                self.linear = replace(self.linear, sensitivity=self.linear.sensitivity[~bad])
            kept = frame[~bad]
        self.context.tables[name] = kept
        self._learn(name, frame, kept)
        if name == "currencies" and len(bad) and self.context.reporting_currency not in set(kept["currency"]):
            rule = "the reporting currency has no row that can be used"
            findings.whole(
                "currency", self.context.reporting_currency, rule, "mend it: nothing can be reported without"
            )

    def _learn(self, name: str, frame: pd.DataFrame, kept: pd.DataFrame) -> None:
        """Names that other tables may refer to, and those whose rows were there and may have been rejected."""
        if name == "history" or self.findings[name].fatal:
            return
        for column in frame.select_dtypes(include="object").columns:
            declared = frozenset(frame[column].unique()) - {""}
            known = declared if kept is frame else frozenset(kept[column].unique()) - {""}
            self.context.known[f"declared:{name}.{column}"] = declared
            self.context.known[f"{name}.{column}"] = known

    def snapshot(self) -> Snapshot:
        found = {"linear": self.linear, "rejected": tuple(self.rejected), "rows_in": self.rows_in}
        fields: dict[str, Any] = {**self.scalars, **self.context.tables, **found}
        return Snapshot(**fields)


def _blank(table: Table) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in table.column_names})


def _with_whole_group(frame: pd.DataFrame, group: str, bad: np.ndarray) -> np.ndarray:
    """A curve or surface with a bad node cannot be used at all."""
    return bad | frame[group].isin(list(frame.loc[bad, group].unique())).to_numpy()


def _read_scalars(scalars: Mapping[str, object], file: str) -> tuple[dict, list[RowProblem]]:
    table = Table("snapshot", "the scalars of a snapshot", SCALARS)
    given = {name: ["" if value is None else value] for name, value in scalars.items()}
    frame, findings = check_table(table, pd.DataFrame(given, index=[0], dtype=object), file, {})
    values: dict = {name: frame[name].iloc[0] for name in table.column_names}
    date = values["valuation_date"]
    values["valuation_date"] = None if pd.isna(date) else date.date()
    for name in ("tier1_capital", "cash_buffer"):
        values[name] = None if np.isnan(values[name]) else float(values[name])
    values = {name: float(value) if isinstance(value, np.floating) else value for name, value in values.items()}
    return values, [replace(problem, row=None) for problem in findings.problems]


def _unknown_tables(tables: Mapping[str, pd.DataFrame]) -> list[RowProblem]:
    problems = []
    for name in tables:
        if name not in TABLE_NAMES:
            close = difflib.get_close_matches(str(name), TABLE_NAMES, n=1)
            mend = f"did you mean {close[0]!r}?" if close else f"tables are {', '.join(TABLE_NAMES)}"
            problems.append(RowProblem(str(name), None, "", "", "is no table of a snapshot", mend))
    return problems


def _empty_book(review: _Review, files: Mapping[str, str]) -> list[RowProblem]:
    tables = review.context.tables
    positions = files.get("positions", "positions")
    problems = []
    if not review.rows_in["positions"] and not review.rows_in["credit_exposures"]:
        mend = "add at least one position or credit exposure"
        problems.append(RowProblem(positions, None, "", "", "the book is empty: no position and no exposure", mend))
    elif not len(tables["positions"]) and not len(tables["credit_exposures"]):
        found = review.rejected[0] if review.rejected else None
        rule = f"every row was rejected: nothing is left to assess{f'; the first: {found}' if found else ''}"
        problems.append(RowProblem(positions, None, "", "", rule, "mend the rows"))
    if not problems:
        for name, table in TABLES.items():
            if table.required and not review.rows_in[name]:
                rule = f"the table is missing or empty: {table.meaning}"
                mend = f"add it with columns {', '.join(c.name for c in table.columns if c.required)}"
                problems.append(RowProblem(files.get(name, name), None, "", "", rule, mend))
    return problems
