"""What bonds, swaps, options on rates and credit default swaps must say beyond the columns of their kind."""

import numpy as np
import pandas as pd
from jaxtyping import Bool

from pact_jax.dates import DayCount
from pact_jax.errors import UnknownName

from ._context import Context
from ._flows import FLOAT_FREQUENCY
from ._kinds import KINDS
from ._legs import leg_periods
from ._table_spec import Findings

_FREQUENCIES = (1.0, 2.0, 4.0)
_FLOAT_FREQUENCIES = (*_FREQUENCIES, 12.0)


def check_rate_terms(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """Frequencies and day counts are known, dates are in order, and a period that has begun has its rate."""
    fixed, floating = _readers(frame, "frequency"), _readers(frame, "float_frequency")
    frequency = frame["frequency"]
    wrong = fixed & (frequency.notna() & ~frequency.isin(_FREQUENCIES)).to_numpy()
    mend = "payments per year; 1 with coupon 0 for a zero bond"
    findings.rows(wrong, "frequency", frequency, "must be 1, 2 or 4", mend)
    frequency = frame["float_frequency"]
    wrong = floating & (frequency.notna() & ~frequency.isin(_FLOAT_FREQUENCIES)).to_numpy()
    findings.rows(wrong, "float_frequency", frequency, "must be 1, 2, 4 or 12", "floating payments per year")
    _check_day_count(frame, findings, "day_count", fixed)
    _check_day_count(frame, findings, "float_day_count", floating & (frame["float_day_count"] != "").to_numpy())
    _check_order(frame, findings, context)
    _check_roll_date(frame, findings)
    _check_fixing(frame, findings, context)


def _readers(frame: pd.DataFrame, column: str) -> Bool[np.ndarray, "positions"]:
    names = [name for name, kind in KINDS.items() if column in (*kind.required, *kind.optional)]
    return frame["kind"].isin(names).to_numpy()


def _check_day_count(
    frame: pd.DataFrame, findings: Findings, column: str, concerned: Bool[np.ndarray, "positions"]
) -> None:
    unknown = [name for name in frame.loc[concerned, column].unique() if not _is_day_count(name)]
    if unknown:
        mend = f"use one of: {', '.join(count.value for count in DayCount)}"
        wrong = concerned & frame[column].isin(unknown).to_numpy()
        findings.rows(wrong, column, frame[column], "is no known day count", mend)


def _is_day_count(name: str) -> bool:
    try:
        DayCount.parse(name)
    except UnknownName:
        return False
    return True


def _check_order(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    start, expiry, last = frame["start"], frame["expiry"], frame["maturity"]
    findings.rows(
        (start >= last).to_numpy(), "start", start, "is not before maturity", "name the first day of the swap"
    )
    findings.rows((expiry >= last).to_numpy(), "expiry", expiry, "is not before the swap's maturity", "mend the dates")
    findings.rows((start < expiry).to_numpy(), "start", start, "is before expiry", "leave it empty: it is the expiry")
    if context.valuation_date is not None:
        gone = (expiry <= pd.Timestamp(context.valuation_date)).to_numpy()
        rule = f"has expired: the valuation date is {context.valuation_date}"
        findings.rows(gone, "expiry", expiry, rule, "remove the position, or enter the swap that it was settled by")


def _check_roll_date(frame: pd.DataFrame, findings: Findings) -> None:
    last = frame["maturity"]
    standard = (last.dt.day == 20) & (last.dt.month % 3 == 0)
    wrong = ((frame["kind"] == "cds") & last.notna() & ~standard).to_numpy()
    rule = "is no standard date: a cds ends on the 20th of March, June, September or December"
    findings.rows(wrong, "maturity", last, rule, "give the unadjusted maturity of the contract")


def _check_fixing(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """A floating period that began before the valuation date pays a rate that no curve knows."""
    reads = frame["kind"].isin([name for name, kind in KINDS.items() if "fixing" in kind.optional]).to_numpy()
    at = np.flatnonzero(reads & ~findings.bad & frame["maturity"].notna().to_numpy())
    if context.valuation_date is None or not len(at):
        return
    maturity, start = frame["maturity"].to_numpy()[at], frame["start"].to_numpy()[at]
    frequency = frame["float_frequency"].fillna(FLOAT_FREQUENCY).to_numpy()[at]
    periods = leg_periods(maturity, start, frequency, context.valuation_date)
    begun = np.zeros(len(frame), bool)
    begun[at[periods.contract[periods.has_begun]]] = True
    overnight = frame["compounded"].notna().to_numpy()
    missing = begun & frame["fixing"].isna().to_numpy() & ~overnight
    rule = "is in a floating period that began before the valuation date, at a rate that is not given"
    mend = "give the rate that was fixed for it, or for an overnight rate what it has compounded to"
    findings.rows(missing, "fixing", frame["position_id"], rule, mend)
    both = overnight & frame["fixing"].notna().to_numpy()
    rule = "is there beside a fixing: the rate of the running period is either a term rate or an overnight one"
    findings.rows(both, "compounded", frame["compounded"], rule, "clear one of the two")
    read = np.zeros(len(frame), bool)
    read[at] = True
    idle = read & overnight & ~begun
    rule = "has compounded in no period: none has begun"
    findings.rows(idle, "compounded", frame["compounded"], rule, "clear it")
