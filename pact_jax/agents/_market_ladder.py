"""The market agent by ladder: approximate in every scenario, then exact in those that anybody asks about."""

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

_NODES = LadderNodes(spot=16, vol=5, rate_spot=5, rate_vol=3, over_spot=2, over_vol=1, components=2)
"""Half the cost of the default at the same largest error on the shipped desk; the tails are revalued in full anyway."""

_TILE = 64
"""Chosen scenarios revalued at a time."""

_LANES = (0, 4, 2, 6, 1, 5, 3, 7)
"""Lanes in the order in which they are dealt a tile of chosen scenarios: two, four or eight cores get equal shares."""


class LadderObservation(eqx.Module):
    """What the market agent says of the scenarios by ladder.

    Attributes:
        seen: losses, part of them approximate.
        approximate: that part, as profit and loss by desk.
        approximate_bucket: the same by credit bucket.
    """

    seen: MarketObservation
    approximate: Float[Array, "scenarios desks"]
    approximate_bucket: Float[Array, "scenarios buckets"]


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
        Losses by desk and by credit bucket.
    """
    collapsed = _collapse(plan, portfolio, market, base, shock, nodes=_NODES.fitted(shock))
    loss, bucket_pnl, status, approximate, approximate_bucket = map_cores(
        lambda part: _observe(plan, portfolio, market, base, collapsed, part, tile=tile),
        shock,
        tile=tile,
        context=(plan, portfolio, market, base, collapsed),
    )
    seen = MarketObservation(loss, bucket_pnl, base.value, status)
    return LadderObservation(seen, approximate, approximate_bucket)


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
    """Puts full revaluation in place of ladders and strips in some scenarios.

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
        Losses by desk and bucket, those of full revaluation in the chosen scenarios.
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
def _collapse(
    plan: LadderPlan,
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    shock: MarketShock,
    *,
    nodes: LadderNodes,
) -> CollapsedBook:
    return collapse(plan, portfolio, base, market, shock, nodes)


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
) -> tuple[Array, Array, Array, Array, Array]:
    rest, rest_base = plan.rest(portfolio, base)
    full = revalue(rest, market, shock, base=rest_base, tile=tile)
    pnl, bucket_pnl = collapsed_pnl(plan, collapsed, portfolio, market, shock)
    return -(full.pnl + pnl), full.bucket_pnl + bucket_pnl, full.status, pnl, bucket_pnl


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
    plan: LadderPlan,
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    shock: MarketShock,
    places: _Places,
) -> tuple[Float[Array, "dealt_scenarios desks"], Float[Array, "dealt_scenarios buckets"]]:
    covered, covered_base = plan.covered(portfolio, base)

    def revalue_tile(scenario: Int[Array, "dealt_scenarios"]) -> tuple[Array, Array]:
        some = jax.tree.map(lambda leaf: leaf[scenario], shock)
        return by_desk_and_bucket(covered, covered_base, market, some)

    def one(tile: _Places) -> tuple[Array, Array]:
        shapes = jax.eval_shape(revalue_tile, tile.scenario)
        nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
        return jax.lax.cond(jnp.any(tile.used), revalue_tile, lambda _: nothing, tile.scenario)

    exact = jax.lax.map(one, jax.tree.map(lambda leaf: leaf.reshape(-1, _TILE), places))
    size = places.scenario.shape[0]
    return jax.tree.map(lambda leaf: leaf.reshape(size, leaf.shape[2]), exact)


@program(small=True)
def _put(
    found: LadderObservation,
    places: _Places,
    exact: tuple[Float[Array, "dealt_scenarios desks"], Float[Array, "dealt_scenarios buckets"]],
) -> MarketObservation:
    seen = found.seen
    # Out of bounds for what is not in use: dropped, not written to the first scenario.
    at = jnp.where(places.used, places.scenario, seen.loss.shape[0])
    rest = (seen.loss + found.approximate)[places.scenario]
    rest_bucket = (seen.bucket_pnl - found.approximate_bucket)[places.scenario]
    loss = seen.loss.at[at].set(rest - exact[0], mode="drop")
    bucket_pnl = seen.bucket_pnl.at[at].set(rest_bucket + exact[1], mode="drop")
    return MarketObservation(loss, bucket_pnl, seen.base_value, seen.status)
