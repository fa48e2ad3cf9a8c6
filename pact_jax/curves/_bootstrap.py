"""Sequential bootstrap: one node after the other, for interpolations in which a quote sees no later node."""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from ..errors import ArgumentError
from ._interpolation import Interpolation
from ._problem import CurveProblem, fair_quotes

_LOCAL = (Interpolation.LINEAR_ZERO, Interpolation.LOG_LINEAR_DISCOUNT)


def bootstrap_curves(
    problem: CurveProblem, quote: Float[Array, "contracts"], *, max_steps: int = 30
) -> Float[Array, "tenors"]:
    """Zero rates found node by node: the second opinion on `calibrate_curves`.

    Curves are taken in order, so a quote may use its own curve and those before it (discount curve first). Each node
    is a scalar Newton solve with the later nodes of its curve held equal to it. Not meant to be differentiated.

    Args:
        problem: instruments and curves; local interpolations only.
        quote: market quotes, in the order of the problem's terms.
        max_steps: Newton steps per node.

    Returns:
        Zero rates of all nodes, curve after curve.

    Raises:
        ArgumentError: an interpolation in which a node changes the curve before its predecessor.

    Example:
        >>> from pact_jax.curves import curve_problem, deposit_terms
        >>> problem = curve_problem([deposit_terms(0.0, 1.0, 1.0)], [Interpolation.LINEAR_ZERO])
        >>> round(float(bootstrap_curves(problem, jnp.asarray([0.05]))[0]), 6)
        0.04879
    """
    spline = [method.value for method in problem.interpolation if method not in _LOCAL]
    if spline:
        raise ArgumentError(f"{spline[0]} is not local", "bootstrap_curves", "use calibrate_curves for splines")
    index = jnp.arange(problem.node_quote.shape[0])
    sizes = [time.shape[0] for time in problem.node_time]
    curve_of = jnp.concatenate([jnp.full(size, i) for i, size in enumerate(sizes)])

    def solve_node(node, zero_rates):
        later = (index >= node) & (curve_of == curve_of[node])
        row = problem.node_quote[node]

        def residual(z):
            return fair_quotes(problem, jnp.where(later, z, zero_rates))[row] - quote[row]

        def newton(_, z):
            value, slope = jax.jvp(residual, (z,), (jnp.ones_like(z),))
            return z - value / slope

        start = jnp.where(index[node] > 0, zero_rates[jnp.maximum(node - 1, 0)], quote[row])
        return jnp.where(later, lax.fori_loop(0, max_steps, newton, start), zero_rates)

    guess = jnp.full(index.shape, jnp.mean(quote))
    return lax.fori_loop(0, index.shape[0], solve_node, guess)
