"""A book collapsed: options on ladders, fixed payments on strips, evaluated instead of revalued."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import Portfolio, PositionGroup
from pact_jax.market import MarketShock, MarketState
from pact_jax.pricing import FixedPayments, fixed_payments

from .._portfolio_base import PortfolioBase
from .._tile import map_blocks
from ._ladder import Ladder, build_ladder, ladder_pnl
from ._nodes import LadderNodes
from ._plan import LadderPlan
from ._strip_plan import StripPlan
from ._strips import StripDates, Strips, merge_payments, strip_dates, strip_pnl

TILE = 256
"""Scenarios evaluated at a time."""


class CollapsedBook(NamedTuple):
    """What the covered part of a book comes to.

    Attributes:
        ladder: of the options; None if there are none.
        dates: that payments are merged onto; None if there are none.
        strips: of each leg.
    """

    ladder: Ladder | None
    dates: StripDates | None
    strips: tuple[Strips, ...]


def collapse(
    plan: LadderPlan,
    portfolio: Portfolio,
    base: PortfolioBase,
    market: MarketState,
    shock: MarketShock,
    nodes: LadderNodes,
) -> CollapsedBook:
    """Prices the ladders' nodes and merges the payments.

    Args:
        plan: which contracts are on which ladder or strip.
        portfolio: the positions.
        base: the same at the base market.
        market: the base state.
        shock: the scenarios, which fix the ranges of the ladders.
        nodes: sizes of the ladders, fitted to the shock.

    Returns:
        The collapsed book.
    """
    ladder = None if plan.axes is None else build_ladder(plan, portfolio, base, market, shock, nodes)
    legs = _legs(plan, portfolio, base)
    if not legs:
        return CollapsedBook(ladder, None, ())
    dates = strip_dates(market, [leg for _, _, leg, _ in legs])
    strips = tuple(
        merge_payments(strip, group, leg, exposure, market, dates, portfolio.num_buckets)
        for strip, group, leg, exposure in legs
    )
    return CollapsedBook(ladder, dates, strips)


def collapsed_pnl(
    plan: LadderPlan,
    collapsed: CollapsedBook,
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
) -> tuple[Float[Array, "scenarios desks"], Float[Array, "scenarios buckets"]]:
    """Evaluates the collapsed book in every scenario.

    Args:
        plan: which contracts are on which ladder or strip.
        collapsed: what they come to.
        portfolio: the positions; only the numbers of desks and buckets count.
        market: the base state.
        shock: scenarios within the ranges that the ladders were built for.

    Returns:
        Profit and loss by desk and by credit bucket.
    """

    def observe(some: MarketShock) -> tuple[Float[Array, "scenarios desks"], Float[Array, "scenarios buckets"]]:
        count = jax.tree.leaves(some)[0].shape[0]
        pnl = jnp.zeros((portfolio.num_desks, count), market.spot.dtype)
        bucket_pnl = jnp.zeros((portfolio.num_buckets, count), market.spot.dtype)
        if collapsed.ladder is not None:
            pnl = pnl + ladder_pnl(plan, collapsed.ladder, some)
        if collapsed.dates is not None:
            every = strip_pnl(collapsed.strips, collapsed.dates, market, some)
            for strips, change in zip(collapsed.strips, every, strict=True):
                pnl = pnl.at[strips.desk].add(change)
                bucket_pnl = bucket_pnl.at[strips.bucket].add(change, mode="drop")
        return pnl.T, bucket_pnl.T

    return map_blocks(observe, shock, tile=TILE)


def _legs(
    plan: LadderPlan, portfolio: Portfolio, base: PortfolioBase
) -> list[tuple[StripPlan, PositionGroup, FixedPayments, Float[Array, "books states"]]]:
    found = []
    for group, strips, exposure in zip(portfolio.groups, plan.strips, base.exposure, strict=True):
        if strips is not None:
            legs = fixed_payments(group.terms)
            assert legs is not None and exposure is not None  # as planned
            found += [(strip, group, leg, exposure) for strip, leg in zip(strips, legs, strict=True)]
    return found
