"""Rows of credit default swaps -> their terms."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

from dataclasses import dataclass

import numpy as np

from pact_jax.dates import CalendarCode, calendar, cds_schedule
from pact_jax.instruments import AbstractTerms, Cds, LinearFlows, RiskyPoints
from pact_jax.pricing.rates import CdsSchedule, cds_times

from ._contract_axes import Axes
from ._flows import merged_flows, unique_rows
from ._rows import Rows


@dataclass(frozen=True, eq=False)
class _Names:
    currency: np.ndarray
    curve: np.ndarray
    issuer: np.ndarray


def cds_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    currency = rows.words("currency")
    of_name = _Names(
        currency.index_in(axes.currency), currency.index_in(axes.curve_of), rows.words("issuer").index_in(axes.hazard)
    )
    maturities, date_of = np.unique(rows.dates("maturity").astype("datetime64[D]"), return_inverse=True)
    # Standard contracts with one maturity share one schedule, whatever their name, premium and size.
    weekdays = calendar(CalendarCode.WEEKEND)
    schedules = [
        cds_times(
            cds_schedule(axes.valuation_date, day, weekdays), axes.valuation_date, weekdays, node_time=axes.node_time
        )
        for day in maturities
    ]
    own = [schedules[k] for k in date_of]
    face = rows.numbers("face")
    lost, premium = face * rows.numbers("lgd"), face * rows.numbers("coupon")
    accrued = np.array([s.accrued for s in own])
    interval, protection, moment = _default_legs(own, of_name, lost, premium)
    payment, paid = _premium_leg(own, of_name, premium)
    return Cds(interval, payment, protection, moment, paid, of_name.currency, lost - premium * accrued)


def _default_legs(
    own: list[CdsSchedule], names: _Names, lost: np.ndarray, premium: np.ndarray
) -> tuple[RiskyPoints, LinearFlows, LinearFlows]:
    contract = np.repeat(np.arange(len(own)), [len(s.grid_time) - 1 for s in own])
    start = np.concatenate([s.grid_time[:-1] for s in own])
    end = np.concatenate([s.grid_time[1:] for s in own])
    slope = np.concatenate([s.accrual_slope for s in own])
    elapsed = start - np.concatenate([s.accrual_origin for s in own])
    points, code = _risky_points(names, contract, start, end)
    rate = premium[contract] * slope
    protection = merged_flows(code, contract, lost[contract] - rate * elapsed)
    return points, protection, merged_flows(code, contract, -rate)


def _premium_leg(own: list[CdsSchedule], names: _Names, premium: np.ndarray) -> tuple[RiskyPoints, LinearFlows]:
    contract = np.repeat(np.arange(len(own)), [len(s.premium_time) for s in own])
    survive = np.concatenate([s.premium_survival_time for s in own])
    pay = np.concatenate([s.premium_time for s in own])
    points, code = _risky_points(names, contract, survive, pay)
    fraction = np.concatenate([s.premium_accrual for s in own])
    return points, merged_flows(code, contract, -premium[contract] * fraction)


def _risky_points(
    names: _Names, contract: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[RiskyPoints, np.ndarray]:
    keys = (names.currency[contract], names.curve[contract], names.issuer[contract])
    unique, code = unique_rows(*keys, start, end)
    return RiskyPoints(*unique), code
