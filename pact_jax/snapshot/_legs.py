"""Periods of fixed and floating legs, on unadjusted dates counted back from maturity."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from pact_jax.dates import DayCount, add_months, year_fraction

from ._resolve import DAYS_PER_YEAR


@dataclass(frozen=True, eq=False)
class Periods:
    """Periods of distinct contracts that end after the valuation date, sorted by contract and date.

    Attributes:
        contract: which contract.
        start: first day, that of the contract if its first period is shorter than regular.
        end: last day and payment date.
        regular_start: first day of the regular period that ends on `end`.
        today: valuation date.
    """

    contract: Int[np.ndarray, "flows"]
    start: np.ndarray
    end: np.ndarray
    regular_start: np.ndarray
    today: np.datetime64

    @property
    def start_time(self) -> Float[np.ndarray, "flows"]:
        """Years to the first day, 0 for a period that has begun."""
        return np.maximum((self.start - self.today).astype(int), 0) / DAYS_PER_YEAR

    @property
    def end_time(self) -> Float[np.ndarray, "flows"]:
        """Years to the last day."""
        return (self.end - self.today).astype(int) / DAYS_PER_YEAR

    @property
    def has_begun(self) -> np.ndarray:
        """Whether the period began before the valuation date, so that its floating rate is fixed."""
        return self.start < self.today


def leg_periods(maturity: pd.Series, start: pd.Series, frequency: pd.Series, valuation_date: date) -> Periods:
    """Periods of a leg that are still to be paid.

    Args:
        maturity: end of the last period.
        start: first day of the first period, NaT for a contract that began long ago.
        frequency: periods a year: 1, 2, 4 or 12.
        valuation_date: periods that end on or before it are gone.

    Returns:
        The periods.
    """
    today = np.datetime64(valuation_date, "D")
    last = pd.to_datetime(maturity).to_numpy().astype("datetime64[D]")
    given = pd.to_datetime(start).to_numpy().astype("datetime64[D]")
    begin = np.where(np.isnat(given), np.datetime64("1900-01-01", "D"), given)
    months = 12 // frequency.to_numpy().astype(int)
    longest = int(np.ceil(((last - today).astype(int) / 365.0 * 12 / months).max())) + 2
    steps = np.arange(longest + 1)
    shape = (len(last), longest + 1)
    back = np.broadcast_to(last[:, None], shape).ravel()
    dates = add_months(back, (-months[:, None] * steps).ravel()).reshape(shape)
    end, regular = dates[:, :-1], dates[:, 1:]
    contract, step = np.nonzero((end > today) & (end > begin[:, None]))
    end, regular = end[contract, step], regular[contract, step]
    order = np.lexsort((end, contract))
    contract, end, regular = contract[order], end[order], regular[order]
    return Periods(contract, np.maximum(regular, begin[contract]), end, regular, today)


def accrual(periods: Periods, day_count: pd.Series, frequency: pd.Series) -> Float[np.ndarray, "flows"]:
    """Year fraction of each period by its contract's day count.

    Args:
        periods: the periods.
        day_count: rule of each contract.
        frequency: periods a year of each contract, which ACT/ACT ICMA needs.

    Returns:
        One fraction a period, of its whole length.
    """
    fraction = np.empty(len(periods.contract))
    rule_of = day_count.to_numpy()[periods.contract]
    for name in pd.unique(rule_of):
        rule, of = DayCount.parse(str(name)), rule_of == name
        if rule is DayCount.ACT_ACT_ICMA:
            share = (periods.end - periods.start) / (periods.end - periods.regular_start)
            fraction[of] = (share / frequency.to_numpy(float)[periods.contract])[of]
        else:
            fraction[of] = year_fraction(periods.start[of], periods.end[of], rule)
    return fraction
