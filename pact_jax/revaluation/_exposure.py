"""Exposures: how much of each state every book holds, and the way from books to desks and credit buckets."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax.instruments import PositionGroup
from pact_jax.pricing import contract_values, held_quantity, state_flows, states_are_contracts

from ._holders import Holders, fold_holders


def group_exposure(group: PositionGroup, base: Float[Array, "states"]) -> Float[Array, "books states"]:
    """Collapses the positions of one kind onto the states that the market moves: value by book = `exposure @ states`.

    Positions add up to holdings of contracts, and those, by the transpose of the linear map from states to contract
    values, to holdings of states: bonds of any number meet in one discount factor a curve, issuer and date.

    Args:
        group: positions of one kind.
        base: its states at the base market.

    Returns:
        Holdings of each state.
    """
    num_contracts = jax.eval_shape(lambda: contract_values(group.terms, base)).shape[0]
    held = jnp.zeros((group.book_desk.shape[0], num_contracts), base.dtype)
    held = held.at[group.book, group.contract].add(held_quantity(group).astype(base.dtype))
    flows = state_flows(group.terms)
    if flows is None:
        to_contracts = jax.linear_transpose(lambda states: contract_values(group.terms, states), base)
        return jax.vmap(lambda holding: to_contracts(holding)[0])(held)

    def add(total: Float[Array, "books states"], one: Holders) -> Float[Array, "books states"]:
        own = jnp.sum(jnp.where(one.own, held, 0.0), axis=0)
        return total.at[one.book[flows.contract], flows.point].add(flows.amount * own[flows.contract])

    return fold_holders(group, num_contracts, jnp.zeros((held.shape[0], base.shape[0]), base.dtype), add)


def used_states(group: PositionGroup, num_states: int) -> Bool[Array, "states"]:
    """States that some position of a group reads: all but padding where the states are the contracts.

    Args:
        group: positions of one kind.
        num_states: length of the states axis.

    Returns:
        False where no position reads a state; other kinds than those just named read all.
    """
    if not states_are_contracts(group.terms):
        return jnp.ones(num_states, bool)
    return jnp.zeros(num_states, bool).at[group.contract].max(group.mask)


def values_by_book(group: PositionGroup, states: Float[Array, "books states"]) -> Float[Array, "books contracts"]:
    """Contract values in the books that hold them, where the states are worth something else in each book.

    Args:
        group: positions of one kind.
        states: one row a book.

    Returns:
        Unit values; of what a book does not hold they are unspecified.
    """
    flows = state_flows(group.terms)
    if flows is None:
        return jax.vmap(lambda own: contract_values(group.terms, own))(states)
    num_contracts = jax.eval_shape(lambda: contract_values(group.terms, states[0])).shape[0]

    def add(total: Float[Array, "books contracts"], one: Holders) -> Float[Array, "books contracts"]:
        paid = flows.amount * states[one.book[flows.contract], flows.point]
        value = jax.ops.segment_sum(paid, flows.contract, num_segments=num_contracts)
        return jnp.where(one.own, value[None, :], total)

    return fold_holders(group, num_contracts, jnp.zeros((states.shape[0], num_contracts), states.dtype), add)


def sum_by_desk(group: PositionGroup, item: Float[Array, "books ..."], num_desks: int) -> Float[Array, "desks ..."]:
    """Adds up by desk what belongs to the books of a group.

    Args:
        group: positions of one kind.
        item: one row a book.
        num_desks: length of the desks axis.

    Returns:
        One row a desk.
    """
    return _sum_rows(item, group.book_desk, num_desks)


def sum_by_bucket(
    group: PositionGroup, item: Float[Array, "books ..."], num_buckets: int
) -> Float[Array, "buckets ..."]:
    """Adds up by credit bucket what belongs to the books of a group; books without a bucket count for none.

    Args:
        group: positions of one kind.
        item: one row a book.
        num_buckets: length of the buckets axis.

    Returns:
        One row a bucket.
    """
    if group.book_bucket is None:
        return jnp.zeros((num_buckets, *item.shape[1:]), item.dtype)
    # A row of -1 would wrap to the last one: send it out of bounds, where it is dropped.
    return _sum_rows(item, jnp.where(group.book_bucket < 0, num_buckets, group.book_bucket), num_buckets)


def _sum_rows(item: Array, row: Int[Array, "books"], length: int) -> Array:
    return jnp.zeros((length, *item.shape[1:]), item.dtype).at[row].add(item, mode="drop")
