"""Greeks by market factor: against bumps of single factors, the full Hessian, and sums of positions."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.market import VolDynamics
from pact_jax.pricing import (
    FactorVector,
    cross_gamma,
    factor_gradient,
    hessian_vector_product,
    move_market,
    no_move,
    present_value,
    pv01_by_curve,
)
from pact_jax.pricing._greeks_factor import marked_value
from tests.helpers import assert_trees_close

from . import books


@pytest.fixture(scope="module")
def gradient(everything_greeks):
    return everything_greeks.by_factor


@pytest.fixture(scope="module")
def value():
    portfolio = books.everything()
    return jax.jit(lambda move: marked_value(portfolio.groups, move_market(books.market(), move)))


def _scaled(direction, size):
    return jax.tree.map(lambda leaf: size * leaf, direction)


def one(field, index, size):
    return eqx.tree_at(lambda m: getattr(m, field), no_move(books.market()), replace_fn=lambda x: x.at[index].set(size))


@pytest.mark.parametrize(
    ("field", "index", "size"),
    [
        ("spot", (0,), 1e-2),
        ("fx", (2,), 1e-7),
        ("zero_rate", (1, 2), 1e-5),
        ("hazard_rate", (1, 1), 1e-5),
        ("implied_vol", (1, 1, 2), 1e-4),
        ("factor", (1,), 1.0),
    ],
)
def test_equals_a_bump_of_one_factor(gradient, value, field, index, size):
    slope = (float(value(one(field, index, size))) - float(value(one(field, index, -size)))) / (2 * size)
    assert abs(slope) > 0.1
    assert float(getattr(gradient, field)[index]) == pytest.approx(slope, rel=2e-6)


def test_sums_of_positions_are_sums_of_factors(everything_greeks):
    # One number two ways: forward mode by position, reverse mode by factor.
    by_position, result = everything_greeks.by_position, everything_greeks
    assert float(jnp.sum(by_position.pv01)) == pytest.approx(float(jnp.sum(result.curve_pv01)), rel=1e-11)
    assert float(jnp.sum(by_position.cs01)) == pytest.approx(float(jnp.sum(result.issuer_cs01)), rel=1e-11)
    assert float(jnp.sum(by_position.vega_pct)) == pytest.approx(float(jnp.sum(result.bucketed_vega)), rel=1e-11)
    assert float(jnp.sum(by_position.delta)) == pytest.approx(float(jnp.sum(result.by_factor.spot)), rel=1e-11)
    assert float(jnp.sum(by_position.fx_delta)) == pytest.approx(float(jnp.sum(result.by_factor.fx)), rel=1e-11)
    assert float(jnp.sum(by_position.gamma)) == pytest.approx(float(jnp.trace(result.cross_gamma)), rel=1e-11)
    np.testing.assert_allclose(jnp.sum(result.key_rate_pv01, axis=1), result.curve_pv01, rtol=1e-12)


def test_pv01_by_curve_sums_to_pv01_and_to_the_book(gradient):
    table = jax.jit(pv01_by_curve)(books.everything(), books.market())
    np.testing.assert_allclose(jnp.sum(table, axis=0), 1e-4 * jnp.sum(gradient.zero_rate, axis=1), rtol=1e-10)
    eur_usd = 3 + 8 + 3  # bought currency 1 against 0 for half a year: long its curve, short the other
    assert float(table[eur_usd, 1]) < 0.0 < float(table[eur_usd, 0]) and float(table[eur_usd, 2]) == 0.0


def test_accrual_kinds_do_not_move_with_the_market():
    found = factor_gradient(books.book(books.hold(books.loans(), [1.0, 1.0])), books.market())
    assert all(np.all(np.asarray(leaf) == 0.0) for leaf in jax.tree.leaves(found))


def test_hessian_vector_product_equals_differences_of_gradients():
    market = books.market()
    portfolio = books.book(books.hold(books.options(), [1.0, -2.0, 5.0, 4.0, -1.0, 2.0]))
    direction = FactorVector(
        spot=jnp.asarray([1.0, -0.4, 20.0]), implied_vol=jnp.full_like(market.implied_vol, 0.01), fx=jnp.full(3, 1e-3)
    )
    product = jax.jit(hessian_vector_product)(portfolio, market, direction)
    gradient = jax.jit(factor_gradient)
    up, down = (gradient(portfolio, move_market(market, _scaled(direction, h))) for h in (1e-4, -1e-4))
    assert_trees_close(product, jax.tree.map(lambda a, b: (a - b) / 2e-4, up, down), rtol=1e-5)
    assert float(jnp.max(jnp.abs(product.spot))) > 0.1


@pytest.mark.parametrize("dynamics", list(VolDynamics))
def test_cross_gamma_is_the_hessian_in_spot(dynamics):
    market = books.market()
    portfolio = books.book(
        books.hold(books.stocks(), [1.0, 2.0, 3.0]), books.hold(books.options(), [1.0, -2.0, 5.0, 4.0, -1.0, 2.0])
    )

    def total(spot):
        moved = move_market(market, FactorVector(spot=spot - market.spot), dynamics)
        return jnp.sum(present_value(portfolio, moved))

    found = jax.jit(cross_gamma, static_argnames="vol_dynamics")(portfolio, market, vol_dynamics=dynamics)
    assert_trees_close(found, jax.jit(jax.hessian(total))(market.spot), rtol=1e-9)
    assert np.all(np.diag(np.asarray(found)) != 0.0)


def test_second_order_expansion_of_the_book(value):
    # Property: V(x + h d) = V + h g.d + h^2 d.H d / 2 + O(h^3), so halving h divides the remainder by about 8.
    market = books.market()
    portfolio = books.everything()
    direction = FactorVector(spot=0.05 * market.spot, zero_rate=jnp.full_like(market.zero_rate, 2e-3))
    slope = jax.jit(factor_gradient)(portfolio, market)
    curve = jax.jit(hessian_vector_product)(portfolio, market, direction)

    def dot(left):
        return float(sum(jnp.sum(getattr(left, n) * getattr(direction, n)) for n in ("spot", "zero_rate")))

    def remainder(h):
        change = float(value(_scaled(direction, h)) - value(no_move(market)))
        return change - h * dot(slope) - 0.5 * h * h * dot(curve)

    assert remainder(0.5) / remainder(0.25) == pytest.approx(8.0, rel=0.25)
