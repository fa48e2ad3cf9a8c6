"""Cells of one column, as text from a file or already typed, brought to one dtype without losing what was wrong."""

import numpy as np
import pandas as pd
from jaxtyping import Bool

_BLANK = {"", "nan", "na", "n/a", "null", "none", "nat"}


def shown(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float | np.floating):
        return "NaN" if np.isnan(value) else f"{value:.12g}"
    return "(empty)" if value is None or str(value).strip() == "" else str(value)


def _read_text(raw: pd.Series) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    codes, uniques = pd.factorize(raw.to_numpy(dtype=object), use_na_sentinel=True)
    texts = np.array([v.strip() if type(v) is str else as_text(v) for v in uniques] + [""], dtype=object)
    values = texts[codes]  # code -1 is a missing value and takes the last entry
    blank = values == ""
    return pd.Series(values, index=raw.index, dtype=object), blank, np.zeros(len(raw), dtype=bool)


def as_text(value: object) -> str:
    # An id column that pandas read as numbers keeps its integer look.
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _read_numbers(raw: pd.Series) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    if pd.api.types.is_numeric_dtype(raw) and not pd.api.types.is_bool_dtype(raw):
        values = raw.to_numpy(dtype="float64", na_value=np.nan)
        return pd.Series(values, index=raw.index), np.isnan(values), np.zeros(len(raw), dtype=bool)
    values = pd.to_numeric(raw.astype(object), errors="coerce").to_numpy(dtype="float64", copy=True)
    if pd.api.types.is_bool_dtype(raw):
        return pd.Series(values, index=raw.index), np.zeros(len(raw), dtype=bool), np.ones(len(raw), dtype=bool)
    read = ~np.isnan(values)
    # Older pandas parses text to within one unit in the last place; Python's float is exact.
    values[read] = raw.to_numpy(dtype=object)[read].astype("float64")
    blank, wrong = _blank_or_wrong(raw, ~read)
    return pd.Series(values, index=raw.index), blank, wrong


def _read_dates(raw: pd.Series) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    if pd.api.types.is_datetime64_any_dtype(raw):
        values = raw.dt.tz_localize(None).astype("datetime64[ns]")
        return values, values.isna().to_numpy(), np.zeros(len(raw), dtype=bool)
    codes, uniques = pd.factorize(raw.to_numpy(dtype=object), use_na_sentinel=True)
    texts = pd.Series([*(as_text(value) for value in uniques), ""], dtype=object).str.slice(0, 10)
    dates = pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce").astype("datetime64[ns]")
    values = pd.Series(dates.to_numpy()[codes], index=raw.index)
    blank, wrong = _blank_or_wrong(raw, values.isna().to_numpy())
    return values, blank, wrong


READERS = {"text": _read_text, "number": _read_numbers, "date": _read_dates}


def _blank_or_wrong(raw: pd.Series, unread: Bool[np.ndarray, "positions"]) -> tuple[np.ndarray, np.ndarray]:
    blank = np.zeros_like(unread)
    codes, uniques = pd.factorize(raw.to_numpy(dtype=object)[unread], use_na_sentinel=True)
    empty = np.array([str(cell).strip().lower() in _BLANK for cell in uniques] + [True], dtype=bool)
    blank[unread] = empty[codes]  # code -1 is a missing value and takes the last entry
    return blank, unread & ~blank


def reads_nan(raw: pd.Series, blank: Bool[np.ndarray, "positions"]) -> np.ndarray:
    """Which of the blank cells say NaN in words, where others are simply empty."""
    literal = np.zeros_like(blank)
    if not pd.api.types.is_numeric_dtype(raw):
        codes, uniques = pd.factorize(raw.to_numpy(dtype=object)[blank], use_na_sentinel=True)
        said = [isinstance(cell, str) and cell.strip().lower() == "nan" for cell in uniques]
        literal[blank] = np.array([*said, False], dtype=bool)[codes]
    return literal
