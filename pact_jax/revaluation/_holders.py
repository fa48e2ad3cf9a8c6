"""Sums over the books that hold a contract: each contract's first book at once, then the second ones, and so on."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from pact_jax.instruments import PositionGroup

Total = TypeVar("Total")


class Holders(NamedTuple):
    """At most one book of every contract.

    Attributes:
        own: true where the book is the contract's.
        book: its index; 0 where there is none.
    """

    own: Bool[Array, "books contracts"]
    book: Int[Array, "contracts"]


def fold_holders(
    group: PositionGroup, num_contracts: int, start: Total, add: Callable[[Total, Holders], Total]
) -> Total:
    """Adds up over all pairs of a contract and a book that holds it.

    Most contracts are held in one book, few in two, so that a few rounds over the contracts do what a table of books
    times contracts would: books without a contract cost nothing.

    Args:
        group: positions of one kind.
        num_contracts: length of the contracts axis.
        start: total of nothing.
        add: total with one more book of every contract.

    Returns:
        The total.
    """
    num_books = group.book_desk.shape[0]
    held = jnp.zeros((num_books, num_contracts), bool).at[group.book, group.contract].max(group.mask)
    rank = jnp.cumsum(held, axis=0) - 1
    rounds = jnp.max(rank, initial=-1) + 1

    def one(total: Total, k: Int[Array, ""]) -> tuple[Total, None]:
        def more(total: Total) -> Total:
            own = held & (rank == k)
            return add(total, Holders(own, jnp.argmax(own, axis=0)))

        return jax.lax.cond(k < rounds, more, lambda same: same, total), None

    # As many rounds as there can be, and most of them skipped: a loop that ends early has no derivative in reverse.
    return jax.lax.scan(one, start, jnp.arange(num_books))[0]
