"""The second pass: what each position and each factor contributed in the tail scenarios, and only there."""

from collections.abc import Callable
from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import Portfolio, PositionGroup
from pact_jax.market import FactorGroup, MarketShock, MarketState
from pact_jax.measures import shapley_matrix
from pact_jax.pricing import contract_values, held_quantity, state_currency

from ._change import sum_change
from ._exposure import used_states, values_by_book
from ._portfolio_base import PortfolioBase, value_base
from ._tail_subsets import MovedFactors, SubsetMasks, moved_factors, places, subset_masks
from ._tile import TILE, sum_tail

FACTOR_GROUPS: tuple[FactorGroup, ...] = tuple(FactorGroup)
"""Order of the factor axis of an attribution."""

Out = TypeVar("Out")


class TailPnl(eqx.Module):
    """Tail-weighted P&L below the desk: sums over scenarios of `t(w) x P&L`, never a scenarios x positions array.

    Attributes:
        by_factor: tail-weighted P&L of each position by group of market factors (exact Shapley), in the order of
            `FACTOR_GROUPS`; rows sum to the position's tail-weighted P&L.
        in_bucket: for each position, the sum over scenarios of its bucket's weight x its P&L.
    """

    by_factor: Float[Array, "positions factors"]
    in_bucket: Float[Array, "positions"]


class SubsetSums(eqx.Module):
    """Tail-weighted sums of one group for each subset of what moves.

    Attributes:
        plain: weighted with t.
        converted: weighted with t and the growth of the state's own exchange rate; None where rates are priced.
        in_bucket: of each position, weighted with its bucket's weight; None where no position has one.
    """

    plain: Float[Array, "subsets states"]
    converted: Float[Array, "subsets states"] | None
    in_bucket: Float[Array, "subsets positions"] | None


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
    masks = subset_masks(portfolio, shock, market.spot.dtype)
    sums = weigh_subsets(portfolio, market, base, shock, tail_weight, bucket_weight, masks, tile=tile)
    return share_out(portfolio, base, shock, tail_weight, sums)


def weigh_subsets(
    portfolio: Portfolio,
    market: MarketState,
    base: PortfolioBase,
    shock: MarketShock,
    tail_weight: Float[Array, "scenarios"],
    bucket_weight: Float[Array, "scenarios buckets"],
    masks: tuple[SubsetMasks, ...],
    *,
    tile: int = TILE,
) -> tuple[SubsetSums, ...]:
    """Tail-weighted sums of every state for the subsets given, which are all of `subset_masks` or a run of them.

    Args:
        portfolio: the positions.
        market: the base state.
        base: what `value_base` says of them.
        shock: as for `attribute_tail`.
        tail_weight: as for `attribute_tail`.
        bucket_weight: as for `attribute_tail`.
        masks: the subsets.
        tile: scenarios compiled as one block.

    Returns:
        One item a group.
    """
    return tuple(
        _weigh_group(group, states, market, shock, tail_weight, bucket_weight, mask, tile)
        for group, states, mask in zip(portfolio.groups, base.states, masks, strict=True)
    )


def share_out(
    portfolio: Portfolio,
    base: PortfolioBase,
    shock: MarketShock,
    tail_weight: Float[Array, "scenarios"],
    sums: tuple[SubsetSums, ...],
) -> TailPnl:
    """Shapley values of every position from the sums of all subsets.

    Args:
        portfolio: the positions.
        base: what `value_base` says of them.
        shock: as for `attribute_tail`.
        tail_weight: as for `attribute_tail`.
        sums: what `weigh_subsets` says of all subsets.

    Returns:
        As `attribute_tail`.
    """
    grown = None if shock.fx is None else _matmul(tail_weight, _growth(shock.fx, tail_weight))
    by_factor, in_bucket = [], []
    for group, states, own in zip(portfolio.groups, base.states, sums, strict=True):
        by_factor.append(_share_group(group, states, moved_factors(group.terms, shock), grown, own))
        bucketed = jnp.zeros_like(held_quantity(group)) if own.in_bucket is None else jnp.sum(own.in_bucket, axis=0)
        in_bucket.append(bucketed)
    return TailPnl(jnp.concatenate(by_factor), jnp.concatenate(in_bucket))


def _weigh_group(
    group: PositionGroup,
    base: Float[Array, "states"],
    market: MarketState,
    shock: MarketShock,
    tail_weight: Float[Array, "scenarios"],
    bucket_weight: Float[Array, "scenarios buckets"],
    masks: SubsetMasks,
    tile: int,
) -> SubsetSums:
    moved = moved_factors(group.terms, shock)
    currency = state_currency(group.terms) if moved.priced != moved.every else None
    used = used_states(group, base.shape[0])

    def weigh(part: tuple[MarketShock, Array], t: Array) -> SubsetSums:
        some, inside = part[0], jnp.where(t[:, None] > 0.0, part[1], 0.0)
        rows = t[None, :]
        if currency is not None and some.fx is not None:
            rows = jnp.concatenate([rows, (t[:, None] * _growth(some.fx, t)).T])

        def split(mask: Float[Array, "factors"]) -> tuple[Array, Array]:
            sums = sum_change(group.terms, market, _kept(some, moved.priced, mask), base, rows, used)
            return sums[0], sums[0] if currency is None else _own_row(sums[1:], currency)

        def bucketed(mask: Float[Array, "factors"]) -> Float[Array, "positions"]:
            rows = _book_rows(group, inside)
            sums = sum_change(group.terms, market, _kept(some, moved.every, mask), base, rows, used)
            return _by_position(group, sums)

        none = jnp.zeros((masks.split.shape[0], *base.shape), base.dtype)
        plain, converted = _each(split, masks.split, (base, base)) if moved.priced else (none, none)
        in_bucket = None if masks.bucketed is None else _each(bucketed, masks.bucketed, held_quantity(group))
        return SubsetSums(plain, None if currency is None else converted, in_bucket)

    if not moved.every:
        count = masks.split.shape[0]
        bucket = None if masks.bucketed is None else jnp.zeros((count, *group.quantity.shape), base.dtype)
        return SubsetSums(jnp.zeros((count, *base.shape), base.dtype), None, bucket)
    return sum_tail(weigh, (shock, bucket_weight), tail_weight, tile=tile)


def _share_group(
    group: PositionGroup,
    base: Float[Array, "states"],
    moved: MovedFactors,
    grown: Float[Array, "currencies"] | None,
    sums: SubsetSums,
) -> Float[Array, "positions factors"]:
    quantity = held_quantity(group)
    split = jnp.zeros((quantity.shape[0], len(FACTOR_GROUPS)), base.dtype)
    if not moved.every:
        return split
    plain = _undealt(sums.plain, 2 ** len(moved.priced) - 1)
    values = [jnp.zeros_like(base), *plain]
    if sums.converted is not None:
        currency = state_currency(group.terms)
        assert grown is not None and currency is not None  # the rates move, and the kind says which one
        # Moved as well, the rate adds its growth on the changed state: on its change, and on the base.
        alone = base * grown[currency]
        grows = [alone, *(_undealt(sums.converted, len(plain)) + alone[None, :])]
        values += [value + more for value, more in zip(values, grows, strict=True)]
    order = moved.ordered
    subsets = jnp.stack(values)
    # Shapley is linear in the subset values, so it is taken once, after the tail-weighted sum.
    shares = _matmul(jnp.asarray(shapley_matrix(len(order)), base.dtype), subsets)
    to_contracts = jax.vmap(lambda states: contract_values(group.terms, states))
    columns = jnp.asarray([FACTOR_GROUPS.index(g) for g in order])
    return split.at[:, columns].set((to_contracts(shares)[:, group.contract] * quantity[None, :]).T)


def _book_rows(group: PositionGroup, weight: Float[Array, "scenarios buckets"]) -> Float[Array, "books scenarios"]:
    """The weights of the books' buckets; 0 for a book without one."""
    assert group.book_bucket is not None
    own = weight.T[jnp.maximum(group.book_bucket, 0)]
    return jnp.where(group.book_bucket[:, None] >= 0, own, 0.0)


def _by_position(group: PositionGroup, sums: Float[Array, "books states"]) -> Float[Array, "positions"]:
    assert group.book_bucket is not None
    held = values_by_book(group, sums)[group.book, group.contract] * held_quantity(group)
    return jnp.where(group.book_bucket[group.book] >= 0, held, 0.0)


def _kept(shock: MarketShock, groups: tuple[FactorGroup, ...], mask: Float[Array, "factors"]) -> MarketShock:
    # Scaling a shock by 0 is exactly the base, so that one compiled pricing serves all subsets.
    return shock.only(groups).scaled({g: mask[k] for k, g in enumerate(groups)})


def _each(function: Callable[[Float[Array, "factors"]], Out], masks: Float[Array, "subsets factors"], like: Out) -> Out:
    """A function of each subset; what is not priced, and costs nothing, is 0 of the given shapes."""
    nothing = jax.tree.map(jnp.zeros_like, like)
    return jax.lax.map(lambda mask: jax.lax.cond(jnp.any(mask > 0.0), function, lambda _: nothing, mask), masks)


def _own_row(sums: Float[Array, "currencies states"], currency: Int[Array, "states"]) -> Float[Array, "states"]:
    return jnp.take_along_axis(sums, currency[None, :], axis=0)[0]


def _growth(
    move: Float[Array, "scenarios currencies"], weight: Float[Array, "scenarios"]
) -> Float[Array, "scenarios currencies"]:
    """Relative growth of exchange rates; 0 outside the tail, where a rate may be anything."""
    return jnp.where(weight[:, None] > 0.0, jnp.expm1(move), 0.0)


def _undealt(sums: Float[Array, "subsets states"], count: int) -> Float[Array, "subsets states"]:
    return sums[places(count, sums.shape[0])]


def _matmul(left: Array, right: Array) -> Array:
    return jnp.matmul(left, right, precision=jax.lax.Precision.HIGHEST)
