"""Full revaluation: every contract repriced in every scenario, reduced to desks at once."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Float, UInt32

from pact_jax._status import Status
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState, apply_shock
from pact_jax.pricing import present_value, state_values

from ._exposure import GroupExposure, group_exposure, marked_groups
from ._tile import TILE, map_tiles


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
    tile: int = TILE,
    mesh: Mesh | None = None,
) -> Revaluation:
    """Profit and loss of a portfolio in every scenario, by full revaluation of every distinct contract.

    `pnl[w, d] = sum_g E_g[d] . (s_g(shocked market) - s_g(base))`, with the states s of each group and the desks'
    exposures E. Memory is `tile x states`, whatever the number of scenarios.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: a shock whose leaves have a leading scenarios axis.
        tile: scenarios compiled as one block; part of bitwise reproducibility.
        mesh: devices to spread the scenarios over.

    Returns:
        Base values, P&L by desk and bucket, status a scenario. A NaN is carried and flagged, never dropped.

    Example:
        >>> from pact_jax.instruments import PositionGroup, Stock
        >>> from pact_jax.market import example_market
        >>> zero = jnp.zeros(1, int)
        >>> shares = PositionGroup(Stock(zero, zero), zero, jnp.full(1, 10.0), zero, None, jnp.ones(1, bool))
        >>> moves = MarketShock(spot=jnp.log(jnp.asarray([[1.1], [0.5]])))
        >>> result = revalue(Portfolio((shares,), num_desks=1, num_buckets=0), example_market(), moves)
        >>> [round(float(x), 3) for x in result.pnl[:, 0]]
        [100.0, -500.0]
    """
    groups = marked_groups(portfolio)
    exposures = [group_exposure(group, market, portfolio.num_desks, portfolio.num_buckets) for group in groups]
    dtype = market.spot.dtype

    def observe(one: MarketShock) -> tuple[Float[Array, "desks"], Float[Array, "buckets"], UInt32[Array, ""]]:
        shocked = apply_shock(market, one)
        pnl, bucket_pnl = jnp.zeros(portfolio.num_desks, dtype), jnp.zeros(portfolio.num_buckets, dtype)
        for group, exposure in zip(groups, exposures, strict=True):
            change = state_values(group.terms, shocked) - exposure.base
            pnl = pnl + _hold(exposure.by_desk, change)
            if exposure.by_bucket is not None:
                bucket_pnl = bucket_pnl + _hold(exposure.by_bucket, change)
        return pnl, bucket_pnl, _scenario_status(pnl, shocked)

    pnl, bucket_pnl, status = map_tiles(observe, shock, tile=tile, mesh=mesh)
    base_value = present_value(portfolio, market)
    status = status | jnp.where(jnp.all(jnp.isfinite(base_value)), 0, int(Status.NONFINITE_BASE)).astype(jnp.uint32)
    return Revaluation(base_value, pnl, _bucket_base(exposures, portfolio.num_buckets, dtype), bucket_pnl, status)


def _hold(exposure: Float[Array, "buckets states"], change: Float[Array, "states"]) -> Float[Array, "buckets"]:
    return jnp.matmul(exposure, change, precision=jax.lax.Precision.HIGHEST)


def _bucket_base(exposures: list[GroupExposure], num_buckets: int, dtype: jnp.dtype) -> Float[Array, "buckets"]:
    base = jnp.zeros(num_buckets, dtype)
    for exposure in exposures:
        if exposure.by_bucket is not None:
            base = base + _hold(exposure.by_bucket, exposure.base)
    return base


def _scenario_status(pnl: Float[Array, "desks"], shocked: MarketState) -> UInt32[Array, ""]:
    levels = (shocked.spot, shocked.fx, shocked.vol_level)
    finite = jnp.all(jnp.isfinite(pnl))
    finite_state = jnp.all(jnp.isfinite(shocked.zero_rate)) & jnp.all(jnp.isfinite(shocked.hazard_rate))
    positive = jnp.asarray(True)
    for level in levels:
        finite_state = finite_state & jnp.all(jnp.isfinite(level))
        positive = positive & jnp.all(level > 0.0)
    bits = (
        jnp.where(finite, 0, int(Status.NONFINITE_PNL))
        + jnp.where(finite_state, 0, int(Status.NONFINITE_STATE))
        + jnp.where(positive, 0, int(Status.NONPOSITIVE_LEVEL))
    )
    return bits.astype(jnp.uint32)
