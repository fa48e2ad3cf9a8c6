"""Bond analytics: published cases, QuantLib on random bonds, identities and derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.curves import Interpolation, ZeroCurve, discount_factor
from pact_jax.dates import DayCount, Tenor, make_schedule, year_fraction
from pact_jax.pricing.rates import (
    basis_point_value,
    bond_cash_flows,
    bond_convexity,
    level_payment_notional,
    macaulay_duration,
    modified_duration,
    price_from_spread,
    price_from_yield,
    yield_to_maturity,
    z_spread,
)

from .reference import actual, cases, column

_yield = jax.jit(yield_to_maturity, static_argnames="periods_per_year")
_price = jax.jit(price_from_yield, static_argnames="periods_per_year")
_spread = jax.jit(z_spread, static_argnames="periods_per_year")


@pytest.mark.parametrize("case", cases("bonds-cached"), ids=lambda c: c["id"])
def test_cached_bond_prices(case: dict) -> None:
    given_ = case["inputs"]
    flows = given_["cashflows"]
    times = actual(given_["valuation_date"], [f["date"] for f in flows], DayCount.ACT_360)
    curve = ZeroCurve(jnp.asarray([1.0]), jnp.asarray([0.03]), Interpolation.LINEAR_ZERO)
    value = jnp.sum(jnp.asarray(column(flows, "amount")) * discount_factor(curve, jnp.asarray(times)))
    clean = float(value) / given_["discount_to_settlement"] - given_.get("accrued", 0.0)
    assert clean == pytest.approx(case["expected"]["clean_price"], abs=case["abs_tol"])


@pytest.mark.parametrize("case", cases("bond-yield-duration-convexity"), ids=lambda c: c["id"])
def test_market_system_yields(case: dict) -> None:
    flows, expected = case["inputs"]["cashflows"], case["expected"]
    amounts, times = jnp.asarray(column(flows, "amount")), jnp.asarray(column(flows, "t"))
    dirty = jnp.asarray(case["inputs"]["clean_price"] + expected["accrued"])
    assert float(dirty) == pytest.approx(expected["dirty_price"], abs=case["abs_tol"])
    found, status = _yield(dirty, amounts, times, periods_per_year=2)
    assert bool(status.converged)
    assert float(found) == pytest.approx(expected["yield_semiannual"], abs=case["abs_tol"])
    duration = modified_duration(found, amounts, times, periods_per_year=2)
    assert float(duration) == pytest.approx(expected["modified_duration"], abs=case["abs_tol"])
    convexity = bond_convexity(found, amounts, times, periods_per_year=2)
    # The gilt's convexity is printed for a yield of seven digits.
    assert float(convexity) == pytest.approx(expected["convexity"], abs=max(case["abs_tol"], 1e-5))


def test_treasury_basis_point_value() -> None:
    first, second = cases("bond-bpv-yvbp")
    # 4.5% semi-annual, forward generated from 15-Nov-2023 to 15-Aug-2033: the last period is a short stub.
    dates = np.array(["2023-11-15", *(f"{y}-{m}-15" for y in range(2024, 2034) for m in ("05", "11"))][:-1], "M8[D]")
    dates = np.append(dates, np.datetime64("2033-08-15"))
    accrual = year_fraction(dates[:-1], dates[1:], DayCount.THIRTY_360_US)
    amounts = bond_cash_flows(jnp.full(accrual.size, 1e6), jnp.full(accrual.size, 0.045), jnp.asarray(accrual))

    def times(settlement: str) -> jax.Array:
        elapsed = year_fraction(dates[0], settlement, DayCount.THIRTY_360_US)
        return jnp.asarray(np.cumsum(accrual) - elapsed)

    settlement = first["inputs"]["settlement"]
    accrued = 1e6 * 0.045 * float(year_fraction(dates[0], settlement, DayCount.THIRTY_360_US))
    dirty = jnp.asarray(first["inputs"]["clean_price"] * 1e4 + accrued)
    found, _ = _yield(dirty, amounts, times(settlement), periods_per_year=2)
    assert float(found) == pytest.approx(first["expected"]["yield"], abs=1e-6)
    for case in (first, second):
        change = basis_point_value(found, amounts, times(case["inputs"]["settlement"]), periods_per_year=2)
        # The source names no day count for the yield's times; this reading is 5e-6 of the printed values away.
        assert float(change) == pytest.approx(case["expected"]["bpv"], rel=1e-5)


def _random_bond(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    start = np.datetime64("2020-01-15") + int(rng.integers(0, 28))
    years = int(rng.integers(2, 31))
    schedule = make_schedule(start, start.astype("M8[M]").astype("M8[D]") + 365 * years, Tenor.parse("6M"))
    return schedule.dates, schedule.accrual_factors(DayCount.ACT_ACT_ICMA), float(rng.uniform(0.0, 0.09))


@pytest.mark.parametrize("count", [150, pytest.param(10_000, marks=pytest.mark.slow)])
def test_random_fixed_bonds_against_quantlib(count: int) -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    rng = np.random.default_rng(11)
    width = 64

    @jax.jit
    @jax.vmap
    def analytics(price, amount, time):
        found, status = yield_to_maturity(price, amount, time, periods_per_year=2)
        duration = modified_duration(found, amount, time, periods_per_year=2)
        return found, duration, bond_convexity(found, amount, time, periods_per_year=2), status.converged

    rows, expected = [], []
    for _ in range(count):
        dates, accrual, coupon = _random_bond(rng)
        quoted = float(rng.uniform(0.001, 0.12))
        flows = 100 * coupon * accrual + 100.0 * (np.arange(accrual.size) == accrual.size - 1)
        leg = [
            ql.SimpleCashFlow(float(a), ql.Date(int(d) + 25569))
            for a, d in zip(flows, dates[1:].astype(int), strict=True)
        ]
        settle = ql.Date(int(dates[0].astype(int)) + 25569)
        # One plain day count on both sides: this compares the arithmetic of yields, not their conventions.
        basis = ql.Actual365Fixed()
        times = np.array([basis.yearFraction(settle, c.date()) for c in leg])
        rate = ql.InterestRate(quoted, basis, ql.Compounded, ql.Semiannual)
        npv = ql.CashFlows.npv(leg, rate, False, settle)
        expected.append(
            (quoted, ql.CashFlows.duration(leg, rate, ql.Duration.Modified, False, settle),
             ql.CashFlows.convexity(leg, rate, False, settle), True)
        )  # fmt: skip
        pad = (0, width - flows.size)
        rows.append((npv, np.pad(flows, pad), np.pad(times, pad)))
    prices, amounts, times = (jnp.asarray(np.array(part)) for part in zip(*rows, strict=True))
    for own, peer, tolerance in zip(
        analytics(prices, amounts, times), np.array(expected, float).T, (1e-12, 1e-9, 1e-8, 0), strict=True
    ):
        np.testing.assert_allclose(np.asarray(own, float), peer, rtol=0, atol=tolerance)


@given(st.floats(-0.01, 0.15), st.floats(0.0, 0.1), st.integers(1, 30), st.sampled_from([0, 1, 2, 4, 12]))
def test_yield_inverts_price(rate: float, coupon: float, years: int, frequency: int) -> None:
    times = np.pad(np.arange(1.0, years + 1), (0, 30 - years))
    amounts = np.where(times > 0, coupon, 0.0) + (times == years)
    price = _price(jnp.asarray(rate), jnp.asarray(amounts), jnp.asarray(times), periods_per_year=frequency)
    found, status = _yield(price, jnp.asarray(amounts), jnp.asarray(times), periods_per_year=frequency)
    assert bool(status.converged)
    assert float(found) == pytest.approx(rate, abs=1e-12)


def test_derivatives_of_price_are_duration_and_convexity() -> None:
    amounts, times = jnp.asarray([3.0, 3.0, 103.0]), jnp.asarray([0.3, 0.8, 1.3])
    for frequency in (0, 2):

        def price(y, frequency=frequency):
            return price_from_yield(y, amounts, times, periods_per_year=frequency)

        rate = jnp.asarray(0.05)
        slope, curvature = jax.grad(price)(rate), jax.grad(jax.grad(price))(rate)
        duration = modified_duration(rate, amounts, times, periods_per_year=frequency)
        assert float(duration) == pytest.approx(float(-slope / price(rate)), rel=1e-14)
        convexity = bond_convexity(rate, amounts, times, periods_per_year=frequency)
        assert float(convexity) == pytest.approx(float(curvature / price(rate)), rel=1e-13)


def test_yield_differentiates_by_the_implicit_theorem() -> None:
    amounts, times = jnp.asarray([3.0, 3.0, 103.0]), jnp.asarray([0.3, 0.8, 1.3])

    @jax.jit
    def found(price):
        return yield_to_maturity(price, amounts, times, periods_per_year=2)[0]

    price = jnp.asarray(99.0)
    duration = modified_duration(found(price), amounts, times, periods_per_year=2)
    assert float(jax.jit(jax.grad(found))(price)) == pytest.approx(float(-1.0 / (duration * price)), rel=1e-12)


@pytest.mark.parametrize("frequency", [0, 1, 2])
def test_z_spread_inverts_and_is_a_parallel_shift(frequency: int) -> None:
    times = jnp.asarray([0.5, 1.0, 1.5, 2.0])
    amounts = jnp.asarray([2.0, 2.0, 2.0, 102.0])
    discounts = jnp.exp(-jnp.asarray([0.01, 0.015, 0.02, 0.022]) * times)
    price = price_from_spread(jnp.asarray(0.0123), amounts, times, discounts, periods_per_year=frequency)
    found, status = _spread(price, amounts, times, discounts, periods_per_year=frequency)
    assert bool(status.converged) and float(found) == pytest.approx(0.0123, abs=1e-13)
    none = price_from_spread(jnp.asarray(0.0), amounts, times, discounts, periods_per_year=frequency)
    assert float(none) == pytest.approx(float(jnp.sum(amounts * discounts)), rel=1e-14)


def test_zero_bond_has_its_maturity_as_duration() -> None:
    amounts, times = jnp.asarray([0.0, 100.0, 0.0]), jnp.asarray([1.0, 7.0, 0.0])
    assert float(macaulay_duration(jnp.asarray(0.04), amounts, times, periods_per_year=2)) == pytest.approx(7.0)


def test_level_payments_are_level_and_repay_everything() -> None:
    rates, accruals = jnp.asarray([0.05, 0.05, 0.06, 0.04]), jnp.asarray([0.5, 0.5, 1.0, 0.25])
    notional = level_payment_notional(rates, accruals)
    flows = bond_cash_flows(notional, rates, accruals)
    np.testing.assert_allclose(flows, flows[0], rtol=1e-14)
    # A 30-year mortgage of 100,000 at 6% pays 599.55 a month (any amortisation table).
    monthly = level_payment_notional(jnp.full(360, 0.06), jnp.full(360, 1 / 12))
    payment = bond_cash_flows(1e5 * monthly, jnp.full(360, 0.06), jnp.full(360, 1 / 12))[0]
    assert float(payment) == pytest.approx(599.55, abs=0.005)


def test_floater_at_index_is_worth_par() -> None:
    times = np.arange(0.0, 5.01, 0.5)
    curve = ZeroCurve(jnp.asarray([1.0, 5.0]), jnp.asarray([0.01, 0.03]))
    discounts = discount_factor(curve, jnp.asarray(times))
    forwards = (discounts[:-1] / discounts[1:] - 1.0) / 0.5
    flows = bond_cash_flows(jnp.full(10, 100.0), forwards, jnp.full(10, 0.5))
    assert float(jnp.sum(flows * discounts[1:])) == pytest.approx(100.0, rel=1e-14)


def test_impossible_price_is_reported() -> None:
    _, status = _yield(jnp.asarray(-5.0), jnp.asarray([100.0]), jnp.asarray([1.0]), periods_per_year=1)
    assert not bool(status.converged)
