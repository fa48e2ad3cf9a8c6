"""The market agent by ladder: approximate in every scenario, then exact in those that anybody asks about."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax._program import program
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState
from pact_jax.revaluation import (
    TILE,
    Ladder,
    LadderNodes,
    LadderPlan,
    PortfolioBase,
    build_ladder,
    hold_change,
    ladder_pnl,
    map_cores,
    revalue,
    sum_by_desk,
)

from ._market import MarketObservation

_NODES = LadderNodes(spot=16, vol=5, rate_spot=5, rate_vol=3, over_spot=2, over_vol=1, components=2)
"""Half the cost of the default at the same largest error on the shipped desk; the tails are revalued in full anyway."""

_TILE = 64
"""Chosen scenarios revalued at a time."""

_LANES = 8
"""Tiles of chosen scenarios are dealt to this many lanes, so that cores which take whole lanes get equal shares."""


class LadderObservation(eqx.Module):
    """What the market agent says of the scenarios by ladder.

    Attributes:
        seen: losses, part of them approximate.
        approximate: that part, as profit and loss by desk.
    """

    seen: MarketObservation
    approximate: Float[Array, "scenarios desks"]


def observe_market_by_ladder(
    plan: LadderPlan,
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
    *,
    base: PortfolioBase,
    tile: int = TILE,
) -> LadderObservation:
    """Loss of the marked positions: by ladder where the plan covers them, by full revaluation elsewhere.

    Args:
        plan: which contracts are on which ladder.
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis.
        base: what `value_base` says of this portfolio and market.
        tile: scenarios compiled as one block.

    Returns:
        Losses by desk; exact by credit bucket, because a ladder covers no position that has one.
    """
    nodes = _NODES.fitted(shock)
    ladder = _build(plan, portfolio, market, base, shock, nodes=nodes)
    loss, bucket_pnl, status, approximate = map_cores(
        lambda part: _observe(plan, portfolio, market, base, ladder, part, nodes=nodes, tile=tile),
        shock,
        tile=tile,
        context=(plan, portfolio, market, base, ladder),
    )
    return LadderObservation(MarketObservation(loss, bucket_pnl, base.value, status), approximate)


def revalue_chosen(
    plan: LadderPlan,
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
    found: LadderObservation,
    chosen: Bool[Array, "scenarios"],
    *,
    base: PortfolioBase,
) -> MarketObservation:
    """Puts full revaluation in place of the ladders in some scenarios.

    How many there are is data: their number changes no program.

    Args:
        plan: as given to `observe_market_by_ladder`.
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis.
        found: what the ladders say.
        chosen: the scenarios.
        base: as given to `observe_market_by_ladder`.

    Returns:
        Losses by desk, those of full revaluation in the chosen scenarios.
    """
    places = _deal(chosen)
    exact = map_cores(
        lambda part: _revalue_places(plan, portfolio, market, base, shock, part),
        places,
        tile=_TILE,
        context=(plan, portfolio, market, base, shock),
    )
    return _put(found, places, exact)


@program(static_argnames=("nodes",))
def _build(
    plan: LadderPlan,
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    shock: MarketShock,
    *,
    nodes: LadderNodes,
) -> Ladder:
    return build_ladder(plan, portfolio, base, market, shock, nodes)


@program(static_argnames=("nodes", "tile"))
def _observe(
    plan: LadderPlan,
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    ladder: Ladder,
    shock: MarketShock,
    *,
    nodes: LadderNodes,
    tile: int,
) -> tuple[Array, Array, Array, Array]:
    rest, rest_base = plan.rest(portfolio, base)
    full = revalue(rest, market, shock, base=rest_base, tile=tile)
    approximate = ladder_pnl(plan, ladder, shock, nodes)
    return -(full.pnl + approximate), full.bucket_pnl, full.status, approximate


class _Places(eqx.Module):
    """Chosen scenarios in tiles; places beyond their number are not in use."""

    scenario: Int[Array, "dealt_scenarios"]
    used: Bool[Array, "dealt_scenarios"]


@program(small=True)
def _deal(chosen: Bool[Array, "scenarios"]) -> _Places:
    tiles = -(-chosen.shape[0] // (_TILE * _LANES))
    size = tiles * _LANES * _TILE
    (order,) = jnp.nonzero(chosen, size=size, fill_value=0)
    used = jnp.arange(size) < jnp.sum(chosen)

    def lanes(x: Array) -> Array:
        # The k-th tile goes to lane k mod 8: the tiles in use come first, and each lane gets as many of them.
        return jnp.swapaxes(x.reshape(tiles, _LANES, _TILE), 0, 1).reshape(size)

    return _Places(lanes(order), lanes(used))


@program
def _revalue_places(
    plan: LadderPlan,
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    shock: MarketShock,
    places: _Places,
) -> Float[Array, "dealt_scenarios desks"]:
    covered, covered_base = plan.covered(portfolio, base)
    dtype = market.spot.dtype

    def revalue_tile(scenario: Int[Array, "dealt_scenarios"]) -> Float[Array, "dealt_scenarios desks"]:
        some = jax.tree.map(lambda leaf: leaf[scenario], shock)
        total = jnp.zeros((portfolio.num_desks, _TILE), dtype)
        for group, states, exposure in covered_base.marked(covered):
            by_book = hold_change(group.terms, market, some, states, exposure)
            total = total + sum_by_desk(group, by_book, portfolio.num_desks)
        return total.T

    def one(tile: _Places) -> Float[Array, "dealt_scenarios desks"]:
        nothing = jnp.zeros((_TILE, portfolio.num_desks), dtype)
        return jax.lax.cond(jnp.any(tile.used), revalue_tile, lambda _: nothing, tile.scenario)

    tiles = jax.tree.map(lambda leaf: leaf.reshape(-1, _TILE), places)
    return jax.lax.map(one, tiles).reshape(-1, portfolio.num_desks)


@program(small=True)
def _put(found: LadderObservation, places: _Places, exact: Float[Array, "dealt_scenarios desks"]) -> MarketObservation:
    loss = found.seen.loss
    # Out of bounds for what is not in use: dropped, not written to the first scenario.
    at = jnp.where(places.used, places.scenario, loss.shape[0])
    rest = loss[places.scenario] + found.approximate[places.scenario]
    loss = loss.at[at].set(rest - exact, mode="drop")
    return eqx.tree_at(lambda seen: seen.loss, found.seen, loss)
