"""Which positions a ladder may stand for: contracts put in order by underlying; what is left in full is named."""

import dataclasses
from typing import NamedTuple

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from pact_jax.instruments import AbstractTerms, Accounting, DiscountPoints, Portfolio, PositionGroup
from pact_jax.market import FactorGroup, MarketShock, MarketState, VolDynamics
from pact_jax.pricing import LadderAxes, ladder_axes

from ._exposure import sum_by_desk
from ._portfolio_base import PortfolioBase

ROWS = 32
"""Contracts in a block that belongs to one underlying; the last block of each is filled up with nobody's contracts."""

BLOCKS = 16
"""Blocks priced at a time."""

_ROUNDED = 8
"""Numbers of ladders are rounded up to a multiple of this, so that few changes of a book compile anything."""

_COVERED = frozenset({FactorGroup.SPOT, FactorGroup.VOL, FactorGroup.RATES, FactorGroup.FX})


class LadderOrder(eqx.Module):
    """The contracts of one kind in the order of their ladders.

    Attributes:
        contract: the contract in each place, in blocks of `ROWS`, each block of one ladder only.
        used: false for the places that fill up a block.
        block_ladder: the ladder of each block.
    """

    contract: Int[Array, "contracts"]
    used: Bool[Array, "contracts"]
    block_ladder: Int[Array, "blocks"]


class LadderPlan(eqx.Module):
    """Which contracts meet on which ladder: an order, without a price or a holding in it.

    There is a ladder for each asset, surface, currency and curve that occur together. Shapes follow from those of the
    book and from the number of ladders, rounded up: another book of the same shapes needs no other program.

    Attributes:
        axes: what each ladder is read along.
        orders: for each group of the portfolio its contracts in order; None for a group that is revalued in full.
    """

    axes: LadderAxes
    orders: tuple[LadderOrder | None, ...]

    def rest(self, portfolio: Portfolio, base: PortfolioBase) -> tuple[Portfolio, PortfolioBase]:
        """What is revalued in full, as a book of its own.

        Args:
            portfolio: the positions that the plan was made of.
            base: the same at the base market.

        Returns:
            The other groups, with their base states and exposures.
        """
        return self._part(portfolio, base, covered=False)

    def covered(self, portfolio: Portfolio, base: PortfolioBase) -> tuple[Portfolio, PortfolioBase]:
        """What the ladders stand for, as a book of its own.

        Args:
            portfolio: the positions that the plan was made of.
            base: the same at the base market.

        Returns:
            The covered groups, with their base states and exposures.
        """
        return self._part(portfolio, base, covered=True)

    def _part(self, portfolio: Portfolio, base: PortfolioBase, *, covered: bool) -> tuple[Portfolio, PortfolioBase]:
        kept = [k for k, order in enumerate(self.orders) if (order is not None) is covered]
        groups = tuple(portfolio.groups[k] for k in kept)
        states, exposure = (tuple(of[k] for k in kept) for of in (base.states, base.exposure))
        # Values and claims stay those of all positions: whether one of them is finite concerns every scenario.
        own = dataclasses.replace(base, states=states, exposure=exposure)
        return dataclasses.replace(portfolio, groups=groups), own


@dataclasses.dataclass(frozen=True)
class LeftInFull:
    """A kind that no ladder covers here.

    Attributes:
        kind: name of the kind.
        reason: why.
    """

    kind: str
    reason: str


class PlannedBook(NamedTuple):
    """A plan and what it leaves out.

    Attributes:
        plan: None if nothing is covered.
        left: kinds revalued in full, and why.
    """

    plan: LadderPlan | None
    left: tuple[LeftInFull, ...]


def plan_ladders(portfolio: Portfolio, market: MarketState, shock: MarketShock) -> PlannedBook:
    """Sorts a book into ladders and the rest; on the host, once a book.

    A kind is covered if its price reads one spot, one surface level, one exchange rate and one curve, and nothing
    else that this shock moves.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: the shocks; only which leaves they move counts.

    Returns:
        The plan, and every kind that is revalued in full with the reason.
    """
    axes = [ladder_axes(group.terms) for group in portfolio.groups]
    reasons = [_why_not(group, own, market, shock) for group, own in zip(portfolio.groups, axes, strict=True)]
    left = tuple(
        LeftInFull(group.terms.kind, reason)
        for group, reason in zip(portfolio.groups, reasons, strict=True)
        if reason is not None
    )
    rows = [
        None if own is None or reason is not None else np.stack([np.asarray(column) for column in own])
        for own, reason in zip(axes, reasons, strict=True)
    ]
    found = [row for row in rows if row is not None]
    if not found:
        return PlannedBook(None, left)
    every = np.concatenate(found, axis=1)
    size = tuple(int(largest) + 1 for largest in every.max(axis=1))
    unique, inverse = np.unique(np.ravel_multi_index(tuple(every), size), return_inverse=True)
    num_ladders = -(-len(unique) // _ROUNDED) * _ROUNDED
    parts = iter(np.split(inverse, np.cumsum([row.shape[1] for row in found])[:-1]))
    orders = tuple(None if row is None else _in_order(next(parts), num_ladders) for row in rows)
    # Ladders beyond those that occur are copies that no contract is on.
    named = np.unravel_index(np.pad(unique, (0, num_ladders - len(unique)), mode="edge"), size)
    return PlannedBook(LadderPlan(LadderAxes(*jax.device_put(named)), orders), left)


def _why_not(group: PositionGroup, axes: LadderAxes | None, market: MarketState, shock: MarketShock) -> str | None:
    if group.terms.accounting is Accounting.ACCRUAL:
        return "it is held at cost and has no market loss"
    if axes is None or not axes.asset.shape[0]:
        return "its price is not read along one spot and one volatility"
    if group.book_bucket is not None:
        return "its positions can default with an issuer, which needs their value in every scenario"
    if not set(group.terms.depends_on) <= _COVERED:
        return "it depends on factors that a ladder does not have"
    if shock.implied_vol is not None:
        return "single nodes of the volatility surfaces move"
    if shock.vol_dynamics is VolDynamics.STICKY_MONEYNESS:
        own = np.asarray(market.vol_underlying)[np.asarray(axes.surface)] == np.asarray(axes.asset)
        return None if own.all() else "the strikes of some of its surfaces move with another asset"
    return None


def _in_order(ladder: np.ndarray, num_ladders: int) -> LadderOrder:
    """Contracts sorted by ladder, in whole blocks; as many blocks as any book of this shape can need."""
    order = np.argsort(ladder, kind="stable")
    count = np.bincount(ladder, minlength=num_ladders)
    blocks = -(-count // ROWS)
    # Row k of a ladder goes to row k of its blocks; places that no contract takes repeat contract 0, held by nobody.
    start = np.concatenate([[0], np.cumsum(blocks)[:-1]]) * ROWS
    within = np.arange(len(ladder)) - np.repeat(np.cumsum(count) - count, count)
    place = start[ladder[order]] + within
    # Whole runs of blocks, so that pricing cuts them without a copy.
    num_blocks = -(-(len(ladder) // ROWS + num_ladders) // BLOCKS) * BLOCKS
    block_ladder = np.repeat(np.arange(num_ladders), blocks)
    block_ladder = np.pad(block_ladder, (0, num_blocks - len(block_ladder)), constant_values=num_ladders - 1)
    contract, used = np.zeros(num_blocks * ROWS, int), np.zeros(num_blocks * ROWS, bool)
    contract[place], used[place] = order, True
    return LadderOrder(*jax.device_put((contract, used, block_ladder)))


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
