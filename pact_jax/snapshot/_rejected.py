"""Rows that are left out of a run: one record each, with what the row was worth."""

import numpy as np
import pandas as pd
from jaxtyping import Bool

from pact_jax.errors import RowProblem

from ._context import Context
from ._schema import TABLES
from ._snapshot import RejectedRow
from ._table_spec import Findings
from ._worth import notional, value_at_input_price

_WHOLE_GROUP = "its group is incomplete: another of its rows is rejected"


def rejected_rows(
    table: str, frame: pd.DataFrame, findings: Findings, bad: Bool[np.ndarray, "positions"], context: Context
) -> list[RejectedRow]:
    """Make one record per rejected row, the rules of several faults joined.

    Args:
        table: Name of the table.
        frame: The table, bad rows included.
        findings: What is wrong with it.
        bad: Rows to leave out: those with faults, and the rest of a curve or surface that has one.
        context: The market that amounts are converted with.

    Returns:
        One record per bad row, in row order.
    """
    if not bad.any():
        return []
    key = TABLES[table].unique[0] if table in TABLES and TABLES[table].unique else ""
    values = value_at_input_price(frame, context) if table == "positions" else np.full(len(frame), np.nan)
    sizes = notional(table, frame, context)
    faults = _by_row(findings)
    rows = []
    for at in map(int, np.flatnonzero(bad)):
        name = str(frame[key].iloc[at]) if key else ""
        found = faults.get(at) or [RowProblem(findings.file, findings.label(at), "", name, _WHOLE_GROUP)]
        rule = "; ".join(dict.fromkeys(f"{one.column} {one.rule}".strip() for one in found))
        first = found[0]
        place = (first.file, first.row, first.column, first.value, rule, first.mend)
        worth = {"market_value": float(values[at]), "notional": float(sizes[at])}
        rows.append(RejectedRow(*place, table=table, key=name, **worth))
    return rows


def _by_row(findings: Findings) -> dict[int, list[RowProblem]]:
    faults: dict[int, list[RowProblem]] = {}
    for at, problem in zip(findings.positions, findings.problems, strict=True):
        if at is not None:
            faults.setdefault(at, []).append(problem)
    return faults
