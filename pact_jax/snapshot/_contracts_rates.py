"""Rows of bonds and loans -> their terms."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import numpy as np

from pact_jax.instruments import AbstractTerms, Bond, Loan, RiskyPoints

from ._capacity import capacity, padded
from ._contract_axes import Axes
from ._distinct import distinct_rows
from ._flows import merged_flows
from ._legs import Periods, accrual, flows_by_schedule, leg_periods
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
    face, money = rows.numbers("face"), rows.words("currency")
    issuer = rows.words("issuer").index_in(axes.hazard, missing=-1)
    # Recovery is a payment of its own, contingent on survival to the start of the period less survival to its end.
    recovery = np.where(issuer >= 0, (1.0 - rows.numbers("lgd")) * face, 0.0)
    recovered = recovery[contract]
    pays = np.flatnonzero(recovered)
    amount = face[contract] * (rows.numbers("coupon")[contract] * fraction[flow] + redemption[flow]) - recovered
    debtors = (money.index_in(axes.currency), money.index_in(axes.curve_of), issuer)
    points, code = _bond_points(periods, debtors, flow, contract, pays)
    of = np.concatenate([contract, contract[pays]])
    merged = merged_flows(code, of, np.concatenate([amount, recovered[pays]]))
    return Bond(
        points=points,
        flow_point=merged.point,
        flow_contract=merged.contract,
        amount=merged.amount,
        currency=debtors[0],
        recovery=recovery,
    )


def _bond_points(
    periods: Periods,
    debtors: tuple[np.ndarray, np.ndarray, np.ndarray],
    flow: np.ndarray,
    contract: np.ndarray,
    pays: np.ndarray,
) -> tuple[RiskyPoints, np.ndarray]:
    """Unique points of payments, then of the recoveries among them, and which one each is on.

    There are few debtors and few pairs of days, and many flows: both are numbered, in their order, before they meet.

    Args:
        periods: periods of the schedules.
        debtors: currency, curve and issuer of each contract.
        flow: period of each payment.
        contract: contract of each payment.
        pays: payments with a recovery beside them.

    Returns:
        The points, and one of them for each payment and each recovery.
    """
    start, end, num_periods = periods.start_day, periods.end_day, len(periods.contract)
    currency, curve = (np.tile(column, 2) for column in debtors[:2])
    issuer = np.concatenate([debtors[2], np.full(len(debtors[2]), -1)])
    a_debtor, debtor = distinct_rows([currency, curve, issuer])
    survive, pay = np.concatenate([end, np.zeros_like(end), start]), np.tile(end, 3)
    some_days, days = distinct_rows([survive, pay])
    # Without an issuer, or without time for a default, survival does not matter: such payments meet in one point.
    certain = np.where(debtors[2] < 0, num_periods, 0)[contract]
    period, of = flow[pays], contract[pays]
    owes = np.concatenate([contract, of + np.where(start == 0, len(debtors[2]), 0)[period]])
    due = np.concatenate([flow + certain, period + 2 * num_periods])
    place, code = distinct_rows([debtor[owes], days[due]])
    owes, due = a_debtor[debtor[owes[place]]], some_days[days[due[place]]]
    length = capacity(len(place))
    names = (padded(column[owes], length) for column in (currency, curve, issuer))
    times = (padded(column[due], length) / DAYS_PER_YEAR for column in (survive, pay))
    return RiskyPoints(*names, *times), code


def loan_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    return Loan(rows.words("currency").index_in(axes.currency), rows.numbers("outstanding"))
