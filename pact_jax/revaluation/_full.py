"""Full revaluation: every contract repriced in every scenario, reduced to desks at once."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Float, UInt32

from pact_jax._status import Status
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState

from ._change import hold_change
from ._exposure import sum_by_bucket, sum_by_desk
from ._portfolio_base import PortfolioBase, value_base
from ._tile import TILE, map_blocks


class Revaluation(eqx.Module):
    """What a revaluation keeps: no scenarios x positions array.

    Attributes:
        base_value: value of each position before the shock, reporting currency.
        pnl: profit and loss of the marked positions by desk.
        bucket_base: base value of each credit bucket.
        bucket_pnl: profit and loss by credit bucket.
        status: bits of `Status` for each scenario.
    """

    base_value: Float[Array, "positions"]
    pnl: Float[Array, "scenarios desks"]
    bucket_base: Float[Array, "buckets"]
    bucket_pnl: Float[Array, "scenarios buckets"]
    status: UInt32[Array, "scenarios"]


def revalue(
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
    *,
    base: PortfolioBase | None = None,
    tile: int = TILE,
    mesh: Mesh | None = None,
) -> Revaluation:
    """Profit and loss of a portfolio in every scenario, by full revaluation of every distinct contract.

    `pnl[w, d] = sum_g E_g[d] . (s_g(shocked market) - s_g(base))`, with the states s of each group and the desks'
    exposures E, held in books. Memory is `tile x states`, whatever the number of scenarios.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: a shock whose leaves have a leading scenarios axis.
        base: what `value_base` says of this portfolio and market. Given, no bit depends on the mesh; computed here
            under somebody's `jit`, its own last bit depends on what else is in the program.
        tile: scenarios compiled as one block; part of bitwise reproducibility.
        mesh: devices to spread the scenarios over.

    Returns:
        Base values, P&L by desk and bucket, status a scenario. A NaN is carried and flagged, never dropped.

    Example:
        >>> from pact_jax.instruments import Stock, position_group
        >>> from pact_jax.market import example_market
        >>> zero = jnp.zeros(1, int)
        >>> shares = position_group(Stock(zero, zero), jnp.full(1, 10.0))
        >>> moves = MarketShock(spot=jnp.log(jnp.asarray([[1.1], [0.5]])))
        >>> result = revalue(Portfolio((shares,), num_desks=1, num_buckets=0), example_market(), moves)
        >>> [round(float(x), 3) for x in result.pnl[:, 0]]
        [100.0, -500.0]
    """
    base = value_base(portfolio, market) if base is None else base
    pnl, bucket_pnl = map_blocks(
        lambda some: by_desk_and_bucket(portfolio, base, market, some), shock, tile=tile, mesh=mesh
    )
    status = _scenario_status(pnl, shock, base.value)
    return Revaluation(base.value, pnl, _bucket_base(base, portfolio), bucket_pnl, status)


def by_desk_and_bucket(
    portfolio: Portfolio, base: PortfolioBase, market: MarketState, shock: MarketShock
) -> tuple[Float[Array, "scenarios desks"], Float[Array, "scenarios buckets"]]:
    """Profit and loss of a block of scenarios, all of them at once.

    Args:
        portfolio: the positions.
        base: what `value_base` says of them.
        market: the base state.
        shock: a block of scenarios.

    Returns:
        By desk and by credit bucket.
    """
    count = jax.tree.leaves(shock)[0].shape[0]
    pnl = jnp.zeros((portfolio.num_desks, count), market.spot.dtype)
    bucket_pnl = jnp.zeros((portfolio.num_buckets, count), market.spot.dtype)
    for group, states, exposure in base.marked(portfolio):
        by_book = hold_change(group.terms, market, shock, states, exposure)
        pnl = pnl + sum_by_desk(group, by_book, portfolio.num_desks)
        bucket_pnl = bucket_pnl + sum_by_bucket(group, by_book, portfolio.num_buckets)
    return pnl.T, bucket_pnl.T


def _bucket_base(base: PortfolioBase, portfolio: Portfolio) -> Float[Array, "buckets"]:
    total = jnp.zeros(portfolio.num_buckets, base.value.dtype)
    for group, states, exposure in base.marked(portfolio):
        if group.book_bucket is not None:
            by_book = jnp.matmul(exposure, states, precision=jax.lax.Precision.HIGHEST)
            total = total + sum_by_bucket(group, by_book, portfolio.num_buckets)
    return total


def _scenario_status(
    pnl: Float[Array, "scenarios desks"], shock: MarketShock, base_value: Float[Array, "positions"]
) -> UInt32[Array, "scenarios"]:
    """Bits a scenario, from the shocks that went in and the P&L that came out."""
    finite = jnp.all(jnp.isfinite(pnl), axis=1)
    finite_shock = jnp.ones_like(finite)
    for leaf in jax.tree.leaves(shock):
        finite_shock = finite_shock & jnp.all(jnp.isfinite(leaf.reshape(leaf.shape[0], -1)), axis=1)
    finite_base = jnp.all(jnp.isfinite(base_value))
    bits = (
        jnp.where(finite, 0, int(Status.NONFINITE_PNL))
        + jnp.where(finite_shock, 0, int(Status.NONFINITE_STATE))
        + jnp.where(finite_base, 0, int(Status.NONFINITE_BASE))
    )
    return bits.astype(jnp.uint32)
