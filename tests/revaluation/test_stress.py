"""Stress tests: against repricing each position by hand, by desk, and the grid against its own scenarios."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.instruments import Accounting
from pact_jax.market import apply_shock
from pact_jax.pricing import present_value
from pact_jax.revaluation import spot_vol_pnl, stress_test
from pact_jax.scenarios import HYPOTHETICAL_STRESSES, FactorNames, stress_shocks
from tests.pricing import books

NAMES = FactorNames(("A", "B", "C"), ("USD", "EUR", "JPY"), ("USD", "EUR", "JPY"), ("A", "B", "C", "EUR"), ("X", "Y"))


def portfolio():
    return books.book(
        books.hold(books.stocks(), [10.0, -20.0, 3.0], desk=[0, 1, 1]),
        books.hold(books.options(), [1.0, -2.0, 5.0, 4.0, -1.0, 2.0], desk=[0, 0, 1, 1, 0, 0]),
        books.hold(books.bonds(), [100.0, -30.0, 5e3], desk=[1, 1, 0]),
        books.hold(books.loans(), [1.0, 1.0], desk=[0, 1]),
        num_desks=2,
    )


@pytest.fixture(scope="module")
def result():
    return stress_test(portfolio(), books.market(), stress_shocks(HYPOTHETICAL_STRESSES, books.market(), NAMES))


@pytest.fixture(scope="module")
def price():
    return jax.jit(lambda market: present_value(portfolio(), market))


def test_equals_repricing_position_by_position(result, price):
    book = portfolio()
    marked = np.concatenate([[g.terms.accounting is Accounting.MARKED] * g.quantity.shape[0] for g in book.groups])
    desk = np.concatenate([g.desk for g in book.groups])
    base = price(books.market())
    for k, name in enumerate(result.stress.names):
        one = jax.tree.map(lambda leaf, k=k: leaf[k], result.stress.shock)
        change = np.where(marked, np.asarray(price(apply_shock(books.market(), one)) - base), 0.0)
        by_desk = np.bincount(desk, weights=change, minlength=2)
        np.testing.assert_allclose(result.pnl[k], by_desk, rtol=1e-9, atol=1e-7, err_msg=name)
        assert result.total[name] == pytest.approx(by_desk.sum(), rel=1e-9, abs=1e-6)
    assert not np.any(np.asarray(result.status))


def test_signs_that_a_trader_expects(result):
    # Net long bonds: rates up loses. Trading costs move no marked value (rounding of the padded tile aside).
    assert result.total["rates +100bp"] < 0.0 < result.total["rates -100bp"]
    assert abs(result.total["trading costs x3"]) < 1e-9
    assert result.pnl.shape == (len(HYPOTHETICAL_STRESSES), 2)


def test_grid_equals_full_revaluation_and_is_zero_at_the_centre(price):
    spot, vol = [-0.2, 0.0, 0.1], [-0.25, 0.0]
    grid = jnp.sum(spot_vol_pnl(portfolio(), books.market(), spot, vol), axis=2)
    assert grid.shape == (3, 2)
    assert abs(float(grid[1, 1])) < 1e-9
    market = books.market()
    moved = type(market)(
        **{
            **{name: getattr(market, name) for name in market.__dataclass_fields__},
            "spot": market.spot * 0.8,
            "vol_level": market.vol_level * 0.75,
        }
    )
    loans = slice(-2, None)
    change = (price(moved) - price(market)).at[loans].set(0.0)
    assert float(grid[0, 0]) == pytest.approx(float(jnp.sum(change)), rel=1e-9)
