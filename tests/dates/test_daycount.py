"""Day counts against published examples, QuantLib on random dates, and their own identities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.dates import CalendarCode, DayCount, Tenor, calendar, make_schedule, year_fraction
from pact_jax.errors import ArgumentError, UnknownName

_DAYS = st.integers(-7000, 30000).map(lambda n: np.datetime64("1990-01-01") + n)


def _random_pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20)
    start = np.datetime64("1995-01-01") + rng.integers(0, 20000, count)
    end = start + rng.integers(0, 8000, count)
    # Half of the dates at or next to a month end, where the 30/360 rules differ.
    month_end = (start.astype("datetime64[M]") + 1).astype("datetime64[D]") - rng.integers(1, 4, count)
    start = np.where(rng.random(count) < 0.5, month_end, start)
    month_end = (end.astype("datetime64[M]") + 1).astype("datetime64[D]") - rng.integers(0, 3, count)
    end = np.where(rng.random(count) < 0.5, month_end, end)
    return np.minimum(start, end), np.maximum(start, end)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # ISDA, "EMU and Market Conventions: Recent Developments" (1998), semi-annual 1 Nov 2003 - 1 May 2004.
        (DayCount.ACT_ACT_ISDA, 61 / 365 + 121 / 366),
        (DayCount.ACT_ACT_ICMA, 182 / (182 * 2)),
        (DayCount.ACT_360, 182 / 360),
        (DayCount.ACT_365F, 182 / 365),
        (DayCount.THIRTY_360, 0.5),
    ],
)
def test_isda_regular_period(rule: DayCount, expected: float) -> None:
    icma = {"reference_dates": ["2003-11-01", "2004-05-01"], "periods_per_year": 2} if "ICMA" in rule.value else {}
    assert year_fraction("2003-11-01", "2004-05-01", rule, **icma) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("start", "end", "reference", "frequency", "expected"),
    [
        # The same paper: short first (annual), long first and short last (semi-annual), long last (quarterly).
        ("1999-02-01", "1999-07-01", ["1998-07-01", "1999-07-01"], 1, 150 / 365),
        ("2002-08-15", "2003-07-15", ["2002-07-15", "2003-01-15", "2003-07-15"], 2, 153 / 368 + 181 / 362),
        ("2000-01-30", "2000-06-30", ["2000-01-30", "2000-07-30"], 2, 152 / 364),
        ("1999-11-30", "2000-04-30", ["1999-11-30", "2000-02-29", "2000-05-31"], 4, 91 / 364 + 61 / 368),
    ],
)
def test_isda_irregular_periods(start: str, end: str, reference: list[str], frequency: int, expected: float) -> None:
    got = year_fraction(start, end, DayCount.ACT_ACT_ICMA, reference_dates=reference, periods_per_year=frequency)
    assert got == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("start", "end", "us", "bond", "european", "isda"),
    [
        # Days by hand from 2006 ISDA Definitions 4.16(f)-(h) and, for 30/360 US, SIFMA's end-of-February rule.
        ("2007-01-15", "2007-01-30", 15, 15, 15, 15),
        ("2007-01-31", "2007-02-28", 28, 28, 28, 30),
        ("2007-02-28", "2007-03-31", 30, 33, 32, 30),
        ("2007-08-31", "2008-02-29", 179, 179, 179, 180),
        ("2008-02-29", "2009-02-28", 360, 359, 359, 360),
        ("2006-08-31", "2007-02-28", 178, 178, 178, 180),
        ("2007-09-30", "2007-10-31", 30, 30, 30, 30),
        ("2007-02-15", "2007-03-31", 46, 46, 45, 45),
    ],
)
def test_thirty_360_days(start: str, end: str, us: int, bond: int, european: int, isda: int) -> None:
    rules = (DayCount.THIRTY_360_US, DayCount.THIRTY_360, DayCount.THIRTY_E_360, DayCount.THIRTY_E_360_ISDA)
    assert [float(year_fraction(start, end, rule)) * 360 for rule in rules] == pytest.approx([us, bond, european, isda])


def test_termination_date_keeps_a_february_end() -> None:
    # 2006 ISDA Definitions 4.16(h): the last day of February is day 30 unless it is the termination date.
    kept = year_fraction("2007-08-31", "2008-02-29", DayCount.THIRTY_E_360_ISDA, termination_date="2008-02-29")
    assert float(kept) * 360 == pytest.approx(179)


def test_quantlib_on_random_pairs() -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    start, end = _random_pairs(6000)
    first, last = ([ql.Date(int(n) + 25569) for n in days.astype(np.int64)] for days in (start, end))
    peers = {
        DayCount.ACT_360: ql.Actual360(),
        DayCount.ACT_365F: ql.Actual365Fixed(),
        DayCount.ACT_ACT_ISDA: ql.ActualActual(ql.ActualActual.ISDA),
        DayCount.THIRTY_360: ql.Thirty360(ql.Thirty360.BondBasis),
        DayCount.THIRTY_360_US: ql.Thirty360(ql.Thirty360.USA),
        DayCount.THIRTY_E_360: ql.Thirty360(ql.Thirty360.EurobondBasis),
        DayCount.THIRTY_E_360_ISDA: ql.Thirty360(ql.Thirty360.ISDA),
    }
    for rule, peer in peers.items():
        expected = [peer.yearFraction(a, b) for a, b in zip(first, last, strict=True)]
        np.testing.assert_allclose(year_fraction(start, end, rule), expected, rtol=0, atol=1e-12, err_msg=rule.value)


def test_bus_252_against_quantlib() -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    start, end = _random_pairs(1500)
    inside = (start >= np.datetime64("2002-01-01")) & (end <= np.datetime64("2060-12-31"))
    start, end = start[inside], end[inside]
    peer = ql.Business252(ql.TARGET())
    expected = [
        peer.yearFraction(ql.Date(int(a) + 25569), ql.Date(int(b) + 25569))
        for a, b in zip(start.astype(np.int64), end.astype(np.int64), strict=True)
    ]
    got = year_fraction(start, end, DayCount.BUS_252, calendar=calendar(CalendarCode.TARGET))
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


@given(_DAYS, st.integers(0, 4000), st.integers(0, 4000))
def test_actual_counts_add_up(start: np.datetime64, first: int, second: int) -> None:
    middle, end = start + first, start + first + second
    for rule in (DayCount.ACT_360, DayCount.ACT_365F, DayCount.ACT_ACT_ISDA):
        parts = year_fraction(start, middle, rule) + year_fraction(middle, end, rule)
        assert parts == pytest.approx(float(year_fraction(start, end, rule)), abs=1e-12)


@given(_DAYS, st.integers(1, 40))
def test_whole_years_count_as_whole(start: np.datetime64, years: int) -> None:
    month = start.astype("datetime64[M]")
    begin, end = month.astype("datetime64[D]"), (month + 12 * years).astype("datetime64[D]")
    assert year_fraction(begin, end, DayCount.THIRTY_360) == years
    grid = make_schedule(begin, end, Tenor.parse("6M"))
    np.testing.assert_allclose(grid.accrual_factors(DayCount.ACT_ACT_ICMA), 0.5, rtol=1e-15)


@pytest.mark.parametrize("name", ["Actual/365 (Fixed)", "act/365f", "ACT/365"])
def test_parse_reads_the_usual_spellings(name: str) -> None:
    assert DayCount.parse(name) is DayCount.ACT_365F


@pytest.mark.parametrize("member", list(DayCount))
def test_parse_reads_its_own_names(member: DayCount) -> None:
    assert DayCount.parse(member.value.lower()) is member


def test_unknown_name_lists_the_valid_ones() -> None:
    with pytest.raises(UnknownName, match="ACT/360, ACT/365F"):
        DayCount.parse("ACT/361")


@pytest.mark.parametrize(
    ("rule", "arguments"),
    [
        (DayCount.BUS_252, {}),
        (DayCount.ACT_ACT_ICMA, {"periods_per_year": 2}),
        (DayCount.ACT_ACT_ICMA, {"periods_per_year": 5, "reference_dates": ["2024-01-01", "2025-01-01"]}),
        (DayCount.ACT_ACT_ICMA, {"periods_per_year": 1, "reference_dates": ["2024-02-01", "2025-02-01"]}),
        (DayCount.ACT_360, {"periods_per_year": 2}),
        (DayCount.THIRTY_360, {"termination_date": "2024-06-01"}),
        ("ACT/360", {}),
    ],
)
def test_unusable_arguments_are_refused(rule: DayCount, arguments: dict) -> None:
    with pytest.raises((ArgumentError, TypeError)):  # TypeError where annotations are checked at run time
        year_fraction("2024-01-01", "2024-06-01", rule, **arguments)


def test_reversed_dates() -> None:
    assert year_fraction("2024-06-01", "2024-01-01", DayCount.ACT_365F) < 0
    with pytest.raises(ArgumentError, match="before start"):
        year_fraction("2024-06-01", "2024-01-01", DayCount.THIRTY_360)


@pytest.mark.parametrize("bad", ["2024-13-01", "NaT", "2024-01-01T12:00", 5.0])
def test_unreadable_dates_are_refused(bad: object) -> None:
    with pytest.raises((ArgumentError, TypeError)):
        year_fraction(bad, "2025-01-01", DayCount.ACT_360)  # type: ignore[arg-type]
