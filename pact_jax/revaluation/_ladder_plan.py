"""Which positions a ladder may stand for: contracts sorted by underlying, in whole blocks; the rest is named."""

import dataclasses
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from pact_jax.instruments import AbstractTerms, DiscountPoints, Portfolio, PositionGroup
from pact_jax.market import FactorGroup, MarketShock, MarketState, VolDynamics
from pact_jax.pricing import LadderAxes, ladder_axes

from ._portfolio_base import PortfolioBase, value_base

ROWS = 32
"""Contracts in a block that belongs to one underlying; the last block of each is filled up with nobody's contracts."""

BLOCKS = 16
"""Blocks priced at a time."""

_COVERED = frozenset({FactorGroup.SPOT, FactorGroup.VOL, FactorGroup.RATES, FactorGroup.FX})


class LadderContracts(eqx.Module):
    """The contracts of one kind, sorted by ladder.

    Attributes:
        terms: the contracts in blocks of `ROWS`, each block of one ladder only.
        base: value of one unit at the base market.
        held: holdings by desk, 0 for what fills up a block.
        block_ladder: the ladder of each block.
    """

    terms: AbstractTerms
    base: Float[Array, "contracts"]
    held: Float[Array, "desks contracts"]
    block_ladder: Int[Array, "blocks"]


class LadderPlan(eqx.Module):
    """A book made ready for ladders: one ladder for each asset, surface, currency and curve that occur together.

    Attributes:
        axes: what each ladder is read along.
        contracts: the covered kinds.
        covered: the groups of the portfolio that are covered, as a book of their own.
        rest: every other group, revalued in full.
        base_value: value of each ladder at the base market, by desk.
    """

    axes: LadderAxes
    contracts: tuple[LadderContracts, ...]
    covered: Portfolio
    rest: Portfolio
    base_value: Float[Array, "ladders desks"]


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
    reasons = [_why_not(group, market, shock) for group in portfolio.groups]
    left = tuple(
        LeftInFull(group.terms.kind, reason)
        for group, reason in zip(portfolio.groups, reasons, strict=True)
        if reason is not None
    )
    covered = _part(portfolio, [reason is None for reason in reasons])
    if not covered.groups:
        return PlannedBook(None, left)
    base = value_base(covered, market)
    found = [_host(ladder_axes(group.terms)) for group in covered.groups]
    keys = np.concatenate(found)
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    splits = np.cumsum([len(rows) for rows in found])[:-1]
    ladders = np.split(inverse.reshape(-1), splits)
    contracts = tuple(
        _sorted_contracts(group, base, k, ladder, len(unique))
        for k, (group, ladder) in enumerate(zip(covered.groups, ladders, strict=True))
    )
    rest = _part(portfolio, [reason is not None for reason in reasons])
    axes = LadderAxes(*(jnp.asarray(column) for column in unique.T))
    return PlannedBook(LadderPlan(axes, contracts, covered, rest, _base_value(contracts, len(unique))), left)


def _why_not(group: PositionGroup, market: MarketState, shock: MarketShock) -> str | None:
    axes = ladder_axes(group.terms)
    if axes is None:
        return "its price is not read along one spot and one volatility"
    if group.bucket is not None:
        return "its positions can default with an issuer, which needs their value in every scenario"
    if not set(group.terms.depends_on) <= _COVERED:
        return "it depends on factors that a ladder does not have"
    if shock.implied_vol is not None:
        return "single nodes of the volatility surfaces move"
    own = np.asarray(market.vol_underlying)[np.asarray(axes.surface)] == np.asarray(axes.asset)
    if shock.vol_dynamics is VolDynamics.STICKY_MONEYNESS and not own.all():
        return "the strikes of some of its surfaces move with another asset"
    return None


def _part(portfolio: Portfolio, chosen: list[bool]) -> Portfolio:
    groups = tuple(group for group, keep in zip(portfolio.groups, chosen, strict=True) if keep)
    return Portfolio(groups, num_desks=portfolio.num_desks, num_buckets=portfolio.num_buckets)


def _host(axes: LadderAxes | None) -> np.ndarray:
    """One row a contract."""
    assert axes is not None  # `_why_not` has refused the kind
    return np.stack([np.asarray(column) for column in axes], axis=1)


def _sorted_contracts(
    group: PositionGroup, base: PortfolioBase, position: int, ladder: np.ndarray, num_ladders: int
) -> LadderContracts:
    exposure = base.exposure[position]
    held = np.zeros_like(base.states[position])[None, :] if exposure is None else np.asarray(exposure.by_desk)
    order = np.argsort(ladder, kind="stable")
    count = np.bincount(ladder, minlength=num_ladders)
    blocks = -(-count // ROWS)
    # Row k of a ladder goes to row k of its blocks; rows that no contract takes repeat contract 0, held by nobody.
    start = np.concatenate([[0], np.cumsum(blocks)[:-1]]) * ROWS
    within = np.arange(len(ladder)) - np.repeat(np.cumsum(count) - count, count)
    slot = start[ladder[order]] + within
    # Whole runs of blocks, so that pricing cuts them without a copy.
    block_ladder = np.repeat(np.arange(num_ladders), blocks)
    block_ladder = np.pad(block_ladder, (0, -len(block_ladder) % BLOCKS), constant_values=num_ladders - 1)
    index = np.zeros(len(block_ladder) * ROWS, int)
    index[slot] = order
    placed = np.zeros((held.shape[0], len(index)), held.dtype)
    placed[:, slot] = held[:, order]
    terms = take_contracts(group.terms, jnp.asarray(index))
    unit = jnp.asarray(np.asarray(base.states[position])[index])
    return LadderContracts(terms, unit, jnp.asarray(placed), jnp.asarray(block_ladder))


def take_contracts(terms: AbstractTerms, index: Int[Array, "contracts"]) -> AbstractTerms:
    """Some contracts of a kind whose arrays, discount points aside, have one row a contract."""

    def take(leaf: Array | DiscountPoints) -> Array | DiscountPoints:
        return leaf if isinstance(leaf, DiscountPoints) else leaf[index]

    return jax.tree.map(take, terms, is_leaf=lambda leaf: isinstance(leaf, DiscountPoints))


def _base_value(contracts: tuple[LadderContracts, ...], num_ladders: int) -> Float[Array, "ladders desks"]:
    total = 0.0
    for some in contracts:
        value = (np.asarray(some.held) * np.asarray(some.base)[None]).reshape(some.held.shape[0], -1, ROWS).sum(axis=2)
        summed = np.zeros((num_ladders, value.shape[0]), value.dtype)
        np.add.at(summed, np.asarray(some.block_ladder), value.T)
        total = total + summed
    return jnp.asarray(total)
