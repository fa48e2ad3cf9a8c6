"""Which factors have to move together in an attribution: the subsets that each kind is priced for."""

import itertools
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax.instruments import AbstractTerms, Accounting, Portfolio
from pact_jax.market import FactorGroup, MarketShock, VolDynamics
from pact_jax.pricing import state_currency

_LANES = 8
"""Subsets are dealt so that two, four or eight cores, each with a run of the axis, get equal shares."""


class MovedFactors(NamedTuple):
    """The factors of a kind that a shock moves.

    Attributes:
        every: all of them.
        priced: those that take a pricing; an exchange rate that the kind is proportional to is a product.
    """

    every: tuple[FactorGroup, ...]
    priced: tuple[FactorGroup, ...]

    @property
    def ordered(self) -> tuple[FactorGroup, ...]:
        """Those that are priced, then the others."""
        return (*self.priced, *(g for g in self.every if g not in self.priced))


class SubsetMasks(eqx.Module):
    """Which factors move in which pricing of one group: one row a subset, 0 in rows that are not priced.

    Attributes:
        split: for the split over the factors; the subset in which nothing moves is not priced.
        bucketed: everything that moves, once, for the buckets; None where no position has one.
    """

    split: Float[Array, "subsets factors"]
    bucketed: Float[Array, "subsets factors"] | None


def moved_factors(terms: AbstractTerms, shock: MarketShock) -> MovedFactors:
    """The factors of a kind that a shock moves; none for a kind that is held at cost.

    Args:
        terms: contracts of one kind.
        shock: only which leaves it moves counts.

    Returns:
        All of them, and those that take a pricing.
    """
    if terms.accounting is Accounting.ACCRUAL:
        return MovedFactors((), ())
    every = tuple(g for g in terms.depends_on if jax.tree.leaves(shock.only([g])))
    # Strikes that move with a currency would be a second way in which exchange rates matter.
    product = shock.vol_dynamics is VolDynamics.STICKY_STRIKE and state_currency(terms) is not None
    return MovedFactors(every, tuple(g for g in every if not (product and g is FactorGroup.FX)))


def subset_masks(portfolio: Portfolio, shock: MarketShock, dtype: jnp.dtype) -> tuple[SubsetMasks, ...]:
    """The subsets of factors that each group has to be priced for, all on one axis of one length.

    Args:
        portfolio: the positions.
        shock: only which leaves it moves counts.
        dtype: of the pricing.

    Returns:
        One item a group; the axis may be cut into parts that are weighed apart.
    """
    moved = [moved_factors(group.terms, shock) for group in portfolio.groups]
    length = -(-max([2 ** len(m.priced) - 1 for m in moved], default=1) // _LANES) * _LANES
    length = max(length, _LANES)

    def dealt(subsets: np.ndarray, *, last: bool = False) -> Float[Array, "subsets factors"]:
        masks = np.zeros((length, subsets.shape[1]), dtype)
        masks[places(len(subsets), length)] = subsets
        return jax.device_put(masks[::-1] if last else masks)

    def masks(m: MovedFactors, *, buckets: bool) -> SubsetMasks:
        whole = np.ones((min(len(m.every), 1), len(m.every)))
        # From the other end of the axis, where the lanes are that got a subset less.
        return SubsetMasks(dealt(_subsets(len(m.priced))), dealt(whole, last=True) if buckets else None)

    return tuple(
        masks(m, buckets=group.book_bucket is not None) for group, m in zip(portfolio.groups, moved, strict=True)
    )


def places(count: int, length: int) -> np.ndarray:
    """Where subsets lie on the axis: in bit-reversed lanes, so that equal runs of the axis get equal shares.

    Example:
        >>> places(3, 8).tolist()
        [0, 4, 2]
    """
    lane = np.array([0, 4, 2, 6, 1, 5, 3, 7])[np.arange(count) % _LANES]
    return lane * (length // _LANES) + np.arange(count) // _LANES


def _subsets(count: int) -> np.ndarray:
    """One row a subset but the empty one, in the order of `shapley_matrix`: 1 where the factor moves."""
    return np.array(list(itertools.product((0, 1), repeat=count)))[1:, ::-1]
