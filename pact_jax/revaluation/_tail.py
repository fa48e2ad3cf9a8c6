"""The second pass: what each position and each factor contributed in the tail scenarios, and only there."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import Accounting, Portfolio, PositionGroup
from pact_jax.market import FactorGroup, MarketShock, MarketState
from pact_jax.measures import shapley_matrix
from pact_jax.pricing import contract_values, held_quantity

from ._change import sum_change
from ._portfolio_base import PortfolioBase, value_base
from ._tile import TILE, sum_tail

FACTOR_GROUPS: tuple[FactorGroup, ...] = tuple(FactorGroup)
"""Order of the factor axis of an attribution."""


class TailPnl(eqx.Module):
    """Tail-weighted P&L below the desk: sums over scenarios of `t(w) x P&L`, never a scenarios x positions array.

    Attributes:
        by_factor: tail-weighted P&L of each position by group of market factors (exact Shapley), in the order of
            `FACTOR_GROUPS`; rows sum to the position's tail-weighted P&L.
        in_bucket: for each position, the sum over scenarios of its bucket's weight x its P&L.
    """

    by_factor: Float[Array, "positions factors"]
    in_bucket: Float[Array, "positions"]


def attribute_tail(
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
    tail_weight: Float[Array, "scenarios"],
    bucket_weight: Float[Array, "scenarios buckets"],
    *,
    base: PortfolioBase | None = None,
    tile: int = TILE,
) -> TailPnl:
    """Tail-weighted P&L of each position by factor, streamed over the compacted tail scenarios.

    The split over groups of factors is the exact Shapley value of the scenario's P&L over the groups that the kind
    depends on and that the scenario moves; every other group gets exactly 0.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: a shock whose leaves have a leading scenarios axis.
        tail_weight: t(w), zero outside the tail.
        bucket_weight: weight of each credit bucket's positions in each scenario; used inside the tail only.
        base: what `value_base` says of this portfolio and market, where it is already known.
        tile: scenarios compiled as one block.

    Returns:
        Tail-weighted sums; the number of tail tiles is data, so no recompile when the level changes.

    References:
        L. S. Shapley, A value for n-person games (1953).
    """
    base = value_base(portfolio, market) if base is None else base
    by_factor, in_bucket = [], []
    for group, states in zip(portfolio.groups, base.states, strict=True):
        if group.terms.accounting is Accounting.ACCRUAL:
            num = group.quantity.shape[0]
            by_factor.append(jnp.zeros((num, len(FACTOR_GROUPS)), tail_weight.dtype))
            in_bucket.append(jnp.zeros(num, tail_weight.dtype))
            continue
        split, bucketed = _group_tail(group, states, market, shock, tail_weight, bucket_weight, tile)
        by_factor.append(split)
        in_bucket.append(bucketed)
    return TailPnl(jnp.concatenate(by_factor), jnp.concatenate(in_bucket))


def _group_tail(
    group: PositionGroup,
    base: Float[Array, "states"],
    market: MarketState,
    shock: MarketShock,
    tail_weight: Float[Array, "scenarios"],
    bucket_weight: Float[Array, "scenarios buckets"],
    tile: int,
) -> tuple[Float[Array, "positions factors"], Float[Array, "positions"]]:
    moved = tuple(g for g in group.terms.depends_on if _moves(shock, g))
    precision = jax.lax.Precision.HIGHEST

    quantity = held_quantity(group)
    split = jnp.zeros((quantity.shape[0], len(FACTOR_GROUPS)), base.dtype)
    if not moved:
        return split, jnp.zeros_like(quantity)

    # One row a subset, one column a group: 1 where the group moves. Scaling a shock by 0 is exactly the base, so one
    # compiled pricing serves all subsets, and the first, in which nothing moves, is not priced at all.
    masks = jnp.asarray(
        [[subset >> k & 1 for k in range(len(moved))] for subset in range(1, 2 ** len(moved))], base.dtype
    )

    def weigh(part: tuple[MarketShock, Array], t: Array) -> Array:
        # The buckets' weights ride along with the tail weight: one more row each in the same product.
        inside = jnp.where(t[:, None] > 0.0, part[1], 0.0)
        rows = t[None, :] if group.bucket is None else jnp.concatenate([t[None, :], inside.T])

        def total(mask: Float[Array, "factors"]) -> Float[Array, "buckets states"]:
            kept = part[0].only(moved).scaled({g: mask[k] for k, g in enumerate(moved)})
            return sum_change(group.terms, market, kept, base, rows)

        return jax.lax.map(total, masks)

    weighted = sum_tail(weigh, (shock, bucket_weight), tail_weight, tile=tile)
    subsets, bucketed = jnp.pad(weighted[:, 0], ((1, 0), (0, 0))), weighted[-1, 1:]
    # Shapley is linear in the subset values, so it is taken once, after the tail-weighted sum.
    shares = jnp.matmul(jnp.asarray(shapley_matrix(len(moved)), base.dtype), subsets, precision=precision)
    to_contracts = jax.vmap(lambda states: contract_values(group.terms, states))
    columns = jnp.asarray([FACTOR_GROUPS.index(g) for g in moved])
    split = split.at[:, columns].set((to_contracts(shares)[:, group.contract] * quantity[None, :]).T)
    if group.bucket is None:
        return split, jnp.zeros_like(quantity)
    own = to_contracts(bucketed)[jnp.maximum(group.bucket, 0), group.contract] * quantity
    return split, jnp.where(group.bucket >= 0, own, 0.0)


def _moves(shock: MarketShock, group: FactorGroup) -> bool:
    return bool(jax.tree.leaves(shock.only([group])))
