"""Identical rows of several columns: each is kept, and priced, once."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Int

_LARGEST = 2**62
_ROOM = 4
"""Places a row may have in a table of all possible keys; beyond, keys are looked up by hash."""


def distinct_rows(columns: Sequence[np.ndarray]) -> tuple[Int[np.ndarray, "contracts"], Int[np.ndarray, "positions"]]:
    """Finds identical rows, whatever the order of the input.

    Args:
        columns: whole numbers, real numbers or dates; at least one. Missing values are equal, and come last.

    Returns:
        Place of the first of each distinct row, sorted by the columns one after the other; and which of them each row
        is.

    Example:
        >>> place, code = distinct_rows([np.array([2, 1, 2]), np.array([0.5, 0.5, 0.5])])
        >>> place.tolist(), code.tolist()
        ([1, 0], [1, 0, 1])
    """
    # One whole number a row, which orders as the rows do: sorting that is many times faster than sorting records.
    key, size = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        code, count = _codes(column)
        if size * count > _LARGEST:
            (key, size), (code, count) = _dense(key), _dense(code)
        key, size = key * count + code, size * count
    code, count = _ranked(key, size)
    place = np.empty(count, np.int64)
    place[code[::-1]] = np.arange(len(code))[::-1]
    return place, code


def _codes(column: np.ndarray) -> tuple[np.ndarray, int]:
    """Whole numbers from 0 that order as the column does, and how many there may be."""
    if column.dtype.kind not in "iub" or not len(column):
        return _dense(column)
    lowest = int(column.min())
    return column.astype(np.int64, copy=False) - lowest, int(column.max()) - lowest + 1


def _ranked(key: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """Whole numbers below a size, numbered without gaps."""
    if size > _ROOM * len(key):
        return _dense(key)
    seen = np.zeros(size, bool)
    seen[key] = True
    return (np.cumsum(seen) - 1)[key], int(np.count_nonzero(seen))


def _dense(column: np.ndarray) -> tuple[np.ndarray, int]:
    # By a hash table, because rows outnumber their distinct values: only those are sorted.
    code, values = pd.factorize(column, use_na_sentinel=False)
    rank = np.empty(len(values), np.int64)
    rank[np.argsort(values, kind="stable")] = np.arange(len(values))
    return rank[code], len(values)
