"""Calendars against QuantLib on every day of their range, published closing days, and rolling identities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.dates import (
    BusinessDayConvention,
    CalendarCode,
    calendar,
    calendar_union,
    custom_calendar,
    third_wednesday,
)
from pact_jax.errors import ArgumentError, UnknownName

_ALL_DAYS = np.arange(np.datetime64("2002-01-01"), np.datetime64("2061-01-01"))
_RULED = [code for code in CalendarCode if code is not CalendarCode.WEEKEND]
# QuantLib 1.44 closes 2003-05-06; the substitute-holiday law then in force gave no day off for Sunday 4 May 2003.
_DEVIATIONS = {CalendarCode.JPTO: ["2003-05-06"]}


def _peer(code: CalendarCode) -> object:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    return {
        CalendarCode.WEEKEND: ql.WeekendsOnly,
        CalendarCode.TARGET: ql.TARGET,
        CalendarCode.USNY: lambda: ql.UnitedStates(ql.UnitedStates.Settlement),
        CalendarCode.USFD: lambda: ql.UnitedStates(ql.UnitedStates.FederalReserve),
        CalendarCode.GBLO: ql.UnitedKingdom,
        CalendarCode.JPTO: ql.Japan,
    }[code]()


@pytest.mark.parametrize("code", list(CalendarCode))
def test_every_day_2002_to_2060(code: CalendarCode) -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    peer = _peer(code)
    first = ql.Date(1, 1, 2002).serialNumber()
    expected = np.array([peer.isBusinessDay(ql.Date(first + i)) for i in range(_ALL_DAYS.size)])  # type: ignore[attr-defined]
    differing = _ALL_DAYS[calendar(code).is_business_day(_ALL_DAYS) != expected]
    assert differing.astype(str).tolist() == _DEVIATIONS.get(code, [])


@pytest.mark.parametrize(
    ("code", "day"),
    [
        (CalendarCode.TARGET, "2024-03-29"),  # ECB, calendar of TARGET closing days
        (CalendarCode.TARGET, "2026-05-01"),
        (CalendarCode.USNY, "2021-12-31"),  # New Year on a Saturday
        (CalendarCode.USNY, "2022-06-20"),  # Juneteenth on a Sunday
        (CalendarCode.GBLO, "2022-09-19"),  # royal proclamation of 10 September 2022
        (CalendarCode.GBLO, "2020-05-08"),
        (CalendarCode.JPTO, "2019-05-01"),  # Act 99 of 2018
        (CalendarCode.JPTO, "2021-08-09"),
    ],
)
def test_published_closing_days(code: CalendarCode, day: str) -> None:
    assert not calendar(code).is_business_day(day)


def test_days_that_stay_open() -> None:
    assert calendar(CalendarCode.USFD).is_business_day("2021-12-31")  # the Federal Reserve does not move Saturdays
    assert calendar(CalendarCode.JPTO).is_business_day("2003-05-06")
    assert calendar(CalendarCode.GBLO).is_business_day("2020-05-04")  # moved to the 8th


@pytest.mark.parametrize(
    ("convention", "name"),
    [
        (BusinessDayConvention.FOLLOWING, "Following"),
        (BusinessDayConvention.MODIFIED_FOLLOWING, "ModifiedFollowing"),
        (BusinessDayConvention.PRECEDING, "Preceding"),
        (BusinessDayConvention.MODIFIED_PRECEDING, "ModifiedPreceding"),
        (BusinessDayConvention.UNADJUSTED, "Unadjusted"),
    ],
)
def test_adjustment_against_quantlib(convention: BusinessDayConvention, name: str) -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    days = _ALL_DAYS[5 : 6000 * 3 : 3]
    peer = _peer(CalendarCode.TARGET)
    expected = [
        peer.adjust(ql.Date(int(n) + 25569), getattr(ql, name)).serialNumber() - 25569  # type: ignore[attr-defined]
        for n in days.astype(np.int64)
    ]
    assert calendar(CalendarCode.TARGET).adjust(days, convention).astype(np.int64).tolist() == expected


def test_business_day_steps_against_quantlib() -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    rng = np.random.default_rng(7)
    days, counts = rng.choice(_ALL_DAYS[400:-400], 1500), rng.integers(-60, 60, 1500)
    peer, own = _peer(CalendarCode.GBLO), calendar(CalendarCode.GBLO)
    opened = own.adjust(days, BusinessDayConvention.FOLLOWING)
    expected = [
        peer.advance(ql.Date(int(n) + 25569), int(c), ql.Days).serialNumber() - 25569  # type: ignore[attr-defined]
        for n, c in zip(opened.astype(np.int64), counts, strict=True)
    ]
    moved = own.add_business_days(days, counts)
    assert moved.astype(np.int64).tolist() == expected
    np.testing.assert_array_equal(own.business_days_between(opened, moved), counts)


@given(st.sampled_from(_RULED), st.integers(10, _ALL_DAYS.size - 10))
def test_adjusted_days_are_open_and_near(code: CalendarCode, index: int) -> None:
    own, day = calendar(code), _ALL_DAYS[index]
    for convention in set(BusinessDayConvention) - {BusinessDayConvention.UNADJUSTED}:
        moved = own.adjust(day, convention)
        assert own.is_business_day(moved)
        assert not own.is_business_day(day) or moved == day
        if "modified" in convention.value:
            assert moved.astype("datetime64[M]") == day.astype("datetime64[M]")


@given(st.integers(0, _ALL_DAYS.size - 1))
def test_union_is_open_where_all_are(index: int) -> None:
    parts = [calendar(code) for code in (CalendarCode.TARGET, CalendarCode.USNY, CalendarCode.JPTO)]
    day = _ALL_DAYS[index]
    assert calendar_union(*parts).is_business_day(day) == all(part.is_business_day(day) for part in parts)


@pytest.mark.parametrize("code", _RULED)
def test_outside_the_checked_range_is_refused(code: CalendarCode) -> None:
    own = calendar(code)
    with pytest.raises(ArgumentError, match="2002-01-01..2060-12-31"):
        own.is_business_day(["2030-01-01", "2061-01-03"])
    with pytest.raises(ArgumentError):
        own.is_business_day("2001-12-31")
    with pytest.raises(ArgumentError):
        own.add_business_days("2060-12-30", 5)


def test_results_beyond_the_range_are_refused_too() -> None:
    own = custom_calendar("XDES", [], "2024-01-01", "2024-03-30")
    with pytest.raises(ArgumentError, match="2024-04-01"):
        own.adjust("2024-03-30", BusinessDayConvention.FOLLOWING)  # a Saturday


def test_custom_weekend_and_list() -> None:
    own = custom_calendar("AEDU", ["2024-04-09"], "2023-01-01", "2025-12-31", weekend=(4, 5))
    assert own.is_business_day(["2024-04-07", "2024-04-05", "2024-04-09"]).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "arguments",
    [
        {"holidays": ["2030-01-01"]},
        {"first": "2025-01-01"},
        {"weekend": (0, 1, 2, 3, 4, 5, 6)},
        {"weekend": (7,)},
    ],
)
def test_unusable_lists_are_refused(arguments: dict) -> None:
    usable = {"name": "X", "holidays": ["2024-05-01"], "first": "2024-01-01", "last": "2024-12-31"}
    with pytest.raises(ArgumentError):
        custom_calendar(**(usable | arguments))


def test_parse() -> None:
    assert CalendarCode.parse(" target ") is CalendarCode.TARGET
    assert CalendarCode.parse("EUTA") is CalendarCode.TARGET
    with pytest.raises(UnknownName, match="WEEKEND, TARGET"):
        CalendarCode.parse("MOON")
    with pytest.raises(ArgumentError):
        calendar()
    with pytest.raises(ArgumentError):
        calendar_union(calendar(CalendarCode.TARGET))


def test_closed_start_of_a_count_is_refused_when_unadjusted() -> None:
    with pytest.raises(ArgumentError):
        calendar(CalendarCode.TARGET).add_business_days("2024-06-01", 1, BusinessDayConvention.UNADJUSTED)


def test_third_wednesday() -> None:
    years, months = np.meshgrid(np.arange(2000, 2060), np.arange(1, 13))
    got = third_wednesday(years, months)
    assert set((got.astype("datetime64[D]").astype(np.int64) + 3).ravel() % 7) == {2}
    day_of_month = (got - got.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    assert day_of_month.min() == 15 and day_of_month.max() == 21
