"""Rows of bonds and loans -> their terms."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import numpy as np

from pact_jax.instruments import AbstractTerms, Bond, Loan, RiskyPoints

from ._contract_axes import Axes
from ._distinct import distinct_rows
from ._flows import merged_flows, unique_rows
from ._legs import accrual, flows_by_schedule, leg_periods
from ._resolve import DAYS_PER_YEAR
from ._rows import Rows


def bond_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    """Coupons, redemption and recovery after the valuation date.

    A first period that is shorter than regular at issue cannot be seen from the terms (no issue date is held), so
    every remaining coupon is a full one.
    """
    # Bonds of one maturity, frequency and day count are paid on the same days.
    place, schedule = distinct_rows([rows.dates("maturity"), rows.numbers("frequency"), rows.words("day_count").code])
    shared = rows.take(place)
    frequency, maturity = shared.numbers("frequency"), shared.dates("maturity").astype("datetime64[D]")
    unknown = np.full(len(shared), np.datetime64("NaT", "D"))
    periods = leg_periods(maturity, unknown, frequency, axes.valuation_date)
    fraction = accrual(periods, shared.words("day_count"), frequency)
    redemption = periods.end == maturity[periods.contract]
    flow, contract = flows_by_schedule(periods.contract, schedule)
    start, end = periods.start_day[flow], periods.end_day[flow]
    face, money = rows.numbers("face"), rows.words("currency")
    amount = face[contract] * (rows.numbers("coupon")[contract] * fraction[flow] + redemption[flow])
    issuer = rows.words("issuer").index_in(axes.hazard, missing=-1)
    recovery = np.where(issuer >= 0, (1.0 - rows.numbers("lgd")) * face, 0.0)
    # Recovery is a payment of its own, contingent on survival to the start of the period less survival to its end.
    pays = recovery[contract] != 0.0
    of = np.concatenate([contract, contract[pays]])
    survive = np.concatenate([end, start[pays]])
    pay = np.concatenate([end, end[pays]])
    amount = np.concatenate([amount - recovery[contract], recovery[contract[pays]]])
    # Without an issuer, or without time for a default, survival does not matter: such payments meet in one point.
    certain = (issuer[of] < 0) | (survive == 0)
    name, survive = np.where(certain, -1, issuer[of]), np.where(certain, 0, survive)
    currency, curve = money.index_in(axes.currency), money.index_in(axes.curve_of)
    unique, code = unique_rows(currency[of], curve[of], name, survive, pay)
    merged = merged_flows(code, of, amount)
    return Bond(
        points=RiskyPoints(*unique[:3], start=unique[3] / DAYS_PER_YEAR, end=unique[4] / DAYS_PER_YEAR),
        flow_point=merged.point,
        flow_contract=merged.contract,
        amount=merged.amount,
        currency=currency,
        recovery=recovery,
    )


def loan_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    return Loan(rows.words("currency").index_in(axes.currency), rows.numbers("outstanding"))
