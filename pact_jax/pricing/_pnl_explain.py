"""Why a value changed between two states of the world: a path integral that adds up, and the Taylor terms beside it."""

import enum

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import AbstractTerms, Accounting, Portfolio, PositionGroup
from pact_jax.market import FactorGroup, MarketState

from ._greeks_traits import ThetaEstimator, aged, theta_estimator
from ._value import held_quantity, unit_values


class PnlGroup(enum.Enum):
    """What a change of value is put down to."""

    SPOT = "spot"
    RATES = "rates"
    VOL = "vol"
    FX = "fx"
    SPREAD = "spread"
    FACTOR = "factor"
    DIVIDEND = "dividend"
    TIME = "time"


PNL_GROUPS: tuple[PnlGroup, ...] = tuple(PnlGroup)
"""Their order along the groups axis."""

_LEAVES: dict[PnlGroup, tuple[str, ...]] = {
    PnlGroup.SPOT: ("spot",),
    PnlGroup.RATES: ("zero_rate",),
    # A surface is its numbers and where they stand: both may have moved.
    PnlGroup.VOL: ("implied_vol", "vol_level", "vol_log_strike", "vol_expiry"),
    PnlGroup.FX: ("fx",),
    PnlGroup.SPREAD: ("hazard_rate",),
    PnlGroup.FACTOR: ("factor",),
    PnlGroup.DIVIDEND: ("dividend_yield",),
}
_DEPENDS = {
    PnlGroup.SPOT: FactorGroup.SPOT,
    PnlGroup.RATES: FactorGroup.RATES,
    PnlGroup.VOL: FactorGroup.VOL,
    PnlGroup.FX: FactorGroup.FX,
    PnlGroup.SPREAD: FactorGroup.SPREAD,
    PnlGroup.FACTOR: FactorGroup.FACTOR,
    PnlGroup.DIVIDEND: FactorGroup.SPOT,
}


class PnlParts(eqx.Module):
    """Change of value of each position, and what it is made of; reporting currency, positive is a gain.

    Attributes:
        pnl: value in the second state less value in the first.
        path: integral of the gradient along the straight path between the states, by group; what is missing to the P&L
            is the error of the quadrature.
        first: first-order terms at the start: the derivative along each group's whole move.
        second: second-order terms at the start: half the second derivative on the diagonal, the mixed one off it.
        by_leaf: the path integral of the book for each market number, in the shape of the market.
    """

    pnl: Float[Array, "positions"]
    path: Float[Array, "positions groups"]
    first: Float[Array, "positions groups"]
    second: Float[Array, "positions groups groups"]
    by_leaf: dict[str, Float[Array, "..."]]


@jax.jit
def explain_value_change(
    portfolio: Portfolio,
    start: MarketState,
    end: MarketState,
    years: Float[Array, ""],
    node: Float[Array, "nodes"],
    weight: Float[Array, "nodes"],
) -> PnlParts:
    r"""Profit and loss between two markets some time apart, explained by groups of factors.

    All market numbers and times move along one straight line, $x(s) = x_0 + s\,\Delta x$, and group g gets
    $\int_0^1 \nabla_g V(x(s)) \cdot \Delta x_g\,ds$: no order of groups is preferred, and the parts sum to the P&L up
    to the quadrature. Contracts age as theta does: a cash flow that falls within counts as cash at face value.

    Args:
        portfolio: the positions; accrual kinds have no market P&L.
        start: first market.
        end: second market, of the same axes and the same nodes in time.
        years: time that passes, not negative.
        node: quadrature nodes on [0, 1].
        weight: quadrature weights, which sum to 1.

    Returns:
        P&L and parts by position, and the path integral by market number.

    Example:
        >>> from pact_jax.instruments import Stock, position_group
        >>> from pact_jax.market import example_market
        >>> zero = jnp.zeros(1, int)
        >>> shares = position_group(Stock(zero, zero), jnp.full(1, 10.0))
        >>> book = Portfolio((shares,), num_desks=1, num_buckets=0)
        >>> half = jnp.asarray([0.5])
        >>> parts = explain_value_change(book, example_market(), example_market(110.0), jnp.zeros(()), half, 2.0 * half)
        >>> float(parts.pnl[0]), float(parts.path[0, 0])
        (100.0, 100.0)

    References:
        M. Sundararajan, A. Taly and Q. Yan, Axiomatic attribution for deep networks, ICML (2017), for the axioms that
        single out the path integral.
    """
    parts = [_explain_group(group, start, end, years, node, weight) for group in portfolio.groups]
    pnl, path, first, second = (jnp.concatenate(part) for part in zip(*parts, strict=True))
    return PnlParts(pnl, path, first, second, _by_leaf(portfolio, start, end, years, node, weight))


def untimed_kinds(portfolio: Portfolio) -> tuple[str, ...]:
    """Marked kinds whose times are not declared, so that passing time cannot be told from their terms."""
    return tuple(
        group.terms.kind
        for group in portfolio.groups
        if group.terms.accounting is Accounting.MARKED and theta_estimator(group.terms) is ThetaEstimator.UNKNOWN
    )


def _explain_group(
    group: PositionGroup,
    start: MarketState,
    end: MarketState,
    years: Float[Array, ""],
    node: Float[Array, "nodes"],
    weight: Float[Array, "nodes"],
) -> tuple[Array, ...]:
    terms, count = group.terms, len(PNL_GROUPS)
    live = [k for k, name in enumerate(PNL_GROUPS) if _matters(terms, name)]
    num_contracts = jax.eval_shape(lambda: unit_values(terms, start)).shape[0]
    if terms.accounting is Accounting.ACCRUAL or not live:
        unit = [
            jnp.zeros((num_contracts, *shape), start.spot.dtype) for shape in ((), (count,), (count,), (count,) * 2)
        ]
        return tuple(leaf[group.contract] for leaf in unit)

    def value(step: Float[Array, "groups"]) -> Float[Array, "contracts"]:
        moved = dict(zip((PNL_GROUPS[k] for k in live), step, strict=True))
        passed = aged(terms, years * moved[PnlGroup.TIME]) if PnlGroup.TIME in moved else terms
        return unit_values(passed, _between(start, end, moved))

    zero, one = jnp.zeros(len(live), start.spot.dtype), jnp.ones(len(live), start.spot.dtype)
    slope = jax.jacfwd(value)
    along = jnp.tensordot(weight, jax.lax.map(lambda s: slope(s * one), node), axes=1)
    first, curvature = slope(zero), jax.jacfwd(slope)(zero)
    # Half the second derivative on the diagonal; a pair off it is met once above and once below.
    second = jnp.triu(curvature, 1) + 0.5 * curvature * jnp.eye(len(live), dtype=curvature.dtype)[None]
    rows = jnp.asarray(live)
    every = jnp.zeros((num_contracts, count), along.dtype)
    unit = (
        value(one) - value(zero),
        every.at[:, rows].set(along),
        every.at[:, rows].set(first),
        jnp.zeros((num_contracts, count, count), along.dtype).at[:, rows[:, None], rows[None, :]].set(second),
    )
    unit = jax.lax.optimization_barrier(unit)
    quantity = held_quantity(group)
    return tuple(quantity.reshape(-1, *(1,) * (leaf.ndim - 1)) * leaf[group.contract] for leaf in unit)


def _by_leaf(
    portfolio: Portfolio,
    start: MarketState,
    end: MarketState,
    years: Float[Array, ""],
    node: Float[Array, "nodes"],
    weight: Float[Array, "nodes"],
) -> dict[str, Float[Array, "..."]]:
    """Path integral of the book's gradient for each market number, times its move."""
    names = [name for leaves in _LEAVES.values() for name in leaves]
    move = {name: getattr(end, name) - getattr(start, name) for name in names}
    marked = [group for group in portfolio.groups if group.terms.accounting is Accounting.MARKED]

    def value(leaves: dict[str, Array], passed: Float[Array, ""]) -> Float[Array, ""]:
        market = eqx.tree_at(lambda m: [getattr(m, name) for name in names], start, [leaves[name] for name in names])
        total = jnp.zeros((), start.spot.dtype)
        for group in marked:
            unit = unit_values(aged(group.terms, passed), market)
            total = total + jnp.sum(held_quantity(group) * unit[group.contract])
        return total

    def gradient(s: Float[Array, ""]) -> dict[str, Array]:
        return jax.grad(value)({name: getattr(start, name) + s * move[name] for name in names}, s * years)

    along = jax.lax.map(gradient, node)
    return {name: move[name] * jnp.tensordot(weight, along[name], axes=1) for name in names}


def _matters(terms: AbstractTerms, group: PnlGroup) -> bool:
    if group is PnlGroup.TIME:
        return theta_estimator(terms) is ThetaEstimator.REVALUATION
    return _DEPENDS[group] in terms.depends_on


def _between(start: MarketState, end: MarketState, step: dict[PnlGroup, Float[Array, ""]]) -> MarketState:
    moved = {
        name: getattr(start, name) + share * (getattr(end, name) - getattr(start, name))
        for group, share in step.items()
        for name in _LEAVES.get(group, ())
    }
    names = tuple(moved)
    return eqx.tree_at(lambda m: [getattr(m, n) for n in names], start, [moved[n] for n in names]) if names else start
