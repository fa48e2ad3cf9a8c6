"""Currency forwards and options: covered parity, antisymmetry, the option's own parities, a published value."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.instruments import DiscountPoints, FxForward, FxOption
from pact_jax.market import example_market, implied_vol
from pact_jax.pricing import fx_forward_value, fx_option_value
from pact_jax.pricing.formulas import garman_kohlhagen_price

from . import books

forward_price = jax.jit(fx_forward_value)
option_price = jax.jit(fx_option_value)


def discounts(time):
    market = books.market()
    return [np.exp(-np.interp(time, market.curve_time, market.zero_rate[k]) * time) for k in range(3)]


def test_forward_by_hand():
    fx = np.array([1.0, 1.0893, 0.00713])
    p = discounts(0.5)
    long_dated = np.exp(-np.interp(2.0, books.market().curve_time, books.market().zero_rate[2]) * 2.0)
    expected = [
        fx[1] * p[1] - 1.1 * fx[0] * p[0],
        fx[0] * p[0] - 138.0 * fx[2] * p[2],
        fx[1] * p[1] - 151.0 * fx[2] * p[2],
    ]
    np.testing.assert_allclose(forward_price(books.fx_forwards(), books.market()), expected, rtol=1e-12)
    assert long_dated != p[2]  # the fourth point of the group is used by no contract


def test_covered_interest_parity():
    # Struck at X_b P_b / (X_s P_s) the exchange is worth nothing, and buying is the opposite of selling.
    market, terms, p = books.market(), books.fx_forwards(), discounts(0.5)
    fair = np.array([1.0893 * p[1] / p[0], p[0] / (0.00713 * p[2]), 1.0893 * p[1] / (0.00713 * p[2])])
    np.testing.assert_allclose(
        forward_price(dataclasses.replace(terms, strike=jnp.asarray(fair)), market), 0.0, atol=1e-13
    )
    opposite = FxForward(
        terms.sold, terms.bought, terms.discount, terms.sold_point, terms.bought_point, 1.0 / terms.strike
    )
    np.testing.assert_allclose(
        -terms.strike * forward_price(opposite, market), forward_price(terms, market), rtol=1e-11, atol=1e-12
    )


def test_option_is_garman_kohlhagen_with_the_surface():
    market, terms = books.market(), books.fx_options()
    vol = jax.jit(implied_vol)(market, terms.surface, terms.expiry, jnp.log(terms.strike))
    domestic, foreign = (
        np.array([np.interp(t, market.curve_time, market.zero_rate[k]) for t in (0.5, 1.5)]) for k in (0, 1)
    )
    expected = jax.jit(garman_kohlhagen_price)(
        1.0893, terms.strike, terms.expiry, vol, domestic, foreign, terms.is_call
    )
    np.testing.assert_allclose(option_price(terms, market), expected, rtol=1e-12)


def test_published_value():
    # Haug, Option Pricing Formulas (1998), p. 7: spot 1.56, strike 1.60, half a year, 6 % and 8 %, 12 %: 0.0291.
    market = dataclasses.replace(
        example_market(vol=0.12),
        fx=jnp.asarray([1.0, 1.56]),
        zero_rate=jnp.asarray([[0.06, 0.06], [0.08, 0.08]]),
    )
    one, zero = jnp.ones(1, int), jnp.zeros(1, int)
    points = DiscountPoints(jnp.asarray([0, 1]), jnp.asarray([0.5, 0.5]))
    terms = FxOption(one, zero, points, one, zero, jnp.asarray([1.6]), jnp.asarray([0.5]), jnp.ones(1, bool))
    assert float(option_price(terms, market)[0]) == pytest.approx(0.0291, abs=1e-4)


def test_call_less_put_is_the_forward():
    market, terms, strike = books.market(), books.fx_options(), np.array([1.12, 1.05])
    call, put = (option_price(dataclasses.replace(terms, is_call=jnp.full(2, c)), market) for c in (True, False))
    forward = [1.0893 * discounts(t)[1] - k * discounts(t)[0] for t, k in zip((0.5, 1.5), strike, strict=True)]
    np.testing.assert_allclose(call - put, forward, rtol=1e-11, atol=1e-14)


def test_expired_option_is_worth_its_intrinsic_value():
    market, terms = books.market(), books.fx_options()
    gone = dataclasses.replace(
        terms,
        expiry=jnp.asarray([0.0, -1.0]),
        discount=DiscountPoints(terms.discount.curve, jnp.asarray([0.0, 0.0, -1.0, -1.0])),
        is_call=jnp.asarray([True, True]),
    )
    np.testing.assert_allclose(option_price(gone, market), [0.0, 1.0893 - 1.05], rtol=1e-12)
