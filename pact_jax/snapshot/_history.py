"""Levels of the risk factors by date: one column per factor, every cell a finite level."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from ._cells import READERS
from ._context import Context
from ._schema import HISTORY_FACTORS
from ._table_spec import Findings


def check_history(raw: pd.DataFrame, file: str, context: Context) -> tuple[pd.DataFrame, Findings]:
    """Read the history: an ascending date index and one column of levels per known factor.

    Args:
        raw: Indexed by date, or with a `date` column; the index then labels the rows in messages.
        file: Name printed in messages.
        context: The tables that factor keys refer to.

    Returns:
        The history indexed by date (bad rows and unknown columns included), and the findings.
    """
    labels = raw.index.strftime("%Y-%m-%d") if isinstance(raw.index, pd.DatetimeIndex) else raw.index
    if "date" in raw.columns:
        dates, body = raw["date"], raw.drop(columns="date")
    else:
        dates, body = pd.Series(raw.index, index=raw.index), raw
    findings = Findings(file, labels)
    stamps = _check_dates(dates, findings)
    allowed, declared = _keys(context, context.names), _keys(context, context.declared)
    levels: dict[str, np.ndarray] = {}
    for name in body.columns:
        key = str(name)
        if key in declared and key not in allowed:
            continue  # the row that it belongs to is rejected and listed
        if key not in allowed:
            findings.whole(key, "", *_unknown_factor(key, allowed))
            continue
        levels[key] = _check_levels(body[name], findings, key)
    frame = pd.DataFrame(levels, index=pd.DatetimeIndex(stamps.to_numpy(), name="date"))
    return frame, findings


def _check_dates(dates: pd.Series, findings: Findings) -> pd.Series:
    from_text = dates if pd.api.types.is_datetime64_any_dtype(dates) else dates.astype(str).str.slice(0, 10)
    stamps = pd.Series(
        pd.to_datetime(from_text, format="%Y-%m-%d", errors="coerce").to_numpy(dtype="datetime64[ns]"),
        index=dates.index,
    )
    unread = stamps.isna().to_numpy()
    findings.rows(unread, "date", dates, "is not a date", "write it as YYYY-MM-DD")
    backward = (stamps.diff() <= pd.Timedelta(0)).to_numpy()
    findings.rows(backward, "date", dates, "is not after the date of the row before", "sort by date, one row per date")
    return stamps


def _check_levels(raw: pd.Series, findings: Findings, key: str) -> np.ndarray:
    if raw.dtype == np.float64 and _are_levels(raw.to_numpy(), key):
        return raw.to_numpy()
    values, blank, wrong_type = READERS["number"](raw)
    levels = values.to_numpy()
    mend = "fill the level, drop the date or drop the column: a gap has no return"
    findings.rows(blank | wrong_type | np.isinf(levels), key, raw, "is not a finite level", mend)
    if not _may_be_negative(key):
        findings.rows(
            levels <= 0.0, key, raw, "must be > 0: its returns are logarithmic", "write the level, not the return"
        )
    return levels


def _are_levels(values: np.ndarray, key: str) -> bool:
    return bool(np.isfinite(values).all() and (_may_be_negative(key) or (values > 0.0).all()))


def _may_be_negative(key: str) -> bool:
    return key.startswith("zero:")


def _keys(context: Context, names: Callable[[str], frozenset[str]]) -> frozenset[str]:
    assets, currencies = names("assets.asset"), names("currencies.currency")
    keys = {f"{word}:{name}" for word in ("spot", "half_spread", "adv") for name in assets}
    keys |= {f"fx:{name}" for name in currencies - {context.reporting_currency}}
    keys |= {f"vol:{name}" for name in names("vols.surface")}
    keys |= {f"hazard:{name}" for name in names("hazards.issuer")}
    tenors = context.tables["curves"]["tenor"].unique() if len(context.tables["curves"]) else ()
    keys |= {f"zero:{curve}:{tenor:g}" for curve in names("curves.curve") for tenor in tenors}
    return frozenset(keys)


def _unknown_factor(key: str, allowed: frozenset[str]) -> tuple[str, str]:
    word = key.partition(":")[0]
    if word not in HISTORY_FACTORS:
        shapes: Mapping[str, tuple[str, str]] = HISTORY_FACTORS
        return "is no factor key", f"name columns {', '.join(shape for shape, _ in shapes.values())}"
    same = sorted(name for name in allowed if name.startswith(word + ":"))
    return f"names no {word} factor of this snapshot", f"known: {', '.join(same[:8]) or '(there are none)'}"
