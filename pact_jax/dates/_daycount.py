"""Day count conventions: two dates to a year fraction, on the host, vectorised over NumPy arrays of days.

Reverse order is allowed only where the sign is unambiguous (the plain actual counts); all other rules refuse it,
because their published text defines them for a period and not for its reverse.
"""

import enum

import numpy as np

from ..errors import ArgumentError, UnknownName
from ._calendar import Calendar
from ._days import DayArray, DayLike, NumberArray, as_days, is_month_end, year_month_day


class DayCount(enum.Enum):
    """A rule that turns a period between two dates into years.

    Example:
        >>> DayCount.parse("act/360")
        <DayCount.ACT_360: 'ACT/360'>

    References:
        ISDA, 2006 ISDA Definitions, section 4.16; ICMA, Rule 251 (ACT/ACT ICMA).
    """

    ACT_360 = "ACT/360"
    ACT_365F = "ACT/365F"
    ACT_ACT_ISDA = "ACT/ACT ISDA"
    ACT_ACT_ICMA = "ACT/ACT ICMA"
    THIRTY_360 = "30/360"
    THIRTY_360_US = "30/360 US"
    THIRTY_E_360 = "30E/360"
    THIRTY_E_360_ISDA = "30E/360 ISDA"
    BUS_252 = "BUS/252"

    @classmethod
    def parse(cls, text: str) -> "DayCount":
        """Read a convention from its name, without regard to case, blanks or brackets.

        Args:
            text: a name such as "ACT/360", "Actual/365 (Fixed)", "30/360 Bond Basis".

        Returns:
            The convention.

        Raises:
            UnknownName: the message lists the valid names.
        """
        key = _normalised(text)
        key = _ALIASES.get(key, key)
        for member in cls:
            if _normalised(member.value) == key:
                return member
        raise UnknownName(text, [member.value for member in cls], kind="day count")


def _normalised(text: str) -> str:
    kept = "".join(letter for letter in text.upper() if letter.isalnum() or letter == "/")
    return kept.replace("ACTUAL", "ACT")


_ALIASES = {
    "A/360": "ACT/360",
    "ACT/365": "ACT/365F",
    "ACT/365FIXED": "ACT/365F",
    "A/365F": "ACT/365F",
    "ACT/ACT": "ACT/ACTISDA",
    "ACT/ACTISMA": "ACT/ACTICMA",
    "30/360BONDBASIS": "30/360",
    "BONDBASIS": "30/360",
    "30A/360": "30/360",
    "30U/360": "30/360US",
    "30/360SIA": "30/360US",
    "EUROBONDBASIS": "30E/360",
    "30/360EUROBONDBASIS": "30E/360",
    "30/360ISDA": "30/360",
    "30/360GERMAN": "30E/360ISDA",
    "BUSINESS/252": "BUS/252",
}


def year_fraction(
    start: DayLike,
    end: DayLike,
    day_count: DayCount,
    *,
    calendar: Calendar | None = None,
    reference_dates: DayLike | None = None,
    periods_per_year: int | None = None,
    termination_date: DayLike | None = None,
) -> NumberArray:
    """Length of the period from start to end in years under a day count convention.

    Args:
        start: first day of each period (included in the count).
        end: last day of each period (excluded from the count); broadcasts with `start`.
        day_count: the convention.
        calendar: business days of BUS/252; required there, refused elsewhere.
        reference_dates: ACT/ACT ICMA only: the increasing, unadjusted quasi-coupon dates, covering every period.
        periods_per_year: ACT/ACT ICMA only: number of coupons a year (1, 2, 3, 4, 6 or 12).
        termination_date: 30E/360 ISDA only: the last day of the contract, which keeps its day if it ends February.

    Returns:
        Year fractions, float64, of the broadcast shape of `start` and `end`.

    Raises:
        ArgumentError: an argument is missing, or given and not used by the convention; a date is NaT; the dates are
            reversed under a convention that does not define it; ICMA periods outside the references.

    Example:
        >>> float(year_fraction("2003-11-01", "2004-05-01", DayCount.ACT_ACT_ISDA).round(6))
        0.497724

    References:
        ISDA, 2006 ISDA Definitions, section 4.16; ISDA, EMU and Market Conventions: Recent Developments (1998).
    """
    if not isinstance(day_count, DayCount):
        raise ArgumentError(f"got {day_count!r}", where="day_count", mend="read names with DayCount.parse(...)")
    _check_arguments(day_count, calendar, reference_dates, periods_per_year, termination_date)
    first, last = np.broadcast_arrays(as_days(start, "start"), as_days(end, "end"))
    if day_count is DayCount.ACT_360:
        return _days_between(first, last) / 360.0
    if day_count is DayCount.ACT_365F:
        return _days_between(first, last) / 365.0
    if (last < first).any():
        where = int(np.argmax((last < first).ravel()))
        raise ArgumentError(
            f"{day_count.value}: end {last.ravel()[where]} is before start {first.ravel()[where]} (period {where})",
            mend="swap the dates",
        )
    if day_count is DayCount.ACT_ACT_ISDA:
        return _act_act_isda(first, last)
    if day_count is DayCount.ACT_ACT_ICMA:
        assert reference_dates is not None and periods_per_year is not None
        return _act_act_icma(first, last, as_days(reference_dates, "reference_dates"), periods_per_year)
    if day_count is DayCount.BUS_252:
        assert calendar is not None
        return calendar.business_days_between(first, last) / 252.0
    return _thirty_360(first, last, day_count, termination_date)


def _check_arguments(
    day_count: DayCount,
    calendar: Calendar | None,
    reference_dates: DayLike | None,
    periods_per_year: int | None,
    termination_date: DayLike | None,
) -> None:
    icma, bus = day_count is DayCount.ACT_ACT_ICMA, day_count is DayCount.BUS_252
    for name, given, wanted in (
        ("calendar", calendar is not None, bus),
        ("reference_dates", reference_dates is not None, icma),
        ("periods_per_year", periods_per_year is not None, icma),
    ):
        if given != wanted:
            raise ArgumentError(f"{day_count.value}: argument {name} is {'required' if wanted else 'not used'}")
    if termination_date is not None and day_count is not DayCount.THIRTY_E_360_ISDA:
        raise ArgumentError(f"{day_count.value}: argument termination_date is not used", mend="remove it")


def _days_between(start: DayArray, end: DayArray) -> NumberArray:
    return (end - start).astype(np.int64)


def _act_act_isda(start: DayArray, end: DayArray) -> NumberArray:
    def split(day: DayArray) -> tuple[NumberArray, NumberArray]:
        year = day.astype("datetime64[Y]")
        first, following = year.astype("datetime64[D]"), (year + 1).astype("datetime64[D]")
        return year.astype(np.int64), _days_between(first, day) / _days_between(first, following)

    (year_start, part_start), (year_end, part_end) = split(start), split(end)
    return (year_end - year_start) + (part_end - part_start)


def _act_act_icma(start: DayArray, end: DayArray, reference: DayArray, periods_per_year: int) -> NumberArray:
    if periods_per_year not in (1, 2, 3, 4, 6, 12):
        raise ArgumentError(f"ACT/ACT ICMA: periods_per_year must be 1, 2, 3, 4, 6 or 12, got {periods_per_year}")
    if reference.ndim != 1 or reference.size < 2 or (np.diff(reference) <= np.timedelta64(0, "D")).any():
        raise ArgumentError("ACT/ACT ICMA: reference_dates must be one strictly increasing row of at least two dates")
    if start.size and (start.min() < reference[0] or end.max() > reference[-1]):
        raise ArgumentError(
            f"ACT/ACT ICMA: reference_dates {reference[0]}..{reference[-1]} do not cover {start.min()}..{end.max()};"
            " extend them by whole coupon periods"
        )

    # Position on the grid of quasi-coupon dates, in periods: whole periods plus the actual-day share of the one begun.
    def split(day: DayArray) -> tuple[NumberArray, NumberArray]:
        whole = np.clip(np.searchsorted(reference, day, side="right") - 1, 0, reference.size - 2)
        return whole, _days_between(reference[whole], day) / _days_between(reference[whole], reference[whole + 1])

    (whole_start, part_start), (whole_end, part_end) = split(start), split(end)
    return ((whole_end - whole_start) + (part_end - part_start)) / periods_per_year


def _thirty_360(start: DayArray, end: DayArray, rule: DayCount, termination_date: DayLike | None) -> NumberArray:
    year_1, month_1, day_1 = year_month_day(start)
    year_2, month_2, day_2 = year_month_day(end)
    if rule is DayCount.THIRTY_E_360_ISDA:
        february_1, february_2 = (month_1 == 2) & is_month_end(start), (month_2 == 2) & is_month_end(end)
        if termination_date is not None:
            february_2 = february_2 & (end != as_days(termination_date, "termination_date"))
        day_1 = np.where(february_1, 30, np.minimum(day_1, 30))
        day_2 = np.where(february_2, 30, np.minimum(day_2, 30))
    elif rule is DayCount.THIRTY_E_360:
        day_1, day_2 = np.minimum(day_1, 30), np.minimum(day_2, 30)
    else:
        if rule is DayCount.THIRTY_360_US:
            february_1, february_2 = (month_1 == 2) & is_month_end(start), (month_2 == 2) & is_month_end(end)
            day_2 = np.where(february_1 & february_2, 30, day_2)
            day_1 = np.where(february_1, 30, day_1)
        day_2 = np.where((day_2 == 31) & (day_1 >= 30), 30, day_2)
        day_1 = np.minimum(day_1, 30)
    return (360 * (year_2 - year_1) + 30 * (month_2 - month_1) + (day_2 - day_1)) / 360.0
