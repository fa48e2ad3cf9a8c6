"""Spreads and baskets of two: Margrabe at strike 0, integration over the other asset, QuantLib, edges, derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.pricing.formulas import black_price, exchange_price, kirk_spread_price, two_asset_sum_price

_price = jax.jit(two_asset_sum_price)


def _book(n: int = 64, seed: int = 0, sign: float = 0.0) -> tuple[jax.Array, ...]:
    rng = np.random.default_rng(seed)
    first = 100.0 * np.exp(rng.normal(0.0, 0.2, n))
    second = 100.0 * np.exp(rng.normal(0.0, 0.2, n)) * (sign or np.where(rng.random(n) < 0.5, -1.0, 1.0))
    vols = np.exp(rng.uniform(np.log(0.05), np.log(0.6), (2, n)))
    strike = first + second + 30.0 * rng.normal(0.0, 1.0, n)
    columns = (first, second, strike, *vols, rng.uniform(-0.95, 0.95, n), np.full(n, 0.96), rng.random(n) < 0.5)
    return tuple(map(jnp.asarray, columns))


def test_without_a_strike_a_spread_is_an_exchange():
    first, second, _, vol_1, vol_2, rho, discount, _ = _book(sign=-1.0)
    none = jnp.zeros(64)
    spread = _price(first, second, none, vol_1, vol_2, rho, discount, jnp.full(64, True))
    np.testing.assert_allclose(spread, exchange_price(first, -second, vol_1, vol_2, rho, discount), atol=1e-9)
    # Kirk's approximation is near for a small strike, and not exact: some 1e-3 of the spot.
    kirk = kirk_spread_price(first, -second, none + 5.0, vol_1, vol_2, rho, discount, True)
    value = _price(first, second, none + 5.0, vol_1, vol_2, rho, discount, jnp.full(64, True))
    np.testing.assert_allclose(value, kirk, atol=0.2)
    assert float(jnp.max(jnp.abs(value - kirk))) > 1e-4


def test_integration_over_either_asset_gives_the_same():
    book = _book(seed=3)
    swapped = (book[1], book[0], book[2], book[4], book[3], *book[5:])
    # The second asset first: its own volatility is then on the other side of the integral only where they swap.
    keep = np.asarray(book[1]) > 0.0
    np.testing.assert_allclose(np.asarray(_price(*swapped))[keep], np.asarray(_price(*book))[keep], atol=1e-9)
    x, w = np.polynomial.legendre.leggauss(4000)
    x, w = 10.0 * x, 10.0 * w * np.exp(-50.0 * x * x) / np.sqrt(2.0 * np.pi)
    for i in np.flatnonzero(np.abs(np.asarray(book[5])) < 0.9)[:12]:
        first, second, strike, vol_1, vol_2, rho, discount, call = (np.asarray(column)[i] for column in book)
        other = second * np.exp(vol_2 * x - 0.5 * vol_2**2)
        forward = first * np.exp(rho * vol_1 * x - 0.5 * (rho * vol_1) ** 2)
        given = black_price(jnp.asarray(forward), jnp.asarray(strike - other), vol_1 * np.sqrt(1 - rho**2), 1.0, call)
        np.testing.assert_allclose(_price(*book)[i], discount * np.sum(w * np.asarray(given)), atol=1e-7)


def test_parity_symmetry_and_expiry():
    first, second, strike, *market, call = _book(seed=1)
    both = [_price(first, second, strike, *market, jnp.full(64, side)) for side in (True, False)]
    np.testing.assert_allclose(both[0] - both[1], market[3] * (first + second - strike), atol=1e-9)
    settled = _price(first, second, strike, 0.0 * market[0], 0.0 * market[1], *market[2:], call)
    payoff = jnp.maximum(jnp.where(call, 1.0, -1.0) * (first + second - strike), 0.0)
    np.testing.assert_allclose(settled, market[3] * payoff, atol=1e-10)


def test_assets_that_are_one_are_refused_or_right():
    # Correlation 1 and equal volatility: the sum is one lognormal asset, which the rule cannot integrate in x.
    value = two_asset_sum_price(60.0, 50.0, 100.0, 0.3, 0.3, jnp.asarray([0.5, 1.0]), 1.0, True)
    assert np.isfinite(value[0])
    exact = float(black_price(110.0, 100.0, 0.3, 1.0, True))
    assert np.isnan(value[1]) or abs(float(value[1]) - exact) < 5e-6 * 110.0


def test_derivatives_are_slopes():
    def value(at):
        return two_asset_sum_price(at[0], -at[1], at[2], at[3], at[4], at[5], 0.95, True)

    base = np.array([102.0, 95.0, 4.0, 0.3, 0.2, 0.6])
    steps = 1e-5 * base
    points = np.concatenate([base + np.diag(steps), base - np.diag(steps), base[None]])
    worth, slope = map(np.asarray, jax.jit(jax.vmap(jax.value_and_grad(value)))(jnp.asarray(points)))
    np.testing.assert_allclose(slope[12], (worth[:6] - worth[6:12]) / (2.0 * steps), rtol=1e-6)
    second = (slope[:6] - slope[6:12]) / (2.0 * steps)[:, None]
    np.testing.assert_allclose(jax.jit(jax.hessian(value))(jnp.asarray(base)), second, rtol=1e-5, atol=1e-6)


def test_equals_quantlib():
    ql = pytest.importorskip("QuantLib", reason="independent implementation; install the oracle group")
    today = ql.Date(22, 11, 2023)
    ql.Settings.instance().evaluationDate = today
    act = ql.Actual365Fixed()

    def process(spot: float, dividend: float, vol: float):
        return ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(spot)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, dividend, act)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, 0.04, act)),
            ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), vol, act)),
        )

    first, second = process(100.0, 0.01, 0.3), process(90.0, 0.02, 0.2)
    rows, expected = [], []
    for sign, strike, rho, side in ((-1, 8.0, 0.6, 1), (-1, -5.0, -0.4, 1), (1, 180.0, 0.3, 1), (1, 210.0, -0.5, -1)):
        kind = ql.Option.Call if side > 0 else ql.Option.Put
        payoff = ql.PlainVanillaPayoff(kind, strike)
        basket = ql.SpreadBasketPayoff(payoff) if sign < 0 else ql.AverageBasketPayoff(payoff, ql.Array([1.0, 1.0]))
        option = ql.BasketOption(basket, ql.EuropeanExercise(today + 365))
        correlation = ql.Matrix(2, 2, 1.0)
        correlation[0][1] = correlation[1][0] = rho
        option.setPricingEngine(ql.ChoiBasketEngine([first, second], correlation, 20.0))
        expected.append(option.NPV())
        forwards = 100.0 * np.exp(0.03), sign * 90.0 * np.exp(0.02)
        rows.append((*forwards, strike, 0.3, 0.2, rho, np.exp(-0.04), side > 0))
    value = _price(*(jnp.asarray(np.array(column)) for column in zip(*rows, strict=True)))
    np.testing.assert_allclose(value, expected, atol=1e-7)
