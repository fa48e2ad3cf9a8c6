"""The market agent: loss of marked positions in every scenario."""

import equinox as eqx
import jax
from jax.sharding import Mesh
from jaxtyping import Array, Float, UInt32

from pact_jax._program import program
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState
from pact_jax.revaluation import (
    TILE,
    PortfolioBase,
    SubsetMasks,
    SubsetSums,
    TailPnl,
    map_cores,
    revalue,
    share_out,
    subset_masks,
    value_base,
    weigh_subsets,
)


class MarketObservation(eqx.Module):
    """What the market agent reports of the scenarios.

    Attributes:
        loss: by desk; positive is a loss.
        bucket_pnl: profit and loss of each credit bucket, for the interaction with defaults.
        base_value: present value of each position.
        status: bits of `Status` a scenario.
    """

    loss: Float[Array, "scenarios desks"]
    bucket_pnl: Float[Array, "scenarios buckets"]
    base_value: Float[Array, "positions"]
    status: UInt32[Array, "scenarios"]


def observe_market(
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
    *,
    base: PortfolioBase | None = None,
    tile: int = TILE,
    mesh: Mesh | None = None,
) -> MarketObservation:
    """Loss of the marked positions by full revaluation, `sum_i [V_i(base) - V_i(w)]` by desk.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis.
        base: what `value_base` says of this portfolio and market, where it is already known.
        tile: scenarios compiled as one block.
        mesh: devices to spread the scenarios over.

    Returns:
        Losses by desk.
    """
    base = value_base(portfolio, market) if base is None else base
    if mesh is not None or not jax.tree.leaves(shock):
        return _observe_market(portfolio, market, base, shock, tile=tile, mesh=mesh)
    seen = map_cores(
        lambda part: _by_scenario(_observe_market(portfolio, market, base, part, tile=tile, mesh=None)),
        shock,
        tile=tile,
        context=(portfolio, market, base),
    )
    return MarketObservation(*seen[:2], base.value, seen[2])


def _by_scenario(seen: MarketObservation) -> tuple[Array, Array, Array]:
    return seen.loss, seen.bucket_pnl, seen.status


@program(static_argnames=("tile", "mesh"))
def _observe_market(
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    shock: MarketShock,
    *,
    tile: int,
    mesh: Mesh | None,
) -> MarketObservation:
    result = revalue(portfolio, market, shock, base=base, tile=tile, mesh=mesh)
    return MarketObservation(-result.pnl, result.bucket_pnl, result.base_value, result.status)


def attribute_market(
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
    tail_weight: Float[Array, "scenarios"],
    bucket_weight: Float[Array, "scenarios buckets"],
    *,
    base: PortfolioBase | None = None,
    tile: int = TILE,
) -> TailPnl:
    """Tail-weighted profit and loss of each position by factor: the second pass, over the tail scenarios only.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis.
        tail_weight: joint tail weights fixed by the consensus.
        bucket_weight: joint weights of each credit bucket's defaults.
        base: what `value_base` says of this portfolio and market, where it is already known.
        tile: scenarios compiled as one block.

    Returns:
        Tail-weighted sums; a loss is minus a profit.
    """
    base = value_base(portfolio, market) if base is None else base
    given = (portfolio, market, base, shock, tail_weight, bucket_weight)
    sums = map_cores(
        lambda some: _attribute_market(*given, some, tile=tile),
        subset_masks(portfolio, shock, market.spot.dtype),
        tile=1,
        context=given,
    )
    return _share_out(portfolio, base, shock, tail_weight, sums)


@program(static_argnames=("tile",))
def _attribute_market(
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    shock: MarketShock,
    tail_weight: Float[Array, "scenarios"],
    bucket_weight: Float[Array, "scenarios buckets"],
    masks: tuple[SubsetMasks, ...],
    *,
    tile: int,
) -> tuple[SubsetSums, ...]:
    return weigh_subsets(portfolio, market, base, shock, tail_weight, bucket_weight, masks, tile=tile)


@program
def _share_out(
    portfolio: Portfolio,
    base: PortfolioBase,
    shock: MarketShock,
    tail_weight: Float[Array, "scenarios"],
    sums: tuple[SubsetSums, ...],
) -> TailPnl:
    return share_out(portfolio, base, shock, tail_weight, sums)
