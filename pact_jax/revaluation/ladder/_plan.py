"""Which contracts meet on which ladder or strip, and what is left to be revalued in full."""

import dataclasses
from typing import NamedTuple, TypeAlias

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Float, Int

from pact_jax.instruments import AbstractTerms, DiscountPoints, Portfolio, PositionGroup
from pact_jax.pricing import LadderAxes

from .._exposure import sum_by_desk
from .._portfolio_base import PortfolioBase
from ._strip_plan import StripPlan

ROWS = 32
"""Contracts in a block that belongs to one underlying; the last block of each is filled up with nobody's contracts."""

BLOCKS = 16
"""Blocks priced at a time."""


class LadderOrder(eqx.Module):
    """The contracts of one kind in the order of their ladders.

    Attributes:
        contract: the contract in each place, in blocks of `ROWS`, each block of one ladder only.
        used: false for the places that fill up a block.
        block_ladder: the ladder of each block.
        left: contracts that bend too sharply for a ladder over these moves; they are revalued in full.
        left_used: false for what fills up their capacity.
    """

    contract: Int[Array, "contracts"]
    used: Bool[Array, "contracts"]
    block_ladder: Int[Array, "blocks"]
    left: Int[Array, "left_contracts"]
    left_used: Bool[Array, "left_contracts"]


class LadderPlan(eqx.Module):
    """Which contracts meet on which ladder or strip: names and an order, without a price or a holding in it.

    There is a ladder for each asset, surface, currency and curve that occur together, and a strip for each book,
    currency, curve and issuer of fixed payments. Shapes follow from those of the book and from the numbers of ladders
    and strips, rounded up: another book of the same shapes needs no other program.

    Attributes:
        axes: what each ladder is read along; None if there is none.
        orders: for each group of the portfolio its contracts in order; None for a group that is not on ladders.
        strips: for each group the strips of each leg; None for a group that is not fixed payments.
    """

    axes: LadderAxes | None
    orders: tuple[LadderOrder | None, ...]
    strips: tuple[tuple[StripPlan, ...] | None, ...]

    def rest(self, portfolio: Portfolio, base: PortfolioBase) -> tuple[Portfolio, PortfolioBase]:
        """What is revalued in full, as a book of its own.

        Args:
            portfolio: the positions that the plan was made of.
            base: the same at the base market.

        Returns:
            The other groups, with their base states and exposures, and of the groups on ladders the contracts that are
            left. Holdings of these are in the exposures only.
        """
        parts = [
            part
            for k, (order, strips) in enumerate(zip(self.orders, self.strips, strict=True))
            if (part := _rest_of(portfolio.groups[k], base.states[k], base.exposure[k], order, strips)) is not None
        ]
        return _as_book(portfolio, base, parts)

    def covered(self, portfolio: Portfolio, base: PortfolioBase) -> tuple[Portfolio, PortfolioBase]:
        """What ladders and strips stand for, as a book of its own.

        Args:
            portfolio: the positions that the plan was made of.
            base: the same at the base market.

        Returns:
            The covered groups, with their base states and exposures; of contracts that are left nothing is held.
        """
        parts = [
            (portfolio.groups[k], base.states[k], _without_left(base.exposure[k], order))
            for k, (order, strips) in enumerate(zip(self.orders, self.strips, strict=True))
            if order is not None or strips is not None
        ]
        return _as_book(portfolio, base, parts)


_Part: TypeAlias = tuple[PositionGroup, Float[Array, "states"], Float[Array, "books states"] | None]
"""A group, its base states and its exposures."""


def _as_book(portfolio: Portfolio, base: PortfolioBase, parts: list[_Part]) -> tuple[Portfolio, PortfolioBase]:
    # Values and claims stay those of all positions: whether one of them is finite concerns every scenario.
    groups, states, exposure = (tuple(part[k] for part in parts) for k in range(3))
    own = dataclasses.replace(base, states=states, exposure=exposure)
    return dataclasses.replace(portfolio, groups=groups), own


def _rest_of(
    group: PositionGroup,
    states: Float[Array, "states"],
    exposure: Float[Array, "books states"] | None,
    order: LadderOrder | None,
    strips: tuple[StripPlan, ...] | None,
) -> _Part | None:
    if order is None:
        return (group, states, exposure) if strips is None else None
    if not order.left.shape[0]:
        return None
    assert exposure is not None  # an accrual kind is not covered
    held = exposure[:, order.left] * order.left_used.astype(exposure.dtype)[None, :]
    return dataclasses.replace(group, terms=_take_contracts(group.terms, order.left)), states[order.left], held


def _without_left(
    exposure: Float[Array, "books states"] | None, order: LadderOrder | None
) -> Float[Array, "books states"] | None:
    if exposure is None or order is None or not order.left.shape[0]:
        return exposure
    # What fills up the capacity repeats a contract that is left.
    return exposure.at[:, order.left].set(0.0)


@dataclasses.dataclass(frozen=True)
class LeftInFull:
    """A kind that no ladder covers here, or some of its contracts.

    Attributes:
        kind: name of the kind.
        reason: why.
        contracts: how many of its contracts; None for the whole kind.
    """

    kind: str
    reason: str
    contracts: int | None = None

    def __str__(self) -> str:
        return self.kind if self.contracts is None else f"{self.contracts:,} contracts of {self.kind}"


class PlannedBook(NamedTuple):
    """A plan and what it leaves out.

    Attributes:
        plan: None if nothing is covered.
        left: kinds revalued in full, and why.
    """

    plan: LadderPlan | None
    left: tuple[LeftInFull, ...]


class LaidOut(NamedTuple):
    """The contracts of one kind in the order of their ladders, with what is held of them.

    Attributes:
        terms: the contracts.
        base: value of one unit at the base market.
        held: holdings by desk, 0 for what fills up a block.
        block_ladder: the ladder of each block.
    """

    terms: AbstractTerms
    base: Float[Array, "contracts"]
    held: Float[Array, "desks contracts"]
    block_ladder: Int[Array, "blocks"]


def lay_out(plan: LadderPlan, portfolio: Portfolio, base: PortfolioBase) -> tuple[LaidOut, ...]:
    """Puts the covered contracts in the order of the plan.

    Args:
        plan: the order.
        portfolio: the positions that it was made of.
        base: the same at the base market.

    Returns:
        One item a covered kind.
    """
    laid = []
    for group, order, states, exposure in zip(portfolio.groups, plan.orders, base.states, base.exposure, strict=True):
        if order is None:
            continue
        assert exposure is not None  # an accrual kind is not covered
        by_desk = sum_by_desk(group, exposure, portfolio.num_desks)
        held = by_desk[:, order.contract] * order.used.astype(states.dtype)[None, :]
        terms = _take_contracts(group.terms, order.contract)
        laid.append(LaidOut(terms, states[order.contract], held, order.block_ladder))
    return tuple(laid)


def _take_contracts(terms: AbstractTerms, index: Int[Array, "contracts"]) -> AbstractTerms:
    """Some contracts of a kind whose arrays, discount points aside, have one row a contract."""

    def take(leaf: Array | DiscountPoints) -> Array | DiscountPoints:
        return leaf if isinstance(leaf, DiscountPoints) else leaf[index]

    return jax.tree.map(take, terms, is_leaf=lambda leaf: isinstance(leaf, DiscountPoints))
