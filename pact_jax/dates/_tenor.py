"""Tenors such as 3M, 10Y or 2B, and adding them to dates."""

import dataclasses
import enum
import re

import numpy as np

from ..errors import ArgumentError
from ._calendar import BusinessDayConvention, Calendar
from ._days import DayArray, DayLike, NumberArray, add_months, as_days, end_of_month, is_month_end


class TenorUnit(enum.Enum):
    """Unit of a tenor."""

    DAY = "D"
    BUSINESS_DAY = "B"
    WEEK = "W"
    MONTH = "M"
    YEAR = "Y"


@dataclasses.dataclass(frozen=True)
class Tenor:
    """A length of calendar time: a count and a unit.

    Example:
        >>> Tenor.parse("18m")
        Tenor(count=18, unit=<TenorUnit.MONTH: 'M'>)
        >>> str(Tenor.parse("2BD"))
        '2B'
    """

    count: int
    unit: TenorUnit

    @classmethod
    def parse(cls, text: str) -> "Tenor":
        """Read a tenor: a whole number and one of D, B (or BD), W, M, Y.

        Raises:
            ArgumentError: the text is not of this form.
        """
        found = re.fullmatch(r"\s*([+-]?\d{1,5})\s*(BD|[DBWMY])\s*", text.upper())
        if found is None:
            raise ArgumentError(
                f"cannot read tenor {text!r}", mend="write a number and D, B, W, M or Y, such as 3M, 10Y, 2B"
            )
        return cls(int(found[1]), TenorUnit(found[2][0]))

    @property
    def months(self) -> int | None:
        """Length in months, or None for days, business days and weeks."""
        return {TenorUnit.MONTH: self.count, TenorUnit.YEAR: 12 * self.count}.get(self.unit)

    def __str__(self) -> str:
        return f"{self.count}{self.unit.value}"


def add_tenor(
    days: DayLike,
    tenor: Tenor,
    *,
    multiple: NumberArray | int = 1,
    calendar: Calendar | None = None,
    convention: BusinessDayConvention = BusinessDayConvention.UNADJUSTED,
    end_of_month_rule: bool = False,
) -> DayArray:
    """Dates moved by a tenor, then adjusted to open days.

    Args:
        days: start dates.
        tenor: how far; a negative count goes back.
        multiple: how many times the tenor; counted from the start in one step, so that month ends do not erode.
        calendar: open days; needed for business-day tenors and for every convention but `UNADJUSTED`.
        convention: adjustment of the result.
        end_of_month_rule: a start on the last day of its month goes to the last day; last open day, if the result is
            adjusted.

    Returns:
        Moved dates, of the broadcast shape of `days` and `multiple`.

    Raises:
        ArgumentError: a calendar is needed and missing, or a date is outside its range.

    Example:
        >>> str(add_tenor("2024-01-31", Tenor.parse("1M")))
        '2024-02-29'
    """
    start = as_days(days)
    steps = tenor.count * np.asarray(multiple, np.int64)
    if calendar is None and (
        tenor.unit is TenorUnit.BUSINESS_DAY or convention is not BusinessDayConvention.UNADJUSTED
    ):
        raise ArgumentError(f"adding {tenor} with convention {convention.value} needs a calendar")
    if tenor.unit is TenorUnit.BUSINESS_DAY:
        assert calendar is not None
        return calendar.add_business_days(start, steps)
    if tenor.months is None:
        moved = start + steps * (7 if tenor.unit is TenorUnit.WEEK else 1)
    else:
        moved = add_months(start, steps * (12 if tenor.unit is TenorUnit.YEAR else 1))
        if end_of_month_rule and convention is BusinessDayConvention.UNADJUSTED:
            return np.where(is_month_end(start), end_of_month(moved), moved)
        if end_of_month_rule and calendar is not None:
            # An end-of-month date never leaves its month, whatever the convention says.
            at_end = start >= calendar.end_of_month(start)
            return np.where(at_end, calendar.end_of_month(moved), calendar.adjust(moved, convention))
    if calendar is None:
        return moved
    return calendar.adjust(moved, convention)
