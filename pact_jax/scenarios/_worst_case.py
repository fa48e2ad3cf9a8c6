"""The worst shock among those that are plausible."""

from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax.errors import ArgumentError
from pact_jax.sampling import Stream, counter_normals

from ._moves import symmetric_root
from ._reverse_stress import Loss, as_input

_MAX_STEPS = 500
_STATIONARY = 1e-7
_ARMIJO = 1e-4
_SHORTEST = 1e-12
_HIGHEST = jax.lax.Precision.HIGHEST


class WorstCase(eqx.Module):
    """The largest loss found within an ellipsoid.

    Attributes:
        shock: of each factor.
        distance: its Mahalanobis distance; the radius, or less where the worst lies inside.
        loss: at the shock.
        kkt_residual: length of a projected gradient step relative to the radius: 0 where no shock nearby within the
            ellipsoid loses more.
        steps: evaluations of loss and gradient of the start that found it.
    """

    shock: Float[Array, "factors"]
    distance: Float[Array, ""]
    loss: Float[Array, ""]
    kkt_residual: Float[Array, ""]
    steps: Int[Array, ""]


class _Climb(eqx.Module):
    point: Float[Array, "factors"]
    loss: Float[Array, ""]
    gradient: Float[Array, "factors"]
    pace: Float[Array, ""]
    length: Float[Array, ""]
    steps: Int[Array, ""]


def worst_case(
    loss: Loss,
    covariance: Float[Array, "factors factors"],
    radius: float,
    *,
    num_starts: int = 8,
    seed: int = 0,
) -> WorstCase:
    r"""The largest loss within a Mahalanobis distance: $\max \ell(x)$ subject to $x' \Sigma^{-1} x \le r^2$.

    Spectral projected gradients in standardised coordinates from the centre, the gradient there, its opposite and
    random directions. Local solutions are what is found: that none is worse is not proven.

    Args:
        loss: loss of one shock, reporting currency; traced by JAX, differentiable almost everywhere. As a pytree its
            arrays are inputs: new values compile nothing.
        covariance: of the factors over the horizon of the shock.
        radius: r, standard deviations, positive.
        num_starts: starting points; at least 3.
        seed: seed of the random directions.

    Returns:
        The worst of what the starts found.

    Raises:
        ArgumentError: a radius that is not positive, or fewer than three starts.

    Example:
        >>> found = worst_case(lambda x: x[0] + x[1], jnp.eye(2), 3.0)
        >>> round(float(found.loss), 4)
        4.2426

    References:
        T. Breuer, M. Jandacka, K. Rheinberger and M. Summer, How to find plausible, severe and useful stress
        scenarios, Int. J. Central Banking 5 (2009). E. Birgin, J. Martinez and M. Raydan, Nonmonotone spectral
        projected gradient methods on convex sets, SIAM J. Optimization 10 (2000).
    """
    if not radius > 0.0 or num_starts < 3:
        raise ArgumentError(
            f"radius {radius!r}, {num_starts} starts", where="worst_case", mend="use a positive radius and 3 starts"
        )
    size = jnp.asarray(radius, covariance.dtype)
    return _solve(as_input(loss), covariance, size, jnp.asarray(seed), num_starts=num_starts)


@partial(jax.jit, static_argnames="num_starts")
def _solve(
    loss: Loss,
    covariance: Float[Array, "factors factors"],
    radius: Float[Array, ""],
    seed: Int[Array, ""],
    *,
    num_starts: int,
) -> WorstCase:
    root, scale = symmetric_root(covariance)
    size, dtype = covariance.shape[0], covariance.dtype

    # In units of the radius, so that the set is the unit ball whatever the radius is.
    def standard(point: Float[Array, "factors"]) -> Float[Array, ""]:
        return loss(scale * jnp.matmul(root, radius * point, precision=_HIGHEST))

    both = jax.value_and_grad(standard)
    index = jnp.arange(num_starts, dtype=jnp.uint32)
    chosen = counter_normals(seed, Stream.MARKET, index, size, dtype=dtype)
    starts = chosen / jnp.linalg.norm(chosen, axis=1, keepdims=True)
    _, slope = both(jnp.zeros(size, dtype))
    first = _onto_ball(slope / jnp.maximum(jnp.linalg.norm(slope), float(jnp.finfo(dtype).tiny)))
    starts = starts.at[0].set(first).at[1].set(-first).at[2].set(jnp.zeros(size, dtype))
    climb = jax.vmap(lambda start: _climb(both, start))(starts)
    best = jnp.argmax(jnp.where(jnp.isfinite(climb.loss), climb.loss, -jnp.inf))
    found = jax.tree.map(lambda leaf: leaf[best], climb)
    point = radius * found.point
    shock = scale * jnp.matmul(root, point, precision=_HIGHEST)
    return WorstCase(shock, jnp.linalg.norm(point), found.loss, _residual(found), found.steps)


def _onto_ball(point: Float[Array, "factors"]) -> Float[Array, "factors"]:
    square = jnp.dot(point, point)
    outside = square > 1.0
    return jnp.where(outside, point / jnp.sqrt(jnp.where(outside, square, 1.0)), point)


def _residual(climb: _Climb) -> Float[Array, ""]:
    """Step of the projected gradient of unit length; free of the unit of the loss."""
    steepness = jnp.linalg.norm(climb.gradient)
    sloped = steepness > 0.0
    ahead = climb.point + climb.gradient / jnp.where(sloped, steepness, 1.0)
    return jnp.where(sloped, jnp.linalg.norm(_onto_ball(ahead) - climb.point), 0.0)


def _climb(
    both: Callable[[Float[Array, "factors"]], tuple[Float[Array, ""], Float[Array, "factors"]]],
    start: Float[Array, "factors"],
) -> _Climb:
    dtype = start.dtype
    eps, tiny = float(jnp.finfo(dtype).eps), float(jnp.finfo(dtype).tiny)

    def continues(climb: _Climb) -> Bool[Array, ""]:
        begun = climb.steps > 0
        inside_flat = jnp.linalg.norm(climb.gradient) <= 1e-9 * jnp.maximum(jnp.abs(climb.loss), tiny)
        met = (_residual(climb) <= max(_STATIONARY, 20.0 * eps)) | inside_flat
        return ~(begun & met) & (climb.length > _SHORTEST) & (climb.steps < _MAX_STEPS)

    def step(climb: _Climb) -> _Climb:
        whole = _onto_ball(climb.point + climb.pace * climb.gradient) - climb.point
        change = climb.length * whole
        loss, gradient = both(climb.point + change)
        first = climb.steps == 0
        rise = jnp.dot(climb.gradient, change)
        good = jnp.isfinite(loss) & jnp.all(jnp.isfinite(gradient))
        good = good & (first | (loss >= climb.loss + _ARMIJO * rise - 10.0 * eps * jnp.abs(climb.loss)))
        bend = -jnp.dot(change, gradient - climb.gradient)
        steepness = jnp.maximum(jnp.linalg.norm(gradient), tiny)
        # Barzilai and Borwein's step; where the loss is convex along the change, as far as the ball allows.
        pace = jnp.where(~first & (bend > 0.0), jnp.dot(change, change) / jnp.where(bend > 0.0, bend, 1.0), jnp.inf)
        pace = jnp.clip(pace, 1e-8 / steepness, 4.0 / steepness)
        return _Climb(
            point=jnp.where(good, climb.point + change, climb.point),
            loss=jnp.where(good, loss, climb.loss),
            gradient=jnp.where(good, gradient, climb.gradient),
            pace=jnp.where(good, pace, climb.pace),
            length=jnp.where(good, 1.0, jnp.where(first, 0.0, 0.5 * climb.length)),
            steps=climb.steps + 1,
        )

    zero, one = jnp.zeros((), dtype), jnp.ones((), dtype)
    initial = _Climb(start, -jnp.inf * one, jnp.zeros_like(start), zero, one, jnp.asarray(0))
    return jax.lax.while_loop(continues, step, initial)
