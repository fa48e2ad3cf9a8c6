"""Nonlinear least squares of a few parameters: Levenberg-Marquardt, one problem; the caller batches with `vmap`."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy.linalg import cho_factor, cho_solve
from jaxtyping import Array, Bool, Float, Int

_FIRST_DAMPING = 1e-3
_LAST_DAMPING = 1e16


class LeastSquares(NamedTuple):
    """Where a fit ended.

    Attributes:
        x: best parameters found.
        converged: whether a further step promises no more than rounding; not whether the fit is close.
        steps: trials made.
    """

    x: Float[Array, "factors"]
    converged: Bool[Array, ""]
    steps: Int[Array, ""]


class _State(NamedTuple):
    x: Float[Array, "factors"]  # best point so far, with what the next step needs
    cost: Float[Array, ""]
    gradient: Float[Array, "factors"]
    curvature: Float[Array, "factors factors"]
    damping: Float[Array, ""]
    steps: Int[Array, ""]
    done: Bool[Array, ""]


def least_squares(
    residual: Callable[[Float[Array, "factors"]], Float[Array, "points"]],
    start: Float[Array, "factors"],
    *,
    max_steps: int = 1000,
) -> LeastSquares:
    """Minimise half the sum of squares of `residual` by Levenberg-Marquardt with Marquardt's scaling.

    Args:
        residual: function of the parameters; it should be of order one or below, so that rounding can be told.
        start: where to begin; a parameter that runs to its bound takes hundreds of steps to get there.
        max_steps: bound on the trials, rejected ones included.

    Returns:
        The best point and how the fit ended.

    References:
        D. W. Marquardt, An algorithm for least-squares estimation of nonlinear parameters, SIAM J. 11 (1963).
    """
    epsilon = float(jnp.finfo(start.dtype).eps)

    def with_value(x):
        value = residual(x)
        return value, value

    def step(state: _State) -> _State:
        largest = jnp.maximum(jnp.diagonal(state.curvature), epsilon * jnp.trace(state.curvature))
        damped = state.curvature + jnp.diag(state.damping * largest)
        move = cho_solve(cho_factor(damped), state.gradient)
        trial = state.x - move
        # Value and Jacobian at one place in the program; the first trial is the start, because its gradient is zero.
        jacobian, value = jax.jacfwd(with_value, has_aux=True)(trial)
        cost = 0.5 * jnp.sum(value**2)
        better = cost < state.cost  # NaN compares false: a trial outside the domain is a step that was too long
        promised = 0.5 * jnp.sum(move * (state.damping * largest * move + state.gradient))
        # A sum of squares of differences carries the rounding of the terms, not only its own.
        count = float(value.shape[0])
        rounding = 8.0 * epsilon * (state.cost + jnp.sqrt(state.cost * count)) + count * (4.0 * epsilon) ** 2
        return _State(
            jnp.where(better, trial, state.x),
            jnp.where(better, cost, state.cost),
            jnp.where(better, jacobian.T @ value, state.gradient),
            jnp.where(better, jacobian.T @ jacobian, state.curvature),
            jnp.where(better, 0.1, 4.0) * state.damping,
            state.steps + 1,
            (promised <= rounding) & jnp.isfinite(state.cost),
        )

    def unfinished(state: _State):
        return ~state.done & (state.steps < max_steps) & (state.damping < _LAST_DAMPING)

    size = start.shape[0]
    first = _State(
        start,
        jnp.full((), jnp.inf, start.dtype),
        jnp.zeros_like(start),
        jnp.eye(size, dtype=start.dtype),
        jnp.full((), 10.0 * _FIRST_DAMPING, start.dtype),
        jnp.zeros((), jnp.int32),
        jnp.zeros((), bool),
    )
    last = lax.while_loop(unfinished, step, first)
    return LeastSquares(last.x, last.done, last.steps)
