"""Baskets by Monte Carlo: a published table, the two-asset formulas, parity, honest errors, derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.pricing.formulas import BasketOf, sampled_basket_price, two_asset_extreme_price, two_asset_sum_price
from pact_jax.sampling import Stream, counter_normals

_price = jax.jit(sampled_basket_price, static_argnames="of")
_PAIRS = 1 << 14


def _normals(assets: int, seed: int = 0, pairs: int = _PAIRS) -> jax.Array:
    index = jnp.arange(pairs, dtype=jnp.uint32)
    return counter_normals(jnp.asarray(seed), Stream.MARKET, index, assets, dtype=jnp.float64)


def test_puts_on_the_best_of_three(cases):
    # Barraquand and Martineau (1995); the table's times are in months of 30 days.
    for case in cases("basket-3asset-barraquand").rows:
        given = case["inputs"]
        time = given["time_years"] / 12.0
        forward = jnp.asarray([given[f"spot{k}"] for k in (1, 2, 3)]) * np.exp(given["rate"] * time)
        vol = jnp.asarray([given[f"vol{k}"] for k in (1, 2, 3)]) * np.sqrt(time)
        correlation = given["rho"] + (1.0 - given["rho"]) * jnp.eye(3)
        market = (forward, vol, correlation, given["strike"], np.exp(-given["rate"] * time))
        price = _price(_normals(3, pairs=1 << 15), *market, given["option_type"] == "Call", of=BasketOf.BEST)
        # The table is printed to a cent and has an error of its own.
        assert float(price.value) == pytest.approx(case["expected"]["euroValue"], abs=case["abs_tol"])
        assert float(price.standard_error) < 0.01


@pytest.mark.parametrize("rho", [-0.6, 0.3, 0.9])
def test_two_assets_agree_with_their_formulas(rho):
    forward, vol, correlation = jnp.asarray([100.0, 90.0]), jnp.asarray([0.2, 0.35]), jnp.asarray([[1, rho], [rho, 1]])
    for is_call in (True, False):
        flag = jnp.asarray(is_call)
        for sign in (1.0, -1.0):
            held = forward * jnp.asarray([1.0, sign])
            strike = jnp.sum(held) + 5.0
            exact = two_asset_sum_price(held[0], held[1], strike, *vol, rho, 0.95, flag)
            price = _price(_normals(2), held, vol, correlation, strike, 0.95, flag)
            assert abs(float(price.value - exact)) < 4.0 * float(price.standard_error)
        for of in (BasketOf.BEST, BasketOf.WORST):
            best = jnp.asarray(of is BasketOf.BEST)
            exact = two_asset_extreme_price(*forward, 95.0, *vol, rho, 0.95, flag, best)
            price = _price(_normals(2), forward, vol, correlation, 95.0, 0.95, flag, of=of)
            assert 0.0 < float(price.standard_error) < 0.1
            assert abs(float(price.value - exact)) < 4.0 * float(price.standard_error)


def test_parity_of_a_sum_has_no_sampling_error():
    forward, vol = jnp.asarray([40.0, -25.0, 30.0, 10.0]), jnp.asarray([0.2, 0.3, 0.0, 0.5])
    correlation = 0.4 + 0.6 * jnp.eye(4)
    call, put = (_price(_normals(4), forward, vol, correlation, 50.0, 0.9, jnp.asarray(x)).value for x in (True, False))
    assert float(call - put) == pytest.approx(0.9 * (55.0 - 50.0), rel=1e-9)


def test_the_error_is_the_spread_over_seeds():
    forward, vol, correlation = jnp.full(3, 30.0), jnp.full(3, 0.3), 0.5 + 0.5 * jnp.eye(3)
    draws = jnp.stack([_normals(3, seed, 512) for seed in range(200)])
    prices = jax.vmap(lambda z: _price(z, forward, vol, correlation, 95.0, 1.0, jnp.asarray(True)))(draws)
    # The standard deviation of 200 values has a relative error of 5 %.
    assert float(jnp.std(prices.value)) == pytest.approx(float(jnp.mean(prices.standard_error)), rel=0.2)


def test_delta_by_the_paths_equals_a_bump():
    vol, correlation = jnp.full(3, 0.3), 0.5 + 0.5 * jnp.eye(3)

    def value(forward):
        return _price(_normals(3), forward, vol, correlation, 95.0, 1.0, jnp.asarray(True)).value

    at, step = jnp.full(3, 30.0), jnp.asarray([0.05, 0.0, 0.0])
    bumped = float(value(at + step) - value(at - step)) / 0.1
    assert float(jax.grad(value)(at)[0]) == pytest.approx(bumped, rel=5e-3)
