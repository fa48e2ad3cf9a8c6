"""What-if: equal to repricing the whole changed book to the bound on rounding, and its parts add up."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.market import MarketShock, apply_shock
from pact_jax.pricing import present_value
from pact_jax.revaluation import full_vectors, remember_book, what_if
from tests.pricing import books

RNG = np.random.default_rng(11)
COUNT, LEVELS = 200, (0.9, 0.95)
SHOCK = MarketShock(
    spot=jnp.asarray(0.05 * RNG.normal(size=(COUNT, 3))),
    fx=jnp.asarray(0.02 * RNG.normal(size=(COUNT, 3))),
    vol_level=jnp.asarray(0.1 * RNG.normal(size=(COUNT, 4))),
    zero_rate=jnp.asarray(0.002 * RNG.normal(size=(COUNT, 3, 4))),
)
STOCKS, OPTIONS, BONDS = [10.0, -20.0, 3.0], [1.0, -2.0, 5.0, 4.0, -1.0, 2.0], [100.0, -30.0, 5e3]


def portfolio(stocks=STOCKS, options=OPTIONS, bonds=BONDS):
    return books.book(
        books.hold(books.stocks(), stocks),
        books.hold(books.options(), options),
        books.hold(books.bonds(), bonds),
        books.hold(books.loans(), [1.0, 1.0]),
    )


def changed(before: list[float], position: int, to: float) -> list[float]:
    return [to if k == position else quantity for k, quantity in enumerate(before)]


@pytest.fixture(scope="module")
def book():
    loss = full_vectors(portfolio(), books.market(), SHOCK).loss
    return remember_book(books.market(), SHOCK, jnp.asarray(loss), None, jnp.asarray(LEVELS))


@pytest.fixture(scope="module")
def gross():
    """Sum of absolute values of all positions, base and shocked: what the bound on rounding is relative to."""
    value = jax.jit(jax.vmap(lambda one: present_value(portfolio(), apply_shock(books.market(), one))))(SHOCK)
    return np.abs(np.asarray(value)).sum(axis=1) + np.abs(np.asarray(present_value(portfolio(), books.market()))).sum()


def hold(terms, quantity, contract):
    return books.hold(terms, [quantity], contract=[contract])


CHANGES = {
    "add an option": (hold(books.options(), 3.0, 2), portfolio(options=changed(OPTIONS, 2, 8.0))),
    "remove a stock": (hold(books.stocks(), 20.0, 1), portfolio(stocks=changed(STOCKS, 1, 0.0))),
    "resize a bond": (hold(books.bonds(), -4e3, 2), portfolio(bonds=changed(BONDS, 2, 1e3))),
}


@pytest.mark.parametrize("name", CHANGES)
def test_equals_repricing_the_changed_book(book, gross, name):
    trade, after = CHANGES[name]
    result = what_if(book, trade)
    full = full_vectors(after, books.market(), SHOCK).loss
    bound = 2 * 32 * np.finfo(float).eps * gross
    assert (np.abs(np.asarray(book.loss - result.pnl) - full) <= bound).all()
    ranked = np.sort(full)
    for k, tail in enumerate((20, 10)):
        assert float(result.after.value_at_risk[k]) == pytest.approx(ranked[-tail - 1], abs=bound.max())
        assert float(result.after.expected_shortfall[k]) == pytest.approx(ranked[-tail:].mean(), abs=bound.max())
        own = -np.asarray(result.pnl)
        worst = np.argsort(full)[-tail:]
        assert float(result.contribution[k]) == pytest.approx(own[worst].mean(), abs=1e-8)
        # The trade's part and the old book's part in the new tail are the whole.
        rest = np.asarray(book.loss)[worst].mean()
        assert rest + float(result.contribution[k]) == pytest.approx(float(result.after.expected_shortfall[k]))
        assert float(result.standalone.expected_shortfall[k]) == pytest.approx(np.sort(own)[-tail:].mean(), abs=1e-8)
    moved = result.after.expected_shortfall - result.before.expected_shortfall
    np.testing.assert_allclose(result.incremental, moved)
    # Subadditive, and a component is between the marginal of the old book and the stand-alone.
    assert (np.asarray(result.contribution) <= np.asarray(result.standalone.expected_shortfall) + 1e-8).all()
    assert (np.asarray(result.incremental) <= np.asarray(result.contribution) + 1e-8).all()
    assert int(result.status) == 0


def test_value_limits_and_status(book):
    trade, _ = CHANGES["add an option"]
    result = what_if(book, trade)
    base = np.asarray(present_value(portfolio(), books.market()))[3 + 2]
    assert float(result.value) == pytest.approx(base * 3.0 / 5.0, rel=1e-12)
    limit = result.after.expected_shortfall + jnp.asarray([1.0, -1.0])
    np.testing.assert_allclose(result.headroom(limit), [1.0, -1.0], atol=1e-9)
    broken = dataclasses.replace(trade, quantity=jnp.asarray([jnp.nan]))
    assert int(what_if(book, broken).status) == 1


def test_what_is_accrued_has_no_market_loss_and_nothing_changes_nothing(book):
    result = what_if(book, hold(books.loans(), 1.0, 0))
    assert not np.asarray(result.pnl).any() and float(result.value) != 0.0
    np.testing.assert_array_equal(result.after.expected_shortfall, result.before.expected_shortfall)


def test_another_trade_compiles_nothing(book):
    what_if(book, CHANGES["add an option"][0])
    compiled = what_if._cache_size()
    what_if(book, hold(books.options(), -7.0, 5))
    assert what_if._cache_size() == compiled
