"""Where a ladder is priced: ranges of the scenario set, principal components of the curves, nodes along both."""

import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax.market import MarketShock, MarketState

from ._chebyshev import chebyshev_nodes


class LadderNodes(NamedTuple):
    """How fine a ladder is; every number is a size of a compiled program.

    Attributes:
        spot: nodes in spot.
        vol: nodes in the level of the surface.
        rate_spot: nodes in spot of the terms that carry the curve.
        rate_vol: nodes in volatility of the terms that carry the curve.
        over_spot: nodes in spot of the slope in single tenors, for what the components leave over.
        over_vol: nodes in volatility of that slope.
        components: most principal components of a curve that are carried to second order; the rest is linear.
    """

    spot: int = 16
    vol: int = 6
    rate_spot: int = 7
    rate_vol: int = 3
    over_spot: int = 3
    over_vol: int = 2
    components: int = 3

    def fitted(self, shock: MarketShock) -> "LadderNodes":
        """One node along what the shock does not move."""
        tenors = 0 if shock.zero_rate is None else shock.zero_rate.shape[-1]
        still = shock.vol_level is None
        spot = (1, 1, 1) if shock.spot is None else (self.spot, self.rate_spot, self.over_spot)
        vol = (1, 1, 1) if still else (self.vol, self.rate_vol, self.over_vol)
        return LadderNodes(spot[0], vol[0], spot[1], vol[1], spot[2], vol[2], min(self.components, tenors))


class Range(NamedTuple):
    """Where the scenarios lie along one axis."""

    middle: Float[Array, "factors"]
    half: Float[Array, "factors"]

    def at(self, node: np.ndarray) -> Float[Array, "nodes factors"]:
        return self.middle[None] + jnp.asarray(node, self.middle.dtype)[:, None] * self.half[None]

    def scaled(self, move: Float[Array, "scenarios factors"]) -> Float[Array, "scenarios factors"]:
        return (move - self.middle[None]) / self.half[None]


class Curves(NamedTuple):
    """Principal components of each curve's moves in the scenarios."""

    direction: Float[Array, "curves components tenors"]
    half: Float[Array, "curves components"]
    residual: Float[Array, "curves tenors"]

    def split(
        self, move: Float[Array, "scenarios curves tenors"]
    ) -> tuple[Float[Array, "scenarios curves components"], Float[Array, "scenarios curves tenors"]]:
        """Scaled components of a move, and what they leave over."""
        along = jnp.einsum("sct,ckt->sck", move, self.direction, precision=jax.lax.Precision.HIGHEST)
        over = move - jnp.einsum("sck,ckt->sct", along, self.direction, precision=jax.lax.Precision.HIGHEST)
        return along / self.half[None], over


class Scales(NamedTuple):
    """The ranges of one scenario set.

    Attributes:
        spot: of each asset's log return.
        vol: of each surface's log move.
        curves: of each curve's components.
    """

    spot: Range
    vol: Range
    curves: Curves


def scales_of(shock: MarketShock, market: MarketState, nodes: LadderNodes) -> Scales:
    """Ranges and components of the moves of a scenario set.

    Args:
        shock: the scenarios.
        market: the base state.
        nodes: sizes, fitted to the shock.

    Returns:
        One range a factor.
    """
    return Scales(
        _range(shock.spot, market.spot),
        _range(shock.vol_level, market.vol_level),
        _components(shock.zero_rate, market.zero_rate, nodes.components),
    )


class NodeSet(NamedTuple):
    """All nodes of a ladder in units of the half ranges, and where each part of them lies.

    Attributes:
        spot: node of every spot.
        vol: node of every surface.
        along: node of every curve along its components.
        over: moves of single tenors beyond the components.
        coarse: for each combination of curve moves the indices of its grid.
        bumps: for up and down and for each tenor that is moved the indices of its grid.
    """

    spot: np.ndarray
    vol: np.ndarray
    along: np.ndarray
    over: np.ndarray
    coarse: np.ndarray
    bumps: np.ndarray

    @property
    def count(self) -> int:
        """Number of nodes."""
        return len(self.spot)


def node_set(nodes: LadderNodes, tenors: int) -> NodeSet:
    """Lays out the nodes: first the grid in spot and volatility at the base curves.

    Args:
        nodes: sizes, fitted to the shock.
        tenors: nodes of a curve.

    Returns:
        The nodes.
    """
    fine, small = _grid(nodes.spot, nodes.vol), _grid(nodes.rate_spot, nodes.rate_vol)
    moves = _curve_combinations(nodes.components) if nodes.components else np.zeros((0, 0))
    bumped = tenors if 0 < nodes.components < tenors else 0
    signs = np.concatenate([np.eye(tenors), -np.eye(tenors)])[: 2 * bumped]
    slope = _grid(nodes.over_spot, nodes.over_vol)
    grid = np.concatenate([fine, np.tile(small, (len(moves), 1)), np.tile(slope, (len(signs), 1))])
    along, over = np.zeros((len(grid), nodes.components)), np.zeros((len(grid), tenors))
    coarse = len(fine) + np.arange(len(moves) * len(small)).reshape(len(moves), len(small))
    first = len(fine) + coarse.size
    along[len(fine) : first] = np.repeat(moves, len(small), axis=0)
    over[first:] = np.repeat(signs, len(slope), axis=0)
    bumps = first + np.arange(2 * bumped * len(slope)).reshape(2, bumped, len(slope))
    return NodeSet(grid[:, 0], grid[:, 1], along, over, coarse, bumps)


def node_shock(shock: MarketShock, scales: Scales, at: NodeSet) -> MarketShock:
    """The nodes as scenarios: every asset, surface and curve at its own node at once.

    Args:
        shock: the scenarios; only which leaves they move counts.
        scales: their ranges.
        at: the nodes.

    Returns:
        A shock with one scenario a node.
    """
    curves = scales.curves
    step = curves.half[:, :, None] * curves.direction
    curve = jnp.einsum("nk,ckt->nct", jnp.asarray(at.along, step.dtype), step, precision=jax.lax.Precision.HIGHEST)
    curve = curve + jnp.asarray(at.over, step.dtype)[:, None] * curves.residual[None]
    return MarketShock(
        spot=None if shock.spot is None else scales.spot.at(at.spot),
        vol_level=None if shock.vol_level is None else scales.vol.at(at.vol),
        zero_rate=None if shock.zero_rate is None else curve,
        vol_dynamics=shock.vol_dynamics,
    )


def _grid(spots: int, vols: int) -> np.ndarray:
    return np.array(list(itertools.product(chebyshev_nodes(spots), chebyshev_nodes(vols))))


def _curve_combinations(count: int) -> np.ndarray:
    """Nothing, each component up, each down, each pair up: what a quadratic form is read from."""
    unit = np.eye(count)
    pairs = [unit[k] + unit[j] for k, j in itertools.combinations(range(count), 2)]
    return np.concatenate([np.zeros((1, count)), unit, -unit, np.array(pairs).reshape(-1, count)])


def _range(move: Float[Array, "scenarios factors"] | None, level: Float[Array, "factors"]) -> Range:
    if move is None:
        return Range(jnp.zeros_like(level), jnp.ones_like(level))
    low, high = jnp.min(move, axis=0), jnp.max(move, axis=0)
    # A factor that never moves still needs a scale to divide by.
    return Range(0.5 * (low + high), jnp.maximum(0.5 * (high - low), 1e-8))


def _components(
    move: Float[Array, "scenarios curves tenors"] | None, level: Float[Array, "curves tenors"], count: int
) -> Curves:
    if move is None:
        nothing = jnp.zeros((level.shape[0], 0, level.shape[1]), level.dtype)
        return Curves(nothing, nothing[:, :, 0], jnp.ones_like(level))
    second = jnp.einsum("sct,scu->ctu", move, move, precision=jax.lax.Precision.HIGHEST) / move.shape[0]
    _, vectors = jnp.linalg.eigh(second)
    direction = jnp.swapaxes(vectors, 1, 2)[:, ::-1][:, :count]
    curves = Curves(direction, jnp.ones(direction.shape[:2], move.dtype), jnp.ones_like(level))
    along, over = curves.split(move)
    half, residual = jnp.max(jnp.abs(along), axis=0), jnp.max(jnp.abs(over), axis=0)
    return Curves(direction, jnp.maximum(half, 1e-8), jnp.maximum(residual, 1e-6))
