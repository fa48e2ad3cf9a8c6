"""The market agent by ladder: approximate in every scenario, then exact in those that anybody asks about."""

from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from pact_jax._program import program
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState
from pact_jax.revaluation import (
    TILE,
    CollapsedBook,
    LadderNodes,
    LadderPlan,
    PortfolioBase,
    by_desk_and_bucket,
    collapse,
    collapsed_pnl,
    map_cores,
    revalue,
)

from ._market import MarketObservation

Tree = TypeVar("Tree")

LADDER_NODES = LadderNodes(spot=16, vol=5, rate_spot=5, rate_vol=3, over_spot=2, over_vol=1, components=2)
"""Half the cost of the default at the same largest error on the shipped desk; the tails are revalued in full anyway."""

_TILE = 64
"""Chosen scenarios revalued at a time."""

_LANES = (0, 4, 2, 6, 1, 5, 3, 7)
"""Lanes in the order in which they are dealt a tile of chosen scenarios: two, four or eight cores get equal shares."""


def observe_market_by_ladder(
    plan: LadderPlan,
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
    *,
    base: PortfolioBase,
    tile: int = TILE,
) -> MarketObservation:
    """Loss of the marked positions: by ladder where the plan covers them, by full revaluation elsewhere.

    All of it in float32, whose rounding is far below the ladders' own error: what is asked for exactly is revalued by
    `revalue_chosen`, and the certificate compares the two.

    Args:
        plan: which contracts are on which ladder.
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis.
        base: what `value_base` says of this portfolio and market.
        tile: scenarios compiled as one block.

    Returns:
        Losses by desk and by credit bucket, approximate.
    """
    collapsed = _collapse(plan, portfolio, market, base, shock, nodes=LADDER_NODES.fitted(shock))
    loss, bucket_pnl, status = map_cores(
        lambda part: _observe(plan, portfolio, market, base, collapsed, part, tile=tile),
        shock,
        tile=tile,
        context=(plan, portfolio, market, base, collapsed),
    )
    return MarketObservation(loss, bucket_pnl, base.value, status)


def revalue_chosen(
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
    found: MarketObservation,
    chosen: Bool[Array, "scenarios"],
    *,
    base: PortfolioBase,
) -> MarketObservation:
    """Puts full revaluation in place of what is approximate in some scenarios.

    How many there are is data: their number changes no program.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis.
        found: what the ladders say.
        chosen: the scenarios.
        base: as given to `observe_market_by_ladder`.

    Returns:
        Losses by desk and bucket, those of full revaluation in the chosen scenarios.
    """
    places = _deal(chosen)
    exact = map_cores(
        lambda part: _revalue_places(portfolio, market, base, shock, part),
        places,
        tile=_TILE,
        context=(portfolio, market, base, shock),
    )
    return _put(found, places, exact)


@program(static_argnames=("nodes",))
def _collapse(
    plan: LadderPlan,
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    shock: MarketShock,
    *,
    nodes: LadderNodes,
) -> CollapsedBook:
    return collapse(plan, *_single((portfolio, base, market, shock)), nodes)


@program(static_argnames=("tile",))
def _observe(
    plan: LadderPlan,
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    collapsed: CollapsedBook,
    shock: MarketShock,
    *,
    tile: int,
) -> tuple[Array, Array, Array]:
    dtype = market.spot.dtype
    portfolio, market, base, shock = _single((portfolio, market, base, shock))
    rest, rest_base = plan.rest(portfolio, base)
    full = revalue(rest, market, shock, base=rest_base, tile=tile)
    pnl, bucket_pnl = collapsed_pnl(plan, collapsed, portfolio, market, shock)
    return -(full.pnl + pnl).astype(dtype), (full.bucket_pnl + bucket_pnl).astype(dtype), full.status


def _single(tree: Tree) -> Tree:
    def cast(leaf: Array) -> Array:
        return leaf.astype(jnp.float32) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf

    return jax.tree.map(cast, tree)


class _Places(eqx.Module):
    """Chosen scenarios in tiles; places beyond their number are not in use."""

    scenario: Int[Array, "dealt_scenarios"]
    used: Bool[Array, "dealt_scenarios"]


@program(small=True)
def _deal(chosen: Bool[Array, "scenarios"]) -> _Places:
    lanes = len(_LANES)
    tiles = -(-chosen.shape[0] // (_TILE * lanes))
    size = tiles * lanes * _TILE
    (order,) = jnp.nonzero(chosen, size=size, fill_value=0)
    used = jnp.arange(size) < jnp.sum(chosen)

    def deal(x: Array) -> Array:
        # The tiles in use come first, so that each lane gets as many of them. The order of dealing is its own inverse.
        return jnp.swapaxes(x.reshape(tiles, lanes, _TILE), 0, 1)[np.asarray(_LANES)].reshape(size)

    return _Places(deal(order), deal(used))


@program
def _revalue_places(
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    shock: MarketShock,
    places: _Places,
) -> tuple[Float[Array, "dealt_scenarios desks"], Float[Array, "dealt_scenarios buckets"]]:
    def revalue_tile(scenario: Int[Array, "dealt_scenarios"]) -> tuple[Array, Array]:
        some = jax.tree.map(lambda leaf: leaf[scenario], shock)
        return by_desk_and_bucket(portfolio, base, market, some)

    def one(tile: _Places) -> tuple[Array, Array]:
        shapes = jax.eval_shape(revalue_tile, tile.scenario)
        nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
        return jax.lax.cond(jnp.any(tile.used), revalue_tile, lambda _: nothing, tile.scenario)

    exact = jax.lax.map(one, jax.tree.map(lambda leaf: leaf.reshape(-1, _TILE), places))
    size = places.scenario.shape[0]
    return jax.tree.map(lambda leaf: leaf.reshape(size, leaf.shape[2]), exact)


@program
def _put(
    found: MarketObservation,
    places: _Places,
    exact: tuple[Float[Array, "dealt_scenarios desks"], Float[Array, "dealt_scenarios buckets"]],
) -> MarketObservation:
    pnl, bucket_pnl = exact
    # Out of bounds for what is not in use: dropped, not written to the first scenario.
    at = jnp.where(places.used, places.scenario, found.loss.shape[0])
    return MarketObservation(
        found.loss.at[at].set(-pnl, mode="drop"),
        found.bucket_pnl.at[at].set(bucket_pnl, mode="drop"),
        found.base_value,
        found.status,
    )
