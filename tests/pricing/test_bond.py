"""Bonds: plain discounting, published prices, risky flows against an integral over default times, limits."""

import dataclasses
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.instruments import Bond
from pact_jax.market import MarketState, example_market
from pact_jax.pricing import bond_states, unit_values

from . import books

price = jax.jit(unit_values)


def one(time, amount, *, issuer=-1, recovery=0.0) -> Bond:
    """One bond on the only curve of the example market."""
    start, contract = [0.0, *time[:-1]], np.zeros(len(time), int)
    return books.bonds_of(contract, start, time, amount, currency=[0], issuer=[issuer], recovery=[recovery])


def with_hazard(hazard, zero_rate=0.03) -> MarketState:
    market = example_market(zero_rate=zero_rate)
    return dataclasses.replace(market, hazard_rate=jnp.full_like(market.hazard_rate, hazard))


def test_prices_of_quantlib_s_test_suite():
    """testCachedFixed and testCachedZero of QuantLib's test-suite/bonds.cpp; source in tests/reference/rates.json."""
    sets = json.loads((Path(__file__).parents[1] / "reference" / "rates.json").read_text(encoding="utf-8"))["sets"]
    rows = next(s for s in sets if s["id"] == "bonds-cached")["cases"]
    for row in rows:
        given_ = row["inputs"]
        flows = given_["cashflows"]
        terms = one([flow["t"] for flow in flows], [flow["amount"] for flow in flows])
        # The times of these cases are counted from settlement, so the price there needs no further discounting.
        dirty = float(price(terms, example_market(zero_rate=0.03))[0])
        assert dirty - given_["accrued"] == pytest.approx(row["expected"]["clean_price"], abs=row["abs_tol"]), row["id"]


def test_government_bond_is_plain_discounting():
    market = books.market()
    zero = np.interp(4.5, market.curve_time, market.zero_rate[2])
    assert float(price(books.bonds(), market)[2]) == pytest.approx(0.00713 * 100 * np.exp(-zero * 4.5), rel=1e-14)


def test_risky_bond_by_hand():
    # Survival and default in each year, discounted: V = X sum_k P_k [c_k Q_k + R (Q_{k-1} - Q_k)].
    market = books.market()
    survive = np.exp(-np.array([0.0, 0.05, 0.09, 0.13]))  # 5 %, then 4 % a year
    discount = np.exp(-np.interp([1.0, 2.0, 3.0], market.curve_time, market.zero_rate[1]) * np.array([1.0, 2.0, 3.0]))
    coupons = np.array([3.0, 3.0, 103.0])
    expected = 1.0893 * np.sum(discount * (coupons * survive[1:] + 25.0 * (survive[:-1] - survive[1:])))
    assert float(price(books.bonds(), market)[1]) == pytest.approx(expected, rel=1e-13)


def test_recovery_leg_approaches_the_integral_over_default_times():
    # With daily periods the recovery leg tends to R int P dPD = R h / (r + h) (1 - exp(-(r + h) T)).
    rate, hazard, recovery = 0.03, 0.05, 40.0
    time = np.arange(1, 1001) / 200.0
    terms = one(time, np.where(time == 5.0, 100.0, 0.0), issuer=0, recovery=recovery)
    total = rate + hazard
    exact = 100 * np.exp(-total * 5) + recovery * hazard / total * (1 - np.exp(-total * 5))
    # Settling at the end of each period of 1/200 year delays recovery by half of one on average.
    assert float(price(terms, with_hazard(hazard))[0]) == pytest.approx(exact, abs=recovery * 0.25 * rate / 400 * 1.1)


@given(st.floats(0.0, 0.3), st.floats(0.0, 100.0))
def test_default_risk_never_adds_value_and_full_recovery_bounds_it(hazard, recovery):
    terms = one([1.0, 2.0], [0.0, 100.0], issuer=0, recovery=recovery)
    value = float(price(terms, with_hazard(hazard))[0])
    riskless = 100.0 * np.exp(-0.06)
    # Recovery may come earlier than the face, hence at most the face paid at the end of the first year.
    assert riskless * np.exp(-2 * hazard) - 1e-10 <= value <= max(riskless, recovery * np.exp(-0.03)) + 1e-10


def test_zero_hazard_is_riskless_and_no_issuer_ignores_hazards():
    terms = one([1.0, 2.0, 3.0], [4.0, 4.0, 104.0], issuer=0, recovery=40.0)
    free = dataclasses.replace(terms, points=dataclasses.replace(terms.points, issuer=jnp.full(6, -1)))
    riskless = float(price(free, with_hazard(0.5))[0])
    assert float(price(terms, with_hazard(0.0))[0]) == pytest.approx(riskless, rel=1e-15)
    assert riskless == pytest.approx(4 * (np.exp(-0.03) + np.exp(-0.06)) + 104 * np.exp(-0.09), rel=1e-14)


def test_states_are_shared_by_bonds_that_pay_on_the_same_day():
    terms = one([1.0, 2.0], [5.0, 105.0], issuer=0, recovery=30.0)
    two = dataclasses.replace(
        terms,
        flow_point=jnp.asarray([0, 1, 2, 3, 1]),
        flow_contract=jnp.asarray([0, 0, 0, 0, 1]),
        amount=jnp.asarray([-25.0, 75.0, 30.0, 30.0, 100.0]),
        currency=jnp.zeros(2, int),
        recovery=jnp.asarray([30.0, 0.0]),
    )
    market = with_hazard(0.02)
    assert bond_states(two, market).shape == (4,)
    assert float(price(two, market)[1]) == pytest.approx(100 * np.exp(-0.06 - 0.04), rel=1e-14)


def test_equals_quantlib_on_a_curve_with_shape():
    ql = pytest.importorskip("QuantLib", reason="independent implementation; install the oracle group")
    today = ql.Date(22, 11, 2023)
    ql.Settings.instance().evaluationDate = today
    days = np.array([0, 91, 365, 1095, 3650])
    market = dataclasses.replace(books.market(), curve_time=jnp.asarray(days[1:] / 365.0))
    zero = [float(market.zero_rate[1, 0]), *market.zero_rate[1].tolist()]
    act = ql.Actual365Fixed()
    curve = ql.YieldTermStructureHandle(ql.ZeroCurve([today + int(d) for d in days], zero, act))
    schedule = ql.MakeSchedule(ql.Date(15, 5, 2023), ql.Date(15, 5, 2031), ql.Period(ql.Semiannual))
    bond = ql.FixedRateBond(0, 100.0, schedule, [0.0425], ql.Thirty360(ql.Thirty360.BondBasis))
    bond.setPricingEngine(ql.DiscountingBondEngine(curve))
    flows = [flow for flow in bond.cashflows() if flow.date() > today]
    time = np.array([act.yearFraction(today, flow.date()) for flow in flows])
    terms = one(time, [flow.amount() for flow in flows])
    ones = jnp.ones(2 * len(flows), int)
    terms = dataclasses.replace(terms, points=dataclasses.replace(terms.points, currency=0 * ones, curve=ones))
    assert float(price(terms, market)[0]) == pytest.approx(bond.NPV(), rel=1e-13)
