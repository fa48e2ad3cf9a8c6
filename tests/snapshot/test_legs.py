"""Periods of legs: counted back from maturity, cut at a start, accrued by every day count."""

import datetime

import numpy as np
import pytest

from pact_jax.dates import DayCount, RollRule, Tenor, make_schedule
from pact_jax.snapshot._legs import Periods, accrual, leg_periods
from pact_jax.snapshot._rows import Words, words_of

TODAY = datetime.date(2022, 12, 28)


def periods(maturity: str, start: str | None, frequency: int) -> Periods:
    dates = [np.array([day or "NaT"], dtype="datetime64[ns]") for day in (maturity, start)]
    return leg_periods(*dates, np.array([float(frequency)]), TODAY)


def rules(*names: str) -> Words:
    return words_of(np.array(names, dtype=object))


def days(values: np.ndarray) -> list[str]:
    return values.astype("datetime64[D]").astype(str).tolist()


def test_a_leg_that_began_long_ago_keeps_its_running_period_whole() -> None:
    found = periods("2024-03-15", None, 2)
    assert days(found.start) == ["2022-09-15", "2023-03-15", "2023-09-15"]
    assert days(found.end) == ["2023-03-15", "2023-09-15", "2024-03-15"]
    assert found.has_begun.tolist() == [True, False, False]
    # 77 days to the first payment; time before today does not count.
    np.testing.assert_allclose(found.end_time[0], 77.0 / 365.0, rtol=1e-15)
    assert found.start_time[0] == 0.0


def test_a_period_that_starts_today_has_not_begun() -> None:
    found = periods("2023-12-28", None, 4)
    assert days(found.start)[0] == "2022-12-28" and not found.has_begun.any()


def test_a_start_cuts_the_first_period() -> None:
    found = periods("2024-03-15", "2023-05-10", 2)
    assert days(found.start) == ["2023-05-10", "2023-09-15"] and days(found.end) == ["2023-09-15", "2024-03-15"]
    assert days(found.regular_start)[0] == "2023-03-15"
    # A start in the past cuts as well; one on a regular date cuts nothing.
    assert days(periods("2024-03-15", "2022-11-01", 2).start)[0] == "2022-11-01"
    assert days(periods("2024-03-15", "2023-03-15", 2).start)[0] == "2023-03-15"


@pytest.mark.parametrize("rule", ["30/360", "ACT/360", "ACT/365F", "ACT/ACT ICMA", "30E/360", "ACT/ACT ISDA"])
@pytest.mark.parametrize("start", ["2023-01-31", "2023-05-10"])
def test_accrual_is_that_of_a_schedule(rule: str, start: str) -> None:
    """The schedule builder of `pact_jax.dates`, which has its own references, gives the same periods and fractions."""
    found = periods("2027-07-31", start, 2)
    schedule = make_schedule(start, "2027-07-31", Tenor.parse("6M"), roll=RollRule.SAME_DAY)
    assert days(np.append(found.start, found.end[-1:])) == schedule.dates.astype(str).tolist()
    fraction = accrual(found, rules(rule), np.array([2.0]))
    np.testing.assert_allclose(fraction, schedule.accrual_factors(DayCount.parse(rule)), rtol=1e-14)


def test_contracts_do_not_mix() -> None:
    maturity, start = (np.array(each, dtype="datetime64[D]") for each in (["2024-06-28", "2023-06-28"], ["NaT", "NaT"]))
    found = leg_periods(maturity, start, np.array([1.0, 4.0]), TODAY)
    assert found.contract.tolist() == [0, 0, 1, 1]
    fraction = accrual(found, rules("30/360", "ACT/360"), np.array([1.0, 4.0]))
    np.testing.assert_allclose(fraction, [1.0, 1.0, 90.0 / 360.0, 92.0 / 360.0], rtol=1e-15)
