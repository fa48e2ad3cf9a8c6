"""One euro market in two forms: terms for this package, resolved by `pact_jax.dates`, and QuantLib rate helpers."""

import numpy as np

from pact_jax.curves import QuoteTerms, deposit_terms, swap_terms
from pact_jax.dates import (
    BusinessDayConvention,
    CalendarCode,
    DayCount,
    Tenor,
    add_tenor,
    calendar,
    make_schedule,
    year_fraction,
)

TODAY = np.datetime64("2024-03-06")
OIS_TENORS = ("1W", "1M", "2M", "3M", "6M", "9M", "1Y", "2Y", "3Y", "4Y", "5Y", "7Y", "10Y", "15Y", "20Y", "30Y")
OIS_RATES = (
    0.0391, 0.0390, 0.0388, 0.0385, 0.0374, 0.0360, 0.0347, 0.0297, 0.0274, 0.0264, 0.0259, 0.0256, 0.0257, 0.0260,
    0.0255, 0.0240,
)  # fmt: skip
FRA_MONTHS = (1, 2, 3, 6, 9)
FRA_RATES = (0.0393, 0.0389, 0.0384, 0.0357, 0.0330)
DEPOSIT_RATE = 0.0394
SWAP_TENORS = ("2Y", "3Y", "4Y", "5Y", "7Y", "10Y", "15Y", "20Y", "30Y")
SWAP_RATES = (0.0313, 0.0288, 0.0276, 0.0270, 0.0265, 0.0266, 0.0267, 0.0261, 0.0244)
DISCOUNT, EURIBOR3M = 0, 1

_TARGET = calendar(CalendarCode.TARGET)
_ROLL = BusinessDayConvention.MODIFIED_FOLLOWING


def _time(days: np.ndarray) -> np.ndarray:
    return year_fraction(TODAY, days, DayCount.ACT_365F)


def _spot() -> np.ndarray:
    return _TARGET.add_business_days(TODAY, 2)


def ois_terms(tenor: str) -> QuoteTerms:
    spot = _spot()
    end = add_tenor(spot, Tenor.parse(tenor))
    dates = make_schedule(spot, end, Tenor.parse("1Y"), calendar=_TARGET, convention=_ROLL).dates
    accrual = year_fraction(dates[:-1], dates[1:], DayCount.ACT_360)
    start, stop = _time(dates[:-1]), _time(dates[1:])
    return swap_terms(stop, accrual, start, stop, stop, projection=DISCOUNT, discount=DISCOUNT)


def fra_terms(months: int) -> QuoteTerms:
    start = add_tenor(_spot(), Tenor.parse(f"{months}M"), calendar=_TARGET, convention=_ROLL)
    end = add_tenor(start, Tenor.parse("3M"), calendar=_TARGET, convention=_ROLL)
    accrual = float(year_fraction(start, end, DayCount.ACT_360))
    return deposit_terms(float(_time(start)), float(_time(end)), accrual, curve=EURIBOR3M)


def swap_3m_terms(tenor: str) -> QuoteTerms:
    spot = _spot()
    end = add_tenor(spot, Tenor.parse(tenor))
    fixed = make_schedule(spot, end, Tenor.parse("1Y"), calendar=_TARGET, convention=_ROLL).dates
    floating = _time(make_schedule(spot, end, Tenor.parse("3M"), calendar=_TARGET, convention=_ROLL).dates)
    accrual = year_fraction(fixed[:-1], fixed[1:], DayCount.THIRTY_360)
    return swap_terms(
        _time(fixed[1:]), accrual, floating[:-1], floating[1:], floating[1:], projection=EURIBOR3M, discount=DISCOUNT
    )


def ois_market() -> tuple[list[QuoteTerms], np.ndarray]:
    return [ois_terms(tenor) for tenor in OIS_TENORS], np.asarray(OIS_RATES)


def dual_market() -> tuple[list[QuoteTerms], np.ndarray]:
    """OIS discounting and a three-month projection curve: deposit, FRAs, swaps."""
    terms, rates = ois_market()
    terms += [fra_terms(0), *(fra_terms(m) for m in FRA_MONTHS), *(swap_3m_terms(t) for t in SWAP_TENORS)]
    return terms, np.concatenate([rates, [DEPOSIT_RATE], FRA_RATES, SWAP_RATES])


def quantlib_curves(ql, quotes: np.ndarray, builder: str):
    """Quotes and the two curves by QuantLib's piecewise bootstrap; `builder` names its curve class."""
    today = ql.Date(int(TODAY.astype(np.int64)) + 25569)
    ql.Settings.instance().evaluationDate = today
    ql.IborCoupon.createAtParCoupons()
    handles = [ql.SimpleQuote(float(q)) for q in quotes]
    used = [ql.QuoteHandle(h) for h in handles]
    basis = ql.Thirty360(ql.Thirty360.BondBasis)
    overnight = ql.OvernightIndex("ESTR", 0, ql.EURCurrency(), ql.TARGET(), ql.Actual360())
    helpers = [ql.OISRateHelper(2, ql.Period(t), q, overnight) for t, q in zip(OIS_TENORS, used, strict=False)]
    curve_class = getattr(ql, builder)
    discount = curve_class(today, helpers, ql.Actual365Fixed())
    handle = ql.YieldTermStructureHandle(discount)
    rest = used[len(OIS_TENORS) :]
    index = ql.IborIndex("E3M", ql.Period("3M"), 2, ql.EURCurrency(), ql.TARGET(), ql.ModifiedFollowing, False,
                         ql.Actual360())  # fmt: skip
    helpers = [ql.DepositRateHelper(rest[0], index)]
    helpers += [ql.FraRateHelper(q, m, index) for m, q in zip(FRA_MONTHS, rest[1:6], strict=True)]
    helpers += [
        ql.SwapRateHelper(q, ql.Period(t), ql.TARGET(), ql.Annual, ql.ModifiedFollowing, basis, index,
                          ql.QuoteHandle(), ql.Period("0D"), handle, 2, ql.Pillar.MaturityDate)
        for t, q in zip(SWAP_TENORS, rest[6:], strict=True)
    ]  # fmt: skip
    return handles, discount, curve_class(today, helpers, ql.Actual365Fixed())
