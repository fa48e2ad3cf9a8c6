"""Swaps, FRAs, deposits and currency forwards: published case, QuantLib on random contracts, identities."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.curves import Interpolation, ZeroCurve, discount_factor
from pact_jax.dates import DayCount
from pact_jax.pricing.rates import (
    annuity,
    deposit_present_value,
    forward_growth,
    fra_present_value,
    fx_forward_present_value,
    fx_forward_rate,
    overnight_growth,
    swap_par_rate,
    swap_present_value,
)

from .reference import actual, cases, column


def test_cached_swap() -> None:
    (case,) = cases("swap-cached")
    given_, settlement = case["inputs"], "2002-06-19"

    def discounts(rows: list[dict], name: str) -> jnp.ndarray:
        return jnp.exp(-0.05 * jnp.asarray(actual(settlement, [r[name] for r in rows], DayCount.ACT_365F)))

    fixed, floating = given_["fixed_leg"], given_["float_leg"]
    accrual = column(floating, "accrual")
    growth = forward_growth(discounts(floating, "start"), discounts(floating, "end")) + given_["spread"] * accrual
    arguments = jnp.asarray(column(fixed, "accrual")), discounts(fixed, "pay"), growth, discounts(floating, "pay")
    value = 100 * swap_present_value(jnp.asarray(0.06), *arguments, is_payer=jnp.asarray(True))
    assert float(value) == pytest.approx(case["expected"]["npv_par_coupons"], abs=1e-10)
    fair = swap_par_rate(*arguments)
    assert float(fair) == pytest.approx(0.06 + float(value) / 100 / float(annuity(*arguments[:2])), rel=1e-13)


def _legs(rng: np.random.Generator, years: int) -> tuple[np.ndarray, np.ndarray]:
    start = float(rng.uniform(0.0, 2.0))
    return start + np.arange(0, years + 1.0), start + np.arange(0, years + 0.01, 0.25)


@pytest.mark.parametrize("count", [120, pytest.param(10_000, marks=pytest.mark.slow)])
def test_random_swaps_against_quantlib(count: int) -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    rng = np.random.default_rng(4)
    ql.IborCoupon.createAtParCoupons()
    today = ql.Date(15, 5, 2024)
    ql.Settings.instance().evaluationDate = today
    basis = ql.Actual365Fixed()
    nodes, disc_rates, proj_rates = [1.0, 5.0, 10.0, 40.0], [0.03, 0.025, 0.028, 0.02], [0.033, 0.027, 0.031, 0.024]
    dates = [today, *(today + int(round(365 * t)) for t in nodes)]
    handles = [
        ql.YieldTermStructureHandle(
            ql.ZeroCurve(dates, [r[0], *r], basis, ql.NullCalendar(), ql.Linear(), ql.Continuous)
        )
        for r in (disc_rates, proj_rates)
    ]
    index = ql.IborIndex(
        "X", ql.Period("3M"), 0, ql.EURCurrency(), ql.NullCalendar(), ql.Unadjusted, False, basis, handles[1]
    )
    engine = ql.DiscountingSwapEngine(handles[0])
    curves = [ZeroCurve(jnp.asarray(nodes), jnp.asarray(r)) for r in (disc_rates, proj_rates)]

    @jax.jit
    @jax.vmap
    def price(rate, spread, fixed_times, fixed_accrual, starts, ends):
        growth = forward_growth(discount_factor(curves[1], starts), discount_factor(curves[1], ends))
        growth = growth + spread * (ends - starts)
        legs = fixed_accrual, discount_factor(curves[0], fixed_times), growth, discount_factor(curves[0], ends)
        return swap_present_value(rate, *legs, is_payer=jnp.asarray(True)), swap_par_rate(*legs)

    rows, expected = [], []
    for _ in range(count):
        begin = today + int(rng.integers(0, 700))
        tenor = int(rng.integers(1, 31))
        end = begin + ql.Period(tenor, ql.Years)
        schedules = [
            ql.Schedule(
                begin,
                end,
                ql.Period(p),
                ql.NullCalendar(),
                ql.Unadjusted,
                ql.Unadjusted,
                ql.DateGeneration.Forward,
                False,
            )
            for p in ("1Y", "3M")
        ]
        rate, spread = float(rng.uniform(0.0, 0.06)), float(rng.uniform(-0.005, 0.005))
        swap = ql.VanillaSwap(ql.Swap.Payer, 1.0, schedules[0], rate, basis, schedules[1], index, spread, basis)
        swap.setPricingEngine(engine)
        expected.append((swap.NPV(), swap.fairRate()))
        fixed, floating = ([basis.yearFraction(today, d) for d in s] for s in schedules)
        fixed_accrual = np.pad(np.diff(fixed), (0, 30 - tenor))
        edge = [np.pad(x, (0, 120 - len(x)), mode="edge") for x in (floating[:-1], floating[1:])]
        edge[0][4 * tenor :] = edge[1][-1]  # padding: empty periods
        rows.append((rate, spread, np.pad(fixed[1:], (0, 30 - tenor)), fixed_accrual, *edge))
    got = price(*(jnp.asarray(np.array(part)) for part in zip(*rows, strict=True)))
    for own, peer in zip(got, np.array(expected).T, strict=True):
        np.testing.assert_allclose(own, peer, rtol=0, atol=1e-12)


def test_compounded_overnight_growth_telescopes() -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    # Ten fixings known, the rest of the quarter from a flat curve: QuantLib's overnight coupon.
    today = ql.Date(15, 5, 2024)
    ql.Settings.instance().evaluationDate = today
    curve = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.03, ql.Actual365Fixed()))
    index = ql.OvernightIndex("ON", 0, ql.EURCurrency(), ql.NullCalendar(), ql.Actual360(), curve)
    start, end = today - 10, today + 80
    for i in range(10):
        index.addFixing(start + i, 0.035 + 1e-4 * i)
    coupon = ql.OvernightIndexedCoupon(end, 1.0, start, end, index)
    known = jnp.asarray(0.035 + 1e-4 * np.arange(10))
    own = overnight_growth(known, jnp.full(10, 1 / 360), jnp.asarray(1.0), jnp.exp(-0.03 * jnp.asarray(80 / 365)))
    assert float(own) == pytest.approx(coupon.amount(), rel=1e-13)


@given(st.floats(-0.02, 0.1), st.floats(0.05, 5.0), st.floats(0.02, 1.0))
def test_fra_and_deposit_at_the_forward_are_worth_nothing(rate: float, start: float, length: float) -> None:
    curve = ZeroCurve(jnp.asarray([1.0, 7.0]), jnp.asarray([rate, 0.02]), Interpolation.LOG_LINEAR_DISCOUNT)
    near, far = discount_factor(curve, jnp.asarray(start)), discount_factor(curve, jnp.asarray(start + length))
    accrual = jnp.asarray(length * 365 / 360)
    forward = forward_growth(near, far) / accrual
    assert float(fra_present_value(forward, forward, accrual, near)) == 0.0
    assert float(deposit_present_value(forward, accrual, near, far)) == pytest.approx(0.0, abs=1e-15)
    # Settled at the start or at the end, an FRA has one value on one curve.
    value = fra_present_value(jnp.asarray(0.01), forward, accrual, near)
    assert float(value) == pytest.approx(float(accrual * (forward - 0.01) * far), abs=1e-15)


@given(st.floats(0.0, 0.08), st.floats(0.0, 0.06), st.integers(1, 30))
def test_payer_and_receiver_cancel_and_par_is_worthless(rate: float, contract: float, years: int) -> None:
    times = np.pad(np.arange(1.0, years + 1), (0, 30 - years))
    accrual = jnp.asarray(np.where(times > 0, 1.0, 0.0))
    discounts = jnp.exp(-rate * jnp.asarray(times))
    growth = accrual * jnp.expm1(jnp.asarray(rate))
    legs = accrual, discounts, growth, discounts
    payer = swap_present_value(jnp.asarray(contract), *legs, is_payer=jnp.asarray(True))
    receiver = swap_present_value(jnp.asarray(contract), *legs, is_payer=jnp.asarray(False))
    assert float(payer) == -float(receiver)
    par = swap_par_rate(*legs)
    assert float(swap_present_value(par, *legs, is_payer=jnp.asarray(True))) == pytest.approx(0.0, abs=1e-14)
    assert float(payer) == pytest.approx(float((par - contract) * annuity(accrual, discounts)), abs=1e-13)


def test_fx_forward_at_the_forward_rate_is_worthless() -> None:
    spot, base, quote = jnp.asarray(1.0825), jnp.asarray(0.985), jnp.asarray(0.962)
    forward = fx_forward_rate(spot, base, quote)
    assert float(forward) == pytest.approx(1.0825 * 0.985 / 0.962, rel=1e-15)
    assert float(fx_forward_present_value(spot, forward, base, quote)) == pytest.approx(0.0, abs=1e-16)
    delta = jax.grad(fx_forward_present_value)(spot, forward, base, quote)
    assert float(delta) == float(base)
