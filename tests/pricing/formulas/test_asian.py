"""Asian options: published tables, identities with the vanilla, simulation, derivatives and edges."""

import jax
import jax.numpy as jnp
import numpy as np

from pact_jax.pricing.formulas import (
    arithmetic_asian_simulated,
    black_scholes_price,
    continuous_geometric_asian_price,
    geometric_asian_price,
    levy_asian_price,
    turnbull_wakeman_price,
)


def test_geometric_values(cases):
    rows = {row["id"]: row for row in cases("asian-geometric").rows}
    continuous, discrete = (
        rows["asian-geo-cont"],
        next(r for r in rows.values() if "discrete geometric price" in str(r)),
    )
    value = continuous_geometric_asian_price(80.0, 85.0, 0.25, 0.2, 0.05, -0.03, False)
    assert abs(float(value) - continuous["expected"]["value"]) <= continuous["abs_tol"]
    times = jnp.arange(36.0, 361.0, 36.0) / 360.0
    value = geometric_asian_price(100.0, 100.0, times, jnp.full(10, 0.1), 0.0, 1.0, 0.2, 0.06, 0.03, True)
    assert abs(float(value) - discrete["expected"]["value"]) <= discrete["abs_tol"]


def test_turnbull_wakeman_table(cases):
    table = cases("asian-turnbull-wakeman")
    values = []
    for row in table.rows:
        i = row["inputs"]
        count = int(i["fixings"])
        times = np.linspace(i["first"], i["expiry"], count)
        slope = {"flat": 0.0, "up": -1.0, "down": 1.0}[i["slope"]]
        vols = i["volatility"] + slope * 0.005 * np.arange(count)[::-1]
        columns = (i["underlying"] * np.exp(i["b"] * times), times, np.full(count, 1.0 / count), vols)
        discount = np.exp(-i["riskFreeRate"] * i["expiry"])
        call = jnp.asarray(i["option_type"] == "Call")
        args = (*map(jnp.asarray, columns), *map(jnp.asarray, (0.0, i["strike"], discount)), call)
        values.append(float(jax.jit(turnbull_wakeman_price)(*args)))
    table.check(values)


def test_levy_table(cases):
    table = cases("asian-levy")
    names = ("spot", "strike", "currentAverage", "elapsed", "length", "volatility", "riskFreeRate", "dividendYield")
    spot, strike, average, elapsed, length, *market = (jnp.asarray(table[name], float) for name in names)
    time = (length - elapsed) / 360.0
    table.check(levy_asian_price(spot, strike, average, elapsed / 360.0, time, *market, jnp.asarray(table.is_call)))


def test_simulation_against_levys_table(cases):
    # Levy (1997), 12 fixings over eleven months; the file allows 0.02, the control variate gives 1e-3.
    row = next(r for r in cases("asian-arith-mc").rows if r["inputs"]["fixings"] == 12 and r["inputs"]["first"] == 0.0)
    i = row["inputs"]
    times = jnp.linspace(0.0, i["length"], 12)
    normals = jnp.asarray(np.random.default_rng(0).standard_normal((20_000, 12)))
    market = (float(times[-1]), i["volatility"], i["riskFreeRate"], i["dividendYield"], False)
    sampled = arithmetic_asian_simulated(normals, i["underlying"], i["strike"], times, jnp.full(12, 1 / 12), *market)
    assert float(sampled.standard_error) < 5e-3
    assert abs(float(sampled.value) - row["expected"]["value"]) < 4.0 * float(sampled.standard_error) + 1e-3


def test_one_fixing_at_expiry_is_the_vanilla():
    vanilla = black_scholes_price(100.0, 95.0, 1.0, 0.3, 0.05, 0.02, True)
    one, market = jnp.ones(1), (1.0, 0.3, 0.05, 0.02, True)
    np.testing.assert_allclose(geometric_asian_price(100.0, 95.0, one, one, 0.0, *market), vanilla, rtol=1e-13)
    forward = 100.0 * jnp.exp(0.03 * one)
    value = turnbull_wakeman_price(forward, one, one, 0.3 * one, 0.0, 95.0, jnp.exp(-0.05), True)
    np.testing.assert_allclose(value, vanilla, rtol=1e-12)


def test_many_fixings_tend_to_the_continuous_mean():
    count = 4000
    times = (jnp.arange(0.0, count) + 0.5) / count
    value = geometric_asian_price(100.0, 95.0, times, jnp.full(count, 1.0 / count), 0.0, 1.0, 0.3, 0.05, 0.02, False)
    exact = continuous_geometric_asian_price(100.0, 95.0, 1.0, 0.3, 0.05, 0.02, False)
    np.testing.assert_allclose(value, exact, rtol=1e-6)
    forward = 100.0 * jnp.exp(0.03 * times)
    weight = jnp.full(count, 1.0 / count)
    value = turnbull_wakeman_price(forward, times, weight, jnp.full(count, 0.3), 0.0, 95.0, jnp.exp(-0.05), False)
    levy = levy_asian_price(100.0, 95.0, 100.0, 0.0, 1.0, 0.3, 0.05, 0.02, False)
    np.testing.assert_allclose(value, levy, rtol=1e-6)


def test_past_fixings_and_padding():
    market = (0.5, 0.2, 0.05, 0.0, True)
    # Everything fixed: the discounted payoff of the known mean.
    none = jnp.zeros(3)
    value = geometric_asian_price(100.0, 95.0, none, none, jnp.log(105.0), *market)
    np.testing.assert_allclose(value, 10.0 * np.exp(-0.025), rtol=1e-12)
    times, weight = jnp.asarray([0.1, 0.3, 0.5]), jnp.full(3, 0.25)
    padded = jnp.asarray([0.1, 0.3, 0.5, 0.5, 0.5]), jnp.asarray([0.25, 0.25, 0.25, 0.0, 0.0])
    past = 0.25 * jnp.log(98.0)
    plain = geometric_asian_price(100.0, 95.0, times, weight, past, *market)
    np.testing.assert_allclose(geometric_asian_price(100.0, 95.0, *padded, past, *market), plain, rtol=1e-13)


def test_carry_and_variance_of_opposite_sign():
    # rate - yield + vol^2 = 0 is a removable 0 / 0 of Levy's second moment, and so is rate = yield.
    for rate, dividend in ((0.0, 0.04), (0.03, 0.03)):
        near = [
            levy_asian_price(100.0, 100.0, 0.0, 0.0, 1.0, 0.2, rate + e, dividend, True) for e in (-1e-5, 0.0, 1e-5)
        ]
        np.testing.assert_allclose(near[1], 0.5 * (near[0] + near[2]), rtol=1e-8)
        slope = jax.grad(lambda r, q=dividend: levy_asian_price(100.0, 100.0, 0.0, 0.0, 1.0, 0.2, r, q, True))(rate)
        np.testing.assert_allclose(slope, (near[2] - near[0]) / 2e-5, rtol=1e-5)


def test_derivatives_are_finite_at_the_edges():
    def price(point):
        times, weight = point[2] * jnp.asarray([0.5, 1.0]), jnp.full(2, 0.5)
        return geometric_asian_price(point[0], 100.0, times, weight, 0.0, point[2], point[1], 0.05, 0.0, True)

    points = jnp.asarray([[100.0, 0.0, 1.0], [100.0, 0.2, 0.0], [100.0, 0.2, 1.0]])
    assert bool(jnp.isfinite(jax.jit(jax.vmap(jax.hessian(price)))(points)).all())
