"""Who holds how much of which contract: the positions axis."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from numpy.typing import ArrayLike

from ._terms import AbstractTerms


class PositionGroup(eqx.Module):
    """All positions in one kind of contract; identical contracts are stored, and priced, once.

    Positions are held in books: a desk, and where a default loss belongs to one a credit bucket. Only books that hold
    something of the kind are on the books axis, so that no revaluation adds up what nobody holds.

    Attributes:
        terms: the distinct contracts.
        contract: index of each position's contract.
        quantity: signed number of contracts.
        book: index of each position's book.
        mask: false for padding, which counts for nothing.
        book_desk: desk of each book.
        book_bucket: credit bucket (issuer or netting set, by desk) of each book, -1 for none; None where no book of
            the group has one.
    """

    terms: AbstractTerms
    contract: Int[Array, "positions"]
    quantity: Float[Array, "positions"]
    book: Int[Array, "positions"]
    mask: Bool[Array, "positions"]
    book_desk: Int[Array, "books"]
    book_bucket: Int[Array, "books"] | None = None

    @property
    def desk(self) -> Int[Array, "positions"]:
        """Desk of each position."""
        return self.book_desk[self.book]

    @property
    def bucket(self) -> Int[Array, "positions"] | None:
        """Credit bucket of each position, -1 for none; None where no position of the group has one."""
        return None if self.book_bucket is None else self.book_bucket[self.book]


class Portfolio(eqx.Module):
    """Position groups, one a kind, in a fixed order; their concatenation is the positions axis.

    Attributes:
        groups: one group a kind present.
        num_desks: length of the desks axis (capacity).
        num_buckets: length of the credit-buckets axis (capacity).
    """

    groups: tuple[PositionGroup, ...]
    num_desks: int = eqx.field(static=True)
    num_buckets: int = eqx.field(static=True)


def position_group(
    terms: AbstractTerms,
    quantity: ArrayLike,
    contract: ArrayLike | None = None,
    *,
    desk: ArrayLike | None = None,
    bucket: ArrayLike | None = None,
    mask: ArrayLike | None = None,
) -> PositionGroup:
    """Positions in contracts of one kind; the books are those that occur.

    Args:
        terms: the distinct contracts.
        quantity: signed number of contracts, one a position.
        contract: index of each position's contract; one position a contract, in order, if None.
        desk: index of each position's desk; the first if None.
        bucket: index of each position's credit bucket, -1 for none.
        mask: false for padding.

    Returns:
        The group. Desks and buckets must be known numbers: which books there are decides a shape.

    Example:
        >>> from pact_jax.instruments import Stock
        >>> zero = jnp.zeros(1, int)
        >>> group = position_group(Stock(zero, zero), [10.0, -4.0, 1.0], [0, 0, 0], desk=[2, 0, 2])
        >>> group.book_desk.tolist(), group.book.tolist()
        ([0, 2], [1, 0, 1])
    """
    quantity = jnp.asarray(quantity)
    quantity = quantity if jnp.issubdtype(quantity.dtype, jnp.floating) else quantity.astype(float)
    count = quantity.shape[0]
    book, book_desk, book_bucket = books_of(
        np.zeros(count, int) if desk is None else np.asarray(desk), None if bucket is None else np.asarray(bucket)
    )
    return PositionGroup(
        terms=terms,
        contract=jnp.arange(count) if contract is None else jnp.asarray(contract),
        quantity=quantity,
        book=jnp.asarray(book),
        mask=jnp.ones(count, bool) if mask is None else jnp.asarray(mask),
        book_desk=jnp.asarray(book_desk),
        book_bucket=None if book_bucket is None else jnp.asarray(book_bucket),
    )


def books_of(desk: np.ndarray, bucket: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """The books that occur among positions.

    Args:
        desk: desk of each position.
        bucket: credit bucket of each position, -1 for none; None if there are none.

    Returns:
        Book of each position, desk of each book, bucket of each book; in the order of buckets, then desks, so that
        books that hold the same issuer's contracts are neighbours.
    """
    if bucket is None:
        own, book = np.unique(desk, return_inverse=True)
        return book.reshape(-1), own, None
    width = int(desk.max(initial=0)) + 1
    pairs, book = np.unique(bucket * width + desk, return_inverse=True)
    return book.reshape(-1), pairs % width, pairs // width
