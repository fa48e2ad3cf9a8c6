"""Importance sampling of Gaussian moves by the delta-gamma loss, with strata along it."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from pact_jax.errors import ArgumentError, PrecisionError
from pact_jax.sampling import Stream, counter_normals
from pact_jax.scenarios import Sampling, ScenarioPlan, ScenarioSet, assemble, check_randomisations

from ._quadratic import cumulants
from ._quadratic_tail import exceedance
from ._twist import TwistedLoss, quadratic_loss, twist_loss

_SHARE_ORIGINAL = 0.125
_MOST_STRATA = 256
_PILOT = 64
"""Draws a stratum that the boundaries are read off."""
_CERTAIN = 1e-8
_TILE = 1_024
_MOST_ROUNDS = 6


class _Shape(NamedTuple):
    """How one randomisation is made up: scenarios of the original law, and draws of each cell of the twisted one."""

    runs: int
    original: int
    cells: int
    draws: int

    @property
    def twisted(self) -> int:
        return self.cells * self.draws


class _Strata(NamedTuple):
    """Strata of Q: boundaries between them, exact probabilities under the twisted law, and how many cells each has."""

    bounds: Float[np.ndarray, "_"]
    share: Float[np.ndarray, "_"]
    cells: Int[np.ndarray, "_"]


def importance_scenarios(
    delta: Float[Array, "factors"],
    gamma: Float[Array, "factors factors"],
    covariance: Float[Array, "factors factors"],
    plan: ScenarioPlan,
    *,
    level: float,
    num_scenarios: int,
    num_randomisations: int,
    stratified: bool = True,
) -> ScenarioSet:
    r"""Gaussian moves among which losses beyond a far quantile are usual, with the weights that make up for it.

    The book's delta-gamma loss Q is a quadratic form of Gaussian moves. One scenario in eight comes from their own law,
    the others from the law twisted by $e^{\theta Q - \psi(\theta)}$, whose mean of Q is the value at risk of Q at the
    level; strata of Q, of about equal probability under the twisted law, are each drawn from equally often. A scenario
    weighs $1 / (n_0 + n_1 e^{\theta Q - \psi})$, times the probability of its stratum over the share of draws from it.

    Whatever the book, every weighted mean is unbiased: Q decides only how small the error is. The scenarios of the
    original law keep weights below about 8/n, so that where Q says nothing about the loss the variance is at most about
    eight times that of plain Monte Carlo. Market moves alone are twisted: defaults, drawn given the drivers, keep their
    conditional law, and the weight is the whole likelihood ratio. The sum of the weights is 1 in expectation.

    Args:
        delta: first derivatives of the book's value with respect to the moves.
        gamma: second derivatives, symmetric.
        covariance: of the moves over the whole horizon, mean 0; positive semi-definite.
        plan: layout, market, drivers, horizon and seed.
        level: confidence level that is aimed at, 0.9 to below 1.
        num_scenarios: n in all.
        num_randomisations: R, at least 2, with at least 8 scenarios each: errors come from the spread over them.
        stratified: whether to stratify along Q.

    Returns:
        Weighted scenarios, sampling RANDOMISED.

    Raises:
        ArgumentError: derivatives that are not finite, a loss that no factor moves, or an argument outside its range.
        PrecisionError: float32, in which the probabilities of the strata cannot be had.

    References:
        P. Glasserman, P. Heidelberger and P. Shahabuddin, Variance reduction techniques for estimating value-at-risk,
        Management Science 46 (2000). T. Hesterberg, Weighted average importance sampling and defensive mixture
        distributions, Technometrics 37 (1995). E. Veach and L. Guibas, Optimally combining sampling techniques (1995).
    """
    shape = _shape(num_scenarios, num_randomisations, stratified)
    twisted = _design(delta, gamma, covariance, level)
    strata = _strata(twisted, plan, shape.cells)
    chosen = _fill(twisted, plan, strata, shape)
    share = np.repeat(strata.share * shape.cells / strata.cells, strata.cells * shape.draws)
    return _weighted(twisted, covariance, plan, jnp.asarray(chosen), jnp.asarray(share), shape=shape)


def _shape(num_scenarios: int, num_randomisations: int, stratified: bool) -> _Shape:
    each = check_randomisations(num_scenarios, num_randomisations)
    if each < 8:
        raise ArgumentError(
            f"{each} scenarios in each of {num_randomisations} randomisations",
            where="importance_scenarios",
            mend="use at least 8 in each",
        )
    twisted = int((1.0 - _SHARE_ORIGINAL) * each)
    draws = -(-twisted // _MOST_STRATA) if stratified else twisted
    cells = twisted // draws
    return _Shape(num_randomisations, each - cells * draws, cells, draws)


def _design(
    delta: Float[Array, "factors"],
    gamma: Float[Array, "factors factors"],
    covariance: Float[Array, "factors factors"],
    level: float,
) -> TwistedLoss:
    if not 0.9 <= level < 1.0:
        raise ArgumentError(
            f"{level!r} is no level of a far tail", where="importance_scenarios", mend="give 0.9 to below 1"
        )
    if delta.dtype != jnp.float64:
        raise PrecisionError(
            f"{delta.dtype} does not hold the probabilities of the strata",
            where="importance_scenarios",
            mend="run in float64, or draw plain or quasi-Monte Carlo scenarios",
        )
    if not all(bool(jnp.all(jnp.isfinite(part))) for part in (delta, gamma, covariance)):
        raise ArgumentError(
            "a derivative of the book or a covariance is not finite",
            where="importance_scenarios",
            mend="look for a position without a Greek in `greeks`, or draw with MonteCarlo()",
        )
    twisted = twist_loss(delta, gamma, covariance, level)
    spread = float(cumulants(twisted.law).standard_deviation)
    if not spread > 0.0:
        raise ArgumentError(
            "no factor moves the book's loss to first or second order",
            where="importance_scenarios",
            mend="there is nothing to aim at: draw with MonteCarlo()",
        )
    if not bool(jnp.isfinite(twisted.threshold) & jnp.isfinite(twisted.twist)):
        raise ArgumentError(
            f"the delta-gamma loss has no value at risk at {level!r}",
            where="importance_scenarios",
            mend="draw with MonteCarlo() or QuasiMonteCarlo()",
        )
    return twisted


def _strata(twisted: TwistedLoss, plan: ScenarioPlan, cells: int) -> _Strata:
    """Strata of about equal probability, read off a pilot sample, with exact probabilities.

    A boundary may lie anywhere, so one whose probability is not certain is left out, and the cells beside it are one.
    """
    if cells == 1:
        return _Strata(np.empty(0), np.ones(1), np.ones(1, int))
    pilot = np.sort(np.asarray(_candidate_loss(twisted, plan, stream=Stream.PILOT, count=_PILOT * cells)))
    number = np.arange(1, cells)
    bounds = pilot[_PILOT * number]
    beyond, error = (np.asarray(part) for part in _exceedance(twisted, jnp.asarray(bounds)))
    certain = np.flatnonzero((error < _CERTAIN) & (beyond > _CERTAIN) & (beyond < 1.0 - _CERTAIN))
    # Only falling probabilities: a draw that the pilot holds twice bounds nothing.
    falling = np.concatenate([[True], np.diff(beyond[certain]) < 0.0])[: len(certain)]
    kept = certain[falling]
    share = -np.diff(np.concatenate([[1.0], beyond[kept], [0.0]]))
    return _Strata(bounds[kept], share, np.diff(np.concatenate([[0], number[kept], [cells]])))


def _fill(twisted: TwistedLoss, plan: ScenarioPlan, strata: _Strata, shape: _Shape) -> UInt32[np.ndarray, "_ _"]:
    """Counters of the draws, randomisation by randomisation and stratum by stratum: the first that fall into each.

    Candidates are independent, so those that fall into a stratum are independent draws of the law within it, however
    many had to be looked at.
    """
    needed = shape.runs * shape.draws * strata.cells
    if len(needed) == 1:
        return np.arange(needed[0], dtype=np.uint32).reshape(shape.runs, shape.twisted)
    # Three times what is kept fills the least lucky stratum nearly always.
    count = -(-3 * shape.runs * shape.twisted // _TILE) * _TILE
    for _ in range(_MOST_ROUNDS):
        loss = np.asarray(_candidate_loss(twisted, plan, stream=Stream.TWISTED, count=count))
        stratum = np.searchsorted(strata.bounds, loss)
        held = np.bincount(stratum, minlength=len(needed))
        if (held >= needed).all():
            order = np.argsort(stratum, kind="stable").astype(np.uint32)
            first = np.cumsum(held) - held
            parts = [order[at : at + num].reshape(shape.runs, -1) for at, num in zip(first, needed, strict=True)]
            return np.concatenate(parts, axis=1)
        count *= 2
    raise ArgumentError(
        "a stratum of the delta-gamma loss is not reached", where="importance_scenarios", mend="use stratified=False"
    )


@partial(jax.jit, static_argnames=("stream", "count"))
def _candidate_loss(twisted: TwistedLoss, plan: ScenarioPlan, *, stream: Stream, count: int) -> Float[Array, "_"]:
    """Delta-gamma loss of draws 0, 1, ... of the twisted law, some at a time: their normals are not kept."""
    law, size = twisted.twisted_law, twisted.moves.shape[0]

    def some(start: UInt32[Array, ""]) -> Float[Array, "_"]:
        index = start * jnp.uint32(tile) + jnp.arange(tile, dtype=jnp.uint32)
        return quadratic_loss(law, counter_normals(plan.seed, stream, index, size, dtype=twisted.moves.dtype))

    tile = min(_TILE, count)
    blocks = jax.lax.map(some, jnp.arange(-(-count // tile), dtype=jnp.uint32))
    return blocks.reshape(-1)[:count]


@jax.jit
def _exceedance(twisted: TwistedLoss, bounds: Float[Array, "_"]) -> tuple[Float[Array, "_"], Float[Array, "_"]]:
    return exceedance(twisted.twisted_law, bounds)


@partial(jax.jit, static_argnames="shape")
def _weighted(
    twisted: TwistedLoss,
    covariance: Float[Array, "factors factors"],
    plan: ScenarioPlan,
    chosen: UInt32[Array, "_ _"],
    share: Float[Array, "_"],
    *,
    shape: _Shape,
) -> ScenarioSet:
    size, dtype = covariance.shape[0], covariance.dtype
    index = jnp.arange(shape.runs * shape.original, dtype=jnp.uint32)
    original = counter_normals(plan.seed, Stream.MARKET, index, size, dtype=dtype)
    drawn = counter_normals(plan.seed, Stream.TWISTED, chosen.reshape(-1), size, dtype=dtype)
    aimed = twisted.mean[None, :] + jnp.sqrt(twisted.variance)[None, :] * drawn
    normals = jnp.concatenate([part.reshape(shape.runs, -1, size) for part in (original, aimed)], axis=1).reshape(
        -1, size
    )
    # The balance heuristic: over the mixture's density, so bounded by that of the original law's part alone.
    ratio = twisted.density_ratio(twisted.loss(normals))
    weight = 1.0 / (shape.runs * (shape.original + shape.twisted * ratio))
    once = jnp.concatenate([jnp.ones(shape.original, dtype), share])
    moves = jnp.matmul(normals, twisted.moves, precision=jax.lax.Precision.HIGHEST)
    return assemble(
        moves,
        plan,
        Sampling.RANDOMISED,
        weight=weight * jnp.tile(once, shape.runs),
        deviation=jnp.sqrt(jnp.diagonal(covariance)),
        num_randomisations=shape.runs,
    )
