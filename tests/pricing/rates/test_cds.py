"""Credit default swaps: published and industry cases, QuantLib on random contracts, quadrature, identities, hazards."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

from pact_jax.curves import (
    Interpolation,
    ZeroCurve,
    calibrate_curves,
    curve_problem,
    deposit_terms,
    discount_factor,
    log_survival_probability,
    swap_terms,
)
from pact_jax.dates import (
    BusinessDayConvention,
    CalendarCode,
    DayCount,
    Tenor,
    add_months,
    add_tenor,
    calendar,
    cds_schedule,
    make_schedule,
    year_fraction,
)
from pact_jax.errors import ArgumentError
from pact_jax.pricing.rates import (
    CdsTerms,
    calibrate_hazard,
    cds_legs,
    cds_par_spread,
    cds_present_value,
    cds_terms,
    cds_upfront,
    midpoint_cds_legs,
    risky_annuity,
    stack_cds_terms,
)

from .reference import actual, cases, column, set_inputs

_WEEKDAYS = calendar(CalendarCode.WEEKEND)
_TODAY = np.datetime64("2021-07-26")
_HAZARD_TIME = np.array([1.0, 3.0, 5.0, 10.0])
_legs = jax.jit(cds_legs)
_hazards = jax.jit(calibrate_hazard)


def _flat(rate: float, method: Interpolation = Interpolation.LOG_LINEAR_DISCOUNT) -> ZeroCurve:
    return ZeroCurve(jnp.asarray([2.0, 4.0, 30.0]), jnp.asarray([rate, rate, rate]), method)


def _contract(maturity: str, nodes: np.ndarray, **arguments) -> CdsTerms:
    schedule = cds_schedule(_TODAY, maturity, _WEEKDAYS)
    return cds_terms(schedule, _TODAY, _WEEKDAYS, node_time=nodes, **arguments)


def _isda_curve() -> ZeroCurve:
    """The euro curve of the ISDA cases: deposits and annual swaps from spot, flat forwards."""
    given_ = set_inputs("cds-isda-eur-2021")
    roll = BusinessDayConvention.MODIFIED_FOLLOWING
    spot = _WEEKDAYS.add_business_days(_TODAY, 2)

    def time(days: np.ndarray) -> np.ndarray:
        return year_fraction(_TODAY, days, DayCount.ACT_365F)

    terms = []
    for months in given_["deposit_months"]:
        end = add_tenor(spot, Tenor.parse(f"{months}M"), calendar=_WEEKDAYS, convention=roll)
        accrual = float(year_fraction(spot, end, DayCount.ACT_360))
        terms.append(deposit_terms(float(time(spot)), float(time(end)), accrual))
    for years in given_["swap_years"]:
        end = add_months(spot, 12 * years)
        dates = make_schedule(spot, end, Tenor.parse("1Y"), calendar=_WEEKDAYS, convention=roll).dates
        accruals = year_fraction(dates[:-1], dates[1:], DayCount.THIRTY_360)
        starts, ends = time(dates[:-1]), time(dates[1:])
        terms.append(swap_terms(ends, accruals, starts, ends, ends, projection=0, discount=0))
    fit = calibrate_curves(
        curve_problem(terms, [Interpolation.LOG_LINEAR_DISCOUNT]), jnp.asarray(given_["deposits"] + given_["swaps"])
    )
    assert bool(fit.converged)
    return fit.curves[0]


def test_isda_calculator() -> None:
    new, seasoned = cases("cds-isda-eur-2021")
    curve, given_ = _isda_curve(), new["inputs"]
    terms = _contract(given_["maturity"], np.asarray(curve.time))
    hazard_time = terms.grid_time[-1:]
    recovery = given_["recovery"]
    quoted = jnp.asarray([given_["spread"]])
    hazard, status = _hazards(stack_cds_terms([terms]), curve, hazard_time, quoted, recovery)
    assert bool(status.converged)
    legs = _legs(terms, curve, hazard_time, hazard)
    dirty = given_["notional"] * cds_present_value(legs, given_["coupon"], recovery, is_buyer=jnp.asarray(True))
    clean = dirty + given_["notional"] * given_["coupon"] * legs.rebate
    assert given_["notional"] * given_["coupon"] * float(terms.accrued) == pytest.approx(new["expected"]["accrued"])
    assert float(clean) == pytest.approx(new["expected"]["npv"], rel=new["rel_tol"])
    assert float(dirty) == pytest.approx(seasoned["expected"]["npv"], rel=seasoned["rel_tol"])
    upfront = cds_upfront(terms, legs, curve, given_["coupon"], recovery)
    carried = clean / given_["notional"] / discount_factor(curve, terms.settlement_time)
    assert float(upfront) == pytest.approx(float(carried), rel=1e-13)


def test_cached_midpoint() -> None:
    case = cases("cds-cached")[0]
    given_ = case["inputs"]
    periods = [p for p in given_["periods"] if p["t_end"] > 0.0]
    start, end = ([p[name] for p in periods] for name in ("start", "end"))
    first = np.array(start, "M8[D]")
    middle = first + (np.array(end, "M8[D]") - first) // 2
    time_start, time_end, time_middle = (actual(given_["valuation"], d, DayCount.ACT_360) for d in (start, end, middle))
    columns = (
        time_start,
        time_end,
        time_middle,
        column(periods, "accrual"),
        year_fraction(first, middle, DayCount.ACT_360),
    )
    curve = _flat(given_["rate"])
    legs = midpoint_cds_legs(*map(jnp.asarray, columns), curve, jnp.asarray([1.0]), jnp.asarray([given_["hazard"]]))
    value = given_["notional"] * cds_present_value(
        legs, given_["spread"], given_["recovery"], is_buyer=jnp.asarray(False)
    )
    assert float(value) == pytest.approx(case["expected"]["npv"], abs=case["abs_tol"])
    # The source checks its fair spread to 1e-7; QuantLib 1.44 itself gives 0.007517473796097, as here.
    assert float(cds_par_spread(legs, given_["recovery"])) == pytest.approx(case["expected"]["fair_spread"], abs=1e-7)
    assert float(cds_par_spread(legs, given_["recovery"])) == pytest.approx(0.007517473796097, abs=1e-14)


@pytest.mark.parametrize("rate", [-0.005, 0.0, 0.04])
def test_legs_against_quadrature(rate: float) -> None:
    curve, hazard = _flat(rate), np.array([0.01, 0.03, 0.02, 0.05])
    nodes = np.concatenate([np.asarray(curve.time), _HAZARD_TIME])
    terms = _contract("2026-06-20", nodes)
    legs = _legs(terms, curve, jnp.asarray(_HAZARD_TIME), jnp.asarray(hazard))

    def density(t: float) -> float:
        weights = np.diff(np.append(0.0, np.minimum(_HAZARD_TIME, max(t, 0.0))))
        level = hazard[np.searchsorted(_HAZARD_TIME, t)]
        return level * np.exp(-weights @ hazard - rate * t)

    grid = np.asarray(terms.grid_time)
    pieces = list(zip(grid, grid[1:], np.asarray(terms.accrual_origin), strict=False))
    protection = sum(quad(density, a, b, epsabs=1e-14)[0] for a, b, _ in pieces)
    accrual = sum(quad(lambda t, o=o: density(t) * (t - o) * 365 / 360, a, b, epsabs=1e-14)[0] for a, b, o in pieces)
    assert float(legs.protection) == pytest.approx(protection, rel=1e-12)
    assert float(legs.accrual) == pytest.approx(accrual, rel=1e-11)


def test_finer_grid_under_another_interpolation() -> None:
    # Linear zero rates have sloping forwards: the mean over an interval is second order in its length.
    curve = ZeroCurve(jnp.asarray([0.5, 10.0]), jnp.asarray([0.0, 0.06]))
    hazard = jnp.asarray([0.02, 0.02, 0.02, 0.02])

    def protection(step: float) -> float:
        terms = _contract("2031-06-20", np.arange(step, 10.0, step))
        return float(_legs(terms, curve, jnp.asarray(_HAZARD_TIME), hazard).protection)

    exact = protection(0.005)
    coarse, fine = (abs(protection(step) - exact) for step in (0.2, 0.05))
    assert coarse < 1e-5 and fine < coarse / 4


def test_hazards_reprice_their_quotes_with_implicit_derivatives() -> None:
    maturities = ["2022-06-20", "2024-06-20", "2026-06-20", "2031-06-20"]
    curve = _flat(0.02)
    spreads = jnp.asarray([0.008, 0.012, 0.015, 0.018])
    ends = np.array([year_fraction(_TODAY, m, DayCount.ACT_365F) for m in maturities])
    nodes = np.concatenate([np.asarray(curve.time), ends])
    terms = stack_cds_terms([_contract(m, nodes) for m in maturities])
    hazard, status = _hazards(terms, curve, jnp.asarray(ends), spreads, 0.4)
    assert bool(status.converged)

    @jax.jit
    def fair(hazard):
        legs = jax.vmap(cds_legs, in_axes=(0, None, None, None))(terms, curve, jnp.asarray(ends), hazard)
        return jax.vmap(cds_par_spread, in_axes=(0, None))(legs, 0.4)

    np.testing.assert_allclose(fair(hazard), spreads, rtol=0, atol=1e-15)
    implicit = jax.jit(jax.jacrev(lambda s: calibrate_hazard(terms, curve, jnp.asarray(ends), s, 0.4)[0]))(spreads)
    np.testing.assert_allclose(implicit @ jax.jacfwd(fair)(hazard), np.eye(4), rtol=0, atol=1e-11)
    bumped = [_hazards(terms, curve, jnp.asarray(ends), spreads.at[1].add(h), 0.4)[0] for h in (1e-6, -1e-6)]
    np.testing.assert_allclose(implicit[:, 1], (bumped[0] - bumped[1]) / 2e-6, rtol=1e-6, atol=1e-6)


def test_credit_triangle_and_par() -> None:
    # Continuous premium, no discounting: the fair spread is hazard times loss given default (days of ACT/360 apart).
    terms = _contract("2031-06-20", _HAZARD_TIME, accrual_bias=0.0)
    legs = _legs(terms, _flat(0.0), jnp.asarray(_HAZARD_TIME), jnp.full(4, 0.02))
    assert float(cds_par_spread(legs, 0.4)) == pytest.approx(0.6 * 0.02 * 360 / 365, rel=2e-3)
    clean = 0.6 * legs.protection - cds_par_spread(legs, 0.4) * (risky_annuity(legs) - legs.rebate)
    assert float(clean) == pytest.approx(0.0, abs=1e-17)
    buyer, seller = (cds_present_value(legs, 0.01, 0.4, is_buyer=jnp.asarray(side)) for side in (True, False))
    assert float(buyer) == -float(seller)


def test_no_hazard_no_protection() -> None:
    terms = _contract("2026-06-20", _HAZARD_TIME)
    curve = _flat(0.03)

    def protection(hazard):
        return cds_legs(terms, curve, jnp.asarray(_HAZARD_TIME), hazard).protection

    assert float(protection(jnp.zeros(4))) == 0.0
    slope = jax.jit(jax.grad(protection))(jnp.zeros(4))
    assert np.isfinite(slope).all() and (np.asarray(slope)[:3] > 0).all()
    legs = _legs(terms, curve, jnp.asarray(_HAZARD_TIME), jnp.zeros(4))
    riskless = jnp.sum(terms.premium_accrual * discount_factor(curve, terms.premium_time))
    assert float(risky_annuity(legs)) == pytest.approx(float(riskless), rel=1e-14)


def test_padding_changes_nothing() -> None:
    short, long = _contract("2022-06-20", _HAZARD_TIME), _contract("2031-06-20", _HAZARD_TIME)
    hazard = jnp.asarray([0.01, 0.02, 0.03, 0.04])
    batch = stack_cds_terms([short, long])
    together = jax.jit(jax.vmap(cds_legs, in_axes=(0, None, None, None)))(
        batch, _flat(0.02), jnp.asarray(_HAZARD_TIME), hazard
    )
    alone = _legs(short, _flat(0.02), jnp.asarray(_HAZARD_TIME), hazard)
    for padded, plain in zip(together, alone, strict=True):
        assert float(padded[0]) == pytest.approx(float(plain), rel=1e-14)
    survival = log_survival_probability(jnp.asarray(_HAZARD_TIME), hazard, short.grid_time[-1])
    assert float(alone.protection) < 1.0 - float(jnp.exp(survival))


def test_matured_contract_is_refused() -> None:
    schedule = cds_schedule("2020-01-10", "2021-06-20", _WEEKDAYS)
    with pytest.raises(ArgumentError, match="matured"):
        cds_terms(schedule, _TODAY, _WEEKDAYS, node_time=_HAZARD_TIME)
    with pytest.raises(ArgumentError):
        stack_cds_terms([])
