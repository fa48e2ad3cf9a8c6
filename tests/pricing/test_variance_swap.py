"""Variance swaps: flat surfaces exactly, smiles against replication by options, settlement, sensitivities."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.instruments import DiscountPoints, VarianceSwap
from pact_jax.market import MarketShock, apply_shock, discount_factor, implied_vol
from pact_jax.pricing import GreekEstimator, variance_swap_value
from pact_jax.pricing._greeks_traits import aged, greek_traits
from pact_jax.pricing.formulas import black_price, replicated_variance, smile_variance

from . import books

EXPIRY = np.array([0.1, 0.6, 1.7, 3.0])
price = jax.jit(variance_swap_value)


def swaps(expiry=EXPIRY, past=0.0, elapsed=0.0) -> VarianceSwap:
    """Swaps on the first two assets, in two currencies."""
    time = jnp.asarray(np.broadcast_to(expiry, 4).astype(float))
    asset = jnp.asarray([0, 0, 1, 1])
    return VarianceSwap(
        asset=asset,
        currency=asset,
        surface=asset,
        discount=DiscountPoints(asset, time),
        point=jnp.arange(4),
        strike=jnp.asarray([0.2, 0.25, 0.22, 0.3]),
        expiry=time,
        total_time=jnp.maximum(time, 0.0) + elapsed,
        past_variance=jnp.full(4, past) + 0.0 * time,
        multiplier=jnp.asarray([1e4, 1.0, 500.0, 2.0]),
    )


def unit(terms, market):
    """Value of one of variance, reporting currency."""
    discount = discount_factor(market, terms.discount.curve, jnp.maximum(terms.discount.time, 0.0))
    return np.asarray(discount * market.fx[terms.currency] * terms.multiplier)


def test_a_flat_surface_gives_its_variance():
    market = books.market()
    flat = dataclasses.replace(market, implied_vol=jnp.full_like(market.implied_vol, 0.27))
    terms = swaps(past=0.02, elapsed=0.4)
    level = 0.27 * np.asarray(market.vol_level)[np.asarray(terms.surface)]
    total = (0.02 + level**2 * EXPIRY) / (EXPIRY + 0.4)
    np.testing.assert_allclose(
        price(terms, flat), unit(terms, flat) * (total - np.asarray(terms.strike) ** 2), rtol=1e-9
    )


@pytest.mark.parametrize("shock", [None, MarketShock(spot=jnp.asarray([-0.2, 0.1, 0.0]), vol_level=jnp.full(4, 0.2))])
def test_smiles_equal_replication_by_options(shock):
    """The formula of Demeterfi and others with 4,001 options, on smiles that are linear between strikes."""
    market = books.market() if shock is None else apply_shock(books.market(), shock)
    terms = swaps()
    fair = np.asarray(price(terms, market)) / unit(terms, market) + np.asarray(terms.strike) ** 2

    @jax.jit
    @jax.vmap
    def expected(asset, time):
        discount = discount_factor(market, asset[None], time[None])[0]
        forward = market.spot[asset] * jnp.exp(-market.dividend_yield[asset] * time) / discount
        strike = forward * jnp.exp(jnp.linspace(-1.0, 1.0, 4001) * 10.0 * 0.25 * jnp.sqrt(time))
        ones = jnp.ones(4001)
        vol = implied_vol(market, jnp.broadcast_to(asset, ones.shape), time * ones, jnp.log(strike))
        total = vol * jnp.sqrt(time)
        put, call = (black_price(forward, strike, total, ones, jnp.asarray(side)) for side in (False, True))
        return replicated_variance(strike, put, call, forward, strike[2000], time, jnp.ones_like(time))

    np.testing.assert_allclose(np.sqrt(fair), np.sqrt(expected(terms.asset, terms.expiry)), atol=3e-5)


@pytest.mark.parametrize("expiry", [0.0, -0.5])
def test_matured_swaps_settle_at_what_was_realised(expiry):
    market, terms = books.market(), swaps(expiry=expiry, past=0.05, elapsed=1.5)
    settled = 0.05 / 1.5 - np.asarray(terms.strike) ** 2
    np.testing.assert_allclose(price(terms, market), settled * unit(terms, market), rtol=1e-12)


def test_a_day_that_passes_realises_nothing():
    terms, market = swaps(past=0.02, elapsed=0.4), books.market()
    later = aged(terms, jnp.asarray(0.05))
    np.testing.assert_allclose(later.total_time, terms.total_time)
    assert np.all(
        np.asarray(price(later, market)) / unit(later, market) < np.asarray(price(terms, market)) / unit(terms, market)
    )
    assert greek_traits(terms).estimator is GreekEstimator.FORMULA


def test_derivatives_are_slopes_of_the_value():
    terms, base = swaps(), books.market()

    def moved(step):
        vol, spot = base.implied_vol + 0.02 * step, base.spot * (1.0 + 0.05 * step)
        return dataclasses.replace(base, implied_vol=vol, spot=spot)

    _, slope = jax.jit(lambda x: jax.jvp(lambda y: variance_swap_value(terms, moved(y)), (x,), (jnp.ones_like(x),)))(
        jnp.asarray(0.0)
    )
    # Not finer: the smile has kinks, over which a difference averages.
    difference = (price(terms, moved(1e-3)) - price(terms, moved(-1e-3))) / 2e-3
    np.testing.assert_allclose(slope, difference, rtol=2e-3)


def test_smile_variance_is_between_the_smiles_ends():
    k = jnp.linspace(-2.0, 2.0, 81)
    smile = 0.04 + 0.01 * jnp.tanh(-k)
    assert 0.03 < float(smile_variance(k, smile)) < 0.05
    # A skew is worth more than its middle: the log contract is long the low strikes.
    assert float(smile_variance(k, smile)) > 0.04
