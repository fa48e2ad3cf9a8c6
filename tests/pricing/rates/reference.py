"""Access to the cases of tests/reference/rates.json; the source of each set stands in the file."""

import json
from pathlib import Path

import numpy as np

from pact_jax.dates import DayCount, year_fraction

_FILE = Path(__file__).parents[2] / "reference" / "rates.json"


def cases(set_id: str) -> list[dict]:
    sets = json.loads(_FILE.read_text(encoding="utf-8"))["sets"]
    (found,) = [s for s in sets if s["id"] == set_id]
    return found["cases"]


def set_inputs(set_id: str) -> dict:
    sets = json.loads(_FILE.read_text(encoding="utf-8"))["sets"]
    (found,) = [s for s in sets if s["id"] == set_id]
    return found["inputs_common"]


def column(rows: list[dict], name: str) -> np.ndarray:
    return np.array([row[name] for row in rows], float)


def actual(start: str, dates: list[str], day_count: DayCount) -> np.ndarray:
    """Unrounded year fractions from one date; the times printed in the cases have twelve digits only."""
    return year_fraction(start, dates, day_count)
