"""The plain dictionary: positions with sensitivities to correlated factors, exposures and capital."""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Float

from pact_jax.errors import RowProblem, SnapshotError
from pact_jax.snapshot import TABLES, CellFault, LinearBook, OnReject, Snapshot, make_snapshot

from ._correlation import read_correlation

_KEYS = (
    *("positions", "risk_factors", "correlation_matrix", "credit_exposures", "total_capital", "horizon_days"),
    *("portfolio_id", "valuation_date", "reporting_currency", "description"),
    *("tier1_capital", "cash_buffer", "funding_penalty_rate", "liquidation_fraction", "cash_flows", "limits"),
)
_POSITION_KEYS = ("position_id", "desk", "value", "sensitivity", "risk_factor")
_SCALARS = ("description", "tier1_capital", "cash_buffer", "funding_penalty_rate", "liquidation_fraction")
_LISTS = ("credit_exposures", "cash_flows", "limits")


def snapshot_from_dict(
    payload: Mapping[str, object], *, on_reject: OnReject = "raise", repair: Literal["higham"] | None = None
) -> Snapshot:
    """Make a snapshot of a plain dictionary, as it comes from JSON.

    P&L = sum over positions and factors of `value x sensitivity x shock`; the shocks are standard normal with the given
    correlation over the horizon of the payload, with no further scaling.

    Args:
        payload: With the keys
            `positions`: list of {value, sensitivity, risk_factor, position_id, desk}. `sensitivity` is a number, and
            the position loads on its `risk_factor`, or, if none is named, on the factor of its own place in the list
            (then there are as many positions as factors); or it is {factor: number}.
            `risk_factors`: list of names. `correlation_matrix`: list of rows in that order.
            `credit_exposures`: list of {counterparty, current_exposure, pd, rating, lgd, ccf, undrawn, credit_driver,
            desk}; EAD = ccf x current_exposure (ccf 1 if absent), with undrawn current_exposure + ccf x undrawn.
            `total_capital`: positive amount.
            Optional: `horizon_days`, `portfolio_id`, `valuation_date` (today if absent), `reporting_currency` (USD if
            absent), `description`, `tier1_capital`, `cash_buffer`, `funding_penalty_rate`, `liquidation_fraction`,
            `cash_flows`, `limits`.
        on_reject: `raise` refuses the payload if any row is bad; `report` leaves bad rows out and lists them.
        repair: `higham` replaces a correlation that is not positive semi-definite by the nearest one and records the
            distance in `LinearBook.repair_distance`; None refuses it.

    Returns:
        A snapshot with a linear book.

    Raises:
        SnapshotError: Something is wrong; all problems are listed. A correlation that is not positive semi-definite is
            refused with its smallest eigenvalue.

    Example:
        >>> snapshot = snapshot_from_dict({
        ...     "positions": [{"value": 1e6, "sensitivity": 0.02}, {"value": -5e5, "sensitivity": {"rates": 0.01}}],
        ...     "risk_factors": ["equity", "rates"],
        ...     "correlation_matrix": [[1.0, 0.3], [0.3, 1.0]],
        ...     "credit_exposures": [{"counterparty": "ACME", "current_exposure": 2e5, "rating": "BBB"}],
        ...     "total_capital": 1e6,
        ... })
        >>> snapshot.linear.sensitivity.tolist()
        [[0.02, 0.0], [0.0, 0.01]]
    """
    if not isinstance(payload, Mapping):
        mend = "give a dictionary with positions, risk_factors, correlation_matrix, credit_exposures, total_capital"
        raise SnapshotError([RowProblem("payload", None, "", type(payload).__name__, "is not a dictionary", mend)])
    problems = [_unknown_key(name, _KEYS, "payload", None) for name in payload if name not in _KEYS]
    lists, found = _read_lists(payload)
    factors, more = _read_factors(payload, lists["positions"])
    correlation, most = read_correlation(payload.get("correlation_matrix"), factors, repair)
    horizon, last = _read_horizon(payload)
    problems += found + more + most + last
    positions, sensitivity, faults = _read_positions(lists["positions"], factors)
    scalars = _scalars(payload)
    if problems:
        # The tables are checked as well, so that one error says everything.
        problems += _problems_of_tables(lists, positions, scalars, faults, factors)
        raise SnapshotError(problems)
    book = LinearBook(factors, correlation.matrix, sensitivity, horizon, correlation.repair_distance)
    return _make(lists, positions, scalars, book, faults, on_reject)


_FILES = {name: f'payload["{name}"]' for name in ("positions", *_LISTS)} | {"snapshot": "payload"}


def _problems_of_tables(
    lists: dict[str, list[object]],
    positions: pd.DataFrame,
    scalars: dict[str, object],
    faults: list[CellFault],
    factors: tuple[str, ...],
) -> list[RowProblem]:
    size = len(factors)
    book = LinearBook(factors, np.eye(size), np.zeros((len(positions), size)))
    try:
        _make(lists, positions, scalars, book, faults, "raise")
    except SnapshotError as error:
        return list(error.problems)
    return []


def _make(
    lists: dict[str, list[object]],
    positions: pd.DataFrame,
    scalars: dict[str, object],
    book: LinearBook,
    faults: list[CellFault],
    on_reject: OnReject,
) -> Snapshot:
    tables = _tables(lists, positions, str(scalars["reporting_currency"]))
    try:
        return make_snapshot(tables, scalars, on_reject=on_reject, files=_FILES, linear=book, faults=faults)
    except SnapshotError as error:
        # The payload calls it total_capital, and a message must use the words of what was given.
        renamed = [replace(p, column="total_capital") if p.column == "capital" else p for p in error.problems]
        raise SnapshotError(renamed) from None


def _tables(lists: dict[str, list[object]], positions: pd.DataFrame, currency: str) -> dict[str, pd.DataFrame]:
    """The tables; a linear book uses no rates, so its one curve is flat at zero."""
    tables = {name: _frame(lists[name]) for name in _LISTS if lists[name]}
    tables["curves"] = pd.DataFrame({"curve": [currency], "tenor": [1.0], "zero_rate": [0.0]})
    tables["currencies"] = pd.DataFrame({"currency": [currency], "fx": [1.0], "curve": [currency]})
    return tables | {"positions": positions}


def _frame(items: list[object]) -> pd.DataFrame:
    frame = pd.DataFrame([item if isinstance(item, Mapping) else {} for item in items], dtype=object)
    return frame.set_axis([f"[{at}]" for at in range(len(frame))])


def _unknown_key(name: object, known: Sequence[str], where: str, row: str | None) -> RowProblem:
    close = difflib.get_close_matches(str(name), known, n=1)
    mend = f"did you mean {close[0]!r}?" if close else f"remove it; keys are {', '.join(known)}"
    return RowProblem(where, row, str(name), "", "is no known key, and a misspelt one must not be ignored", mend)


def _read_lists(payload: Mapping[str, object]) -> tuple[dict[str, list[object]], list[RowProblem]]:
    lists: dict[str, list[object]] = {}
    problems = []
    for name in ("positions", *_LISTS):
        value = payload.get(name, ())
        if value is None:
            value = ()
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
            problems.append(RowProblem("payload", None, name, "", "is not a list", "give a list of dictionaries"))
            value = ()
        lists[name] = list(value)
        known = _POSITION_KEYS if name == "positions" else TABLES[name].column_names
        for at, item in enumerate(lists[name]):
            if not isinstance(item, Mapping):
                rule = f"is not a dictionary but {type(item).__name__}"
                problems.append(RowProblem(_FILES[name], f"[{at}]", "", "", rule, f"keys are {', '.join(known)}"))
            elif name == "positions":
                problems += [_unknown_key(key, known, _FILES[name], f"[{at}]") for key in item if key not in known]
    return lists, problems


def _read_factors(payload: Mapping[str, object], positions: list[object]) -> tuple[tuple[str, ...], list[RowProblem]]:
    value = payload.get("risk_factors")
    if value is None:
        if not positions:
            return (), []
        return (), [RowProblem("payload", None, "risk_factors", "", "is missing", "list the names of the factors")]
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(name, str) for name in value):
        return (), [RowProblem("payload", None, "risk_factors", "", "is not a list of names", 'give ["equity", ...]')]
    names = tuple(name.strip() for name in value)
    twice = sorted({name for name in names if names.count(name) > 1 or not name})
    mend = "give each factor its own name"
    return names, [RowProblem("payload", None, "risk_factors", name, "is there twice or empty", mend) for name in twice]


def _read_horizon(payload: Mapping[str, object]) -> tuple[int | None, list[RowProblem]]:
    value = payload.get("horizon_days")
    if value is None:
        return None, []
    number = _number(value)
    if number is None or number != int(number) or number < 1:
        mend = "business days that one unit of shock stands for"
        return None, [RowProblem("payload", None, "horizon_days", repr(value), "must be a whole number >= 1", mend)]
    return int(number), []


def _scalars(payload: Mapping[str, object]) -> dict[str, object]:
    given = {name: payload[name] for name in _SCALARS if name in payload}
    defaults = {"portfolio_id": "payload", "valuation_date": date.today().isoformat(), "reporting_currency": "USD"}
    filled = {name: payload.get(name) or value for name, value in defaults.items()}
    return {**filled, **given, "capital": payload.get("total_capital")}


def _read_positions(
    items: list[object], factors: tuple[str, ...]
) -> tuple[pd.DataFrame, Float[np.ndarray, "positions factors"], list[CellFault]]:
    """Columns of the positions table, the sensitivity matrix, and what is wrong with single sensitivities."""
    place = {name: at for at, name in enumerate(factors)}
    sensitivity = np.zeros((len(items), len(factors)))
    faults: list[CellFault] = []
    rows = []
    for at, item in enumerate(items):
        given = item if isinstance(item, Mapping) else {}
        identifier = given.get("position_id")
        rows.append(
            {
                "position_id": f"P{at + 1}" if identifier is None else identifier,
                "desk": given.get("desk"),
                "value": str(given["value"]) if isinstance(given.get("value"), bool) else given.get("value"),
            }
        )
        loads = _loads(at, given, factors, len(items))
        for name, number in loads.items():
            value = _number(number)
            if name in place and value is not None:
                sensitivity[at, place[name]] = value
            else:
                faults.append(_sensitivity_fault(at, name, number, factors))
    frame = pd.DataFrame(rows, columns=["position_id", "desk", "value"], dtype=object)
    return frame.set_axis([f"[{at}]" for at in range(len(items))]), sensitivity, faults


def _loads(at: int, item: Mapping[str, object], factors: tuple[str, ...], count: int) -> Mapping[str, object]:
    """Sensitivity by factor name; the empty name says that no factor could be found."""
    value = item.get("sensitivity")
    if isinstance(value, Mapping):
        return {str(name): number for name, number in value.items()}
    named = item.get("risk_factor")
    if named is not None:
        return {str(named): value}
    return {factors[at] if count == len(factors) else "": value}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return None
    return float(value) if math.isfinite(value) else None


def _sensitivity_fault(at: int, name: str, number: object, factors: tuple[str, ...]) -> CellFault:
    if _number(number) is None:
        mend = "a number, or {factor: number}: P&L per unit of value and unit of shock"
        return CellFault("positions", at, "sensitivity", repr(number), "is not a finite number", mend)
    if name:
        close = difflib.get_close_matches(name, factors, n=1)
        mend = f"did you mean {close[0]!r}?" if close else f"risk_factors are {', '.join(factors[:12])}"
        return CellFault("positions", at, "risk_factor", name, "is not in risk_factors", mend)
    rule = f"names no risk_factor, and there are not as many positions as the {len(factors)} factors"
    return CellFault("positions", at, "risk_factor", "", rule, "name the factor, or give {factor: number}")
