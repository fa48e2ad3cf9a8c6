"""Rows of swaps, caps, floors and swaptions -> their terms."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import numpy as np

from pact_jax.instruments import AbstractTerms, CapFloor, RateVolTerms, Swap, Swaption

from ._capacity import capacity, padded
from ._contract_axes import Axes
from ._flows import CashLeg, float_leg, growth_points, place_cash, place_float
from ._legs import accrual, leg_periods
from ._resolve import years_until
from ._rows import Rows


def swap_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    face, cash = rows.numbers("face"), CashLeg()
    floating = float_leg(rows, axes)
    fixing, compounded = rows.numbers("fixing", empty=0.0), rows.numbers("compounded")
    growth, growth_flows = place_float(floating, cash, face, fixing, compounded)
    of = floating.periods.contract
    spread = face * rows.numbers("spread", empty=0.0)
    cash.add(of, floating.periods.end_time, spread[of] * floating.accrual)
    _add_fixed(cash, rows, axes, -face * rows.numbers("coupon"))
    points, (cash_flows,) = place_cash([cash], floating.currency, floating.curve)
    return Swap(points, growth, cash_flows, growth_flows, floating.currency)


def cap_floor_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    leg = float_leg(rows, axes)
    periods, of = leg.periods, leg.periods.contract
    period, code = growth_points(leg, np.ones(len(of), bool))
    length = capacity(len(of))
    return CapFloor(
        option=_rate_vol(rows, axes, "cap"),
        currency=leg.currency,
        period=period,
        flow_period=padded(code, length),
        flow_contract=padded(of, length),
        flow_accrual=padded(leg.accrual, length),
        flow_fixing_time=padded(periods.start_time, length),
        flow_fixing=padded(rows.numbers("fixing", empty=0.0)[of], length),
        flow_is_fixed=padded(periods.has_begun, length),
        flow_notional=padded(rows.numbers("face")[of], length, 0.0),
    )


def swaption_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    rows = rows.replace("start", rows.dates("start", empty=rows.dates("expiry")))
    face, cash, fixed = rows.numbers("face"), CashLeg(), CashLeg()
    floating = float_leg(rows, axes)
    growth, growth_flows = place_float(floating, cash, face, np.zeros(len(rows)), np.full(len(rows), np.nan))
    _add_fixed(fixed, rows, axes, face)
    points, (cash_flows, annuity) = place_cash([cash, fixed], floating.currency, floating.curve)
    return Swaption(
        option=_rate_vol(rows, axes, "payer"),
        currency=floating.currency,
        expiry=years_until(rows.dates("expiry"), axes.valuation_date),
        cash=points,
        growth=growth,
        float_cash_flows=cash_flows,
        float_growth_flows=growth_flows,
        annuity_flows=annuity,
    )


def _add_fixed(cash: CashLeg, rows: Rows, axes: Axes, per_year: np.ndarray) -> None:
    frequency = rows.numbers("frequency")
    periods = leg_periods(rows.dates("maturity"), rows.dates("start"), frequency, axes.valuation_date)
    fraction = accrual(periods, rows.words("day_count"), frequency)
    cash.add(periods.contract, periods.end_time, per_year[periods.contract] * fraction)


def _rate_vol(rows: Rows, axes: Axes, call: str) -> RateVolTerms:
    return RateVolTerms(
        surface=rows.words("surface").index_in(axes.surface),
        strike=rows.numbers("strike"),
        is_call=rows.words("option_type").among(call),
        is_normal=rows.words("vol_model").among("bachelier"),
        displacement=rows.numbers("displacement", empty=0.0),
    )
