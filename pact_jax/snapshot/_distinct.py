"""Identical rows of several columns: each is kept, and priced, once."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

_LARGEST = 2**62


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
    code, count = _dense(key)
    place = np.empty(count, np.int64)
    place[code[::-1]] = np.arange(len(code))[::-1]
    return place, code


def _codes(column: np.ndarray) -> tuple[np.ndarray, int]:
    """Whole numbers from 0 that order as the column does, and how many there may be."""
    if column.dtype.kind not in "iub" or not len(column):
        return _dense(column)
    lowest = int(column.min())
    return column.astype(np.int64) - lowest, int(column.max()) - lowest + 1


def _dense(column: np.ndarray) -> tuple[np.ndarray, int]:
    values, code = np.unique(column, return_inverse=True)
    return code.reshape(-1), len(values)
