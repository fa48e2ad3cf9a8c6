"""A few dozen swaps, caps, floors and swaptions from rows to values, against QuantLib."""

import datetime

import numpy as np
import pandas as pd
import pytest

from .test_rate_kinds import HEADER, TODAY, book, priced

ql = pytest.importorskip("QuantLib", reason="independent implementation; install the oracle group")

DAYS = (91, 365, 1825, 3650, 7300)
ZEROS = {"USD": (0.045, 0.043, 0.038, 0.036, 0.037), "SOFR": (0.047, 0.044, 0.037, 0.035, 0.036)}
VOL, NORMAL = 0.3, 0.009
_CALENDAR = ql.NullCalendar()
_ACT360 = ql.Actual360()


def rows() -> pd.DataFrame:
    """Twelve of each kind: terms of two to twelve years, on both forward curves, from today or a later start."""
    rng = np.random.default_rng(11)
    cells = []
    for k in range(12):
        years, curve = int(rng.integers(2, 12)), ("", "SOFR")[k % 2]
        start = TODAY + pd.DateOffset(months=int(rng.integers(1, 30)))
        last = (start + pd.DateOffset(years=years)).date()
        rate, side = round(float(rng.uniform(0.02, 0.06)), 4), k % 3 == 0
        frequency = (2, 4, 12)[k % 3]
        model = ("black", "bachelier")[k % 2]
        surface = ("RATE:B", "RATE:N")[k % 2]
        begin, own = start.date(), f"{curve},{frequency}"
        cells += [
            f"S{k},r,swap,1,USD,,,{last},{rate},2,{begin},,{own},0.002,,,,,30/360,100,",
            f"C{k},r,cap_floor,1,USD,{('floor', 'cap')[side]},{rate},{last},,,{begin},,{own},"
            f",,{surface},{model},,,100,",
            f"O{k},r,swaption,1,USD,{('receiver', 'payer')[side]},{rate},{last},,2,,{begin},{own},,,{surface},{model},,"
            "ACT/360,100,",
        ]
    return pd.DataFrame([row.split(",") for row in cells], columns=HEADER.split(","), dtype=object)


def day(date: object):
    at = datetime.date.fromisoformat(str(date)[:10])
    return ql.Date(at.day, at.month, at.year)


def schedule(start: object, last: object, frequency: int):
    period, rule = ql.Period(12 // frequency, ql.Months), ql.DateGeneration.Backward
    return ql.Schedule(day(start), day(last), period, _CALENDAR, ql.Unadjusted, ql.Unadjusted, rule, False)


@pytest.fixture(scope="module")
def curves() -> dict:
    ql.Settings.instance().evaluationDate = day(TODAY)
    found = {}
    for name, zeros in ZEROS.items():
        dates = [day(TODAY), *(day(TODAY) + d for d in DAYS)]
        curve = ql.ZeroCurve(dates, [zeros[0], *zeros], ql.Actual365Fixed())
        found[name] = ql.YieldTermStructureHandle(curve)
    return found


def test_equals_quantlib(curves: dict) -> None:
    given = book() | {"positions": rows().set_axis(pd.RangeIndex(2, 38))}
    given["curves"] = pd.DataFrame(
        [(c, d / 365.0, z) for c, zs in (ZEROS | {"EUR": ZEROS["USD"]}).items() for d, z in zip(DAYS, zs, strict=True)],
        columns=["curve", "tenor", "zero_rate"],
    )
    flat = [
        (s, t, k, v) for s, v in (("RATE:B", VOL), ("RATE:N", NORMAL)) for t in (0.5, 1.0) for k in (0.02, 0.03, 0.04)
    ]
    given["vols"] = pd.DataFrame(flat, columns=["surface", "expiry", "log_moneyness", "implied_vol"])
    value = priced(given=given).value
    for row in rows().itertuples():
        reference = _reference(row, curves)
        # The project's tolerance of closed forms: 1e-10 of the larger of the price and 1e-4 of the notional.
        assert value[row.position_id] == pytest.approx(reference, abs=1e-10 * max(abs(reference), 1e-2)), row


def _reference(row, curves: dict) -> float:
    forward = curves[row.forward_curve or "USD"]
    frequency = int(row.float_frequency)
    index = ql.IborIndex(
        "x",
        ql.Period(12 // frequency, ql.Months),
        0,
        ql.USDCurrency(),
        _CALENDAR,
        ql.Unadjusted,
        False,
        _ACT360,
        forward,
    )
    begin = row.start or row.expiry
    floating = schedule(begin, row.maturity, frequency)
    if row.kind == "cap_floor":
        leg = ql.IborLeg([100.0], floating, index, _ACT360, ql.Unadjusted, fixingDays=[0])
        contract = (ql.Cap if row.option_type == "cap" else ql.Floor)(leg, [float(row.strike)])
        act = ql.Actual365Fixed()
        engine = (
            ql.BlackCapFloorEngine(curves["USD"], ql.QuoteHandle(ql.SimpleQuote(VOL)), act)
            if row.vol_model == "black"
            else ql.BachelierCapFloorEngine(curves["USD"], ql.QuoteHandle(ql.SimpleQuote(NORMAL)))
        )
    else:
        option = row.kind == "swaption"
        rate = float(row.strike if option else row.coupon)
        side = ql.VanillaSwap.Receiver if row.option_type == "receiver" else ql.VanillaSwap.Payer
        count = _ACT360 if option else ql.Thirty360(ql.Thirty360.BondBasis)
        fixed = schedule(begin, row.maturity, 2)
        spread = 0.0 if option else float(row.spread)
        contract = ql.VanillaSwap(side, 100.0, fixed, rate, count, floating, index, spread, _ACT360)
        engine = ql.DiscountingSwapEngine(curves["USD"])
        if option:
            contract.setPricingEngine(engine)
            contract, act = ql.Swaption(contract, ql.EuropeanExercise(day(row.expiry))), ql.Actual365Fixed()
            quote = ql.QuoteHandle(ql.SimpleQuote(VOL if row.vol_model == "black" else NORMAL))
            engine_of = ql.BlackSwaptionEngine if row.vol_model == "black" else ql.BachelierSwaptionEngine
            engine = engine_of(curves["USD"], quote, act)
    contract.setPricingEngine(engine)
    return contract.NPV()
