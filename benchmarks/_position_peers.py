"""Options, currency contracts and bonds from rows of a positions table to values, against QuantLib on random contracts.

As in `_rate_peers`, dates, day counts and curves are on the way. Errors are `|ours - theirs| / max(theirs, 1e-4 size)`,
the size being the spot, or the face of a bond.
"""

import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import QuantLib as ql

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _pricing_peers import Comparison, compare  # noqa: E402
from _rate_peers import DAYS, TODAY, _day, values_of  # noqa: E402

ZEROS = {"USD": (0.045, 0.043, 0.038, 0.036, 0.037), "EUR": (0.019, 0.023, 0.025, 0.026, 0.027)}
SPOT, YIELD, FX, VOL = 80.0, 0.021, 1.0637, {"ACME": 0.27, "FX:EUR": 0.09}
_COUNTS = {"30/360": ql.Thirty360(ql.Thirty360.BondBasis), "ACT/365F": ql.Actual365Fixed(), "ACT/360": ql.Actual360()}
_SCALE = {"european_option": SPOT, "fx_option": FX, "fx_forward": FX, "bond": 1_000.0}


def positions(count: int, seed: int = 12) -> pd.DataFrame:
    """Rows of two weeks to eight years, a quarter of each kind."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(count):
        kind = list(_SCALE)[k % len(_SCALE)]
        own: dict[str, object] = {"position_id": f"P{k:05d}", "desk": "d", "kind": kind, "quantity": 1}
        own["maturity"] = (TODAY + pd.DateOffset(days=int(rng.integers(14, 8 * 365)))).date()
        if kind == "bond":
            coupon, frequency = round(float(rng.uniform(0.0, 0.07)), 4), int(rng.choice([1, 2, 4]))
            rule = list(_COUNTS)[int(rng.integers(len(_COUNTS)))]
            money = ("USD", "EUR")[int(rng.integers(2))]
            own |= {"currency": money, "coupon": coupon, "frequency": frequency, "day_count": rule, "face": 1_000}
        else:
            around = SPOT if kind == "european_option" else FX
            own["strike"] = round(float(around * rng.uniform(0.75, 1.25)), 6)
        if kind.endswith("option"):
            own["option_type"] = ("call", "put")[int(rng.integers(2))]
        if kind.startswith("fx"):
            own["currency"] = "EUR"
        if kind == "fx_forward":
            own["currency_2"] = "USD"
        if kind == "european_option":
            own["asset"] = "ACME"
        rows.append(own)
    return pd.DataFrame(rows)


def own_values(rows: pd.DataFrame, more: dict[str, pd.DataFrame] | None = None) -> np.ndarray:
    """Value of one unit of each row in dollars, through the host door, with more tables if need be."""
    curves = [(c, d / 365.0, z) for c, zeros in ZEROS.items() for d, z in zip(DAYS, zeros, strict=True)]
    flat = [(name, t, k, vol) for name, vol in VOL.items() for t in (0.5, 1.0) for k in (-0.1, 0.1)]
    tables = {
        "curves": pd.DataFrame(curves, columns=["curve", "tenor", "zero_rate"]),
        "currencies": pd.DataFrame({"currency": ["USD", "EUR"], "fx": [1.0, FX], "curve": ["USD", "EUR"]}),
        "assets": pd.DataFrame({"asset": ["ACME"], "currency": ["USD"], "spot": [SPOT], "dividend_yield": [YIELD]}),
        "vols": pd.DataFrame(flat, columns=["surface", "expiry", "log_moneyness", "implied_vol"]),
        "positions": rows,
        **(more or {}),
    }
    return values_of(tables)


def quantlib_values(rows: pd.DataFrame) -> np.ndarray:
    """The same rows by QuantLib's engines."""
    ql.Settings.instance().evaluationDate = _day(TODAY)
    curves = quantlib_curves()
    dividends = ql.YieldTermStructureHandle(ql.FlatForward(_day(TODAY), YIELD, ql.Actual365Fixed()))
    engines = {
        "european_option": _engine(SPOT, dividends, curves["USD"], VOL["ACME"]),
        "fx_option": _engine(FX, curves["EUR"], curves["USD"], VOL["FX:EUR"]),
    }
    return np.array([_npv(row, curves, engines) for row in rows.itertuples()])


@lru_cache
def quantlib_curves() -> dict[str, ql.YieldTermStructureHandle]:
    """The discount curves of both currencies."""
    today = _day(TODAY)
    dates, basis = [today, *(today + d for d in DAYS)], ql.Actual365Fixed()
    return {
        name: ql.YieldTermStructureHandle(ql.ZeroCurve(dates, [zeros[0], *zeros], basis))
        for name, zeros in ZEROS.items()
    }


def quantlib_bond(row):
    """The bond of a row, on unadjusted dates counted back from its maturity."""
    end, rule = _day(row.maturity), ql.DateGeneration.Backward
    months, free = ql.Period(12 // int(row.frequency), ql.Months), (ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted)
    # Far enough back for the coupon that is running, and for a whole first period.
    schedule = ql.Schedule(end - ql.Period(9, ql.Years), end, months, *free, rule, False)
    return ql.FixedRateBond(0, 1_000.0, schedule, [row.coupon], _COUNTS[row.day_count])


def linear_and_vanilla(count: int) -> list[Comparison]:
    """One comparison a kind, of a quarter of the contracts each."""
    rows = positions(count)
    ours, theirs = own_values(rows), quantlib_values(rows)
    found = []
    for kind, method, engine in (
        ("european_option", "Black-Scholes-Merton on a curve", "AnalyticEuropeanEngine"),
        ("fx_option", "Garman-Kohlhagen on two curves", "AnalyticEuropeanEngine"),
        ("fx_forward", "carry on two curves", "ZeroCurve discount factors"),
        ("bond", "fixed coupons without an issuer, three day counts", "DiscountingBondEngine"),
    ):
        of = (rows["kind"] == kind).to_numpy()
        size = np.full(int(of.sum()), _SCALE[kind])
        found.append(compare(f"Position: {kind}", method, engine, ours[of], theirs[of], size, 1e-10))
    return found


def _engine(spot: float, carry: object, curve: object, vol: float):
    level = ql.QuoteHandle(ql.SimpleQuote(spot))
    flat = ql.BlackConstantVol(_day(TODAY), ql.NullCalendar(), vol, ql.Actual365Fixed())
    process = ql.BlackScholesMertonProcess(level, carry, curve, ql.BlackVolTermStructureHandle(flat))
    return ql.AnalyticEuropeanEngine(process)


def _npv(row, curves: dict, engines: dict) -> float:
    end = _day(row.maturity)
    if row.kind == "fx_forward":
        return FX * curves["EUR"].discount(end) - row.strike * curves["USD"].discount(end)
    if row.kind == "bond":
        bond = quantlib_bond(row)
        bond.setPricingEngine(ql.DiscountingBondEngine(curves[row.currency]))
        return bond.NPV() * (FX if row.currency == "EUR" else 1.0)
    kind = ql.Option.Call if row.option_type == "call" else ql.Option.Put
    option = ql.VanillaOption(ql.PlainVanillaPayoff(kind, row.strike), ql.EuropeanExercise(end))
    option.setPricingEngine(engines[row.kind])
    return option.NPV()
