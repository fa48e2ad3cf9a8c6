"""Greeks against printed tables and against QuantLib."""

import json
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.instruments import DiscountPoints, EuropeanOption
from pact_jax.market import example_market
from pact_jax.pricing import greeks

from . import books


def option_book(spot, strike, time, vol, rate, dividend, is_call):
    """One asset, one flat curve and one flat surface for each contract."""
    count = len(spot)
    index = jnp.arange(count)
    arrays = [jnp.asarray(x, dtype=float) for x in (spot, strike, time, vol, rate, dividend)]
    spot, strike, time, vol, rate, dividend = arrays
    base = example_market()
    market = eqx.tree_at(
        lambda m: (m.spot, m.dividend_yield, m.half_spread, m.adv, m.zero_rate, m.vol_expiry, m.vol_log_strike),
        base,
        (
            spot,
            dividend,
            jnp.zeros(count),
            jnp.ones(count),
            jnp.broadcast_to(rate[:, None], (count, 2)),
            jnp.broadcast_to(base.vol_expiry, (count, 2)),
            jnp.broadcast_to(base.vol_log_strike, (count, 2, 2)),
        ),
    )
    market = eqx.tree_at(
        lambda m: (m.vol_underlying, m.implied_vol, m.vol_level),
        market,
        (index, jnp.broadcast_to(vol[:, None, None], (count, 2, 2)), jnp.ones(count)),
    )
    terms = EuropeanOption(
        asset=index,
        currency=jnp.zeros(count, int),
        surface=index,
        discount=DiscountPoints(index, time),
        point=index,
        strike=strike,
        expiry=time,
        is_call=jnp.asarray(is_call),
        multiplier=jnp.ones(count),
    )
    return books.book(books.hold(terms, np.ones(count))), market


def test_printed_greeks():
    """Haug, Option Pricing Formulas (1998), pages 11-16, as checked in QuantLib's europeanoption.cpp."""
    file = Path(__file__).parents[1] / "reference" / "options.json"
    rows = next(s for s in json.loads(file.read_text())["sets"] if s["id"] == "bs-greeks")["cases"]
    inputs = [row["inputs"] for row in rows]
    columns = [[x[k] for x in inputs] for k in ("spot", "strike", "time_years", "vol", "rate", "dividend_yield")]
    portfolio, market = option_book(*columns, [x["option_type"] == "Call" for x in inputs])
    small = 1e-6
    found = greeks(portfolio, market, time_step=small)
    checked = 0
    for k, row in enumerate(rows):
        name = row["inputs"]["quantity"]
        by_name = {
            "delta": found.by_position.delta,
            "gamma": found.by_position.gamma,
            "vega": found.by_position.vega,
            "rho": found.by_position.rho,
            "theta": found.by_position.theta / small,
        }
        if name in by_name:
            value = float(by_name[name][k])
            assert value == pytest.approx(row["expected"]["value"], abs=row["abs_tol"]), row["id"]
            checked += 1
    assert checked >= 6


def _random_contracts(count):
    rng = np.random.default_rng(11)
    spot = rng.uniform(20, 300, count)
    # Whole days, so that QuantLib's day counter has exactly this year fraction.
    days = rng.integers(5, 1500, count)
    strike = spot * np.exp(rng.normal(0, 0.25, count))
    vol, rate, dividend = rng.uniform(0.08, 0.7, count), rng.uniform(-0.01, 0.08, count), rng.uniform(0, 0.05, count)
    return spot, strike, days, vol, rate, dividend, rng.random(count) < 0.5


def test_equals_quantlib():
    ql = pytest.importorskip("QuantLib", reason="independent implementation; install the oracle group")
    count = 150
    spot, strike, days, vol, rate, dividend, is_call = _random_contracts(count)
    portfolio, market = option_book(spot, strike, days / 365.0, vol, rate, dividend, is_call)
    found = greeks(portfolio, market).by_position
    today = ql.Date(22, 11, 2023)
    ql.Settings.instance().evaluationDate = today
    act = ql.Actual365Fixed()
    for k in range(count):
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(spot[k])),
            ql.YieldTermStructureHandle(ql.FlatForward(today, dividend[k], act)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, rate[k], act)),
            ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), vol[k], act)),
        )
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call[k] else ql.Option.Put, strike[k])
        option = ql.VanillaOption(payoff, ql.EuropeanExercise(today + int(days[k])))
        option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
        # 1e-10 of the larger of the value and a ten-thousandth of the spot, the project's tolerance of closed forms.
        unit = max(option.NPV(), 1e-4 * spot[k])
        assert float(found.present_value[k]) == pytest.approx(option.NPV(), abs=1e-10 * unit)
        for name, reference in (("delta", option.delta()), ("vega", option.vega()), ("rho", option.rho())):
            assert float(getattr(found, name)[k]) == pytest.approx(reference, rel=1e-9, abs=1e-9), (name, k)
        assert found.gamma is not None
        assert float(found.gamma[k]) == pytest.approx(option.gamma(), rel=1e-9, abs=1e-12)
