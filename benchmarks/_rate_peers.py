"""Swaps, caps, floors and swaptions from rows of a positions table to values, against QuantLib on random contracts.

Dates, day counts, both curves, volatilities and the merged flows are all on the way: what is compared is the price that
a user gets for a row. Errors are `|ours - theirs| / max(theirs, 1e-4 notional)`.
"""

import datetime
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import QuantLib as ql

from pact_jax.pricing import unit_values
from pact_jax.snapshot import make_snapshot, prepare

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _pricing_peers import Comparison, compare  # noqa: E402

TODAY = pd.Timestamp("2022-12-28")
DAYS = (91, 365, 1825, 3650, 7300)
ZEROS = {"USD": (0.045, 0.043, 0.038, 0.036, 0.037), "SOFR": (0.047, 0.044, 0.037, 0.035, 0.036)}
VOL, NORMAL, SPREAD = 0.3, 0.009, 0.002
_COLUMNS = (
    "position_id,desk,kind,quantity,currency,option_type,strike,maturity,coupon,frequency,start,expiry,forward_curve,"
    "float_frequency,spread,surface,vol_model,day_count,face"
).split(",")
_CELLS = (
    ("swap", ""),
    ("cap_floor", "black"),
    ("cap_floor", "bachelier"),
    ("swaption", "black"),
    ("swaption", "bachelier"),
)
_SURFACE_OF = {"black": "RATE:B", "bachelier": "RATE:N"}
_SIDES = {"swap": ("", ""), "cap_floor": ("floor", "cap"), "swaption": ("receiver", "payer")}


def positions(count: int, seed: int = 11) -> pd.DataFrame:
    """Rows of two to twelve years on either forward curve, starting within the next thirty months."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(count):
        kind, model = _CELLS[k % 5]
        start = TODAY + pd.DateOffset(months=int(rng.integers(1, 30)))
        swaption = kind == "swaption"
        rate = round(float(rng.uniform(0.02, 0.06)), 4)
        own = {
            "option_type": _SIDES[kind][int(rng.integers(2))],
            "start": "" if swaption else start.date(),
            "expiry": start.date() if swaption else "",
            "maturity": (start + pd.DateOffset(years=int(rng.integers(2, 12)))).date(),
            "forward_curve": ("", "SOFR")[int(rng.integers(2))],
            "float_frequency": int(rng.choice([2, 4, 12])),
            "day_count": "ACT/360" if swaption else "30/360",
        }
        if kind == "swap":
            own |= {"coupon": rate, "frequency": 2, "spread": SPREAD}
        else:
            own |= {"strike": rate, "surface": _SURFACE_OF[model], "vol_model": model}
        if swaption:
            own["frequency"] = 2
        rows.append({"position_id": f"P{k:05d}", "desk": "r", "kind": kind, "currency": "USD", "face": 100} | own)
    frame = pd.DataFrame(rows, columns=_COLUMNS, dtype=object).fillna("")
    return frame.assign(quantity=1)


def own_values(rows: pd.DataFrame) -> np.ndarray:
    """Value of one unit of each row, through the host door."""
    curves = [(c, d / 365.0, z) for c, zeros in ZEROS.items() for d, z in zip(DAYS, zeros, strict=True)]
    flat = [(s, t, k, v) for s, v in (("RATE:B", VOL), ("RATE:N", NORMAL)) for t in (0.5, 1.0) for k in (0.02, 0.04)]
    tables = {
        "curves": pd.DataFrame(curves, columns=["curve", "tenor", "zero_rate"]),
        "currencies": pd.DataFrame({"currency": ["USD"], "fx": [1.0], "curve": ["USD"]}),
        "vols": pd.DataFrame(flat, columns=["surface", "expiry", "log_moneyness", "implied_vol"]),
        "positions": rows,
    }
    return values_of(tables)


def values_of(tables: dict[str, pd.DataFrame]) -> np.ndarray:
    """Value of one unit of each position of a snapshot's tables, in their order."""
    scalars = {"portfolio_id": "r", "valuation_date": str(TODAY.date()), "reporting_currency": "USD", "capital": 1.0}
    prepared = prepare(make_snapshot(tables, scalars), horizon_days=1)
    portfolio, market = jax.tree.map(jnp.asarray, (prepared.inputs.portfolio, prepared.inputs.market))
    price = jax.jit(lambda groups, at: tuple(unit_values(g.terms, at)[g.contract] for g in groups))
    value = np.concatenate([np.asarray(part) for part in price(portfolio.groups, market)])
    of = {name: v for name, v in zip(prepared.labels.position_id, value, strict=True) if name}
    return np.array([of[name] for name in tables["positions"]["position_id"]])


def quantlib_values(rows: pd.DataFrame) -> np.ndarray:
    """The same rows by QuantLib's engines."""
    ql.Settings.instance().evaluationDate = _day(TODAY)
    curves = {}
    for name, zeros in ZEROS.items():
        dates = [_day(TODAY), *(_day(TODAY) + d for d in DAYS)]
        curves[name] = ql.YieldTermStructureHandle(ql.ZeroCurve(dates, [zeros[0], *zeros], ql.Actual365Fixed()))
    return np.array([_npv(row, curves) for row in rows.itertuples()])


def rates(count: int) -> list[Comparison]:
    """One comparison a kind and model, of `count // 5` contracts each."""
    rows = positions(count)
    ours, theirs = own_values(rows), quantlib_values(rows)
    found = []
    for kind, model, method, engine in (
        ("swap", "", "fixed against floating, two curves", "DiscountingSwapEngine"),
        ("cap_floor", "black", "cap, floor: lognormal", "BlackCapFloorEngine"),
        ("cap_floor", "bachelier", "cap, floor: normal", "BachelierCapFloorEngine"),
        ("swaption", "black", "physical settlement, lognormal", "BlackSwaptionEngine"),
        ("swaption", "bachelier", "physical settlement, normal", "BachelierSwaptionEngine"),
    ):
        of = ((rows["kind"] == kind) & (rows["vol_model"] == model)).to_numpy()
        size = np.full(int(of.sum()), 100.0)
        found.append(compare(f"Position: {kind}", method, engine, ours[of], theirs[of], size, 1e-10))
    return found


def _day(date: object):
    at = datetime.date.fromisoformat(str(date)[:10])
    return ql.Date(at.day, at.month, at.year)


def _schedule(start: object, last: object, frequency: int):
    period, rule = ql.Period(12 // frequency, ql.Months), ql.DateGeneration.Backward
    free = (ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted)
    return ql.Schedule(_day(start), _day(last), period, *free, rule, False)


def _npv(row, curves: dict) -> float:
    months, count = ql.Period(12 // int(row.float_frequency), ql.Months), ql.Actual360()
    forward, begin = curves[row.forward_curve or "USD"], row.start or row.expiry
    index = ql.IborIndex("x", months, 0, ql.USDCurrency(), ql.NullCalendar(), ql.Unadjusted, False, count, forward)
    floating = _schedule(begin, row.maturity, int(row.float_frequency))
    black = row.vol_model == "black"
    quote = ql.QuoteHandle(ql.SimpleQuote(VOL if black else NORMAL))
    if row.kind == "cap_floor":
        leg = ql.IborLeg([100.0], floating, index, count, ql.Unadjusted, fixingDays=[0])
        contract = (ql.Cap if row.option_type == "cap" else ql.Floor)(leg, [float(row.strike)])
        if black:
            contract.setPricingEngine(ql.BlackCapFloorEngine(curves["USD"], quote, ql.Actual365Fixed()))
        else:
            contract.setPricingEngine(ql.BachelierCapFloorEngine(curves["USD"], quote))
        return contract.NPV()
    option = row.kind == "swaption"
    side = ql.VanillaSwap.Receiver if row.option_type == "receiver" else ql.VanillaSwap.Payer
    fixed_count = count if option else ql.Thirty360(ql.Thirty360.BondBasis)
    rate, spread = float(row.strike if option else row.coupon), 0.0 if option else SPREAD
    fixed = _schedule(begin, row.maturity, 2)
    swap = ql.VanillaSwap(side, 100.0, fixed, rate, fixed_count, floating, index, spread, count)
    swap.setPricingEngine(ql.DiscountingSwapEngine(curves["USD"]))
    if not option:
        return swap.NPV()
    contract = ql.Swaption(swap, ql.EuropeanExercise(_day(row.expiry)))
    engine = ql.BlackSwaptionEngine if black else ql.BachelierSwaptionEngine
    contract.setPricingEngine(engine(curves["USD"], quote, ql.Actual365Fixed()))
    return contract.NPV()
