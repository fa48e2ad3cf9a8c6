"""Exposures and values by book beside brute force: the map from states to contracts, taken book by book."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.instruments import (
    CashPoints,
    Cds,
    GrowthPoints,
    LinearFlows,
    PositionGroup,
    RiskyPoints,
    Swap,
    position_group,
)
from pact_jax.pricing import contract_values, state_flows, state_values
from pact_jax.revaluation import group_exposure, values_by_book
from tests.pricing import books

MARKET = books.market()
# The first bond in three books, the second in two, one position of the third twice in one book, one padded.
CONTRACT, DESK = [0, 0, 0, 1, 1, 2, 2, 2], [0, 1, 2, 0, 2, 1, 1, 0]
QUANTITY = [3.0, -1.0, 2.5, 7.0, -4.0, 1.0, 0.5, 99.0]
MASK = [True] * 7 + [False]


def bonds() -> PositionGroup:
    return position_group(
        books.bonds(), QUANTITY, CONTRACT, desk=DESK, bucket=[0, 0, 0, 1, 1, -1, -1, -1], mask=np.array(MASK)
    )


def linear() -> PositionGroup:
    return position_group(books.linear(), [3.0, -1.0, 2.0], [0, 1, 1], desk=[0, 0, 1])


def held(group: PositionGroup) -> np.ndarray:
    total = np.zeros((len(group.book_desk), int(np.max(group.contract)) + 1))
    for book, contract, quantity, used in zip(group.book, group.contract, group.quantity, group.mask, strict=True):
        total[int(book), int(contract)] += float(quantity) * bool(used)
    return total


def map_of(group: PositionGroup) -> np.ndarray:
    """Contracts x states, one state at a time."""
    count = state_values(group.terms, MARKET).shape[0]
    return np.stack([np.asarray(contract_values(group.terms, unit)) for unit in jnp.eye(count)], axis=1)


@pytest.mark.parametrize("make", [bonds, linear])
def test_an_exposure_is_what_a_book_holds_of_each_state(make):
    group = make()
    exposure = group_exposure(group, state_values(group.terms, MARKET))
    np.testing.assert_allclose(exposure, held(group) @ map_of(group), rtol=1e-14, atol=1e-12)


@pytest.mark.parametrize("make", [bonds, linear])
def test_values_by_book_are_those_of_the_books_own_states(make):
    group = make()
    states = jnp.asarray(np.random.default_rng(1).normal(size=(len(group.book_desk), map_of(group).shape[1])))
    ours, exact = np.asarray(values_by_book(group, states)), np.asarray(states) @ map_of(group).T
    for book, contract, used in zip(group.book, group.contract, group.mask, strict=True):
        if used:
            assert ours[int(book), int(contract)] == pytest.approx(exact[int(book), int(contract)], rel=1e-13)


def test_exposures_have_a_derivative_in_both_directions():
    group = bonds()
    base = state_values(group.terms, MARKET)
    weight = jnp.asarray(np.random.default_rng(2).normal(size=(len(group.book_desk), len(base))))

    def total(quantity):
        own = position_group(group.terms, quantity, CONTRACT, desk=DESK, bucket=[0, 0, 0, 1, 1, -1, -1, -1], mask=MASK)
        return jnp.sum(weight * group_exposure(own, base))

    slope = jax.grad(total)(jnp.asarray(QUANTITY))
    expected = (np.asarray(weight) @ map_of(group).T)[np.asarray(group.book), CONTRACT] * np.asarray(MASK)
    np.testing.assert_allclose(slope, expected, rtol=1e-13)
    forward = jax.jvp(total, (jnp.asarray(QUANTITY),), (jnp.ones(len(QUANTITY)),))[1]
    assert float(forward) == pytest.approx(expected.sum(), rel=1e-12)


def flows(count: int, points: int, rng: np.random.Generator) -> LinearFlows:
    at, of = (jnp.asarray(rng.integers(0, n, count)) for n in (points, 2))
    return LinearFlows(at, of, jnp.asarray(rng.normal(size=count)))


def swaps(rng: np.random.Generator) -> Swap:
    zero = jnp.zeros(4, int)
    growth = GrowthPoints(zero[:2], zero[:2], 1 - zero[:2], jnp.asarray([0.5, 1.0]), jnp.asarray([1.0, 1.5]))
    cash = CashPoints(zero, zero, jnp.arange(1.0, 5.0))
    return Swap(cash, growth, flows(7, 4, rng), flows(3, 2, rng), currency=jnp.zeros(2, int))


def protection(rng: np.random.Generator) -> Cds:
    zero, time = jnp.zeros(3, int), jnp.arange(3.0)
    interval, premium = RiskyPoints(zero, zero, zero, time, time + 1.0), RiskyPoints(zero, zero, zero, time, time)
    legs = [flows(5, 3, rng) for _ in range(3)]
    return Cds(interval, premium, *legs, currency=zero[:2], claim=jnp.ones(2))


@pytest.mark.parametrize("make", [lambda rng: books.bonds(), swaps, protection], ids=["bond", "swap", "cds"])
def test_flows_are_the_map_from_states_to_contracts(make):
    rng = np.random.default_rng(3)
    terms = make(rng)
    own = state_flows(terms)
    assert own is not None and state_flows(books.stocks()) is None
    states = rng.normal(size=state_values(terms, MARKET).shape)
    value = np.asarray(contract_values(terms, jnp.asarray(states)))
    total = np.zeros_like(value)
    np.add.at(total, np.asarray(own.contract), np.asarray(own.amount) * states[np.asarray(own.point)])
    np.testing.assert_allclose(value, total, rtol=1e-13, atol=1e-13)
