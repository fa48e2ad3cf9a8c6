"""Terms resolved once: dates to year fractions, identical contracts to one."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pact_jax.dates import DayCount, add_months, year_fraction

DAYS_PER_YEAR = 365.0


@dataclass(frozen=True, eq=False)
class Distinct:
    """Distinct rows of some columns, and which one each original row is.

    Attributes:
        rows: the distinct rows, sorted.
        code: index into `rows` of each original row.
    """

    rows: pd.DataFrame
    code: np.ndarray


def distinct(frame: pd.DataFrame) -> Distinct:
    """Finds identical rows: identical contracts are priced once, whatever the order of the input.

    Args:
        frame: the columns that make two rows the same contract.

    Returns:
        Sorted distinct rows and codes.
    """
    grouped = frame.groupby(list(frame.columns), sort=True, dropna=False)
    code = grouped.ngroup().to_numpy()
    first = np.full(code.max() + 1, -1) if len(code) else np.empty(0, int)
    first[code[::-1]] = np.arange(len(code))[::-1]
    return Distinct(frame.iloc[first].reset_index(drop=True), code)


def years_until(maturity: pd.Series, valuation_date: date) -> np.ndarray:
    """Year fraction ACT/365F from the valuation date."""
    days = (pd.to_datetime(maturity).to_numpy() - np.datetime64(valuation_date)) / np.timedelta64(1, "D")
    return np.asarray(days, float) / DAYS_PER_YEAR


@dataclass(frozen=True, eq=False)
class BondFlows:
    """Remaining flows of distinct bonds, flow by flow.

    Attributes:
        contract: which bond.
        start: start of the flow's period in years from the valuation date, 0 for the running one.
        end: payment time, years.
        amount: coupon, with the face at maturity.
    """

    contract: np.ndarray
    start: np.ndarray
    end: np.ndarray
    amount: np.ndarray


def bond_flows(bonds: pd.DataFrame, valuation_date: date) -> BondFlows:
    """Coupons and redemption after the valuation date, on unadjusted dates counted back from maturity.

    A first period that is shorter than regular at issue cannot be seen from the terms (no issue date is held), so
    every remaining coupon is a full one.

    Args:
        bonds: distinct bonds with coupon, frequency, maturity, day_count, face.
        valuation_date: flows on or before it are gone.

    Returns:
        Flows sorted by bond and date.
    """
    today = np.datetime64(valuation_date, "D")
    maturity = pd.to_datetime(bonds["maturity"]).to_numpy().astype("datetime64[D]")
    frequency = bonds["frequency"].to_numpy().astype(int)
    longest = int(np.ceil(((maturity - today).astype(int) / 365.0 * frequency).max())) + 2
    step = np.arange(longest + 1)
    shape = (len(bonds), longest + 1)
    months = -(12 // frequency)[:, None] * step[None, :]
    dates = add_months(np.broadcast_to(maturity[:, None], shape).ravel(), months.ravel()).reshape(shape)
    pay, before = dates[:, :-1], dates[:, 1:]
    bond, back = np.nonzero(pay > today)
    pay, before = pay[bond, back], before[bond, back]
    amount = bonds["face"].to_numpy(float)[bond] * (
        bonds["coupon"].to_numpy(float)[bond] * _coupon_fraction(bonds, bond, before, pay) + (back == 0)
    )
    order = np.lexsort((pay, bond))
    end = (pay - today).astype(int) / DAYS_PER_YEAR
    start = np.maximum((before - today).astype(int) / DAYS_PER_YEAR, 0.0)
    return BondFlows(bond[order], start[order], end[order], amount[order])


def _coupon_fraction(bonds: pd.DataFrame, bond: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    fraction = np.empty(len(bond))
    rule_of = bonds["day_count"].to_numpy()[bond]
    frequency = bonds["frequency"].to_numpy().astype(int)[bond]
    for rule in pd.unique(rule_of):
        day_count = DayCount.parse(str(rule))
        for periods in np.unique(frequency[rule_of == rule]):
            of = (rule_of == rule) & (frequency == periods)
            if day_count is DayCount.ACT_ACT_ICMA:
                fraction[of] = 1.0 / periods
            else:
                fraction[of] = year_fraction(start[of], end[of], day_count)
    return fraction
