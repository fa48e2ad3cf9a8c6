"""Credit default swaps and risky bonds against QuantLib on random contracts."""

import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import QuantLib as ql

from pact_jax.curves import Interpolation, ZeroCurve
from pact_jax.dates import CalendarCode, DayCount, add_months, calendar, cds_schedule, year_fraction
from pact_jax.pricing.rates import cds_legs, cds_terms, risky_annuity, stack_cds_terms

sys.path.insert(0, str(Path(__file__).resolve().parent))

import _position_peers as position  # noqa: E402
from _pricing_peers import Comparison, compare  # noqa: E402
from _rate_peers import DAYS, TODAY, _day  # noqa: E402

_WEEKDAYS = calendar(CalendarCode.WEEKEND)
_CDS_TODAY = np.datetime64("2021-07-26")
_NODES = np.array([182.0, 1096.0, 3650.0, 7300.0]) / 365.0
_HAZARD_DAYS = np.array([400.0, 1000.0, 2000.0, 8000.0])
# One entry of `compare`'s scale at which its error is absolute, a share of the notional.
_SHARE = 1e4
_HAZARDS = {"CALM": (0.004, 0.007, 0.011, 0.014, 0.016), "POOR": (0.09, 0.07, 0.06, 0.055, 0.05)}
_LGD = {"CALM": 0.45, "POOR": 0.62}


def cds(count: int) -> list[Comparison]:
    """Protection and premium legs of standard contracts under random curves and hazards."""
    rng = np.random.default_rng(12)
    today, basis = ql.Date(26, 7, 2021), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    terms, zeros, hazards, expected = [], [], [], []
    for _ in range(count):
        maturity = np.datetime64(f"{int(rng.integers(2022, 2032))}-{int(rng.choice([3, 6, 9, 12])):02d}-20")
        while not _WEEKDAYS.is_business_day(maturity):  # QuantLib's last survival date follows the adjusted payment
            maturity = add_months(maturity, 3)[()]
        zero, hazard = rng.uniform(-0.01, 0.06, 4), rng.uniform(0.0005, 0.2, 4)
        schedule = cds_schedule(_CDS_TODAY, maturity, _WEEKDAYS)
        # QuantLib ends the last premium on the eve of its payment, as the others; the standard model does so at
        # maturity. So its variant is compared: survival asked for a day earlier, no accrual on default on the last day.
        last = float(year_fraction(_CDS_TODAY, maturity, DayCount.ACT_365F)) - 1 / 365
        nodes = np.concatenate([_NODES, _HAZARD_DAYS / 365, [last]])
        own = cds_terms(schedule, _CDS_TODAY, _WEEKDAYS, node_time=nodes)
        survival, slope = np.array(own.premium_survival_time), np.array(own.accrual_slope)
        survival[-1], slope[-1] = last, 0.0
        terms.append(eqx.tree_at(lambda t: (t.premium_survival_time, t.accrual_slope), own, (survival, slope)))
        zeros.append(zero)
        hazards.append(hazard)
        expected.append(_cds_npv(today, basis, schedule.dates[-1], zero, hazard))

    @jax.jit
    @jax.vmap
    def price(terms, zero_rate, hazard_rate):
        curve = ZeroCurve(jnp.asarray(_NODES), zero_rate, Interpolation.LOG_LINEAR_DISCOUNT)
        return cds_legs(terms, curve, jnp.asarray(_HAZARD_DAYS / 365), hazard_rate)

    legs = price(stack_cds_terms(terms), jnp.asarray(np.array(zeros)), jnp.asarray(np.array(hazards)))
    protection, premium = np.array(expected).T
    share, engine = np.full(count, _SHARE), "IsdaCdsEngine"
    # QuantLib's accrual on default loses eps/(f + h)^2 where forward rate and hazard nearly cancel.
    return [
        compare(
            "CDS",
            "protection of the ISDA standard model, error as share of notional",
            engine,
            0.6 * legs.protection,
            protection,
            share,
            1e-10,
        ),
        compare(
            "CDS", "risky annuity: premium and accrual on default", engine, risky_annuity(legs), premium, share, 5e-9
        ),
    ]


def risky_bonds(count: int) -> Comparison:
    """From a row with an issuer to a value: coupons on survival, recovery at the end of the period of default."""
    rng = np.random.default_rng(13)
    rows = position.positions(4 * count, seed=13)
    rows = rows[rows["kind"] == "bond"].assign(issuer=lambda frame: rng.choice(list(_HAZARDS), len(frame)))
    hazards = [(n, d / 365.0, h) for n, rates in _HAZARDS.items() for d, h in zip(DAYS, rates, strict=True)]
    tables = {
        "issuers": pd.DataFrame({"issuer": list(_LGD), "pd": 0.01, "lgd": list(_LGD.values())}),
        "hazards": pd.DataFrame(hazards, columns=["issuer", "tenor", "hazard_rate"]),
    }
    ours = position.own_values(rows, tables)
    theirs = np.array([_bond_npv(row) for row in rows.itertuples()])
    method = "fixed coupons, recovery of face where the issuer defaults"
    return compare(
        "Position: bond", method, "QuantLib's cash flows and curves", ours, theirs, np.full(count, 1e3), 1e-10
    )


def _cds_npv(today, basis, maturity, zero, hazard) -> tuple[float, float]:
    dates = [today, *(today + int(round(t * 365)) for t in _NODES)]
    discounts = [1.0, *np.exp(-zero * np.array([basis.yearFraction(today, d) for d in dates[1:]]))]
    curve = ql.YieldTermStructureHandle(ql.DiscountCurve(dates, discounts, basis))
    default = ql.HazardRateCurve([today, *(today + int(d) for d in _HAZARD_DAYS)], [hazard[0], *hazard], basis)
    # Without its Taylor branch, which is taken for every negative f + h and is cut off after two terms.
    handle = ql.DefaultProbabilityTermStructureHandle(default)
    engine = ql.IsdaCdsEngine(handle, 0.4, curve, False, ql.IsdaCdsEngine.NoFix)
    end = ql.Date(int(maturity.astype(np.int64)) + 25569)
    schedule = ql.Schedule(
        today, end, ql.Period("3M"), ql.WeekendsOnly(), ql.Following, ql.Unadjusted, ql.DateGeneration.CDS2015, False
    )
    swap = ql.CreditDefaultSwap(
        ql.Protection.Buyer, 1.0, 1.0, schedule, ql.Following, ql.Actual360(), True, True, ql.Date(),
        ql.FaceValueClaim(), ql.Actual360(True),
    )  # fmt: skip
    swap.setPricingEngine(engine)
    return swap.defaultLegNPV(), -swap.couponLegNPV()


def _bond_npv(row) -> float:
    today, curve = _day(TODAY), position.quantlib_curves()[row.currency]
    basis, rates = ql.Actual365Fixed(), _HAZARDS[row.issuer]
    default = ql.HazardRateCurve([today, *(today + d for d in DAYS)], [rates[0], *rates], basis)
    bond, start, value = position.quantlib_bond(row), today, 0.0
    paid: dict[ql.Date, float] = {}
    for flow in bond.cashflows():
        if flow.date() > today:
            paid[flow.date()] = paid.get(flow.date(), 0.0) + flow.amount()
    for date in sorted(paid):
        survival = default.survivalProbability(date)
        lost = default.survivalProbability(start) - survival
        recovered = (1.0 - _LGD[row.issuer]) * 1_000.0 * lost
        value += curve.discount(date) * (paid[date] * survival + recovered)
        start = date
    return value * (position.FX if row.currency == "EUR" else 1.0)
