"""Arithmetic means by conditioning: published table, an exact case, QuantLib's integration, edges, derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.pricing.formulas import arithmetic_asian_price, black_price, two_asset_sum_price

DATES = 12
_price = jax.jit(jax.vmap(arithmetic_asian_price))


def _padded(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times to `DATES` entries by repeating the last, and weights."""
    count = len(times)
    weight = np.where(np.arange(DATES) < count, 1.0 / count, 0.0)
    return np.concatenate([times, np.full(DATES - count, times[-1])]), weight


def test_levys_table(cases):
    # Levy (1997): 2 to 1,000 fixings over eleven months from today; those with at most 12. The file allows 0.02.
    rows = [row for row in cases("asian-arith-mc").rows if row["inputs"]["fixings"] <= DATES]
    columns = []
    for row in rows:
        i = row["inputs"]
        times, weight = _padded(np.linspace(i["first"], i["first"] + i["length"], int(i["fixings"])))
        forward = i["underlying"] * np.exp((i["riskFreeRate"] - i["dividendYield"]) * times)
        discount = np.exp(-i["riskFreeRate"] * times[-1])
        call = i["option_type"] == "Call"
        columns.append((forward, i["volatility"] ** 2 * times, weight, 0.0, i["strike"], discount, call))
    value = _price(*(jnp.asarray(np.array(column)) for column in zip(*columns, strict=True)))
    assert len(rows) >= 4
    np.testing.assert_allclose(value, [row["expected"]["value"] for row in rows], atol=0.01)


def _book(n: int, seed: int = 0) -> tuple[jax.Array, ...]:
    rng = np.random.default_rng(seed)
    last = rng.uniform(0.2, 3.0, n)
    times, weight = np.stack([_padded(np.array([0.4, 1.0])) for _ in range(n)], axis=1)
    times = times * last[:, None]
    forward = 100.0 * np.exp(rng.uniform(-0.03, 0.06, n)[:, None] * times)
    vol = np.minimum(rng.uniform(0.1, 0.6, n), 0.6 / np.sqrt(last))
    strike = 100.0 * np.exp(rng.normal(0.0, 0.2, n))
    columns = (forward, vol[:, None] ** 2 * times, weight, np.zeros(n), strike, np.full(n, 0.97), rng.random(n) < 0.5)
    return tuple(map(jnp.asarray, columns))


def test_two_fixings_are_an_option_on_two_assets():
    book = _book(64)
    forward, variance, weight, _, strike, discount, call = book
    first, second = (0.5 * forward[:, k] for k in (0, 1))
    vols = jnp.sqrt(variance[:, 0]), jnp.sqrt(variance[:, 1])
    exact = jax.jit(two_asset_sum_price)(first, second, strike, *vols, vols[0] / vols[1], discount, call)
    # The hardest case of the method, for two fixings leave the most to the correction: the error that is stated.
    error = np.abs(np.asarray(_price(*book)) - np.asarray(exact)) / 100.0
    assert np.max(error) < 3e-5 and np.max(error[np.asarray(vols[1]) < 0.3]) < 1e-6


def test_stated_errors_hold_wherever_the_first_of_two_fixings_is():
    rng = np.random.default_rng(5)
    n = 512
    vol, first = rng.uniform(0.05, 1.0, n), rng.uniform(0.05, 0.95, n)
    forward = 100.0 * np.exp(rng.uniform(-0.1, 0.1, (n, 2)))
    strike, call = 100.0 * np.exp(rng.normal(0.0, 0.5 * vol)), rng.random(n) < 0.5
    variance = np.stack([vol**2 * first, vol**2], axis=1)
    ones, half = np.ones(n), np.full((n, 2), 0.5)
    own = _price(*map(jnp.asarray, (forward, variance, half, 0.0 * ones, strike, ones, call)))
    legs = (0.5 * forward[:, 0], 0.5 * forward[:, 1], strike, vol * np.sqrt(first), vol, np.sqrt(first), ones, call)
    exact = jax.jit(two_asset_sum_price)(*map(jnp.asarray, legs))
    stated = np.where(vol < 0.3, 5e-6, np.where(vol < 0.6, 1e-4, 1e-3))
    error = np.abs(np.asarray(own) - np.asarray(exact)) / 100.0
    assert (error < stated).all() and error.max() > 1e-4  # and no better than it says


def test_parity_past_fixings_and_nothing_left():
    book = _book(64, seed=1)
    forward, variance, weight, none, strike, discount, call = book
    both = [_price(*book[:6], jnp.full(64, side)) for side in (True, False)]
    mean = jnp.sum(weight * forward, axis=1)
    np.testing.assert_allclose(both[0] - both[1], discount * (mean - strike), atol=1e-11)
    # Known fixings come off the strike; once they are beyond it, the call is certain.
    shifted = _price(forward, variance, weight, none + 30.0, strike + 30.0, discount, call)
    np.testing.assert_allclose(shifted, _price(*book), rtol=1e-13)
    certain = _price(forward, variance, weight, strike + 5.0, strike, discount, jnp.full(64, True))
    np.testing.assert_allclose(certain, discount * (mean + 5.0), rtol=1e-14)
    payoff = jnp.maximum(jnp.where(call, 1.0, -1.0) * (mean - strike), 0.0)
    np.testing.assert_allclose(_price(forward, 0.0 * variance, *book[2:]), discount * payoff, rtol=1e-14)


def test_one_fixing_is_blacks_formula():
    times, weight = _padded(np.array([1.0]))
    point = (100.0 * jnp.ones(DATES), jnp.asarray(0.09 * times), jnp.asarray(weight), 0.0, 110.0, 0.95, False)
    np.testing.assert_allclose(arithmetic_asian_price(*point), black_price(100.0, 110.0, 0.3, 0.95, False), rtol=1e-12)


def test_derivatives_are_slopes():
    times, weight = map(jnp.asarray, _padded(np.arange(1.0, 7.0) / 6.0))

    def value(at):
        return arithmetic_asian_price(at[0] * jnp.ones(DATES), at[1] ** 2 * times, weight, 20.0, at[2], 0.97, True)

    base = np.array([102.0, 0.3, 118.0])
    steps = 1e-5 * base
    points = np.concatenate([base + np.diag(steps), base - np.diag(steps), base[None]])
    worth, slope = map(np.asarray, jax.jit(jax.vmap(jax.value_and_grad(value)))(jnp.asarray(points)))
    np.testing.assert_allclose(slope[6], (worth[:3] - worth[3:6]) / (2.0 * steps), rtol=1e-7)
    second = (slope[:3] - slope[3:6]) / (2.0 * steps)[:, None]
    np.testing.assert_allclose(jax.jit(jax.hessian(value))(jnp.asarray(base)), second, rtol=1e-6, atol=1e-8)


def test_equals_quantlib():
    ql = pytest.importorskip("QuantLib", reason="independent implementation; install the oracle group")
    today = ql.Date(22, 11, 2023)
    ql.Settings.instance().evaluationDate = today
    act = ql.Actual365Fixed()
    columns, expected = [], []
    for vol, strike, side in ((0.2, 95.0, ql.Option.Call), (0.5, 120.0, ql.Option.Call), (0.35, 100.0, ql.Option.Put)):
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(100.0)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, 0.01, act)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, 0.04, act)),
            ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), vol, act)),
        )
        days = [90, 180, 270, 365]
        payoff, exercise = ql.PlainVanillaPayoff(side, strike), ql.EuropeanExercise(today + 365)
        dates = [today + day for day in days]
        option = ql.DiscreteAveragingAsianOption(ql.Average.Arithmetic, 0.0, 0, dates, payoff, exercise)
        option.setPricingEngine(ql.ChoiAsianEngine(process))
        expected.append(option.NPV())
        times, weight = _padded(np.array(days) / 365.0)
        forward, discount = 100.0 * np.exp(0.03 * times), np.exp(-0.04)
        columns.append((forward, vol**2 * times, weight, 0.0, strike, discount, side == ql.Option.Call))
    value = _price(*(jnp.asarray(np.array(column)) for column in zip(*columns, strict=True)))
    # The stated error: 1e-6 of the spot up to a total volatility of 40 %, 5e-5 beyond.
    error = np.abs(np.asarray(value) - expected) / 100.0
    assert np.all(error < [1e-6, 5e-5, 1e-6]), error
