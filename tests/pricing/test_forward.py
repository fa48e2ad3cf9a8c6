"""Forwards and futures: cost of carry, parity with options, margining, maturity."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.instruments import DiscountPoints, EuropeanOption, Forward
from pact_jax.market import example_market
from pact_jax.pricing import european_option_value, forward_value

from . import books

price = jax.jit(forward_value)
option_price = jax.jit(european_option_value)


def one(strike, maturity, *, margined=False) -> Forward:
    zero = jnp.zeros(1, int)
    time = jnp.asarray([float(maturity)])
    return Forward(
        zero, zero, DiscountPoints(zero, time), zero, jnp.asarray([strike]), time, jnp.asarray([margined]), jnp.ones(1)
    )


def test_cost_of_carry_by_hand():
    market = books.market()
    spot, dividend, fx = np.array([103.7, 48.2, 2210.0]), np.array([0.013, 0.0, 0.031]), np.array([1, 1.0893, 0.00713])
    time, strike = np.array([0.3, 1.5, 4.0]), np.array([101.0, 50.0, 2000.0])
    zero = [np.interp(t, market.curve_time, market.zero_rate[k]) for k, t in enumerate(time)]
    discount = np.exp(-np.array(zero) * time)
    value = spot * np.exp(-dividend * time) - strike * discount
    value[1] /= discount[1]  # the future: margined daily, not discounted
    np.testing.assert_allclose(price(books.forwards(), market), value * np.array([1, 50, 2]) * fx, rtol=1e-12)


def test_textbook_forward_price():
    # J. C. Hull, Options, Futures, and Other Derivatives, example 5.1: 900 for four months less coupons is elsewhere;
    # here the identity itself: struck at S exp((r - q) T) a forward and a future are worth nothing.
    fair = 100.0 * np.exp(0.03 * 1.25)
    for margined in (False, True):
        assert float(price(one(fair, 1.25, margined=margined), example_market())[0]) == pytest.approx(0.0, abs=1e-12)


def test_future_is_the_undiscounted_forward():
    forward = float(price(one(90.0, 2.0), example_market())[0])
    future = float(price(one(90.0, 2.0, margined=True), example_market())[0])
    assert future == pytest.approx(forward * np.exp(0.06), rel=1e-13)


def test_call_less_put_is_the_forward():
    market, forwards = books.market(), books.forwards()
    value = price(dataclasses.replace(forwards, margined=jnp.zeros(3, bool)), market)
    legs = [
        option_price(
            EuropeanOption(
                asset=forwards.asset,
                currency=forwards.currency,
                surface=jnp.asarray([0, 1, 2]),
                discount=forwards.discount,
                point=forwards.point,
                strike=forwards.strike,
                expiry=forwards.maturity,
                is_call=jnp.full(3, is_call),
                multiplier=forwards.multiplier,
            ),
            market,
        )
        for is_call in (True, False)
    ]
    np.testing.assert_allclose(legs[0] - legs[1], value, rtol=1e-11)


@pytest.mark.parametrize("maturity", [0.0, -1.0])
@pytest.mark.parametrize("margined", [False, True])
def test_at_maturity_it_settles_at_the_spot(maturity, margined):
    assert float(price(one(90.0, maturity, margined=margined), example_market())[0]) == pytest.approx(10.0, rel=1e-15)
