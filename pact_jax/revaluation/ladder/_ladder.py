"""The ladder: positions of one underlying collapsed onto Chebyshev nodes in spot x volatility, curves to second order.

The value of everything that reads asset a, surface s and curve c is one smooth function of their moves,
`f(x, y, z) = sum_ij c_ij T_i(x) T_j(y) + sum_m w_m(z) sum_ij d_mij T_i(x) T_j(y)`, where x is the log return of the
spot, y the log move of the surface, z the curve's move along its principal components and w_m the monomials of degree
one and two in z. Its coefficients cost one pricing of each contract a node; a scenario then costs one polynomial an
underlying, however many positions there are. The ranges are those of the scenario set, so no scenario lies outside.
"""

import functools
import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState, scenario_markets
from pact_jax.pricing import scenario_pricer

from .._portfolio_base import PortfolioBase
from ._chebyshev import chebyshev_basis, chebyshev_transform
from ._nodes import Curves, LadderNodes, Scales, node_set, node_shock, scales_of
from ._plan import BLOCKS, ROWS, LadderPlan, LaidOut, lay_out


class Ladder(NamedTuple):
    """Coefficients of every ladder.

    Attributes:
        main: spot x volatility, by desk.
        rate: the same on the coarser grid, one for each monomial of the curve's components.
        over: slope in each tenor, on the coarsest grid; no tenors where the components span every curve.
        base: value of each ladder at the base market, by desk.
        scales: the ranges that the polynomials are scaled to.
    """

    main: Float[Array, "desks spots vols ladders"]
    rate: Float[Array, "desks monomials spots vols ladders"]
    over: Float[Array, "desks tenors spots vols ladders"]
    base: Float[Array, "desks ladders"]
    scales: Scales


def build_ladder(
    plan: LadderPlan,
    portfolio: Portfolio,
    base: PortfolioBase,
    market: MarketState,
    shock: MarketShock,
    nodes: LadderNodes,
) -> Ladder:
    """Prices every contract at the nodes, adds up by ladder and desk, and turns values into coefficients.

    Args:
        plan: which contracts are on which ladder.
        portfolio: the positions.
        base: the same at the base market.
        market: the base state.
        shock: the scenarios, which fix the ranges.
        nodes: sizes, fitted to the shock.

    Returns:
        The coefficients.
    """
    dtype, axes = market.spot.dtype, plan.axes
    assert axes is not None and axes.curve is not None  # as planned
    scales = scales_of(shock, market, nodes)
    at = node_set(nodes, market.zero_rate.shape[1])
    moved = node_shock(shock, scales, at)
    num_ladders = axes.asset.shape[0]
    laid = lay_out(plan, portfolio, base)
    value = _sum([_ladder_values(some, market, moved, at.count, num_ladders) for some in laid])
    value = jnp.moveaxis(value, 0, -1)
    fine = value[:, : nodes.spot * nodes.vol].reshape(-1, nodes.spot, nodes.vol, num_ladders)
    grid = value[:, at.coarse].reshape(value.shape[0], len(at.coarse), nodes.rate_spot, nodes.rate_vol, num_ladders)
    ends = value[:, at.bumps].reshape(
        value.shape[0], 2, at.bumps.shape[1], nodes.over_spot, nodes.over_vol, num_ladders
    )
    width = 2.0 * scales.curves.residual[axes.curve].T[: at.bumps.shape[1], None, None]
    slope = (ends[:, 0] - ends[:, 1]) / width[None]
    monomials = _monomials(grid, nodes.components)
    return Ladder(
        _transform(fine, nodes.spot, nodes.vol).astype(dtype),
        _transform(monomials, nodes.rate_spot, nodes.rate_vol).astype(dtype),
        _transform(slope, nodes.over_spot, nodes.over_vol).astype(dtype),
        _sum([_base_value(some, num_ladders) for some in laid]).T,
        scales,
    )


def ladder_pnl(plan: LadderPlan, ladder: Ladder, shock: MarketShock) -> Float[Array, "desks scenarios"]:
    """Evaluates the ladders in a block of scenarios.

    Args:
        plan: which contracts are on which ladder.
        ladder: their coefficients.
        shock: some of the scenarios that the ladder was built for.

    Returns:
        Profit and loss by desk.
    """
    axes = plan.axes
    assert axes is not None and axes.surface is not None and axes.curve is not None  # as planned
    num_scenarios = jax.tree.leaves(shock)[0].shape[0]
    still = jnp.zeros((axes.asset.shape[0], num_scenarios), ladder.base.dtype)
    x = still if shock.spot is None else ladder.scales.spot.scaled(shock.spot).T[axes.asset]
    y = still if shock.vol_level is None else ladder.scales.vol.scaled(shock.vol_level).T[axes.surface]
    along, over = _curve_moves(ladder.scales.curves, shock.zero_rate, axes.curve)
    growth = still if shock.fx is None else jnp.expm1(shock.fx).T[axes.currency]
    sizes = (ladder.main.shape[1:3], ladder.rate.shape[2:4], ladder.over.shape[2:4])
    (main_spots, main_vols), (_, rate_vols), (_, over_vols) = sizes
    bent_spots = max(sizes[1][0], sizes[2][0])
    spots = jnp.stack(chebyshev_basis(x, max(main_spots, bent_spots)), axis=1)
    vols = jnp.stack(chebyshev_basis(y, max(main_vols, rate_vols, over_vols)), axis=1)
    # What stands beside a polynomial in spot: volatility alone, and each move of the curve times volatility.
    tilts = _products(_weights(along), vols[:, :rate_vols])
    if over is not None and ladder.over.shape[1]:
        tilts = jnp.concatenate([tilts, _products(over, vols[:, :over_vols])], axis=1)

    def one_desk(part: tuple) -> Float[Array, "scenarios"]:
        # Desks are a capacity: most of them hold nothing on ladders.
        return jax.lax.cond(jnp.any(part[0] != 0.0), held_desk, lambda _: still[0], part)

    def held_desk(part: tuple) -> Float[Array, "scenarios"]:
        flat, tilted, base = part
        total = jnp.sum(spots[:, :main_spots] * _matmul(flat, vols[:, :main_vols]), axis=1)
        if tilted.shape[2]:
            total = total + jnp.sum(spots[:, :bent_spots] * _matmul(tilted, tilts), axis=1)
        change = total + growth * (base[:, None] + total)
        return _matmul(jnp.ones((1, change.shape[0]), change.dtype), change)[0]

    tilted = jnp.concatenate([_by_ladder(part, bent_spots) for part in (ladder.rate, ladder.over)], axis=3)
    return jax.lax.map(one_desk, (jnp.moveaxis(ladder.main, 3, 1), tilted, ladder.base))


def _products(
    weight: Float[Array, "monomials ladders scenarios"], vols: Float[Array, "ladders vols scenarios"]
) -> Float[Array, "ladders tilts scenarios"]:
    """Each weight (of a monomial or a tenor) times each polynomial in volatility, weights outermost."""
    every = jnp.moveaxis(weight, 0, 1)[:, :, None] * vols[:, None]
    return every.reshape(every.shape[0], every.shape[1] * every.shape[2], every.shape[3])


def _by_ladder(
    coefficient: Float[Array, "desks monomials spots vols ladders"], spots: int
) -> Float[Array, "desks ladders spots tilts"]:
    """Coefficients in the order of `_products`, filled up with zeros to a number of polynomials in spot."""
    desks, moves, own, vols, ladders = coefficient.shape
    laid = jnp.transpose(coefficient, (0, 4, 2, 1, 3)).reshape(desks, ladders, own, moves * vols)
    return jnp.pad(laid, ((0, 0), (0, 0), (0, spots - own), (0, 0)))


def _monomials(grid: Float[Array, "..."], count: int) -> Float[Array, "..."]:
    """From values at the combinations of curve moves to factors of z_k, z_k^2 and z_k z_l."""
    if not count:
        return grid
    base, up, down = grid[:, :1], grid[:, 1 : 1 + count], grid[:, 1 + count : 1 + 2 * count]
    crossed = grid[:, 1 + 2 * count :]
    mixed = [
        crossed[:, m] - up[:, k] - up[:, j] + base[:, 0]
        for m, (k, j) in enumerate(itertools.combinations(range(count), 2))
    ]
    cross = jnp.stack(mixed, axis=1) if mixed else crossed
    return jnp.concatenate([0.5 * (up - down), 0.5 * (up + down) - base, cross], axis=1)


def _weights(along: Float[Array, "components ladders scenarios"]) -> Float[Array, "monomials ladders scenarios"]:
    """The monomials in the order of `_monomials`."""
    pairs = itertools.combinations(range(along.shape[0]), 2)
    return jnp.concatenate([along, along * along, *((along[k] * along[j])[None] for k, j in pairs)])


def _curve_moves(
    curves: Curves, move: Float[Array, "scenarios curves tenors"] | None, curve: Int[Array, "ladders"]
) -> tuple[Float[Array, "components ladders scenarios"], Float[Array, "tenors ladders scenarios"] | None]:
    if move is None:
        return jnp.zeros((0, 1, 1), curves.half.dtype), None
    along, over = (jnp.moveaxis(part[:, curve], (2, 1, 0), (0, 1, 2)) for part in curves.split(move))
    return along, over


def _transform(value: Float[Array, "..."], spots: int, vols: int) -> Float[Array, "..."]:
    left, right = (jnp.asarray(chebyshev_transform(n), value.dtype) for n in (spots, vols))
    return jnp.einsum("ip,...pql,jq->...ijl", left, value, right, precision=jax.lax.Precision.HIGHEST)


def _ladder_values(
    some: LaidOut, market: MarketState, nodes: MarketShock, num_nodes: int, num_ladders: int
) -> Float[Array, "ladders desks nodes"]:
    """Change of value of each ladder from the base to each node."""
    pricer = scenario_pricer(some.terms, scenario_markets(market, nodes))
    assert pricer is not None  # kinds with ladder axes have one
    num_desks = some.held.shape[0]

    def cut(leaf: Array) -> Array:
        return leaf.reshape(-1, BLOCKS * ROWS, *leaf.shape[1:])

    held = jnp.moveaxis(some.held.reshape(num_desks, -1, BLOCKS, ROWS), 0, 2)

    def total(part: tuple) -> Float[Array, "blocks desks nodes"]:
        rows, base, own = part
        change = jnp.broadcast_to(pricer.price(rows) - base[:, None], (BLOCKS * ROWS, num_nodes))
        change = change.reshape(BLOCKS, ROWS, num_nodes)
        return jnp.einsum("bdr,brn->bdn", own, change, precision=jax.lax.Precision.HIGHEST)

    sums = jax.lax.map(total, (*jax.tree.map(cut, (pricer.rows, some.base)), held))
    sums = sums.reshape(-1, num_desks, num_nodes)
    return jax.ops.segment_sum(sums, some.block_ladder, num_ladders, indices_are_sorted=True)


def _base_value(some: LaidOut, num_ladders: int) -> Float[Array, "ladders desks"]:
    by_block = jnp.sum((some.held * some.base[None, :]).reshape(some.held.shape[0], -1, ROWS), axis=2)
    return jax.ops.segment_sum(by_block.T, some.block_ladder, num_ladders, indices_are_sorted=True)


def _matmul(left: Array, right: Array) -> Array:
    return jnp.matmul(left, right, precision=jax.lax.Precision.HIGHEST)


def _sum(parts: list[Array]) -> Array:
    return functools.reduce(jnp.add, parts)
