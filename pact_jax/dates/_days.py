"""Days as NumPy `datetime64[D]` arrays, and calendar arithmetic on them."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..errors import ArgumentError

if TYPE_CHECKING:
    DayArray: TypeAlias = np.ndarray
    NumberArray: TypeAlias = np.ndarray
else:
    # Arithmetic on an array without axes gives a NumPy scalar, which run-time checks would refuse.
    DayArray: TypeAlias = np.ndarray | np.datetime64
    NumberArray: TypeAlias = np.ndarray | np.generic
DayLike: TypeAlias = str | datetime.date | np.datetime64 | np.ndarray | Sequence[str] | Sequence[datetime.date]


def as_days(value: DayLike, name: str = "dates") -> DayArray:
    """Dates as an array of whole days.

    Args:
        value: ISO text, `datetime.date`, `datetime64`, or an array or sequence of these.
        name: how an error message calls the argument.

    Returns:
        `datetime64[D]` array of the same shape.

    Raises:
        ArgumentError: a value is no date, has a time of day, or is missing (NaT).

    Example:
        >>> as_days(["2024-02-29", "2024-03-01"])
        array(['2024-02-29', '2024-03-01'], dtype='datetime64[D]')
    """
    raw = np.asarray(value)
    if raw.size == 0:
        raw = raw.astype("datetime64[D]")
    if raw.dtype.kind not in "MUO":
        raise ArgumentError(
            f"values of type {raw.dtype} are not dates", name, "pass ISO text, datetime.date or datetime64"
        )
    if raw.dtype == "datetime64[D]" and not np.isnat(raw).any():
        return raw
    try:
        exact = raw.astype("datetime64[us]")
        days = exact.astype("datetime64[D]")
    except (ValueError, TypeError) as error:
        raise ArgumentError(f"{name}: cannot read a date: {error}", mend="write dates as YYYY-MM-DD") from error
    missing, timed = np.isnat(days).ravel(), (days != exact).ravel()
    if missing.any():
        raise ArgumentError(f"{name}: missing date (NaT) at index {int(np.argmax(missing))}", mend="drop or fill it")
    if timed.any():
        raise ArgumentError(f"{name}: {exact.ravel()[np.argmax(timed)]} has a time of day", mend="pass whole days")
    return days


def year_month_day(days: DayArray) -> tuple[NumberArray, NumberArray, NumberArray]:
    """Year, month (1-12) and day of the month (1-31) of each date, as integers."""
    month = days.astype("datetime64[M]")
    count = month.astype(np.int64)
    return count // 12 + 1970, count % 12 + 1, (days - month.astype("datetime64[D]")).astype(np.int64) + 1


def from_year_month_day(year: NumberArray | int, month: NumberArray | int, day: NumberArray | int) -> DayArray:
    """Dates from integer year, month (1-12) and day; a day beyond the month runs on into the next one."""
    months = (np.asarray(year, np.int64) - 1970) * 12 + (np.asarray(month, np.int64) - 1)
    return months.astype("datetime64[M]").astype("datetime64[D]") + (np.asarray(day, np.int64) - 1)


def end_of_month(days: DayLike) -> DayArray:
    """Last calendar day of the month of each date."""
    return (as_days(days).astype("datetime64[M]") + 1).astype("datetime64[D]") - 1


def is_month_end(days: DayLike) -> NumberArray:
    """Whether each date is the last calendar day of its month."""
    return as_days(days) == end_of_month(days)


def add_months(days: DayLike, months: NumberArray | int) -> DayArray:
    """The same day of the month some months later (negative: earlier), or the month's last day where there is none.

    Example:
        >>> str(add_months("2024-01-31", 1))
        '2024-02-29'
    """
    start = as_days(days)
    month = start.astype("datetime64[M]")
    target = month + np.asarray(months, np.int64)
    moved = target.astype("datetime64[D]") + (start - month.astype("datetime64[D]"))
    return np.minimum(moved, (target + 1).astype("datetime64[D]") - 1)


def weekday(days: DayArray) -> NumberArray:
    """Day of the week of each date: Monday 0 to Sunday 6."""
    return (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
