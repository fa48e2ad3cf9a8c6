"""Sorts a book into ladders, strips and the rest; on the host, once a book."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays all together.

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax._program import program
from pact_jax.instruments import AbstractTerms, Accounting, Portfolio, PositionGroup
from pact_jax.market import FactorGroup, MarketShock, MarketState, VolDynamics
from pact_jax.pricing import LadderAxes, bend_width, fixed_payments, ladder_axes

from ._plan import BLOCKS, ROWS, LadderOrder, LadderPlan, LeftInFull, PlannedBook
from ._strip_plan import StripPlan, plan_strips

_ROUNDED = 8
"""Numbers of ladders are rounded up to a multiple of this, so that few changes of a book compile anything."""

_STEPS = 4.4
"""Over how many steps a price has to bend, nodes times its width over half the range: a price that bends over s, taken
from n nodes on a range of half width h, is off by about exp(-(n s / h)^2 / 2) of itself, here 6e-5."""

_FEWEST_LEFT = 64

_COVERED = frozenset({FactorGroup.SPOT, FactorGroup.VOL, FactorGroup.RATES, FactorGroup.FX})


def plan_ladders(
    portfolio: Portfolio, market: MarketState, shock: MarketShock, *, spot_nodes: int | None = None
) -> PlannedBook:
    """Sorts a book into ladders, strips and the rest; on the host, once a book.

    A kind goes on ladders if its price reads at most one spot, one surface level, one exchange rate and one curve, and
    nothing else that this shock moves; on strips if it is a sum of fixed payments. Asked to, it leaves out one by one
    the options that bend within less of the range of their spot than the nodes resolve, as those near expiry do.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: the shocks; which leaves they move counts, and how far spots move.
        spot_nodes: nodes in spot that every option on a ladder has to be resolved by; None leaves none out.

    Returns:
        The plan, and every kind that is revalued in full with the reason.
    """
    # By NumPy: an operation of the device would wait for whatever it computes now.
    groups = jax.tree.map(np.asarray, portfolio.groups)
    strips = tuple(_strips(group) for group in groups)
    axes = [ladder_axes(group.terms) for group in groups]
    left: list[LeftInFull] = []
    rows: list[np.ndarray | None] = []
    resolved: list[np.ndarray] = []
    for group, merged, own in zip(groups, strips, axes, strict=True):
        reason = None if merged is not None else _why_not(group, own, market, shock)
        if reason is not None:
            left.append(LeftInFull(group.terms.kind, reason))
        on_ladder = own if merged is None and reason is None else None
        rows.append(None if on_ladder is None else _columns(on_ladder))
        if on_ladder is not None:
            resolved.append(_resolved(group.terms, on_ladder, market, shock, spot_nodes))
            if sharp := int(np.sum(~resolved[-1])):
                left.append(LeftInFull(group.terms.kind, "they bend too sharply for the range of their spot", sharp))
    ladders, orders = _sort(rows, resolved)
    if ladders is None and not any(strips):
        return PlannedBook(None, tuple(left))
    return PlannedBook(jax.device_put(LadderPlan(ladders, orders, strips)), tuple(left))


def _strips(group: PositionGroup) -> tuple[StripPlan, ...] | None:
    legs = None if group.terms.accounting is Accounting.ACCRUAL else fixed_payments(group.terms)
    return None if legs is None else tuple(plan_strips(group, leg) for leg in legs)


def _why_not(group: PositionGroup, axes: LadderAxes | None, market: MarketState, shock: MarketShock) -> str | None:
    if group.terms.accounting is Accounting.ACCRUAL:
        return "it is held at cost and has no market loss"
    if axes is None or not axes.asset.shape[0]:
        return "its price is not read along one spot and one volatility"
    if group.book_bucket is not None:
        return "its positions can default with an issuer, which needs their value in every scenario"
    if not set(group.terms.depends_on) <= _COVERED:
        return "it depends on factors that a ladder does not have"
    if shock.implied_vol is not None and FactorGroup.VOL in group.terms.depends_on:
        return "single nodes of the volatility surfaces move"
    if shock.vol_dynamics is VolDynamics.STICKY_MONEYNESS and FactorGroup.VOL in group.terms.depends_on:
        own = np.asarray(market.vol_underlying)[axes.surface] == axes.asset
        return None if own.all() else "the strikes of some of its surfaces move with another asset"
    return None


def _columns(axes: LadderAxes) -> np.ndarray:
    nothing = np.full(axes.asset.shape, -1)
    return np.stack([nothing if column is None else np.asarray(column) for column in axes])


def _resolved(
    terms: AbstractTerms, axes: LadderAxes, market: MarketState, shock: MarketShock, spot_nodes: int | None
) -> np.ndarray:
    """Which contracts the nodes resolve: those that bend over more than a few steps between them."""
    if spot_nodes is None or shock.spot is None or (found := _widths(terms, market, shock)) is None:
        return np.ones(np.shape(axes.asset), bool)
    width, half = (np.asarray(part) for part in found)
    return spot_nodes * width >= _STEPS * half[np.asarray(axes.asset)]


@program(small=True)
def _widths(
    terms: AbstractTerms, market: MarketState, shock: MarketShock
) -> tuple[Float[Array, "contracts"], Float[Array, "assets"]] | None:
    """Over which move each price bends, and half the range of each spot."""
    width = bend_width(terms, market)
    if width is None:
        return None
    assert shock.spot is not None  # as asked
    return width, 0.5 * (jnp.max(shock.spot, axis=0) - jnp.min(shock.spot, axis=0))


def _sort(
    rows: list[np.ndarray | None], resolved: list[np.ndarray]
) -> tuple[LadderAxes | None, tuple[LadderOrder | None, ...]]:
    """The ladders that occur, and the contracts of each kind in their order."""
    found = [row for row in rows if row is not None]
    if not found:
        return None, tuple(None for _ in rows)
    every = _settled(np.concatenate(found, axis=1))
    size = tuple(int(largest) + 1 for largest in every.max(axis=1))
    unique, inverse = np.unique(np.ravel_multi_index(tuple(every), size), return_inverse=True)
    num_ladders = -(-len(unique) // _ROUNDED) * _ROUNDED
    parts = iter(np.split(inverse, np.cumsum([row.shape[1] for row in found])[:-1]))
    masks = iter(resolved)
    orders = tuple(None if row is None else _in_order(next(parts), next(masks), num_ladders) for row in rows)
    # Ladders beyond those that occur are copies that no contract is on.
    named = np.unravel_index(np.pad(unique, (0, num_ladders - len(unique)), mode="edge"), size)
    return LadderAxes(*named), orders


def _settled(axes: np.ndarray) -> np.ndarray:
    """Puts contracts that read no surface or no curve (-1) on a ladder of their asset and currency, if there is one."""
    asset, surface, currency, curve = axes
    size = int(currency.max()) + 1
    whole = (surface >= 0) & (curve >= 0)
    home = np.zeros((2, (int(asset.max()) + 1) * size), int)
    home[:, (asset * size + currency)[whole]] = np.stack([surface, curve])[:, whole]
    own = home[:, asset * size + currency]
    return np.stack([asset, np.where(surface >= 0, surface, own[0]), currency, np.where(curve >= 0, curve, own[1])])


def _in_order(ladder: np.ndarray, resolved: np.ndarray, num_ladders: int) -> LadderOrder:
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
    block_ladder = np.full(num_blocks, num_ladders - 1)
    block_ladder[: blocks.sum()] = np.repeat(np.arange(num_ladders), blocks)
    contract, used = np.zeros(num_blocks * ROWS, int), np.zeros(num_blocks * ROWS, bool)
    contract[place], used[place] = order, resolved[order]
    left = np.flatnonzero(~resolved)
    # A power of two: few changes of a book or a market compile anything.
    size = max(_FEWEST_LEFT, 1 << (len(left) - 1).bit_length()) if len(left) else 0
    return LadderOrder(
        contract, used, block_ladder, np.pad(left, (0, size - len(left)), "edge"), np.arange(size) < len(left)
    )
