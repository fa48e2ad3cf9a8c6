"""Exposures: how much of each state every book holds, and the way from books to desks and credit buckets."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import PositionGroup
from pact_jax.pricing import contract_values, held_quantity


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
    to_contracts = jax.linear_transpose(lambda states: contract_values(group.terms, states), base)
    num_contracts = jax.eval_shape(lambda: contract_values(group.terms, base)).shape[0]
    held = jnp.zeros((group.book_desk.shape[0], num_contracts), base.dtype)
    held = held.at[group.book, group.contract].add(held_quantity(group).astype(base.dtype))
    return jax.vmap(lambda holding: to_contracts(holding)[0])(held)


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
