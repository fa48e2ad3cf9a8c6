"""Fixing dates of averages, counted back from the last one."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from jaxtyping import Float

from pact_jax.dates import add_months

from ._capacity import capacity
from ._resolve import DAYS_PER_YEAR
from ._rows import Rows

AVERAGES: Final = ("geometric", "arithmetic")
WEEKDAYS: Final = 250
WEEKS: Final = 52
FIXING_FREQUENCIES: Final = (1, 2, 4, 12, WEEKS, WEEKDAYS)
"""Fixings a year: whole months for 1 to 12, every seventh day for 52, every weekday for 250 (holidays included)."""


@dataclass(frozen=True, eq=False)
class Averaging:
    """Fixings of distinct contracts.

    Attributes:
        time: years to each fixing still to come, ascending; padding repeats the last.
        weight: `1 / number of all fixings` of each; 0 pads.
        past_weight: weight of all past fixings together, those of the valuation date included.
    """

    time: Float[np.ndarray, "contracts dates"]
    weight: Float[np.ndarray, "contracts dates"]
    past_weight: Float[np.ndarray, "contracts"]


def averaging(rows: Rows, valuation_date: date) -> Averaging:
    """Fixings on or after `first_fixing`, counted back from maturity at the contract's frequency.

    Args:
        rows: distinct contracts with maturity, first_fixing and fixing_frequency.
        valuation_date: fixings on or before it are known.

    Returns:
        Times and equal weights, padded to a capacity.
    """
    today = np.datetime64(valuation_date, "D")
    last = rows.dates("maturity").astype("datetime64[D]")
    first = rows.dates("first_fixing").astype("datetime64[D]")
    dates = _counted_back(last, first, rows.numbers("fixing_frequency").astype(int))
    counted = dates >= first[:, None]
    ahead = counted & (dates > today)
    share = 1.0 / counted.sum(axis=1)
    days = np.where(ahead, dates - today, (last - today)[:, None]).astype(float)
    return Averaging(days / DAYS_PER_YEAR, ahead * share[:, None], (counted & ~ahead).sum(axis=1) * share)


def _counted_back(last: np.ndarray, first: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Dates of each contract, ascending; those before `first` are padding."""
    years = (last - first).astype(int) / 365.0
    steps = np.arange(
        capacity(int(np.ceil(((years + 0.1) * np.where(frequency == WEEKDAYS, 262, frequency)).max())) + 1)
    )
    shape = (len(last), len(steps))
    start = np.broadcast_to(last[:, None], shape)
    months = -(12 // np.minimum(frequency, 12))[:, None] * steps
    monthly = add_months(start.ravel(), np.broadcast_to(months, shape).ravel()).reshape(shape)
    weekly = start - np.timedelta64(7, "D") * steps
    daily = np.busday_offset(start, -np.broadcast_to(steps, shape), roll="backward")
    every = frequency[:, None]
    return np.where(every == WEEKDAYS, daily, np.where(every == WEEKS, weekly, monthly))[:, ::-1]
