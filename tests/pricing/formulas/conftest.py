"""Published cases as columns of arrays, and the error measure that the formulas are held to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

_FILE = Path(__file__).parents[2] / "reference" / "options.json"


class Cases:
    """The cases of one published set, by column."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def __getitem__(self, name: str) -> np.ndarray:
        return np.array([row["inputs"][name] for row in self.rows])

    def expected(self, name: str = "value") -> np.ndarray:
        return np.array([row["expected"][name] for row in self.rows], dtype=float)

    @property
    def is_call(self) -> np.ndarray:
        return np.array([row["inputs"]["option_type"] == "Call" for row in self.rows])

    @property
    def tolerance(self) -> np.ndarray:
        return np.array([row["abs_tol"] for row in self.rows], dtype=float)

    def where(self, keep: Callable[[dict[str, Any]], bool]) -> "Cases":
        return Cases([row for row in self.rows if keep(row["inputs"])])

    def check(self, values: Any, name: str = "value") -> None:
        error = np.abs(np.asarray(values) - self.expected(name))
        bad = [
            (row["id"], float(error[i]), float(self.tolerance[i]))
            for i, row in enumerate(self.rows)
            if not error[i] <= self.tolerance[i]
        ]
        assert not bad and len(self.rows) > 0, bad


@pytest.fixture(scope="session")
def cases() -> Callable[[str], Cases]:
    sets = {entry["id"]: entry["cases"] for entry in json.loads(_FILE.read_text())["sets"]}
    return lambda name: Cases(sets[name])
