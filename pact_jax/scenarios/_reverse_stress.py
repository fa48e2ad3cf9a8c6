"""Reverse stress: the most plausible shocks that lose a given amount."""

from collections.abc import Callable
from functools import partial
from typing import cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, UInt32

from pact_jax.errors import ArgumentError
from pact_jax.sampling import Stream, counter_normals

from ._moves import symmetric_root

Loss = Callable[[Float[Array, "factors"]], Float[Array, ""]]

_MAX_STEPS = 300
_STATIONARY = 1e-6
_FEASIBLE = 1e-9
_ARMIJO = 1e-4
_SHORTEST = 1e-9
_SAME = 1e-3
_NEAREST_START, _FARTHEST_START = 0.5, 10.0
_HIGHEST = jax.lax.Precision.HIGHEST


class ReverseStress(eqx.Module):
    """Distinct shocks that lose the amount asked for, the most plausible first.

    Attributes:
        shock: of each factor.
        distance: Mahalanobis distance from no shock, in standard deviations.
        loss: at the shock; the amount asked for to 1e-6 of it, usually to 1e-9.
        kkt_residual: `|y - lambda grad|/|y|` in standardised coordinates y: 0 where no shock nearby is as plausible and
            loses as much.
        multiplier: lambda: growth of half the squared distance for each unit of further loss.
        steps: evaluations of loss and gradient.
    """

    shock: Float[Array, "scenarios factors"]
    distance: Float[Array, "scenarios"]
    loss: Float[Array, "scenarios"]
    kkt_residual: Float[Array, "scenarios"]
    multiplier: Float[Array, "scenarios"]
    steps: Int[Array, "scenarios"]


class _Search(eqx.Module):
    """One start: the point held, what is known there, and the step to try from it."""

    point: Float[Array, "factors"]
    loss: Float[Array, ""]
    gradient: Float[Array, "factors"]
    inverse: Float[Array, "factors factors"]
    direction: Float[Array, "factors"]
    length: Float[Array, ""]
    multiplier: Float[Array, ""]
    penalty: Float[Array, ""]
    calm: Float[Array, ""]
    stuck: Bool[Array, ""]
    steps: Int[Array, ""]


def reverse_stress(
    loss: Loss,
    covariance: Float[Array, "factors factors"],
    target: float,
    *,
    num_starts: int = 8,
    seed: int = 0,
) -> ReverseStress:
    r"""Shocks of least Mahalanobis distance with a given loss: $\min x' \Sigma^{-1} x$ subject to $\ell(x) = L$.

    Sequential quadratic programming in standardised coordinates, from the gradient at no shock, its opposite and
    random directions; what different starts find is kept where it differs. Local solutions are what is found: that
    none is more plausible is not proven. Where the covariance is singular only shocks within its range are looked at.

    Args:
        loss: loss of one shock, reporting currency; traced by JAX, differentiable almost everywhere. As a pytree (an
            `eqx.Module` with `__call__`, a `jax.tree_util.Partial`) its arrays are inputs: new values compile nothing.
        covariance: of the factors over the horizon of the shock.
        target: L, reporting currency; above the loss of no shock.
        num_starts: starting points; at least 1.
        seed: seed of the random directions.

    Returns:
        Distinct solutions, nearest first.

    Raises:
        ArgumentError: the target is not above the loss of no shock, or no start reached it.

    Example:
        >>> found = reverse_stress(lambda x: x[0] + x[1], jnp.eye(2), 2.0, num_starts=2)
        >>> round(float(found.distance[0]), 4)
        1.4142

    References:
        P. Glasserman, C. Kang and W. Kang, Stress scenario selection by empirical likelihood, Quantitative Finance 15
        (2015). R. Rackwitz and B. Fiessler, Structural reliability under combined random load sequences, Computers
        and Structures 9 (1978). J. Nocedal and S. Wright, Numerical Optimization, 2nd ed. (2006), chapter 18.
    """
    if num_starts < 1:
        raise ArgumentError(f"num_starts is {num_starts}", where="reverse_stress", mend="use at least 1")
    amount = jnp.asarray(target, covariance.dtype)
    found, calm = _solve(as_input(loss), covariance, amount, jnp.asarray(seed), num_starts=num_starts)
    if not float(calm) < target:
        raise ArgumentError(
            f"the loss without a shock is {float(calm):g}, not below {target:g}",
            where="reverse_stress",
            mend="ask for a loss that only a shock makes",
        )
    eps = float(jnp.finfo(covariance.dtype).eps)
    reached = np.abs(np.asarray(found.loss) - target) <= max(1e-6, 100.0 * eps) * abs(target)
    settled = np.asarray(found.kkt_residual) <= max(100.0 * _STATIONARY, 1e3 * eps)
    if not (reached & settled).any():
        best = np.asarray(found.loss)[np.argmin(np.abs(np.asarray(found.loss) - target))]
        raise ArgumentError(
            f"no shock that loses {target:g} was found from {num_starts} starts; the nearest loss was {best:g}",
            where="reverse_stress",
            mend="the book may not be able to lose as much: ask for less, or try more starts",
        )
    return jax.tree.map(lambda leaf: leaf[_distinct(found, reached & settled)], found)


def _distinct(found: ReverseStress, valid: np.ndarray) -> np.ndarray:
    """Valid solutions, nearest first, none close to one before it."""
    distance, shock = np.asarray(found.distance), np.asarray(found.shock, dtype=np.float64)
    spread = np.maximum(np.abs(shock[valid]).max(axis=0), np.finfo(float).tiny)
    kept: list[int] = []
    for place in np.argsort(distance, kind="stable"):
        if valid[place] and all(np.abs((shock[place] - shock[k]) / spread).max() > _SAME for k in kept):
            kept.append(int(place))
    return np.array(kept)


def as_input(loss: Loss) -> Loss:
    """A loss as a pytree that `jit` takes as an argument.

    Args:
        loss: any callable.

    Returns:
        The same if it is a pytree of arrays, otherwise one without leaves.
    """
    is_pytree = isinstance(loss, eqx.Module | jax.tree_util.Partial)
    return cast(Loss, loss if is_pytree else jax.tree_util.Partial(loss))


@partial(jax.jit, static_argnames="num_starts")
def _solve(
    loss: Loss,
    covariance: Float[Array, "factors factors"],
    target: Float[Array, ""],
    seed: Int[Array, ""],
    *,
    num_starts: int,
) -> tuple[ReverseStress, Float[Array, ""]]:
    root, scale = symmetric_root(covariance)

    def standard(point: Float[Array, "factors"]) -> Float[Array, ""]:
        return loss(scale * jnp.matmul(root, point, precision=_HIGHEST))

    both = jax.value_and_grad(standard)
    size, dtype = covariance.shape[0], covariance.dtype
    index = jnp.arange(num_starts, dtype=jnp.uint32)
    chosen = counter_normals(seed, Stream.MARKET, index, size, dtype=dtype)
    search = jax.vmap(lambda place, direction: _search(both, place, direction, target))(index, chosen)
    distance = jnp.linalg.norm(search.point, axis=1)
    shock = jnp.matmul(search.point, root, precision=_HIGHEST) * scale[None, :]
    residual = jax.vmap(_residual)(search)
    return ReverseStress(shock, distance, search.loss, residual, search.multiplier, search.steps), search.calm[0]


def _search(
    both: Callable[[Float[Array, "factors"]], tuple[Float[Array, ""], Float[Array, "factors"]]],
    place: UInt32[Array, ""],
    chosen: Float[Array, "factors"],
    target: Float[Array, ""],
) -> _Search:
    size, dtype = chosen.shape[0], chosen.dtype
    eps = float(jnp.finfo(dtype).eps)
    near = max(_FEASIBLE, 20.0 * eps) * jnp.abs(target)

    def continues(search: _Search) -> Bool[Array, ""]:
        met = (jnp.abs(search.loss - target) <= near) & (_residual(search) <= max(_STATIONARY, 20.0 * eps))
        return ~met & ~search.stuck & (search.steps < _MAX_STEPS)

    def step(search: _Search) -> _Search:
        change = search.length * search.direction
        loss, gradient = both(search.point + change)
        before = _merit(search.point, search.loss, target, search.penalty)
        after = _merit(search.point + change, loss, target, search.penalty)
        fall = jnp.dot(search.point, search.direction) - search.penalty * jnp.abs(search.loss - target)
        enough = before + _ARMIJO * search.length * jnp.minimum(fall, 0.0) + 10.0 * eps * jnp.abs(before)
        # The first evaluation is that of no shock, the second that of the start.
        first = search.steps <= 1
        good = jnp.isfinite(loss) & jnp.all(jnp.isfinite(gradient)) & (first | (after <= enough))
        moved = _accept(search, change, loss, gradient, target, first)
        shorter = search.length * 0.5
        exhausted = shorter < _SHORTEST
        fresh = jnp.all(search.inverse == jnp.eye(size, dtype=dtype))
        reset = _aim(search, jnp.eye(size, dtype=dtype), target)
        back = jax.tree.map(lambda new, old: jnp.where(exhausted, new, old), reset, search)
        back = eqx.tree_at(
            lambda s: (s.length, s.stuck),
            back,
            (jnp.where(exhausted, back.length, shorter), (exhausted & fresh) | first),
        )
        kept = jax.tree.map(lambda new, old: jnp.where(good, new, old), moved, back)
        begun = _begin(search, loss, gradient, place, chosen, target)
        kept = jax.tree.map(lambda new, old: jnp.where(search.steps == 0, new, old), begun, kept)
        return eqx.tree_at(lambda s: s.steps, kept, search.steps + 1)

    zero = jnp.zeros((), dtype)
    initial = _Search(
        point=jnp.zeros_like(chosen),
        loss=zero,
        gradient=jnp.zeros_like(chosen),
        inverse=jnp.eye(size, dtype=dtype),
        direction=jnp.zeros_like(chosen),
        length=jnp.ones((), dtype),
        multiplier=zero,
        penalty=zero,
        calm=zero,
        stuck=jnp.asarray(False),
        steps=jnp.asarray(0),
    )
    return jax.lax.while_loop(continues, step, initial)


def _begin(
    search: _Search,
    calm: Float[Array, ""],
    slope: Float[Array, "factors"],
    place: UInt32[Array, ""],
    chosen: Float[Array, "factors"],
    target: Float[Array, ""],
) -> _Search:
    """Where a start goes from no shock: along the gradient, against it, or a random way on the side of losses."""
    steepness = jnp.linalg.norm(slope)
    sloped = steepness > 0.0
    side = jnp.where(jnp.dot(chosen, slope) < 0.0, -chosen, chosen)
    ahead = jnp.where(sloped, slope, jnp.ones_like(slope))
    way = jnp.where(place == 0, ahead, jnp.where(place == 1, -ahead, side))
    radius = jnp.clip((target - calm) / jnp.where(sloped, steepness, 1.0), _NEAREST_START, _FARTHEST_START)
    return eqx.tree_at(
        lambda s: (s.loss, s.gradient, s.direction, s.calm),
        search,
        (calm, slope, radius * way / jnp.linalg.norm(way), calm),
    )


def _merit(
    point: Float[Array, "factors"], loss: Float[Array, ""], target: Float[Array, ""], penalty: Float[Array, ""]
) -> Float[Array, ""]:
    return 0.5 * jnp.dot(point, point) + penalty * jnp.abs(loss - target)


def _accept(
    search: _Search,
    change: Float[Array, "factors"],
    loss: Float[Array, ""],
    gradient: Float[Array, "factors"],
    target: Float[Array, ""],
    first: Bool[Array, ""],
) -> _Search:
    """The search at the new point, its inverse Hessian of the Lagrangian updated (damped BFGS)."""
    model = search.length * (search.multiplier * search.gradient - search.point)  # B s, without forming B
    turned = change - search.multiplier * (gradient - search.gradient)
    curved, held = jnp.dot(change, turned), jnp.dot(change, model)
    weak = curved < 0.2 * held
    apart = held - curved
    share = jnp.where(weak, 0.8 * held / jnp.where(apart > 0.0, apart, 1.0), 1.0)
    turned = share * turned + (1.0 - share) * model
    inner = jnp.dot(change, turned)
    usable = ~first & (inner > 0.0)
    rho = 1.0 / jnp.where(usable, inner, 1.0)
    left = jnp.eye(change.shape[0], dtype=change.dtype) - rho * change[:, None] * turned[None, :]
    middle = jnp.matmul(left, jnp.matmul(search.inverse, left.T, precision=_HIGHEST), precision=_HIGHEST)
    updated = middle + rho * change[:, None] * change[None, :]
    inverse = jnp.where(usable, updated, search.inverse)
    moved = eqx.tree_at(lambda s: (s.point, s.loss, s.gradient), search, (search.point + change, loss, gradient))
    return _aim(moved, inverse, target)


def _aim(search: _Search, inverse: Float[Array, "factors factors"], target: Float[Array, ""]) -> _Search:
    """The step of the quadratic subproblem from the point held, and the penalty that makes it one of descent."""
    along = jnp.matmul(inverse, search.gradient, precision=_HIGHEST)
    curve = jnp.dot(search.gradient, along)
    sloped = curve > 0.0
    need = target - search.loss + jnp.dot(along, search.point)
    multiplier = jnp.where(sloped, need / jnp.where(sloped, curve, 1.0), 0.0)
    direction = multiplier * along - jnp.matmul(inverse, search.point, precision=_HIGHEST)
    size, most = jnp.linalg.norm(direction), 1.0 + jnp.linalg.norm(search.point)
    return eqx.tree_at(
        lambda s: (s.inverse, s.direction, s.length, s.multiplier, s.penalty),
        search,
        (
            inverse,
            direction,
            jnp.where(size > most, most / jnp.where(size > 0.0, size, 1.0), jnp.ones_like(size)),
            multiplier,
            jnp.maximum(search.penalty, 2.0 * jnp.abs(multiplier)),
        ),
    )


def _residual(search: _Search) -> Float[Array, ""]:
    """Distance of the point from the line of the gradient, relative to its length; the gradient must point its way."""
    square, length = jnp.dot(search.gradient, search.gradient), jnp.linalg.norm(search.point)
    sloped = (square > 0.0) & (length > 0.0)
    best = jnp.dot(search.point, search.gradient) / jnp.where(sloped, square, 1.0)
    apart = jnp.linalg.norm(search.point - jnp.maximum(best, 0.0) * search.gradient)
    return jnp.where(sloped, apart / jnp.where(sloped, length, 1.0), jnp.inf)
