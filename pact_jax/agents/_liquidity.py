"""The liquidity agent: what it costs to sell and to fund, in the same scenarios."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax._program import program
from pact_jax.instruments import Portfolio
from pact_jax.liquidity import LiquidityBook, UnitCost, asset_holding, funding_shortfall, unit_cost
from pact_jax.market import MarketShock, MarketState
from pact_jax.revaluation import TILE, map_tiles, sum_tail
from pact_jax.scenarios import ScenarioSet


class LiquidityObservation(eqx.Module):
    """What the liquidity agent reports of the scenarios.

    Attributes:
        loss: cost of liquidation by desk, at base prices; positive is a loss.
        stressed: what selling at the scenario's prices adds, by desk: the interaction with the market.
        funding: funding shortfall times its penalty rate, the same in every scenario.
    """

    loss: Float[Array, "scenarios desks"]
    stressed: Float[Array, "scenarios desks"]
    funding: Float[Array, ""]


class LiquidityTail(eqx.Module):
    """Tail-weighted liquidation cost of each position.

    Attributes:
        spread: half-spread.
        impact: market impact.
        stressed: interaction with the scenario's prices.
    """

    spread: Float[Array, "positions"]
    impact: Float[Array, "positions"]
    stressed: Float[Array, "positions"]


@program
def observe_liquidity(
    book: LiquidityBook, portfolio: Portfolio, market: MarketState, scenarios: ScenarioSet
) -> LiquidityObservation:
    """Cost of selling the fraction phi of each net quantity within the horizon, allocated `l_i = c(Q) q_i / Q`.

    Args:
        book: fraction, impact, funding.
        portfolio: the positions.
        market: the base state.
        scenarios: spreads, volatilities, volumes and prices of each scenario.

    Returns:
        Costs by desk.
    """
    holding = asset_holding(portfolio)
    num_assets = market.spot.shape[0]
    desk = jnp.concatenate([group.desk for group in portfolio.groups])
    by_desk = holding.by_desk(desk, portfolio.num_desks, num_assets)

    def observe(shock: MarketShock) -> tuple[Array, Array]:
        cost = _cost(book, portfolio, market, scenarios, shock)
        precision = jax.lax.Precision.HIGHEST
        at_base = jnp.matmul(by_desk, cost.spread + cost.impact, precision=precision)
        return at_base, jnp.matmul(by_desk, cost.stressed, precision=precision)

    loss, stressed = map_tiles(observe, scenarios.shock, tile=TILE)
    return LiquidityObservation(loss, stressed, funding_shortfall(book) * book.penalty_rate)


@program
def attribute_liquidity(
    book: LiquidityBook,
    portfolio: Portfolio,
    market: MarketState,
    scenarios: ScenarioSet,
    tail_weight: Float[Array, "scenarios"],
) -> LiquidityTail:
    """Tail-weighted liquidation cost of each position, over the tail scenarios only.

    Args:
        book: fraction, impact, funding.
        portfolio: the positions.
        market: the base state.
        scenarios: the scenarios.
        tail_weight: joint tail weights fixed by the consensus.

    Returns:
        Costs by position.
    """

    def weigh(part: MarketShock, t: Array) -> UnitCost:
        costs = jax.vmap(lambda shock: _cost(book, portfolio, market, scenarios, shock))(part)
        return jax.tree.map(lambda c: jnp.matmul(t, c, precision=jax.lax.Precision.HIGHEST), costs)

    total = sum_tail(weigh, scenarios.shock, tail_weight)
    holding = asset_holding(portfolio)
    own = jnp.maximum(holding.asset, 0)
    costs = jax.tree.map(lambda c: holding.units * c[own], total)
    return LiquidityTail(costs.spread, costs.impact, costs.stressed)


def _cost(
    book: LiquidityBook, portfolio: Portfolio, market: MarketState, scenarios: ScenarioSet, shock: MarketShock
) -> UnitCost:
    num_assets = market.spot.shape[0]
    net = asset_holding(portfolio).net(num_assets)
    price = market.spot * market.fx[book.currency]
    return unit_cost(book, net, price, market, shock, scenarios.horizon_days)
