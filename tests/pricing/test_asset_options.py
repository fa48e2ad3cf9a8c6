"""Options on one asset as kinds of positions: the formula at the inputs looked up, QuantLib, relations, edges."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.market import MarketShock, VolDynamics, apply_shock, implied_vol
from pact_jax.pricing import formulas, state_values

from .asset_options import BARRIER_IN, BARRIER_UP, COUNT, DAYS, FIXINGS, PAST, TRACES, kinds, market, option, values


@jax.jit
def expected(on, at):
    """Each kind but the American by its verified formula, at inputs read from the flat market by hand."""
    spot, rate, div = at.spot[0], at.zero_rate[0, 0], at.dividend_yield[0]
    vol = implied_vol(at, on.surface, on.expiry, jnp.log(on.strike))
    forward, discount = spot * jnp.exp((rate - div) * on.expiry), jnp.exp(-rate * on.expiry)
    flat = (on.expiry, vol, rate, div, on.is_call)
    level = jnp.where(jnp.asarray(BARRIER_UP), 125.0, 80.0)
    black = (forward, on.strike, vol * jnp.sqrt(on.expiry), discount)
    barrier = [
        formulas.barrier_price(spot, on.strike, level, rebate, *flat, jnp.asarray(BARRIER_UP), jnp.asarray(into))
        for rebate, into in ((3.0, BARRIER_IN), (0.0, BARRIER_IN), (0.0, ~BARRIER_IN))
    ]
    return (
        formulas.black_scholes_price(spot, on.strike, *flat),
        formulas.cash_digital_price(*black, 5.0, on.is_call),
        formulas.asset_digital_price(*black, on.is_call),
        None,
        *barrier,
    )


@pytest.mark.parametrize(
    "shock",
    [
        MarketShock(spot=jnp.zeros(1)),
        MarketShock(
            spot=jnp.full(1, -0.15),
            zero_rate=jnp.full((1, 2), 0.012),
            vol_level=jnp.full(1, 0.3),
            vol_dynamics=VolDynamics.STICKY_MONEYNESS,
        ),
    ],
    ids=["base", "shocked"],
)
def test_value_is_the_formula_at_the_inputs_of_the_market(shock):
    on, at = option(), apply_shock(market(), shock)
    for found, formula in zip(values(on, at), expected(on, at), strict=False):
        if formula is not None:
            np.testing.assert_allclose(found, 10.0 * np.asarray(formula), rtol=1e-11, atol=1e-10)


def test_relations_between_kinds():
    both = [values(option(jnp.asarray(np.full(COUNT, side))), market()) for side in (True, False)]
    discount = np.exp(-0.03 * np.asarray(option().expiry))
    prepaid = 100.0 * np.exp(-0.02 * np.asarray(option().expiry))
    # Some digital pays: the call and the put together are the cash, or the asset, for certain.
    np.testing.assert_allclose(both[0][1] + both[1][1], 50.0 * discount, rtol=1e-13)
    np.testing.assert_allclose(both[0][2] + both[1][2], 10.0 * prepaid, rtol=1e-13)
    for european, cash, asset, american, _, knock, other, _ in both:
        np.testing.assert_allclose(knock + other, european, rtol=1e-10, atol=1e-10)
        assert np.all(american >= european - 1e-4 * 1000.0) and np.all(cash >= 0.0) and np.all(asset >= 0.0)
    # A call is the asset if it ends above the strike, less the strike in cash (5 of it is one digital here).
    european, cash, asset = both[0][:3]
    np.testing.assert_allclose(european, asset - cash * np.asarray(option().strike) / 5.0, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("expiry", [0.0, -0.2])
def test_expired_contracts_are_worth_what_they_settle_at(expiry):
    on = option(expiry=jnp.asarray(np.full(COUNT, expiry)))
    found = values(on, market())
    strike, call = np.asarray(on.strike), np.asarray(on.is_call)
    pays = np.where(call, 100.0 > strike, 100.0 < strike)
    intrinsic = 10.0 * np.maximum(np.where(call, 1.0, -1.0) * (100.0 - strike), 0.0)
    # The spot stands between the barriers: out options are alive, in options paid their rebate.
    settled = (intrinsic, 50.0 * pays, 1000.0 * pays, intrinsic, np.where(BARRIER_IN, 30.0, intrinsic))
    for kind, amount in zip(found, settled, strict=False):
        np.testing.assert_allclose(kind, amount, atol=1e-9)
    mean = PAST**0.25 * 100.0**0.75
    average = 10.0 * np.maximum(np.where(call, 1.0, -1.0) * (mean - strike), 0.0)
    np.testing.assert_allclose(found[7], average, atol=1e-9)


def test_a_scenario_beyond_the_barrier_has_touched_it():
    # 60 is below the lower barrier of 80; the upper one of 125 is far away.
    european, *_, with_rebate, knock, other, _ = values(option(), market(spot=60.0))
    below = ~BARRIER_UP
    np.testing.assert_allclose(np.where(BARRIER_IN, knock, other)[below], european[below], rtol=1e-12)
    np.testing.assert_allclose(np.asarray(with_rebate)[below & ~BARRIER_IN], 30.0, rtol=1e-12)


def test_derivatives_are_slopes_of_the_value():
    """Along a move of spot, rates and volatility at once; the American formula has its own tests."""
    on, base, chosen = option(), market(), (1, 2, 4, 5, 7)
    contracts = kinds(on)

    def moved(step):
        zero_rate, vol = base.zero_rate + 0.01 * step, base.implied_vol + 0.02 * step
        return dataclasses.replace(base, spot=base.spot + 2.0 * step, zero_rate=zero_rate, implied_vol=vol)

    def smooth(step):
        return tuple(state_values(contracts[k], moved(step)) for k in chosen)

    _, slopes = jax.jit(lambda step: jax.jvp(smooth, (step,), (jnp.ones_like(step),)))(jnp.asarray(0.0))
    up, down = values(on, moved(jnp.asarray(1e-4))), values(on, moved(jnp.asarray(-1e-4)))
    for k, slope in zip(chosen, slopes, strict=True):
        # Truncation of the central difference at a step of 2e-4 of the spot, on values up to 1,000.
        np.testing.assert_allclose(slope, (up[k] - down[k]) / 2e-4, rtol=1e-5, atol=1e-5, err_msg=str(k))


def test_new_contracts_and_markets_meet_compiled_code():
    values(option(), market())
    before = len(TRACES)
    values(dataclasses.replace(option(), strike=option().strike + 3.0), market(spot=101.0))
    values(option(expiry=jnp.asarray(DAYS / 365.0 + 0.1)), market(vol=0.4))
    assert len(TRACES) == before


def test_equals_quantlib():
    ql = pytest.importorskip("QuantLib", reason="independent implementation; install the oracle group")
    on, today, act = option(), ql.Date(22, 11, 2023), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(100.0)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, 0.02, act)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, 0.03, act)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), 0.25, act)),
    )
    found = np.stack([np.asarray(value) for value in values(on, market())]) / 10.0
    bounds = {1: 1e-10, 2: 1e-10, 3: 5e-6, 4: 1e-10, 7: 1e-10}
    barrier_type = {
        (True, True): ql.Barrier.UpIn,
        (True, False): ql.Barrier.UpOut,
        (False, True): ql.Barrier.DownIn,
        (False, False): ql.Barrier.DownOut,
    }
    for k in range(COUNT):
        side = ql.Option.Call if bool(on.is_call[k]) else ql.Option.Put
        strike, last = float(on.strike[k]), today + int(DAYS[k])
        european = ql.EuropeanExercise(last)

        def npv(contract, engine):
            contract.setPricingEngine(engine)
            return contract.NPV()

        analytic, plain = ql.AnalyticEuropeanEngine(process), ql.PlainVanillaPayoff(side, strike)
        level = 125.0 if BARRIER_UP[k] else 80.0
        barrier = ql.BarrierOption(barrier_type[bool(BARRIER_UP[k]), bool(BARRIER_IN[k])], level, 3.0, plain, european)
        reference = {
            1: npv(ql.VanillaOption(ql.CashOrNothingPayoff(side, strike, 5.0), european), analytic),
            2: npv(ql.VanillaOption(ql.AssetOrNothingPayoff(side, strike), european), analytic),
            3: npv(
                ql.VanillaOption(plain, ql.AmericanExercise(today, last)),
                ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.highPrecisionScheme()),
            ),
            4: npv(barrier, ql.AnalyticBarrierEngine(process)),
        }
        if DAYS[k] % FIXINGS == 0:
            dates = [today + int(DAYS[k] // FIXINGS * (i + 1)) for i in range(FIXINGS)]
            asian = ql.DiscreteAveragingAsianOption(ql.Average.Geometric, PAST, 1, dates, plain, european)
            reference[7] = npv(asian, ql.AnalyticDiscreteGeometricAveragePriceAsianEngine(process))
        for kind, value in reference.items():
            # Closed forms: the project's 1e-10 of the larger of the price and 1e-4 of the spot; American: 5e-6 of the
            # strike, the stated error of the scheme.
            size = strike if kind == 3 else max(value, 1e-2)
            assert found[kind, k] == pytest.approx(value, abs=bounds[kind] * size), (kind, k)
