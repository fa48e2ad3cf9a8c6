"""Terms of a credit default swap as year fractions, resolved once on the host after the ISDA standard model."""

import dataclasses
from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax.dates import (
    BusinessDayConvention,
    Calendar,
    DayArray,
    DayCount,
    DayLike,
    Schedule,
    as_days,
    year_fraction,
)
from pact_jax.errors import ArgumentError

HALF_DAY = 1.0 / 730.0
"""Default is taken half a day into the day: what the standard model adds to the premium accrued at default (years)."""


class CdsTerms(eqx.Module):
    """One credit default swap, or a batch of equal shape. Times are years from the valuation date.

    Between two grid times the forward rate and the hazard are flat, so the integrals over default times are exact sums.

    Attributes:
        grid_time: from the start of protection to maturity, through all nodes and period boundaries.
        accrual_origin: for each grid interval, the time from which its premium accrues.
        accrual_slope: for each grid interval, premium year fraction per year of time; 0 pads.
        premium_time: payment times.
        premium_survival_time: times until which the reference entity must survive for each payment.
        premium_accrual: year fractions paid; 0 pads.
        accrued: year fraction accrued at the valuation date, rebated by a new buyer's counterparty.
        settlement_time: when an upfront amount is paid.
    """

    grid_time: Float[Array, "*contracts dates"]
    accrual_origin: Float[Array, "*contracts dates-1"]
    accrual_slope: Float[Array, "*contracts dates-1"]
    premium_time: Float[Array, "*contracts premium_dates"]
    premium_survival_time: Float[Array, "*contracts premium_dates"]
    premium_accrual: Float[Array, "*contracts premium_dates"]
    accrued: Float[Array, "*contracts"]
    settlement_time: Float[Array, "*contracts"]


@dataclasses.dataclass(frozen=True, eq=False)
class CdsSchedule:
    """Times of one credit default swap as NumPy arrays, years from the valuation date; fields as in `CdsTerms`.

    Attributes:
        grid_time: from the start of protection to maturity.
        accrual_origin: for each grid interval, the time from which its premium accrues.
        accrual_slope: for each grid interval, premium year fraction per year of time.
        premium_time: payment times.
        premium_survival_time: times until which the reference entity must survive for each payment.
        premium_accrual: year fractions paid.
        accrued: year fraction accrued at the valuation date.
        settlement_time: when an upfront amount is paid.
    """

    grid_time: Float[np.ndarray, "dates"]
    accrual_origin: Float[np.ndarray, "dates-1"]
    accrual_slope: Float[np.ndarray, "dates-1"]
    premium_time: Float[np.ndarray, "premium_dates"]
    premium_survival_time: Float[np.ndarray, "premium_dates"]
    premium_accrual: Float[np.ndarray, "premium_dates"]
    accrued: float
    settlement_time: float


def cds_times(
    schedule: Schedule,
    valuation_date: DayLike,
    calendar: Calendar,
    *,
    node_time: np.ndarray,
    settlement_days: int = 3,
    accrual_bias: float = HALF_DAY,
) -> CdsSchedule:
    """Times of a standard contract at a valuation date, resolved on the host.

    ISDA standard model: protection from the end of the valuation date to maturity; premium ACT/360 with the last day of
    the contract counted; survival asked for at the end of the day before each period ends; times ACT/365F.

    Args:
        schedule: premium dates, as made by `cds_schedule`.
        valuation_date: trade or pricing date; protection starts the day after.
        calendar: open days, for payments and the upfront settlement.
        node_time: node times of the discount curve and of the hazards, years: the grid is cut there.
        settlement_days: business days to the upfront payment.
        accrual_bias: years added to the premium accrued at default; 0 for none.

    Returns:
        The times.

    Raises:
        ArgumentError: the contract has matured.

    References:
        ISDA, CDS Standard Model, version 1.8.2 (2009); R. White, The pricing and risk management of credit default
        swaps, with a focus on the ISDA model, OpenGamma (2013).
    """
    today, dates = as_days(valuation_date, "valuation_date"), schedule.dates
    if dates[-1] <= today:
        raise ArgumentError(f"matured on {dates[-1]}", "cds_times", f"leave it out on {today}: it has no value")
    last = np.arange(dates.size - 1) == dates.size - 2
    start, end = dates[:-1], np.where(last, dates[1:] + 1, dates[1:])
    live = end > today + 1
    start, end, last = start[live], end[live], last[live]

    def time(days: DayArray):
        return year_fraction(today, days, DayCount.ACT_365F)

    accrual = year_fraction(start, end, DayCount.ACT_360)
    pay = calendar.adjust(np.where(last, end - 1, end), BusinessDayConvention.FOLLOWING)
    observed = time(end - 1)
    # A period's integral runs from the close before its first protected day to the close before its end.
    begin = time(np.maximum(start, today + 1) - 1)
    inner = np.asarray(node_time, float)
    grid = np.unique(np.concatenate([begin, observed, inner[(inner > begin[0]) & (inner < observed[-1])]]))
    period = np.clip(np.searchsorted(observed, grid[1:], side="left"), 0, observed.size - 1)
    origin = time(start - 1) - accrual_bias
    accrued = year_fraction(start[0], today + 1, DayCount.ACT_360) if start[0] <= today + 1 else 0.0
    return CdsSchedule(
        grid_time=grid,
        accrual_origin=origin[period],
        accrual_slope=np.full(grid.size - 1, 365.0 / 360.0),
        premium_time=time(pay),
        premium_survival_time=observed,
        premium_accrual=accrual,
        accrued=float(accrued),
        settlement_time=float(time(calendar.add_business_days(today, settlement_days))),
    )


def cds_terms(
    schedule: Schedule,
    valuation_date: DayLike,
    calendar: Calendar,
    *,
    node_time: np.ndarray,
    settlement_days: int = 3,
    accrual_bias: float = HALF_DAY,
) -> CdsTerms:
    """Terms of a standard contract at a valuation date: the times of `cds_times` as device arrays.

    Args:
        schedule: premium dates, as made by `cds_schedule`.
        valuation_date: trade or pricing date; protection starts the day after.
        calendar: open days.
        node_time: node times of the discount curve and of the hazards, years.
        settlement_days: business days to the upfront payment.
        accrual_bias: years added to the premium accrued at default.

    Returns:
        The terms.

    Raises:
        ArgumentError: the contract has matured.
    """
    found = cds_times(
        schedule,
        valuation_date,
        calendar,
        node_time=node_time,
        settlement_days=settlement_days,
        accrual_bias=accrual_bias,
    )
    return CdsTerms(**{field.name: jnp.asarray(getattr(found, field.name)) for field in dataclasses.fields(found)})


def stack_cds_terms(terms: Sequence[CdsTerms]) -> CdsTerms:
    """Contracts of different lengths as one batch, padded with empty intervals and zero accruals.

    Args:
        terms: contracts.

    Returns:
        Terms with a leading axis over contracts, for `vmap`.

    Raises:
        ArgumentError: there is no contract.
    """
    if not terms:
        raise ArgumentError("no contract", "stack_cds_terms", "give at least one")
    grid = max(t.grid_time.shape[0] for t in terms)
    premiums = max(t.premium_time.shape[0] for t in terms)
    width = {"grid_time": grid, "accrual_origin": grid - 1, "accrual_slope": grid - 1}

    def stacked(name: str) -> Array:
        rows = [np.asarray(getattr(t, name)) for t in terms]
        if rows[0].ndim == 0:
            return jnp.asarray(np.stack(rows))
        # Repeating the last grid time makes intervals of no length, which hold no default.
        mode = "constant" if name in ("accrual_slope", "premium_accrual") else "edge"
        size = width.get(name, premiums)
        return jnp.asarray(np.stack([np.pad(row, (0, size - row.size), mode=mode) for row in rows]))

    return CdsTerms(**{name: stacked(name) for name in CdsTerms.__dataclass_fields__})
