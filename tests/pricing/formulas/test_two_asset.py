"""Two-asset options: published tables, decompositions, limits, derivatives; and the replicated variance."""

import jax
import jax.numpy as jnp
import numpy as np

from pact_jax.pricing.formulas import (
    black_price,
    exchange_price,
    kirk_spread_price,
    replicated_variance,
    two_asset_extreme_price,
)


def _inputs(table):
    time, rate, rho = (table[name].astype(float) for name in ("time_years", "rate", "rho"))
    forwards = [
        table[f"spot{k}"] * np.exp((rate - table[f"dividend_yield{k}"]) * time) * (table[f"Q{k}"] if _has(table) else 1)
        for k in (1, 2)
    ]
    vols = [table[f"vol{k}"] * np.sqrt(time) for k in (1, 2)]
    return [jnp.asarray(x) for x in (*forwards, *vols, rho, np.exp(-rate * time))]


def _has(table):
    return "Q1" in table.rows[0]["inputs"]


def test_margrabe_table(cases):
    table = cases("margrabe-european")
    table.check(exchange_price(*_inputs(table)))
    forward_1, forward_2, vol_1, vol_2, rho, discount = _inputs(table)
    growth = jnp.asarray(forward_1) / jnp.asarray(table["spot1"])
    slope = jax.vmap(jax.grad(exchange_price))(forward_1, forward_2, vol_1, vol_2, rho, discount)
    table.check(slope * growth, "delta1")


def test_stulz_and_kirk_tables(cases):
    table = cases("basket-2asset").where(lambda i: i["basketType"] in ("MinBasket", "MaxBasket"))
    forward_1, forward_2, vol_1, vol_2, rho, discount = _inputs(table)
    best = jnp.asarray(table["basketType"] == "MaxBasket")
    args = (forward_1, forward_2, jnp.asarray(table["strike"]), vol_1, vol_2, rho, discount)
    table.check(two_asset_extreme_price(*args, jnp.asarray(table.is_call), best))
    table = cases("basket-2asset").where(lambda i: i["basketType"] == "SpreadBasket")
    _, _, vol_1, vol_2, rho, discount = _inputs(table)
    # Haug's table gives futures prices, not spots.
    columns = [jnp.asarray(table[name]) for name in ("spot1", "spot2", "strike")]
    table.check(kirk_spread_price(*columns, vol_1, vol_2, rho, discount, jnp.asarray(table.is_call)))


def _book(n=100):
    rng = np.random.default_rng(0)
    columns = (
        100.0 * np.exp(rng.normal(0, 0.2, (2, n))),
        rng.uniform(0.05, 0.6, (2, n)),
        rng.uniform(-1.0, 1.0, n),
        rng.uniform(0.8, 1.0, n),
    )
    forwards, vols, rho, discount = map(jnp.asarray, columns)
    return forwards[0], forwards[1], vols[0], vols[1], rho, discount


def test_decompositions():
    forward_1, forward_2, vol_1, vol_2, rho, discount = _book()
    args = (forward_1, forward_2, 100.0, vol_1, vol_2, rho, discount)
    best_call, worst_call, best_put, worst_put = (
        two_asset_extreme_price(*args, call, best) for call, best in ((1, 1), (1, 0), (0, 1), (0, 0))
    )
    singles = [
        black_price(forward_1, 100.0, vol_1, discount, call) + black_price(forward_2, 100.0, vol_2, discount, call)
        for call in (True, False)
    ]
    np.testing.assert_allclose(best_call + worst_call, singles[0], atol=1e-11)
    np.testing.assert_allclose(best_put + worst_put, singles[1], atol=1e-11)
    exchange = exchange_price(forward_1, forward_2, vol_1, vol_2, rho, discount)
    # max(S1, S2) = S2 + max(S1 - S2, 0): a best-of call with strike near 0.
    nothing = two_asset_extreme_price(forward_1, forward_2, 1e-9, vol_1, vol_2, rho, discount, True, True)
    np.testing.assert_allclose(nothing, discount * forward_2 + exchange, atol=1e-8)
    back = exchange_price(forward_2, forward_1, vol_2, vol_1, rho, discount)
    np.testing.assert_allclose(exchange - back, discount * (forward_1 - forward_2), atol=1e-11)
    kirk = kirk_spread_price(forward_1, forward_2, 0.0, vol_1, vol_2, rho, discount, True)
    np.testing.assert_allclose(kirk, exchange, rtol=1e-12)
    for value in (best_call, worst_call, best_put, worst_put):
        assert bool((value >= -1e-12).all())


def test_independent_assets_by_quadrature():
    x, w = np.polynomial.hermite_e.hermegauss(120)
    first = 100.0 * np.exp(0.3 * x - 0.045)
    # Given asset 1, the worse of two is a put on asset 2 struck at asset 1: integrate the call over asset 1.
    inner = np.asarray(black_price(95.0, 90.0, 0.2, 1.0, True)) - np.asarray(
        black_price(95.0, jnp.maximum(jnp.asarray(first), 90.0), 0.2, 1.0, True)
    )
    expected = float(np.sum(w * np.where(first > 90.0, inner, 0.0)) / np.sqrt(2 * np.pi))
    value = two_asset_extreme_price(100.0, 95.0, 90.0, 0.3, 0.2, 0.0, 1.0, True, False)
    np.testing.assert_allclose(value, expected, rtol=2e-3)


def test_derivatives_and_perfect_correlation():
    def price(point):
        return two_asset_extreme_price(point[0], point[1], 100.0, point[2], point[3], point[4], 0.95, True, True)

    base = np.array([102.0, 97.0, 0.3, 0.25, 0.4])
    steps = 1e-5 * base
    bumped = np.concatenate([base + np.diag(steps), base - np.diag(steps), base[None]])
    value, slope = map(np.asarray, jax.jit(jax.vmap(jax.value_and_grad(price)))(jnp.asarray(bumped)))
    np.testing.assert_allclose(slope[10], (value[:5] - value[5:10]) / (2 * steps), rtol=1e-6)
    second = (slope[:5] - slope[5:10]) / (2 * steps)[:, None]
    np.testing.assert_allclose(jax.jit(jax.hessian(price))(jnp.asarray(base)), second, rtol=1e-5, atol=1e-6)
    # Two copies of one asset: best and worst are the asset.
    for best in (True, False):
        same = two_asset_extreme_price(102.0, 102.0, 100.0, 0.3, 0.3, 1.0, 0.95, True, best)
        np.testing.assert_allclose(same, black_price(102.0, 100.0, 0.3, 0.95, True), rtol=1e-12)
    assert float(exchange_price(100.0, 90.0, 0.3, 0.3, 1.0, 0.95)) == 9.5
    assert bool(jnp.isnan(kirk_spread_price(100.0, 90.0, -95.0, 0.3, 0.3, 0.5, 0.95, True)))


def test_variance_swap_published(cases):
    # Demeterfi, Derman, Kamal, Zou (1999): strikes 50 to 135 by 5, volatility falling by a point a strike.
    row = cases("variance-swap-replicating").rows[0]
    inputs = row["inputs"]
    strip = cases("variance-swap-strip")
    strike = np.arange(50.0, 140.0, 5.0)
    vol = 0.30 - 0.01 * (strike - 50.0) / 5.0
    np.testing.assert_allclose(vol[np.searchsorted(strike, strip["strike"])], strip["vol"], atol=1e-12)
    time, rate = inputs["time_years"], inputs["rate"]
    forward, discount = 100.0 * np.exp(rate * time), np.exp(-rate * time)
    puts, calls = (
        black_price(forward, jnp.asarray(strike), jnp.asarray(vol * np.sqrt(time)), discount, c) for c in (False, True)
    )
    fair = replicated_variance(jnp.asarray(strike), puts, calls, forward, 100.0, time, discount)
    assert abs(float(fair) - row["expected"]["value"]) <= row["abs_tol"]


def test_flat_volatility_is_replicated():
    strike = jnp.exp(jnp.linspace(jnp.log(10.0), jnp.log(1000.0), 2001))
    centre = strike[1000]
    puts, calls = (black_price(103.0, strike, 0.25 * 2.0**0.5, 0.9, c) for c in (False, True))
    fair = replicated_variance(strike, puts, calls, 103.0, centre, 2.0, 0.9)
    np.testing.assert_allclose(fair, 0.0625, rtol=1e-4)
