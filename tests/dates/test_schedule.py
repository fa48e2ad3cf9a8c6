"""Tenors and schedules against QuantLib on random contracts, published CDS accruals, and their own identities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.dates import (
    BusinessDayConvention,
    CalendarCode,
    DayCount,
    RollRule,
    StubRule,
    Tenor,
    TenorUnit,
    add_months,
    add_tenor,
    calendar,
    cds_schedule,
    end_of_month,
    imm_dates,
    make_schedule,
    third_wednesday,
    year_fraction,
)
from pact_jax.errors import ArgumentError

_TARGET = calendar(CalendarCode.TARGET)
_CONVENTIONS = {
    BusinessDayConvention.FOLLOWING: "Following",
    BusinessDayConvention.MODIFIED_FOLLOWING: "ModifiedFollowing",
    BusinessDayConvention.PRECEDING: "Preceding",
    BusinessDayConvention.UNADJUSTED: "Unadjusted",
}
_QUANTLIB_EPOCH = 25569  # its serial number of 1970-01-01


def _to_quantlib(ql, day):
    return ql.Date(int(np.datetime64(day, "D").astype(np.int64)) + _QUANTLIB_EPOCH)


def _from_quantlib(dates) -> list[str]:
    return [str(np.datetime64(day.serialNumber() - _QUANTLIB_EPOCH, "D")) for day in dates]


def test_random_schedules_against_quantlib() -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    rng = np.random.default_rng(1)
    for _ in range(1200):
        start = np.datetime64("2003-01-01") + int(rng.integers(0, 9000))
        end = start + int(rng.integers(20, 5000))
        start = end_of_month(start)[()] if rng.random() < 0.3 else start
        end = max(end_of_month(end)[()] if rng.random() < 0.3 else end, start + 1)
        tenor = Tenor.parse(rng.choice(["1M", "3M", "6M", "1Y", "2W", "4M", "9M"]))
        convention, end_convention = (list(_CONVENTIONS)[i] for i in rng.integers(0, 4, 2))
        month_end = bool(rng.random() < 0.5) and tenor.months is not None
        backward = bool(rng.random() < 0.5)
        own = make_schedule(
            start,
            end,
            tenor,
            calendar=_TARGET,
            convention=convention,
            end_convention=end_convention,
            stub=StubRule.SHORT_FRONT if backward else StubRule.SHORT_BACK,
            roll=RollRule.MONTH_END if month_end else RollRule.SAME_DAY,
        )
        peer = ql.Schedule(
            _to_quantlib(ql, start),
            _to_quantlib(ql, end),
            ql.Period(str(tenor)),
            ql.TARGET(),
            getattr(ql, _CONVENTIONS[convention]),
            getattr(ql, _CONVENTIONS[end_convention]),
            ql.DateGeneration.Backward if backward else ql.DateGeneration.Forward,
            month_end,
        )
        assert own.dates.astype(str).tolist() == _from_quantlib(peer), (start, end, tenor, convention, end_convention)


@pytest.mark.parametrize("front", [True, False])
def test_explicit_stubs_against_quantlib(front: bool) -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    rng = np.random.default_rng(2)
    for _ in range(200):
        start = np.datetime64("2004-01-01") + int(rng.integers(0, 6000))
        months = int(rng.choice([3, 6, 12]))
        regular = start + int(rng.integers(20, 500))
        end = add_months(regular, months * int(rng.integers(2, 12)))
        if not front:
            start, regular, end = regular, end, end + int(rng.integers(20, 500))
        own = make_schedule(
            start,
            end,
            Tenor(months, TenorUnit.MONTH),
            calendar=_TARGET,
            convention=BusinessDayConvention.MODIFIED_FOLLOWING,
            first_regular=regular if front else None,
            last_regular=None if front else regular,
        )
        peer = ql.Schedule(
            _to_quantlib(ql, start),
            _to_quantlib(ql, end),
            ql.Period(months, ql.Months),
            ql.TARGET(),
            ql.ModifiedFollowing,
            ql.ModifiedFollowing,
            ql.DateGeneration.Forward if front else ql.DateGeneration.Backward,
            False,
            *((_to_quantlib(ql, regular), ql.Date()) if front else (ql.Date(), _to_quantlib(ql, regular))),
        )
        assert own.dates.astype(str).tolist() == _from_quantlib(peer), (start, regular, end, months)


def test_imm_schedules_against_quantlib() -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    for year in range(2004, 2040):
        start, end = third_wednesday(year, 3), third_wednesday(year + 5, 9)
        own = make_schedule(
            start,
            end,
            Tenor.parse("3M"),
            calendar=_TARGET,
            convention=BusinessDayConvention.FOLLOWING,
            stub=StubRule.SHORT_BACK,
            roll=RollRule.IMM,
        )
        peer = ql.Schedule(
            _to_quantlib(ql, start),
            _to_quantlib(ql, end),
            ql.Period("3M"),
            ql.TARGET(),
            ql.Following,
            ql.Following,
            ql.DateGeneration.ThirdWednesday,
            False,
        )
        assert own.dates.astype(str).tolist() == _from_quantlib(peer)
        following = _from_quantlib([ql.IMM.nextDate(_to_quantlib(ql, start + 40))])
        assert imm_dates(start + 40, 1).astype(str).tolist() == following


@pytest.mark.parametrize("unadjusted", [True, False])
def test_month_addition_against_quantlib(unadjusted: bool) -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    rng = np.random.default_rng(5)
    name = "Unadjusted" if unadjusted else "ModifiedFollowing"
    convention = BusinessDayConvention.UNADJUSTED if unadjusted else BusinessDayConvention.MODIFIED_FOLLOWING
    for _ in range(800):
        day = np.datetime64("2004-01-01") + int(rng.integers(0, 15000))
        day = _TARGET.end_of_month(day)[()] if rng.random() < 0.5 else day
        tenor = Tenor.parse(rng.choice(["1M", "3M", "-2M", "1Y", "10Y", "3W", "40D"]))
        rule = bool(rng.random() < 0.5)
        own = add_tenor(day, tenor, calendar=_TARGET, convention=convention, end_of_month_rule=rule)
        period = ql.Period(tenor.count, getattr(ql, tenor.unit.name.title() + "s"))
        # A plain date shift for days: QuantLib reads days as business days.
        peer = (
            ql.TARGET().adjust(_to_quantlib(ql, day) + tenor.count, getattr(ql, name))
            if tenor.unit is TenorUnit.DAY
            else ql.TARGET().advance(_to_quantlib(ql, day), period, getattr(ql, name), rule)
        )
        assert [str(own)] == _from_quantlib([peer]), (day, tenor, rule)


def test_cds_schedules_against_quantlib() -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    rng = np.random.default_rng(3)
    weekdays = calendar(CalendarCode.WEEKEND)
    for _ in range(300):
        traded = np.datetime64("2009-06-01") + int(rng.integers(0, 9000))
        year = int(str(traded)[:4]) + int(rng.integers(1, 11))
        maturity = np.datetime64(f"{year}-{int(rng.choice([3, 6, 9, 12])):02d}-20")
        own = cds_schedule(traded, maturity, weekdays).dates.astype(str).tolist()
        peer = _from_quantlib(
            ql.Schedule(
                _to_quantlib(ql, traded),
                _to_quantlib(ql, maturity),
                ql.Period("3M"),
                ql.WeekendsOnly(),
                ql.Following,
                ql.Unadjusted,
                ql.DateGeneration.CDS,
                False,
            )
        )
        # On the eve of a roll QuantLib keeps the period that ends next day; its full coupon is rebated at the trade.
        assert peer[-len(own) :] == own
        assert len(peer) == len(own) or own[0] <= str(traded + 1)


# Standard CDS accruals, notional 10m, 100 bp, maturity 20-Jun-2014: industry test grid quoted in lballabio/QuantLib
# test-suite/creditdefaultswap.cpp, testAccrualRebateAmounts (commit 2a13d455048c748b9fb5c2ff3bb4f4cf56dfb9a9).
@pytest.mark.parametrize(
    ("traded", "expected"),
    [
        ("2009-03-18", 24166.67),
        ("2009-06-19", 25555.56),
        ("2009-06-21", 0.0),
        ("2009-06-22", 277.78),
        ("2014-06-19", 25555.56),
    ],
)
def test_published_cds_accruals(traded: str, expected: float) -> None:
    schedule = cds_schedule(traded, "2014-06-20", calendar(CalendarCode.WEEKEND))
    days_inclusive = np.datetime64(traded) + 1
    accrued = 10_000_000 * 0.01 * float(year_fraction(schedule.dates[0], days_inclusive, DayCount.ACT_360))
    assert accrued == pytest.approx(expected, abs=0.01)


@given(
    st.integers(0, 9000),
    st.integers(1, 5000),
    st.sampled_from(["1M", "3M", "6M", "1Y", "3W"]),
    st.sampled_from(list(StubRule)),
)
def test_schedule_covers_its_term(offset: int, length: int, tenor: str, stub: StubRule) -> None:
    start = np.datetime64("2004-01-01") + offset
    schedule = make_schedule(start, start + length, Tenor.parse(tenor), stub=stub)
    assert schedule.dates[0] == start and schedule.dates[-1] == start + length
    assert (np.diff(schedule.dates) > np.timedelta64(0, "D")).all()
    assert schedule.reference_dates[0] <= start and schedule.reference_dates[-1] >= start + length
    total = schedule.accrual_factors(DayCount.ACT_365F).sum()
    assert total == pytest.approx(length / 365, rel=1e-12)


def test_long_stubs_merge_one_period() -> None:
    arguments = ("2024-01-15", "2025-03-15", Tenor.parse("6M"))
    dates = {stub: make_schedule(*arguments, stub=stub).dates.astype(str).tolist() for stub in StubRule}
    assert dates[StubRule.SHORT_FRONT] == ["2024-01-15", "2024-03-15", "2024-09-15", "2025-03-15"]
    assert dates[StubRule.LONG_FRONT] == ["2024-01-15", "2024-09-15", "2025-03-15"]
    assert dates[StubRule.SHORT_BACK] == ["2024-01-15", "2024-07-15", "2025-01-15", "2025-03-15"]
    assert dates[StubRule.LONG_BACK] == ["2024-01-15", "2024-07-15", "2025-03-15"]


def test_long_first_coupon_accrues_by_quasi_coupon_dates() -> None:
    # The long first period of ISDA's 1998 paper, by schedule: 15-Aug-2002 to 15-Jul-2003, then semi-annual.
    schedule = make_schedule("2002-08-15", "2004-01-15", Tenor.parse("6M"), stub=StubRule.LONG_FRONT)
    assert schedule.dates.astype(str).tolist() == ["2002-08-15", "2003-07-15", "2004-01-15"]
    np.testing.assert_allclose(
        schedule.accrual_factors(DayCount.ACT_ACT_ICMA), [153 / 368 + 181 / 362, 0.5], rtol=1e-14
    )


@pytest.mark.parametrize("text", ["", "3", "M3", "3X", "1.5Y", "3M6D"])
def test_unreadable_tenors_are_refused(text: str) -> None:
    with pytest.raises(ArgumentError):
        Tenor.parse(text)


@pytest.mark.parametrize(
    "arguments",
    [
        {"start": "2025-01-01"},
        {"tenor": Tenor(0, TenorUnit.MONTH)},
        {"tenor": Tenor(5, TenorUnit.BUSINESS_DAY)},
        {"convention": BusinessDayConvention.FOLLOWING},
        {"first_regular": "2023-01-01"},
        {"first_regular": "2024-02-01", "last_regular": "2024-11-15"},
        {"roll": RollRule.IMM},
        {"roll": RollRule.MONTH_END, "tenor": Tenor(2, TenorUnit.WEEK)},
    ],
)
def test_unusable_terms_are_refused(arguments: dict) -> None:
    usable = {"start": "2024-01-01", "end": "2025-01-01", "tenor": Tenor.parse("3M")}
    with pytest.raises(ArgumentError):
        make_schedule(**(usable | arguments))


def test_calendar_is_asked_for() -> None:
    with pytest.raises(ArgumentError, match="calendar"):
        add_tenor("2024-01-01", Tenor.parse("2B"))
    assert str(add_tenor("2024-03-28", Tenor.parse("2B"), calendar=_TARGET)) == "2024-04-03"


@pytest.mark.parametrize(("traded", "maturity"), [("2024-01-10", "2024-06-21"), ("2024-07-01", "2024-06-20")])
def test_nonstandard_cds_maturities_are_refused(traded: str, maturity: str) -> None:
    with pytest.raises(ArgumentError):
        cds_schedule(traded, maturity, calendar(CalendarCode.WEEKEND))
