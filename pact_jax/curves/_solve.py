"""Square systems of equations: damped Newton, with derivatives by the implicit function theorem."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

_HALVINGS = 12


class RootStatus(NamedTuple):
    """How a solve ended.

    Attributes:
        residual: largest absolute residual at the root.
        converged: whether it is within the tolerance.
        steps: Newton steps tried.
    """

    residual: Float[Array, ""]
    converged: Bool[Array, ""]
    steps: Int[Array, ""]


class _State(NamedTuple):
    x: Float[Array, "tenors"]  # best point so far, with the norm of its residual
    norm: Float[Array, ""]
    direction: Float[Array, "tenors"]  # full Newton step from there
    scale: Float[Array, ""]
    steps: Int[Array, ""]


def implicit_root(
    residual: Callable[[Float[Array, "tenors"]], Float[Array, "tenors"]],
    guess: Float[Array, "tenors"],
    *,
    tolerance: float | None = None,
    max_steps: int = 40,
) -> tuple[Float[Array, "tenors"], RootStatus]:
    """Root of a square system, differentiable in everything that `residual` closes over.

    Newton with step halving runs until the residual stops falling, so the root is as good as rounding lets it be. Its
    derivatives come from the linearised equations at the root, never from the iterations.

    Args:
        residual: function of the unknowns, as many equations as unknowns.
        guess: where to start; no derivative flows through it.
        tolerance: largest residual that counts as solved; 256 units of rounding of the dtype if None.
        max_steps: bound on the Newton steps, rejected ones included.

    Returns:
        The root and how the solve ended; a root that has not converged is returned as it is, with its status.

    Example:
        >>> root, status = implicit_root(lambda x: x**3 - 8.0, jnp.asarray([1.0]))
        >>> round(float(root[0]), 6), bool(status.converged)
        (2.0, True)

    References:
        J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), chapter 11.
    """
    bound = 256.0 * float(jnp.finfo(guess.dtype).eps) if tolerance is None else tolerance

    def solve(function, start):
        return _newton(function, start, bound, max_steps)

    def tangent_solve(linear, right):
        return jnp.linalg.solve(jax.jacfwd(linear)(jnp.zeros_like(right)), right)

    root, (norm, steps) = lax.custom_root(residual, lax.stop_gradient(guess), solve, tangent_solve, has_aux=True)
    norm = lax.stop_gradient(norm)
    # The count travels as a float: an integer output of a root has no tangent type.
    return root, RootStatus(norm, norm <= bound, lax.stop_gradient(steps).astype(jnp.int32))


def _newton(function, start, bound, max_steps):
    def with_value(x):
        value = function(x)
        return value, value

    def step(state: _State) -> _State:
        trial = state.x - state.scale * state.direction
        # Value and Jacobian at one place in the program: compiling is most of the cost of a single calibration.
        jacobian, value = jax.jacfwd(with_value, has_aux=True)(trial)
        norm = jnp.max(jnp.abs(value))
        # NaN compares false, so a trial outside the domain is a step that was too long. The first trial is the start.
        better = norm < state.norm
        full = jnp.linalg.solve(jacobian, value)
        return _State(
            jnp.where(better, trial, state.x),
            jnp.where(better, norm, state.norm),
            jnp.where(better, full, state.direction),
            # No better and already solved: rounding is reached, the zero scale ends the loop.
            jnp.where(better, 1.0, jnp.where(state.norm <= bound, 0.0, 0.5 * state.scale)),
            state.steps + 1,
        )

    def unfinished(state: _State):
        return (state.scale > 2.0**-_HALVINGS) & (state.norm > 0.0) & (state.steps <= max_steps)

    infinite = jnp.full((), jnp.inf, start.dtype)
    first = _State(start, infinite, jnp.zeros_like(start), jnp.ones((), start.dtype), jnp.zeros((), jnp.int32))
    last = lax.while_loop(unfinished, step, first)
    return last.x, (last.norm, (last.steps - 1).astype(start.dtype))
