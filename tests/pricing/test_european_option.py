"""European options on assets: parity, the formula with the surface's volatility, QuantLib, edges."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.instruments import DiscountPoints, EuropeanOption
from pact_jax.market import discount_factor, example_market, implied_vol
from pact_jax.pricing import european_option_value
from pact_jax.pricing.formulas import black_scholes_price

from . import books

price = jax.jit(european_option_value)


def one(strike, expiry, is_call=True, multiplier=1.0):
    """Contracts on the only asset of the example market: spot 100, 3 %, 20 %."""
    strike = jnp.atleast_1d(jnp.asarray(strike, dtype=float))
    expiry = jnp.broadcast_to(jnp.asarray(expiry, dtype=float), strike.shape)
    zero = jnp.zeros(strike.shape, int)
    return EuropeanOption(
        zero,
        zero,
        zero,
        DiscountPoints(zero, expiry),
        jnp.arange(strike.shape[0]),
        strike,
        expiry,
        jnp.broadcast_to(jnp.asarray(is_call), strike.shape),
        jnp.full(strike.shape, multiplier),
    )


def test_formula_with_the_surface_and_the_curve():
    terms, market = books.options(), books.market()
    vol = jax.jit(implied_vol)(market, terms.surface, terms.expiry, jnp.log(terms.strike))
    rate = -jnp.log(discount_factor(market, terms.asset, terms.expiry)) / terms.expiry
    expected = jax.jit(black_scholes_price)(
        market.spot[terms.asset],
        terms.strike,
        terms.expiry,
        vol,
        rate,
        market.dividend_yield[terms.asset],
        terms.is_call,
    )
    np.testing.assert_allclose(
        price(terms, market), expected * terms.multiplier * market.fx[terms.currency], rtol=1e-12
    )


def test_published_value():
    # J. C. Hull, Options, Futures, and Other Derivatives, example 15.6: S = 42, K = 40, 10 %, 20 %, half a year: 4.76.
    market = example_market(spot=42.0, zero_rate=0.1, vol=0.2)
    assert float(price(one(40.0, 0.5), market)[0]) == pytest.approx(4.759422, abs=1e-6)
    assert float(price(one(40.0, 0.5, is_call=False), market)[0]) == pytest.approx(0.808599, abs=1e-6)


def test_put_call_parity():
    terms, market = books.options(), books.market()
    call = price(dataclasses.replace(terms, is_call=jnp.ones(6, bool)), market)
    put = price(dataclasses.replace(terms, is_call=jnp.zeros(6, bool)), market)
    forward = market.spot[terms.asset] * jnp.exp(-market.dividend_yield[terms.asset] * terms.expiry)
    paid = terms.strike * discount_factor(market, terms.asset, terms.expiry)
    size = terms.multiplier * market.fx[terms.currency]
    np.testing.assert_allclose(call - put, (forward - paid) * size, rtol=1e-11)


@given(st.floats(20.0, 500.0), st.floats(0.01, 10.0))
def test_no_arbitrage_bounds(strike, expiry):
    call = float(price(one(strike, expiry), example_market())[0])
    lower = max(100.0 - strike * np.exp(-0.03 * expiry), 0.0)
    assert lower - 1e-12 <= call <= 100.0


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize("expiry", [0.0, -0.3])
def test_expired_is_worth_its_intrinsic_value_with_finite_derivatives(is_call, expiry):
    terms, sign = one([80.0, 100.0, 130.0], expiry, is_call), 1.0 if is_call else -1.0
    market = example_market()
    np.testing.assert_allclose(price(terms, market), np.maximum(sign * (100.0 - np.array([80.0, 100.0, 130.0])), 0.0))

    def total(spot, vol, zero):
        moved = dataclasses.replace(market, spot=spot, implied_vol=vol, zero_rate=zero)
        return jnp.sum(european_option_value(terms, moved))

    slopes = jax.jit(jax.grad(total, argnums=(0, 1, 2)))(market.spot, market.implied_vol, market.zero_rate)
    assert all(np.all(np.isfinite(slope)) for slope in slopes)
    # In the money: all of one; at the money: half of one.
    assert float(slopes[0][0]) == pytest.approx(sign * 1.5)


def test_contract_size_and_currency():
    market = books.market()
    terms = books.options()
    doubled = dataclasses.replace(terms, multiplier=2.0 * terms.multiplier)
    np.testing.assert_allclose(price(doubled, market), 2.0 * price(terms, market), rtol=1e-15)


def test_equals_quantlib():
    ql = pytest.importorskip("QuantLib", reason="independent implementation; install the oracle group")
    rng = np.random.default_rng(5)
    count = 200
    days, strike = rng.integers(1, 2000, count), 100.0 * np.exp(rng.normal(0.0, 0.4, count))
    is_call = rng.random(count) < 0.5
    found = price(one(strike, days / 365.0, is_call), example_market())
    today = ql.Date(22, 11, 2023)
    ql.Settings.instance().evaluationDate = today
    act = ql.Actual365Fixed()
    process = ql.BlackScholesProcess(
        ql.QuoteHandle(ql.SimpleQuote(100.0)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, 0.03, act)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), 0.2, act)),
    )
    engine = ql.AnalyticEuropeanEngine(process)
    for k in range(count):
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call[k] else ql.Option.Put, float(strike[k]))
        option = ql.VanillaOption(payoff, ql.EuropeanExercise(today + int(days[k])))
        option.setPricingEngine(engine)
        # The project's tolerance of closed forms: 1e-10 of the larger of the price and 1e-4 of the spot.
        assert float(found[k]) == pytest.approx(option.NPV(), abs=1e-10 * max(option.NPV(), 1e-2))
