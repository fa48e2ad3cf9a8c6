"""Holidays by rule: for each financial centre a function from years to the dates on which it is closed on a weekday.

The rules are those of the statutes and of the operators (ECB, New York banks, Bank of England, Japanese banks),
written out for 2002-2060; closures decreed once (jubilees, funerals, enthronement, games) are listed by date.
"""

import numpy as np

from ._days import DayArray, as_days, from_year_month_day, weekday

MONDAY, TUESDAY, THURSDAY, SATURDAY, SUNDAY = 0, 1, 3, 5, 6


def easter_monday(years: np.ndarray) -> DayArray:
    """Easter Monday of the Gregorian calendar (anonymous algorithm, Nature 1876)."""
    golden, (century, rest) = years % 19, np.divmod(years, 100)
    skipped, leap = np.divmod(century, 4)
    corrected = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - skipped - corrected + 15) % 30
    quotient, remainder = np.divmod(rest, 4)
    to_sunday = (32 + 2 * leap + 2 * quotient - epact - remainder) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = np.divmod(epact + to_sunday - 7 * late + 114, 31)
    return from_year_month_day(years, month, day + 2)


def nth_weekday(years: np.ndarray, month: int, day_of_week: int, nth: int) -> DayArray:
    """The nth given weekday of a month (nth = -1: the last one)."""
    if nth == -1:
        last = from_year_month_day(years, month + 1, 1) - 1
        return last - (weekday(last) - day_of_week) % 7
    first = from_year_month_day(years, month, 1)
    return first + (day_of_week - weekday(first)) % 7 + 7 * (nth - 1)


def target(years: np.ndarray) -> DayArray:
    """TARGET closing days: New Year, Good Friday, Easter Monday, 1 May, 25 and 26 December."""
    easter = easter_monday(years)
    fixed = [from_year_month_day(years, month, day) for month, day in ((1, 1), (5, 1), (12, 25), (12, 26))]
    return np.concatenate([*fixed, easter - 3, easter])


def _sunday_to_monday(days: DayArray) -> DayArray:
    return days + (weekday(days) == SUNDAY)


def _nearest_weekday(days: DayArray) -> DayArray:
    return _sunday_to_monday(days) - (weekday(days) == SATURDAY)


def new_york_settlement(years: np.ndarray) -> DayArray:
    """New York settlement holidays; a fixed date on Sunday is kept on Monday, on Saturday on the Friday before."""
    return _united_states(years, fixed_rule=_nearest_weekday)


def federal_reserve(years: np.ndarray) -> DayArray:
    """Holidays of the Federal Reserve Banks; a fixed date on Sunday is kept on Monday, on Saturday not at all."""
    return _united_states(years, fixed_rule=_sunday_to_monday)


def _united_states(years: np.ndarray, fixed_rule) -> DayArray:
    # New Year of the following year belongs here too: observed on a Friday it is the 31 December of this one.
    new_year = from_year_month_day(np.append(years, years[-1] + 1), 1, 1)
    fixed = [from_year_month_day(years, month, day) for month, day in ((7, 4), (11, 11), (12, 25))]
    juneteenth = from_year_month_day(years[years >= 2022], 6, 19)
    mondays = [nth_weekday(years, month, MONDAY, nth) for month, nth in ((1, 3), (2, 3), (5, -1), (9, 1), (10, 2))]
    thanksgiving = nth_weekday(years, 11, THURSDAY, 4)
    return np.concatenate([fixed_rule(np.concatenate([new_year, *fixed, juneteenth])), *mondays, thanksgiving])


_GBLO_MOVED = {  # the day that the rule gives -> the day decreed instead
    "2002-05-27": "2002-06-04",
    "2012-05-28": "2012-06-04",
    "2020-05-04": "2020-05-08",
    "2022-05-30": "2022-06-02",
}
_GBLO_ONCE = ("2002-06-03", "2011-04-29", "2012-06-05", "2022-06-03", "2022-09-19", "2023-05-08")


def london(years: np.ndarray) -> DayArray:
    """Bank holidays of England and Wales, with their substitute days and the moved and single ones since 2002."""
    new_year = from_year_month_day(years, 1, 1)
    new_year = new_year + np.select([weekday(new_year) == SATURDAY, weekday(new_year) == SUNDAY], [2, 1], 0)
    christmas = from_year_month_day(years, 12, 25)
    boxing = christmas + 1
    # Two days in a row: the pair moves by two days off whichever of them falls on a weekend.
    christmas_kept = christmas + np.where(weekday(christmas) >= SATURDAY, 2, 0)
    boxing_kept = boxing + np.where(weekday(boxing) >= SATURDAY, 2, 0)
    easter = easter_monday(years)
    mondays = np.concatenate([nth_weekday(years, m, MONDAY, nth) for m, nth in ((5, 1), (5, -1), (8, -1))])
    mondays = mondays[~np.isin(mondays, as_days(list(_GBLO_MOVED)))]
    decreed = as_days([*_GBLO_MOVED.values(), *_GBLO_ONCE])
    return np.concatenate([new_year, easter - 3, easter, mondays, christmas_kept, boxing_kept, decreed])


def tokyo(years: np.ndarray) -> DayArray:
    """Japanese bank holidays: national holidays, their substitute and bridge days, 31 December to 3 January."""
    national = _japan_national(years)
    substitutes = _japan_substitutes(national)
    banks = [from_year_month_day(years, month, day) for month, day in ((1, 2), (1, 3), (12, 31))]
    return np.concatenate([national, substitutes, *banks])


_JAPAN_GAMES = {  # Olympic years: holidays moved by special law
    2020: ("2020-07-23", "2020-07-24", "2020-08-10"),
    2021: ("2021-07-22", "2021-07-23", "2021-08-08"),
}
_JAPAN_ONCE = ("2019-04-30", "2019-05-01", "2019-05-02", "2019-10-22")


def _japan_national(years: np.ndarray) -> DayArray:
    usual = years[~np.isin(years, list(_JAPAN_GAMES))]
    fixed = [from_year_month_day(years, m, d) for m, d in ((1, 1), (2, 11), (4, 29), (5, 3), (5, 5), (11, 3), (11, 23))]
    since = [
        from_year_month_day(years[years >= 2007], 5, 4),
        from_year_month_day(years[years < 2019], 12, 23),
        from_year_month_day(years[years >= 2020], 2, 23),
        from_year_month_day(usual[usual >= 2016], 8, 11),
        from_year_month_day(years[years == 2002], 7, 20),
        from_year_month_day(years[years == 2002], 9, 15),
        nth_weekday(usual[usual >= 2003], 7, MONDAY, 3),
        nth_weekday(years[years >= 2003], 9, MONDAY, 3),
        nth_weekday(years, 1, MONDAY, 2),
        nth_weekday(usual, 10, MONDAY, 2),
    ]
    # Equinoxes: the national observatory's rule for 1980-2099 (leap years are every fourth year there).
    elapsed = years - 1980
    drift = 0.242194 * elapsed - elapsed // 4
    spring = from_year_month_day(years, 3, np.floor(20.8431 + drift).astype(np.int64))
    autumn = from_year_month_day(years, 9, np.floor(23.2488 + drift).astype(np.int64))
    decreed = as_days([*(day for days in _JAPAN_GAMES.values() for day in days), *_JAPAN_ONCE])
    return np.concatenate([*fixed, *since, spring, autumn, decreed])


def _japan_substitutes(national: DayArray) -> DayArray:
    """Days off for Sunday holidays (the next day that is no holiday), and days between two holidays."""
    sundays = national[weekday(national) == SUNDAY]
    substitute = sundays + 1
    for _ in range(7):
        substitute = substitute + np.isin(substitute, national)
    # A day whose neighbours are both holidays is one too (before 2007: 4 May only, which is such a day).
    between = national[np.isin(national + 2, national)] + 1
    between = between[(weekday(between) != SUNDAY) & ~np.isin(between, national) & ~np.isin(between, substitute)]
    return np.concatenate([substitute, between])
