"""Payment schedules: the dates between a start and an end at a regular tenor, with stubs and month-end rules."""

import dataclasses
import enum

import numpy as np

from ..errors import ArgumentError
from ._calendar import BusinessDayConvention, Calendar, third_wednesday
from ._daycount import DayCount, year_fraction
from ._days import (
    DayArray,
    DayLike,
    NumberArray,
    add_months,
    as_days,
    end_of_month,
    from_year_month_day,
    is_month_end,
    year_month_day,
)
from ._tenor import Tenor, TenorUnit, add_tenor


class StubRule(enum.Enum):
    """Where an irregular period goes, and whether it is merged with its neighbour (long) or not (short)."""

    SHORT_FRONT = "short front"
    LONG_FRONT = "long front"
    SHORT_BACK = "short back"
    LONG_BACK = "long back"


class RollRule(enum.Enum):
    """Which day of the month the regular dates fall on.

    `SAME_DAY`: that of the anchor. `MONTH_END`: if the anchor is the last (open) day of its month, the last day of each
    month, else as `SAME_DAY`. `IMM`: the third Wednesday, on which the anchor must be, too.
    """

    SAME_DAY = "same day"
    MONTH_END = "month end"
    IMM = "third Wednesday"


@dataclasses.dataclass(frozen=True, eq=False)
class Schedule:
    """Dates of a leg: period i runs from `dates[i]` to `dates[i + 1]`.

    Attributes:
        dates: adjusted dates, strictly increasing.
        unadjusted: the same dates before adjustment.
        reference_dates: unadjusted regular dates that cover the term, stubs included (quasi-coupon dates).
        periods_per_year: coupons a year; None if the tenor is not a whole part of a year.
    """

    dates: DayArray
    unadjusted: DayArray
    reference_dates: DayArray
    periods_per_year: int | None

    def accrual_factors(
        self, day_count: DayCount, *, calendar: Calendar | None = None, adjusted: bool = True
    ) -> np.ndarray:
        """Year fractions of the periods.

        Args:
            day_count: the convention.
            calendar: for BUS/252.
            adjusted: accrue between adjusted dates (swaps) or unadjusted ones (most bonds); ACT/ACT ICMA is always
                unadjusted.

        Returns:
            One factor per period.

        Raises:
            ArgumentError: ACT/ACT ICMA on a tenor that does not divide the year, or what `year_fraction` refuses.
        """
        if day_count is DayCount.ACT_ACT_ICMA:
            if self.periods_per_year is None:
                raise ArgumentError("ACT/ACT ICMA needs a tenor that divides the year (12M, 6M, 4M, 3M, 2M, 1M)")
            start, end = self.unadjusted[:-1], self.unadjusted[1:]
            return year_fraction(
                start, end, day_count, reference_dates=self.reference_dates, periods_per_year=self.periods_per_year
            )
        days = self.dates if adjusted else self.unadjusted
        termination = days[-1] if day_count is DayCount.THIRTY_E_360_ISDA else None
        return year_fraction(days[:-1], days[1:], day_count, calendar=calendar, termination_date=termination)


def make_schedule(
    start: DayLike,
    end: DayLike,
    tenor: Tenor,
    *,
    calendar: Calendar | None = None,
    convention: BusinessDayConvention = BusinessDayConvention.UNADJUSTED,
    end_convention: BusinessDayConvention | None = None,
    stub: StubRule = StubRule.SHORT_FRONT,
    roll: RollRule = RollRule.SAME_DAY,
    first_regular: DayLike | None = None,
    last_regular: DayLike | None = None,
) -> Schedule:
    """Dates from start to end at a regular tenor.

    The regular dates are counted back from the end (front stubs) or on from the start (back stubs), or from an explicit
    regular date where one is given; each one in a single step from that anchor, then adjusted.

    Args:
        start: effective date.
        end: termination date, after `start`.
        tenor: length of a regular period, positive; not in business days.
        calendar: open days, needed unless nothing is adjusted.
        convention: adjustment of all dates but the last.
        end_convention: adjustment of the last date; as `convention` if None.
        stub: where the irregular period goes.
        roll: day of the month of the regular dates; other rules than `SAME_DAY` need a tenor in months or years.
        first_regular: end of an explicit front stub; regular dates are then counted on from it.
        last_regular: start of an explicit back stub; regular dates are then counted back from it.

    Returns:
        The schedule.

    Raises:
        ArgumentError: dates in the wrong order, an unusable tenor, a missing calendar, irregular dates between stubs.

    Example:
        >>> make_schedule("2024-01-15", "2025-03-15", Tenor.parse("6M")).dates.astype(str).tolist()
        ['2024-01-15', '2024-03-15', '2024-09-15', '2025-03-15']
    """
    first, last = as_days(start, "start"), as_days(end, "end")
    if tenor.unit is TenorUnit.BUSINESS_DAY or tenor.count < 1:
        raise ArgumentError(f"schedule tenor must be positive and in D, W, M or Y, got {tenor}")
    if last <= first:
        raise ArgumentError(f"schedule end {last} must be after its start {first}")
    inner_first = first if first_regular is None else as_days(first_regular, "first_regular")
    inner_last = last if last_regular is None else as_days(last_regular, "last_regular")
    if not first <= inner_first < inner_last <= last:
        raise ArgumentError(
            f"not start <= first_regular < last_regular <= end: {first}, {inner_first}, {inner_last}, {last}"
        )
    backward = stub in (StubRule.SHORT_FRONT, StubRule.LONG_FRONT)
    if first_regular is not None or last_regular is not None:
        backward = first_regular is None
    anchor, stop = (inner_last, inner_first) if backward else (inner_first, inner_last)
    roll = _effective_roll(roll, anchor, tenor, calendar)
    regular = _regular_dates(anchor, stop, tenor, roll=roll, backward=backward)
    if stub in (StubRule.LONG_FRONT, StubRule.LONG_BACK):
        regular = _merge_stub(regular, stop)
    if first_regular is not None and last_regular is not None and stop not in regular:
        raise ArgumentError(f"{tenor} from first_regular {inner_first} does not arrive at last_regular {inner_last}")
    unadjusted = np.unique(np.concatenate([regular, np.stack([first, inner_first, inner_last, last])]))
    dates = _adjust(unadjusted, calendar, convention, end_convention or convention)
    # Adjustment can carry an inner date onto or past an end of the term: the ends stay, the inner date goes.
    keep = (dates > dates[0]) & (dates < dates[-1])
    if calendar is not None:
        keep &= calendar.adjust(unadjusted, end_convention or convention) != dates[-1]
    keep[[0, -1]] = True
    months = tenor.months
    frequency = 12 // months if months is not None and months <= 12 and 12 % months == 0 else None
    reference = _covering(anchor, tenor, first, last, roll=roll)
    return Schedule(dates[keep], unadjusted[keep], reference, frequency)


def _effective_roll(roll: RollRule, anchor: DayArray, tenor: Tenor, calendar: Calendar | None) -> RollRule:
    """The rule that applies to this anchor; refuses an anchor or tenor to which it cannot apply."""
    if roll is RollRule.SAME_DAY:
        return roll
    if tenor.months is None:
        raise ArgumentError(f"roll {roll.value} with a tenor of {tenor}", mend="use a tenor in months or years")
    if roll is RollRule.IMM:
        year, month, _ = year_month_day(anchor)
        if anchor != third_wednesday(year, month):
            raise ArgumentError(
                f"{anchor} is no third Wednesday", mend="give an IMM date at the end that is not the stub"
            )
        return roll
    last_day = is_month_end(anchor) if calendar is None else anchor >= calendar.end_of_month(anchor)
    return roll if last_day else RollRule.SAME_DAY


def _step(anchor: DayArray, tenor: Tenor, steps: NumberArray, roll: RollRule) -> DayArray:
    moved = add_tenor(anchor, tenor, multiple=steps)
    if roll is RollRule.MONTH_END:
        # The anchor itself stays what the contract says, even where it is the last open day and not the last day.
        return np.where(steps != 0, end_of_month(moved), moved)
    if roll is RollRule.IMM:
        year, month, _ = year_month_day(moved)
        return third_wednesday(year, month)
    return moved


def _steps_beyond(start: DayArray, end: DayArray, tenor: Tenor) -> int:
    """Steps of a tenor that surely reach beyond one date from another."""
    unit_days = {TenorUnit.DAY: 1, TenorUnit.WEEK: 7, TenorUnit.MONTH: 28, TenorUnit.YEAR: 365}[tenor.unit]
    return abs(int(end.astype(np.int64)) - int(start.astype(np.int64))) // (unit_days * tenor.count) + 2


def _regular_dates(anchor: DayArray, stop: DayArray, tenor: Tenor, *, roll: RollRule, backward: bool) -> DayArray:
    """Regular dates from the anchor to `stop`, both included."""
    bound = _steps_beyond(anchor, stop, tenor)
    dates = np.sort(_step(anchor, tenor, np.arange(bound + 1) * (-1 if backward else 1), roll))
    return dates[(dates >= stop) if backward else (dates <= stop)]


def _merge_stub(regular: DayArray, stop: DayArray) -> DayArray:
    """Drop the regular date next to the stub, so that the stub and its neighbour become one long period."""
    if stop in regular or regular.size < 2:
        return regular
    nearest = np.argmin(np.abs((regular - stop).astype(np.int64)))
    return np.delete(regular, nearest)


def _adjust(
    unadjusted: DayArray,
    calendar: Calendar | None,
    convention: BusinessDayConvention,
    end_convention: BusinessDayConvention,
) -> DayArray:
    if calendar is None:
        if {convention, end_convention} != {BusinessDayConvention.UNADJUSTED}:
            raise ArgumentError(f"schedule convention {convention.value} / {end_convention.value} needs a calendar")
        return unadjusted
    return np.append(calendar.adjust(unadjusted[:-1], convention), calendar.adjust(unadjusted[-1:], end_convention))


def _covering(anchor: DayArray, tenor: Tenor, first: DayArray, last: DayArray, *, roll: RollRule) -> DayArray:
    """Regular dates around [first, last], in single steps from the anchor, beyond both ends where these are stubs."""
    reach = max(_steps_beyond(anchor, day, tenor) for day in (first, last))
    dates = _step(anchor, tenor, np.arange(-reach, reach + 1), roll)
    return dates[np.flatnonzero(dates <= first)[-1] : np.flatnonzero(dates >= last)[0] + 1]


def imm_dates(after: DayLike, count: int, *, months: int = 3) -> DayArray:
    """The next IMM dates (third Wednesdays) strictly after a day.

    Args:
        after: the day.
        count: how many dates.
        months: 3 for March, June, September, December; 1 for every month.

    Returns:
        `count` dates.

    Raises:
        ArgumentError: `count` below 1 or `months` not 1 or 3.

    Example:
        >>> imm_dates("2024-03-20", 2).astype(str).tolist()
        ['2024-06-19', '2024-09-18']
    """
    if count < 1 or months not in (1, 3):
        raise ArgumentError(f"imm_dates: count must be at least 1 and months 1 or 3, got {count} and {months}")
    day = as_days(after, "after")
    year, month, _ = year_month_day(day)
    # Whole steps from year 0, at the last month of each step: March, June, September, December where months = 3.
    grid = (year * 12 + month - 1) // months * months + months - 1 + months * np.arange(count + 1)
    candidates = third_wednesday(grid // 12, grid % 12 + 1)
    return candidates[candidates > day][:count]


def cds_schedule(trade_date: DayLike, maturity: DayLike, calendar: Calendar) -> Schedule:
    """Premium dates of a standard CDS: quarterly on the 20th of March, June, September and December.

    The first period starts at the last roll date (adjusted) on or before the trade date plus one day and before the
    maturity (full first coupon); the dates between are adjusted following, the maturity is not adjusted.

    Args:
        trade_date: day of the trade.
        maturity: unadjusted maturity, on a 20th of March, June, September or December after the trade date.
        calendar: open days.

    Returns:
        The schedule; the last period counts its last day (add one day to its accrual).

    Raises:
        ArgumentError: the maturity is no roll date or not after the trade date.

    Example:
        >>> from pact_jax.dates import CalendarCode, calendar
        >>> every_weekday = calendar(CalendarCode.WEEKEND)
        >>> cds_schedule("2024-01-10", "2024-06-20", every_weekday).dates.astype(str).tolist()
        ['2023-12-20', '2024-03-20', '2024-06-20']

    References:
        ISDA, CDS Standard Model and "Big Bang" protocol (2009); ISDA, Standard CDS Contract converter specification.
    """
    traded, last = as_days(trade_date, "trade_date"), as_days(maturity, "maturity")
    _, month, day = year_month_day(last)
    if day != 20 or month % 3 != 0:
        raise ArgumentError(f"cds_schedule: maturity {last} must be a 20th of March, June, September or December")
    if last <= traded:
        raise ArgumentError(f"cds_schedule: maturity {last} must be after the trade date {traded}")
    year, month, _ = year_month_day(traded)
    roll = add_months(from_year_month_day(year, (month + 2) // 3 * 3, 20), -6)
    rolls = add_months(roll, 3 * np.arange(5))
    begun = rolls[(calendar.adjust(rolls, BusinessDayConvention.FOLLOWING) <= traded + 1) & (rolls < last)]
    return make_schedule(
        begun[-1],
        last,
        Tenor(3, TenorUnit.MONTH),
        calendar=calendar,
        convention=BusinessDayConvention.FOLLOWING,
        end_convention=BusinessDayConvention.UNADJUSTED,
    )
