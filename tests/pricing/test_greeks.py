"""Greeks per position: closed forms, bumps of the whole revaluation, and what every kind must satisfy."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from pact_jax.instruments import AbstractTerms, EuropeanOption
from pact_jax.market import FactorGroup, MarketState, VolDynamics, example_market
from pact_jax.pricing import (
    BUSINESS_DAY,
    FactorVector,
    GreekEstimator,
    ThetaEstimator,
    factor_gradient,
    greeks,
    move_market,
    no_move,
    present_value,
    register_kind,
    state_values,
)
from tests.helpers import assert_trees_close

from . import books


class TwoAssetProduct(AbstractTerms):
    """A user's own kind: the product of two spots."""

    kind: ClassVar[str] = "two_asset_product"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.SPOT,)
    first: Array
    second: Array


register_kind(TwoAssetProduct, lambda terms, market: market.spot[terms.first] * market.spot[terms.second])


@pytest.fixture(scope="module")
def result(everything_greeks):
    return everything_greeks


value_at = jax.jit(
    lambda portfolio, market, move, dynamics: present_value(portfolio, move_market(market, move, dynamics)),
    static_argnames="dynamics",
)


def bump(field, size):
    """Central first and second differences of every position's value along a parallel absolute move."""
    market, portfolio = books.market(), books.everything()
    ones = jnp.ones_like(getattr(market, field))
    moves = [eqx.tree_at(lambda m: getattr(m, field), no_move(market), k * size * ones) for k in (-1, 0, 1)]
    value = [value_at(portfolio, market, move, VolDynamics.STICKY_STRIKE) for move in moves]
    return (value[2] - value[0]) / (2 * size), (value[2] - 2 * value[1] + value[0]) / size**2


LOANS = slice(-2, None)


@pytest.mark.parametrize(
    ("name", "curvature", "field", "size"),
    [
        ("delta", "gamma", "spot", 1e-2),
        ("fx_delta", "fx_gamma", "fx", 1e-6),
        ("vega", "volga", "implied_vol", 2e-4),
        ("rho", None, "zero_rate", 1e-5),
    ],
)
def test_equals_bump_and_revalue(result, name, curvature, field, size):
    slope, second = bump(field, size)
    slope = slope.at[LOANS].set(0.0)  # held at cost: no market sensitivity, not even to exchange rates
    got = getattr(result.by_position, name)
    assert_trees_close(got, slope, rtol=2e-6)
    assert float(jnp.max(jnp.abs(got))) > 1.0
    if curvature:
        assert_trees_close(getattr(result.by_position, curvature), second, rtol=1e-3)


def test_cs01_equals_bump_of_one_basis_point(result):
    slope, _ = bump("hazard_rate", 1e-4)
    assert_trees_close(result.by_position.cs01, 1e-4 * slope.at[LOANS].set(0.0), rtol=1e-7)
    assert float(result.by_position.cs01[-7]) < 0.0  # long the risky bond: wider hazards lose


def test_cash_deltas_are_delta_times_level(result):
    by_position, market = result.by_position, books.market()
    own = np.array([0, 1, 2, 0, 0, 1, 1, 2, 2, 0, 0, 0, 1, 2])
    equity = slice(0, len(own))
    assert_trees_close(by_position.delta_cash[equity], by_position.delta[equity] * market.spot[own])
    assert np.all(np.asarray(by_position.delta_cash[len(own) :]) == 0.0)
    fx_option = slice(17, 19)
    assert_trees_close(by_position.fx_delta_cash[fx_option], by_position.fx_delta[fx_option] * market.fx[1])


def test_reporting_currency_never_moves():
    # Bought against the reporting currency: only the bought leg moves, X_b P_b(T).
    terms = books.fx_forwards()
    market = books.market()
    found = greeks(books.book(books.hold(terms, [1.0, 1.0, 1.0])), market)
    discount = np.exp(-0.5 * np.array([(2 * 0.041 + 0.043) / 3, (2 * 0.021 + 0.024) / 3, -0.001 * 2 / 3]))
    assert found.by_position.fx_delta[0] == pytest.approx(discount[1], rel=1e-12)
    assert found.by_position.fx_delta[1] == pytest.approx(-138.0 * discount[2], rel=1e-12)
    assert found.by_factor.fx is not None and float(found.by_factor.fx[0]) == 0.0


def black_scholes(spot, strike, time, vol, rate, dividend):
    """Textbook Greeks of a call: Hull, chapter 19, and d(vega)/d(vol) = vega d1 d2 / vol."""
    from scipy.stats import norm

    root = vol * np.sqrt(time)
    d1 = (np.log(spot / strike) + (rate - dividend) * time) / root + root / 2
    d2 = d1 - root
    carry, discount = np.exp(-dividend * time), np.exp(-rate * time)
    vega = spot * carry * norm.pdf(d1) * np.sqrt(time)
    return {
        "present_value": spot * carry * norm.cdf(d1) - strike * discount * norm.cdf(d2),
        "delta": carry * norm.cdf(d1),
        "gamma": carry * norm.pdf(d1) / (spot * root),
        "vega": vega,
        "volga": vega * d1 * d2 / vol,
        "vanna": -carry * norm.pdf(d1) * d2 / vol,
        "rho": strike * time * discount * norm.cdf(d2),
        "theta": -spot * carry * norm.pdf(d1) * vol / (2 * np.sqrt(time))
        - rate * strike * discount * norm.cdf(d2)
        + dividend * spot * carry * norm.cdf(d1),
    }


def flat_call(strike, expiry):
    """Calls on the one asset of the example market (spot 100, flat 3 % and 20 %)."""
    strike, expiry = jnp.atleast_1d(jnp.asarray(strike)), jnp.atleast_1d(jnp.asarray(expiry))
    zero = jnp.zeros(strike.shape, int)
    from pact_jax.instruments import DiscountPoints

    points = DiscountPoints(zero, expiry)
    index = jnp.arange(strike.shape[0])
    return EuropeanOption(zero, zero, zero, points, index, strike, expiry, zero == 0, jnp.ones(strike.shape))


@pytest.mark.parametrize("name", ["present_value", "delta", "gamma", "vega", "volga", "vanna", "rho"])
def test_equals_black_scholes_closed_form(name):
    strike, expiry = np.array([80.0, 100.0, 131.0, 100.0]), np.array([0.5, 1.0, 1.8, 5.0])
    market = eqx.tree_at(lambda m: m.dividend_yield, example_market(), jnp.asarray([0.017]))
    found = greeks(books.book(books.hold(flat_call(strike, expiry), np.ones(4))), market)
    expected = black_scholes(100.0, strike, expiry, 0.2, 0.03, 0.017)[name]
    np.testing.assert_allclose(np.asarray(getattr(found.by_position, name)), expected, rtol=1e-11)


def test_theta_is_the_exact_change_over_the_step_and_its_derivative_in_the_limit():
    market = example_market()
    strike, expiry = np.array([95.0, 110.0, 100.0, 99.0]), np.array([0.3, 1.2, 0.01, 0.002])
    portfolio = books.book(books.hold(flat_call(strike, expiry), np.ones(4)))
    now = black_scholes(100.0, strike, expiry, 0.2, 0.03, 0.0)
    later = black_scholes(100.0, strike, np.maximum(expiry - BUSINESS_DAY, 1e-12), 0.2, 0.03, 0.0)["present_value"]
    found = greeks(portfolio, market).by_position
    np.testing.assert_allclose(found.theta, later - now["present_value"], rtol=1e-7)
    # The last one expires within the step: its time value is lost, its intrinsic value of 1 stays.
    assert float(found.theta[3]) == pytest.approx(1.0 - float(found.present_value[3]), abs=1e-12) and found.theta[3] < 0
    small = greeks(portfolio, market, time_step=1e-7).by_position.theta / 1e-7
    np.testing.assert_allclose(small, now["theta"], rtol=1e-4)


def test_theta_of_a_bond_is_its_carry(result):
    # The zero of the third currency: X exp(-z(t) t) with z linear from 0.2 % at 3 to 0.6 % at 10 years.
    def price(t):
        return 0.00713 * 100 * np.exp(-(0.002 + 0.004 * (t - 3.0) / 7.0) * t)

    assert float(result.by_position.theta[-5]) == pytest.approx(
        5e3 * (price(4.5 - BUSINESS_DAY) - price(4.5)), rel=1e-9
    )


def test_sticky_moneyness_adds_the_skew():
    # Under sticky moneyness sigma = f(K/S), so delta gains vega d(sigma)/dS; bumping the moved market shows it.
    market, portfolio = books.market(), books.book(books.hold(books.options(), np.ones(6)))
    found = greeks(portfolio, market, vol_dynamics=VolDynamics.STICKY_MONEYNESS, second_order=False)
    size = 1e-5 * jnp.ones_like(market.spot)
    up, down = (
        value_at(portfolio, market, FactorVector(spot=move), VolDynamics.STICKY_MONEYNESS) for move in (size, -size)
    )
    assert_trees_close(found.by_position.delta, (up - down) / 2e-5, rtol=1e-6)
    sticky_strike = jax.jit(factor_gradient)(portfolio, market).spot
    assert found.by_factor.spot is not None
    assert float(jnp.min(jnp.abs(found.by_factor.spot - sticky_strike))) > 1e-4
    assert found.vol_dynamics is VolDynamics.STICKY_MONEYNESS


def test_padding_counts_for_nothing(result):
    padded = 3 + 7  # the last option position is masked out
    row = jax.tree.map(lambda leaf: float(leaf[padded]), result.by_position)
    assert all(leaf == 0.0 for leaf in jax.tree.leaves(row))


def test_loans_are_held_at_cost(result):
    for name in ("delta", "fx_delta", "vega", "rho", "cs01", "theta"):
        assert np.all(np.asarray(getattr(result.by_position, name)[LOANS]) == 0.0)
    assert float(result.by_position.present_value[-2]) == 1e6


def test_units_of_the_derived_fields(result):
    assert_trees_close(result.by_position.vega_pct, 0.01 * result.by_position.vega)
    assert_trees_close(result.by_position.pv01, 1e-4 * result.by_position.rho)


def test_jit_equals_eager():
    market, portfolio = books.market(), books.book(books.hold(books.fx_forwards(), [1.0, -2.0, 3.0]))
    with jax.disable_jit():
        eager = greeks(portfolio, market, second_order=False)
    assert_trees_close(eager, greeks(portfolio, market, second_order=False))
    assert eager.by_position.gamma is None and eager.cross_gamma is None


class Counted(AbstractTerms):
    """A kind whose present value counts how often it is traced."""

    kind: ClassVar[str] = "counted"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.SPOT, FactorGroup.RATES)
    asset: Array


TRACES: list[None] = []


@state_values.register
def _counted_value(terms: Counted, market: MarketState) -> Array:
    TRACES.append(None)
    return market.spot[terms.asset] * jnp.exp(-market.zero_rate[0, 0])


def test_new_numbers_of_the_same_shapes_are_not_traced_again():
    market, portfolio = books.market(), books.book(books.hold(Counted(jnp.asarray([0, 2])), [1.0, -2.0]))
    greeks(portfolio, market, time_step=1 / 250)
    before = len(TRACES)
    moved = move_market(market, FactorVector(spot=jnp.ones(3), zero_rate=jnp.full((3, 4), 1e-3)))
    other = eqx.tree_at(lambda p: p.groups[0].quantity, portfolio, jnp.asarray([1.0, 2.0]))
    greeks(other, moved, time_step=1 / 365)
    assert len(TRACES) == before > 0


def test_float32_stays_float32():
    def narrow(tree):
        return jax.tree.map(lambda leaf: leaf.astype(jnp.float32) if leaf.dtype == jnp.float64 else leaf, tree)

    portfolio = books.book(books.hold(books.bonds(), np.ones(3)), books.hold(books.fx_options(), np.ones(2)))
    found = jax.eval_shape(greeks, narrow(portfolio), narrow(books.market()))
    assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {jnp.dtype("float32")}


def test_estimators_are_named(result):
    named = {one.kind: one for one in result.estimator}
    assert named["european_option"].sensitivities is GreekEstimator.FORMULA
    assert named["european_option"].theta is ThetaEstimator.REVALUATION
    assert named["stock"].theta is ThetaEstimator.NO_TIMES


def test_own_kind_gets_greeks_and_no_silent_theta():
    terms = TwoAssetProduct(jnp.asarray([0]), jnp.asarray([1]))
    found = greeks(books.book(books.hold(terms, [2.0])), books.market())
    spot = np.array([103.7, 48.2])
    # The parallel direction moves both spots by one unit.
    assert float(found.by_position.delta[0]) == pytest.approx(2.0 * spot.sum())
    assert float(found.by_position.delta_cash[0]) == pytest.approx(4.0 * spot.prod())
    np.testing.assert_allclose(found.cross_gamma, [[0.0, 2.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert np.isnan(float(found.by_position.theta[0]))
    assert found.estimator[0].sensitivities is GreekEstimator.UNCHECKED
    assert found.estimator[0].theta is ThetaEstimator.UNKNOWN
