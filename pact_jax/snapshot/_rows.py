"""Columns of a table as arrays, each read out of its frame once: text is looked up once a word, not once a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int


@dataclass(frozen=True, eq=False)
class Words:
    """A column of text.

    Attributes:
        names: distinct words, sorted.
        code: index into `names` of the word of each row, so that codes order as words do.
    """

    names: np.ndarray
    code: Int[np.ndarray, "positions"]

    def take(self, at: np.ndarray) -> "Words":
        """The same column of other rows."""
        return Words(self.names, self.code[at])

    def index_in(self, index: Mapping[str, int], missing: int = 0) -> Int[np.ndarray, "positions"]:
        """Index of each row's word."""
        return np.array([index.get(name, missing) for name in self.names], dtype=np.int64)[self.code]

    def value_in(self, value: Mapping[str, float]) -> Float[np.ndarray, "positions"]:
        """Value of each row's word, NaN for a word that has none."""
        return np.array([value.get(name, np.nan) for name in self.names], dtype=np.float64)[self.code]

    def or_else(self, word: str) -> "Words":
        """The same column with a word where there is none."""
        return Words(np.array([name or word for name in self.names], dtype=object), self.code)

    def among(self, *words: str) -> Bool[np.ndarray, "positions"]:
        """Which rows say one of some words."""
        return np.array([name in words for name in self.names], dtype=bool)[self.code]


def words_of(values: np.ndarray) -> Words:
    """Reads a column of text.

    Args:
        values: text of each row; a missing value reads as the empty word.

    Returns:
        Words and codes.

    Example:
        >>> words_of(np.array(["put", "call", "put"], dtype=object)).code.tolist()
        [1, 0, 1]
    """
    code, names = pd.factorize(values)
    if (missing := code < 0).any():
        return words_of(np.where(missing, "", values))
    order = np.argsort(names, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return Words(np.asarray(names[order], dtype=object), rank[code])


@dataclass(frozen=True, eq=False)
class Rows:
    """Some columns of some rows of a table.

    Attributes:
        columns: columns by name: words, numbers or dates.
        at: place of each row in the table.
    """

    columns: Mapping[str, Words | np.ndarray]
    at: Int[np.ndarray, "positions"]

    def __len__(self) -> int:
        return len(self.at)

    def words(self, name: str) -> Words:
        """A column of text."""
        column = self.columns[name]
        assert isinstance(column, Words), name
        return column

    def dates(self, name: str, empty: np.ndarray | np.datetime64 | None = None) -> np.ndarray:
        """A column of dates, `empty` or NaT where there is none."""
        column = self.columns[name]
        assert isinstance(column, np.ndarray), name
        return column if empty is None else np.where(np.isnat(column), empty, column)

    def numbers(self, name: str, empty: float = np.nan) -> Float[np.ndarray, "positions"]:
        """A column of numbers, `empty` where there is none."""
        values = np.asarray(self.columns[name], dtype=np.float64)
        return np.where(np.isnan(values), empty, values)

    def take(self, at: np.ndarray) -> "Rows":
        """The same columns of some of the rows."""
        columns = {
            name: column.take(at) if isinstance(column, Words) else column[at] for name, column in self.columns.items()
        }
        return Rows(columns, self.at[at])

    def replace(self, name: str, values: np.ndarray) -> "Rows":
        """The same rows with other values in one column of numbers or dates."""
        return Rows({**self.columns, name: values}, self.at)


class SortedTable:
    """A table with its rows in another order; a column is read when it is asked for, and once.

    Attributes:
        order: place in the frame of each row.
    """

    def __init__(self, frame: pd.DataFrame, order: Int[np.ndarray, "positions"]):
        self.order = order
        self._frame = frame
        self._raw: dict[str, np.ndarray] = {}
        self._arrays: dict[str, np.ndarray] = {}
        self._words: dict[str, Words] = {}

    def __len__(self) -> int:
        return len(self.order)

    def array(self, name: str) -> np.ndarray:
        """A column as it stands in the frame."""
        if name not in self._arrays:
            self._arrays[name] = self._unsorted(name)[self.order]
        return self._arrays[name]

    def words(self, name: str) -> Words:
        """A column of text."""
        if name not in self._words:
            self._words[name] = words_of(self._unsorted(name)).take(self.order)
        return self._words[name]

    def rows(self, at: Int[np.ndarray, "positions"], names: Sequence[str]) -> Rows:
        """Some columns of some rows."""
        return Rows({name: self._column(name, at) for name in names}, at)

    def replace(self, name: str, values: np.ndarray) -> "SortedTable":
        """The same table with other values in one column of numbers."""
        table = SortedTable(self._frame, self.order)
        table._raw, table._words = dict(self._raw), dict(self._words)
        table._arrays = {**self._arrays, name: values}
        return table

    def _column(self, name: str, at: Int[np.ndarray, "positions"]) -> Words | np.ndarray:
        if name in self._words:
            return self._words[name].take(at)
        if name in self._arrays:
            column = self._arrays[name][at]
        else:
            column = self._unsorted(name)[self.order[at]]
        # Words of few rows are read from those rows alone.
        return words_of(column) if column.dtype == object else column

    def _unsorted(self, name: str) -> np.ndarray:
        if name not in self._raw:
            self._raw[name] = self._frame[name].to_numpy()
        return self._raw[name]


def sorted_by(frame: pd.DataFrame, key: str) -> SortedTable:
    """A table in the order of one column of text."""
    return SortedTable(frame, np.argsort(frame[key].to_numpy(), kind="stable"))
