"""Business-day calendars by rule, on `numpy.busdaycalendar`: which days are open, rolling and counting.

A calendar knows the range of dates for which its rules were checked, and refuses every question outside it.
"""

import dataclasses
import enum
import functools
from collections.abc import Callable
from typing import Literal

import numpy as np

from ..errors import ArgumentError, UnknownName
from . import _holiday_rules as rules
from ._days import DayArray, DayLike, NumberArray, as_days, weekday

_FIRST_YEAR, _LAST_YEAR = 2002, 2060


class BusinessDayConvention(enum.Enum):
    """What to do with a date that falls on a closed day.

    References:
        ISDA, 2006 ISDA Definitions, section 4.12.
    """

    FOLLOWING = "following"
    MODIFIED_FOLLOWING = "modified following"
    PRECEDING = "preceding"
    MODIFIED_PRECEDING = "modified preceding"
    UNADJUSTED = "unadjusted"


_Roll = Literal["following", "modifiedfollowing", "preceding", "modifiedpreceding", "raise"]
_NUMPY_ROLL: dict[BusinessDayConvention, _Roll] = {
    BusinessDayConvention.FOLLOWING: "following",
    BusinessDayConvention.MODIFIED_FOLLOWING: "modifiedfollowing",
    BusinessDayConvention.PRECEDING: "preceding",
    BusinessDayConvention.MODIFIED_PRECEDING: "modifiedpreceding",
}


class CalendarCode(enum.Enum):
    """Calendars that the library builds by rule, with the codes of FpML.

    `USNY` is the New York settlement calendar in which a Saturday holiday closes the Friday before; `USFD` follows the
    Federal Reserve, which stays open on that Friday. `WEEKEND` closes on Saturday and Sunday only and has no range.
    """

    WEEKEND = "WEEKEND"
    TARGET = "TARGET"
    USNY = "USNY"
    USFD = "USFD"
    GBLO = "GBLO"
    JPTO = "JPTO"

    @classmethod
    def parse(cls, text: str) -> "CalendarCode":
        """Read a calendar code such as "TARGET" or "usny".

        Raises:
            UnknownName: the message lists the valid codes; `custom_calendar` builds others.
        """
        code = text.strip().upper()
        if code == "EUTA":
            return cls.TARGET
        for member in cls:
            if member.value == code:
                return member
        raise UnknownName(text, [member.value for member in cls], kind="calendar")


_RULES: dict[CalendarCode, Callable[[np.ndarray], DayArray]] = {
    CalendarCode.TARGET: rules.target,
    CalendarCode.USNY: rules.new_york_settlement,
    CalendarCode.USFD: rules.federal_reserve,
    CalendarCode.GBLO: rules.london,
    CalendarCode.JPTO: rules.tokyo,
}


@dataclasses.dataclass(frozen=True, eq=False)
class Calendar:
    """Open and closed days of one financial centre, or of several together.

    Attributes:
        name: what error messages call it.
        first: first day that the calendar answers for.
        last: last day that the calendar answers for.
        business_days: week mask and holidays.
    """

    name: str
    first: DayArray
    last: DayArray
    business_days: np.busdaycalendar

    def is_business_day(self, days: DayLike) -> NumberArray:
        """Whether each day is open.

        Example:
            >>> bool(calendar(CalendarCode.TARGET).is_business_day("2024-05-01"))
            False
        """
        return np.is_busday(self._inside(as_days(days)), busdaycal=self.business_days)

    def adjust(self, days: DayLike, convention: BusinessDayConvention) -> DayArray:
        """Move closed days to open ones.

        Args:
            days: dates.
            convention: where to move them.

        Returns:
            Adjusted dates; the same dates if `UNADJUSTED`.

        Raises:
            ArgumentError: a date, or the date it moves to, is outside the range of the calendar.
        """
        asked = as_days(days)
        if convention is BusinessDayConvention.UNADJUSTED:
            return asked
        moved = np.busday_offset(self._inside(asked), 0, roll=_NUMPY_ROLL[convention], busdaycal=self.business_days)
        return self._inside(moved)

    def add_business_days(
        self,
        days: DayLike,
        count: NumberArray | int,
        convention: BusinessDayConvention = BusinessDayConvention.FOLLOWING,
    ) -> DayArray:
        """The open day some business days later (negative: earlier), counted from the adjusted date.

        Args:
            days: dates.
            count: business days to move.
            convention: how a closed start date is moved before counting; a start that stays closed is an error.

        Returns:
            Open days.

        Raises:
            ArgumentError: a date is outside the range of the calendar, or the start is closed and unadjusted.
        """
        asked = self._inside(as_days(days))
        roll: _Roll = _NUMPY_ROLL.get(convention, "raise")
        try:
            moved = np.busday_offset(asked, count, roll=roll, busdaycal=self.business_days)
        except ValueError as error:
            raise ArgumentError(f"calendar {self.name}: {error}", mend="adjust the start date first") from error
        return self._inside(moved)

    def business_days_between(self, start: DayLike, end: DayLike) -> NumberArray:
        """Open days from `start` (included) to `end` (excluded); negative where the dates are reversed."""
        first, last = self._inside(as_days(start, "start")), self._inside(as_days(end, "end"))
        backwards = last < first
        low, high = np.where(backwards, last, first), np.where(backwards, first, last)
        count = np.busday_count(low, high, busdaycal=self.business_days)
        return np.where(backwards, -count, count)

    def end_of_month(self, days: DayLike) -> DayArray:
        """Last open day of the month of each date."""
        month_after = as_days(days).astype("datetime64[M]") + 1
        last_day = month_after.astype("datetime64[D]") - 1
        return self.adjust(last_day, BusinessDayConvention.PRECEDING)

    def _inside(self, days: DayArray) -> DayArray:
        if days.size and (days.min() < self.first or days.max() > self.last):
            outside = days.ravel()[(days < self.first).ravel() | (days > self.last).ravel()][0]
            raise ArgumentError(
                f"calendar {self.name}: {outside} is outside {self.first}..{self.last}, where its rules were checked",
                mend="use dates inside it or a custom_calendar(...) of your own",
            )
        return days


@functools.cache
def calendar(*codes: CalendarCode) -> Calendar:
    """The calendar of one centre, or the union of several: closed where any of them is closed.

    Args:
        codes: one or more calendar codes.

    Returns:
        The calendar.

    Raises:
        ArgumentError: no code was given, or something else than a `CalendarCode`.

    Example:
        >>> calendar(CalendarCode.TARGET, CalendarCode.USNY).name
        'TARGET+USNY'
    """
    if not codes or not all(isinstance(code, CalendarCode) for code in codes):
        raise ArgumentError(
            f"calendar(...) got {codes!r}", mend="pass CalendarCode members, read with CalendarCode.parse(...)"
        )
    first, *others = codes
    if others:
        return calendar_union(calendar(first), *(calendar(code) for code in others))
    return _single_calendar(first)


def _single_calendar(code: CalendarCode) -> Calendar:
    if code is CalendarCode.WEEKEND:
        return Calendar(code.value, as_days("0001-01-01"), as_days("9999-12-31"), np.busdaycalendar())
    years = np.arange(_FIRST_YEAR, _LAST_YEAR + 1)
    return Calendar(
        code.value,
        as_days(f"{_FIRST_YEAR}-01-01"),
        as_days(f"{_LAST_YEAR}-12-31"),
        np.busdaycalendar(holidays=np.unique(_RULES[code](years))),
    )


def custom_calendar(
    name: str, holidays: DayLike, first: DayLike, last: DayLike, *, weekend: tuple[int, ...] = (5, 6)
) -> Calendar:
    """A calendar from a list of holidays.

    Args:
        name: what error messages call it.
        holidays: closed days; weekend days among them do no harm.
        first: first day for which the list is complete.
        last: last day for which the list is complete.
        weekend: closed days of the week, Monday 0 to Sunday 6.

    Returns:
        The calendar; it refuses dates before `first` and after `last`.

    Raises:
        ArgumentError: a holiday outside the range, an empty range, or an unusable weekend.

    Example:
        >>> own = custom_calendar("XDES", ["2024-03-01"], "2024-01-01", "2024-12-31")
        >>> str(own.adjust("2024-03-01", BusinessDayConvention.FOLLOWING))
        '2024-03-04'
    """
    start, stop, closed = as_days(first, "first"), as_days(last, "last"), as_days(holidays, "holidays").ravel()
    if stop <= start:
        raise ArgumentError(f"calendar {name}: last {stop} is not after first {start}")
    if closed.size and (closed.min() < start or closed.max() > stop):
        raise ArgumentError(f"calendar {name}: holidays {closed.min()}..{closed.max()} leave its range {start}..{stop}")
    if not set(weekend) < set(range(7)):
        raise ArgumentError(f"calendar {name}: weekend {weekend} must be some, not all, of the days 0 to 6")
    mask = [day not in weekend for day in range(7)]
    return Calendar(name, start, stop, np.busdaycalendar(weekmask=mask, holidays=np.unique(closed)))


def calendar_union(*calendars: Calendar) -> Calendar:
    """Closed where any of the calendars is closed; valid where all of them are.

    Raises:
        ArgumentError: fewer than two calendars, or no day on which all of them are valid.
    """
    if len(calendars) < 2:
        raise ArgumentError(f"calendar_union needs at least two calendars, got {len(calendars)}")
    first, last = max(c.first for c in calendars), min(c.last for c in calendars)
    name = "+".join(c.name for c in calendars)
    if last <= first:
        raise ArgumentError(f"calendar {name}: the ranges of its parts do not overlap")
    mask = np.all([c.business_days.weekmask for c in calendars], axis=0)
    holidays = np.unique(np.concatenate([c.business_days.holidays for c in calendars]))
    return Calendar(name, first, last, np.busdaycalendar(weekmask=mask, holidays=holidays))


def third_wednesday(year: NumberArray | int, month: NumberArray | int) -> DayArray:
    """Third Wednesday of a month: the IMM date of March, June, September and December."""
    from_15th = rules.from_year_month_day(year, month, 15)
    return from_15th + (2 - weekday(from_15th)) % 7
