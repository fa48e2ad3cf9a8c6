"""Arithmetic means and options on two assets as kinds: the formula at the inputs looked up, edges, derivatives."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.instruments import ArithmeticAsianOption, DiscountPoints, TwoAssetOption
from pact_jax.market import MarketShock, apply_shock
from pact_jax.pricing import formulas, state_values

from .asset_options import COUNT, FIXINGS, PAST, market, option

WEIGHT = 1.0 / (FIXINGS + 1.0)


def asian(expiry=None) -> ArithmeticAsianOption:
    on = option(expiry=expiry)
    share = jnp.asarray(np.arange(1.0, FIXINGS + 1.0) / FIXINGS)
    weight = jnp.full((COUNT, FIXINGS), WEIGHT)
    return ArithmeticAsianOption(on, on.expiry[:, None] * share[None, :], weight, jnp.full(COUNT, PAST * WEIGHT))


def pair(expiry=None) -> TwoAssetOption:
    """Spreads and baskets in turn on two assets, the second at 80 with twice the yield."""
    on = option(expiry=expiry)
    spread = np.arange(COUNT) // 2 % 2 == 0
    strike = np.where(spread, 20.0, 180.0) + np.linspace(-15.0, 15.0, COUNT)
    return TwoAssetOption(
        asset=on.asset,
        asset_2=on.asset + 1,
        currency=on.currency,
        surface=on.surface,
        surface_2=on.surface + 1,
        discount=DiscountPoints(on.discount.curve, on.expiry),
        point=on.point,
        weight_2=jnp.asarray(np.where(spread, -1.0, 1.0)),
        correlation=jnp.full(COUNT, 0.4),
        strike=jnp.asarray(strike),
        expiry=on.expiry,
        is_call=on.is_call,
        multiplier=on.multiplier,
    )


def two_assets():
    one = market()

    def twice(leaf, other):
        return jnp.concatenate([leaf, other])

    return dataclasses.replace(
        one,
        spot=jnp.asarray([100.0, 80.0]),
        dividend_yield=jnp.asarray([0.02, 0.04]),
        half_spread=twice(one.half_spread, one.half_spread),
        adv=twice(one.adv, one.adv),
        vol_expiry=twice(one.vol_expiry, one.vol_expiry),
        vol_log_strike=twice(one.vol_log_strike, one.vol_log_strike),
        vol_underlying=jnp.asarray([0, 1]),
        implied_vol=twice(one.implied_vol, one.implied_vol + 0.1),
        vol_level=jnp.ones(2),
    )


@jax.jit
def values(mean: ArithmeticAsianOption, two: TwoAssetOption, at):
    return state_values(mean, at), state_values(two, at)


def by_hand(mean: ArithmeticAsianOption, two: TwoAssetOption, at, vols):
    """Both by their verified formulas, inputs read from the flat market."""
    rate, spot, div = at.zero_rate[0, 0], at.spot, at.dividend_yield
    expiry = mean.option.expiry
    discount, root = jnp.exp(-rate * expiry), jnp.sqrt(expiry)
    forward = spot[0] * jnp.exp((rate - div[0]) * mean.fixing_time)
    terms = (vols[0] ** 2 * mean.fixing_time, mean.fixing_weight, mean.past_sum, mean.option.strike, discount)
    average = jax.vmap(formulas.arithmetic_asian_price)(forward, *terms, mean.option.is_call)
    forwards = [spot[k] * jnp.exp((rate - div[k]) * expiry) for k in (0, 1)]
    total = (vols[0] * root, vols[1] * root)
    inputs = (forwards[0], two.weight_2 * forwards[1], two.strike, *total, two.correlation, discount, two.is_call)
    return 10.0 * average, 10.0 * formulas.two_asset_sum_price(*inputs)


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_value_is_the_formula_at_the_inputs_of_the_market(shift):
    shock = MarketShock(spot=jnp.asarray([-shift, 0.5 * shift]), vol_level=jnp.full(2, shift))
    at = apply_shock(two_assets(), shock)
    vols = 0.25 * np.exp(shift), 0.35 * np.exp(shift)
    for found, formula in zip(values(asian(), pair(), at), by_hand(asian(), pair(), at, vols), strict=True):
        np.testing.assert_allclose(found, formula, rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("expiry", [0.0, -0.2])
def test_expired_contracts_are_worth_what_they_settle_at(expiry):
    past = jnp.full(COUNT, expiry)
    mean, two = asian(past), pair(past)
    found = values(mean, two, two_assets())
    call = np.where(np.asarray(two.is_call), 1.0, -1.0)
    known = PAST * WEIGHT + 100.0 * (1.0 - WEIGHT)
    np.testing.assert_allclose(found[0], 10.0 * np.maximum(call * (known - np.asarray(mean.option.strike)), 0.0))
    total = 100.0 + 80.0 * np.asarray(two.weight_2) - np.asarray(two.strike)
    np.testing.assert_allclose(found[1], 10.0 * np.maximum(call * total, 0.0), atol=1e-9)


def test_derivatives_are_slopes_of_the_value():
    """Along a move of both spots, rates and volatilities at once."""
    base, mean, two = two_assets(), asian(), pair()

    def moved(step):
        zero_rate, vol = base.zero_rate + 0.01 * step, base.implied_vol + 0.02 * step
        spot = base.spot + jnp.asarray([2.0, -1.0]) * step
        return dataclasses.replace(base, spot=spot, zero_rate=zero_rate, implied_vol=vol)

    def along(step):
        return values(mean, two, moved(step))

    _, slopes = jax.jit(lambda step: jax.jvp(along, (step,), (jnp.ones_like(step),)))(jnp.asarray(0.0))
    up, down = along(jnp.asarray(1e-4)), along(jnp.asarray(-1e-4))
    for slope, high, low in zip(slopes, up, down, strict=True):
        np.testing.assert_allclose(slope, (high - low) / 2e-4, rtol=1e-5, atol=1e-5)


def test_equal_contracts_of_one_asset_are_its_options():
    # A second asset of no weight: Black's formula.
    two = dataclasses.replace(pair(), weight_2=jnp.zeros(COUNT), strike=option().strike)
    at = two_assets()
    discount = jnp.exp(-at.zero_rate[0, 0] * two.expiry)
    forward = 100.0 * jnp.exp((at.zero_rate[0, 0] - 0.02) * two.expiry)
    black = formulas.black_price(forward, two.strike, 0.25 * jnp.sqrt(two.expiry), discount, two.is_call)
    np.testing.assert_allclose(values(asian(), two, at)[1], 10.0 * np.asarray(black), rtol=1e-9, atol=1e-8)
