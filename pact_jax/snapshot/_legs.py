"""Periods of fixed and floating legs, on unadjusted dates counted back from maturity."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from jaxtyping import Float, Int

from pact_jax.dates import DayCount, add_months, year_fraction

from ._resolve import DAYS_PER_YEAR
from ._rows import Words


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
    def start_day(self) -> Int[np.ndarray, "flows"]:
        """Days to the first day, 0 for a period that has begun."""
        return np.maximum((self.start - self.today).astype(np.int64), 0)

    @property
    def end_day(self) -> Int[np.ndarray, "flows"]:
        """Days to the last day."""
        return (self.end - self.today).astype(np.int64)

    @property
    def start_time(self) -> Float[np.ndarray, "flows"]:
        """Years to the first day, 0 for a period that has begun."""
        return self.start_day / DAYS_PER_YEAR

    @property
    def end_time(self) -> Float[np.ndarray, "flows"]:
        """Years to the last day."""
        return self.end_day / DAYS_PER_YEAR

    @property
    def has_begun(self) -> np.ndarray:
        """Whether the period began before the valuation date, so that its floating rate is fixed."""
        return self.start < self.today


def leg_periods(
    maturity: np.ndarray, start: np.ndarray, frequency: Float[np.ndarray, "contracts"], valuation_date: date
) -> Periods:
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
    last, given = maturity.astype("datetime64[D]"), start.astype("datetime64[D]")
    begin = np.where(np.isnat(given), np.datetime64("1900-01-01", "D"), given)
    months = 12 // frequency.astype(np.int64)
    # Each contract has as many dates as reach back beyond today, earliest first.
    count = np.maximum(np.ceil((last - today).astype(np.int64) / 365.0 * 12 / months).astype(np.int64) + 3, 1)
    contract = np.repeat(np.arange(len(last)), count)
    periods_left = np.cumsum(count)[contract] - 1 - np.arange(len(contract))
    dates = add_months(last[contract], -months[contract] * periods_left)
    regular, end, of = dates[:-1], dates[1:], contract[:-1]
    due = np.flatnonzero((periods_left[:-1] > 0) & (end > today) & (end > begin[of]))
    return Periods(of[due], np.maximum(regular[due], begin[of[due]]), end[due], regular[due], today)


def accrual(
    periods: Periods, day_count: Words, frequency: Float[np.ndarray, "contracts"]
) -> Float[np.ndarray, "flows"]:
    """Year fraction of each period by its contract's day count.

    Args:
        periods: the periods.
        day_count: rule of each contract.
        frequency: periods a year of each contract, which ACT/ACT ICMA needs.

    Returns:
        One fraction a period, of its whole length.
    """
    fraction = np.empty(len(periods.contract))
    rule_of = day_count.code[periods.contract]
    for code in np.flatnonzero(np.bincount(day_count.code)):
        rule, of = DayCount.parse(str(day_count.names[code])), rule_of == code
        if rule is DayCount.ACT_ACT_ICMA:
            share = (periods.end[of] - periods.start[of]) / (periods.end[of] - periods.regular_start[of])
            fraction[of] = share / frequency[periods.contract[of]]
        else:
            fraction[of] = year_fraction(periods.start[of], periods.end[of], rule)
    return fraction


def flows_by_schedule(
    of_flow: Int[np.ndarray, "flows"], of_contract: Int[np.ndarray, "contracts"]
) -> tuple[Int[np.ndarray, "flows"], Int[np.ndarray, "flows"]]:
    """Flows of contracts that share schedules, contract by contract.

    Args:
        of_flow: schedule of each flow, ascending.
        of_contract: schedule of each contract.

    Returns:
        Which flow of the schedules each flow is, and its contract.

    Example:
        >>> flow, contract = flows_by_schedule(np.array([0, 1, 1]), np.array([1, 0, 1]))
        >>> flow.tolist(), contract.tolist()
        ([1, 2, 0, 1, 2], [0, 0, 1, 2, 2])
    """
    first, beyond = np.searchsorted(of_flow, of_contract), np.searchsorted(of_flow, of_contract, side="right")
    count = beyond - first
    contract = np.repeat(np.arange(len(count)), count)
    return np.arange(len(contract)) + (first - (np.cumsum(count) - count))[contract], contract
