"""Joint calibration of a set of curves to market quotes, and the derivatives of the curves in the quotes."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ._curve import ZeroCurve
from ._problem import CurveProblem, fair_quotes, split_curves
from ._solve import implicit_root


class CurveCalibration(NamedTuple):
    """Curves that reprice their quotes.

    Attributes:
        curves: one curve per interpolation of the problem.
        zero_rates: their node values, curve after curve.
        residual: fair quote minus market quote of each instrument.
        converged: whether the whole set solves its equations to rounding; do not use the curves where it is False.
        steps: Newton steps tried.
    """

    curves: tuple[ZeroCurve, ...]
    zero_rates: Float[Array, "tenors"]
    residual: Float[Array, "contracts"]
    converged: Bool[Array, ""]
    steps: Int[Array, ""]


def calibrate_curves(
    problem: CurveProblem, quote: Float[Array, "contracts"], *, tolerance: float | None = None
) -> CurveCalibration:
    """Solve for the zero rates at which every quote is fair, all curves at once.

    Differentiable in the quotes (and in every array of the problem) by the implicit function theorem; `vmap` over
    quotes calibrates a batch of markets.

    Args:
        problem: instruments and curves.
        quote: market quotes, decimal per year, in the order of the problem's terms.
        tolerance: largest residual that counts as solved; 256 units of rounding of the dtype if None.

    Returns:
        The curves with residual and status.

    Example:
        >>> from pact_jax.curves import Interpolation, curve_problem, deposit_terms
        >>> problem = curve_problem([deposit_terms(0.0, 1.0, 1.0)], [Interpolation.LINEAR_ZERO])
        >>> fit = calibrate_curves(problem, jnp.asarray([0.05]))
        >>> round(float(fit.zero_rates[0]), 6), bool(fit.converged)
        (0.04879, True)

    References:
        F. M. Ametrano and M. Bianchetti, Everything you always wanted to know about multiple interest rate curve
        bootstrapping but were afraid to ask (2013).
    """
    level = jnp.sum(quote * problem.is_level) / jnp.maximum(jnp.sum(problem.is_level), 1.0)
    guess = jnp.zeros_like(problem.node_quote, dtype=quote.dtype) + level
    root, status = implicit_root(lambda z: fair_quotes(problem, z) - quote, guess, tolerance=tolerance)
    residual = jax.lax.stop_gradient(fair_quotes(problem, root) - quote)
    return CurveCalibration(split_curves(problem, root), root, residual, status.converged, status.steps)


def quote_jacobian(problem: CurveProblem, zero_rates: Float[Array, "tenors"]) -> Float[Array, "tenors contracts"]:
    """Derivative of every node's zero rate in every quote, at calibrated curves.

    By the implicit function theorem it is the inverse of the derivative of the fair quotes in the zero rates: one
    linear solve, no recalibration.

    Args:
        problem: instruments and curves.
        zero_rates: calibrated node values.

    Returns:
        Row: node, curve after curve; column: quote.
    """
    return jnp.linalg.inv(jax.jacfwd(lambda z: fair_quotes(problem, z))(zero_rates))


def quote_sensitivity(
    problem: CurveProblem, zero_rates: Float[Array, "tenors"], node_sensitivity: Float[Array, "tenors"]
) -> Float[Array, "contracts"]:
    """Sensitivities to quotes from sensitivities to zero rates: one transposed solve.

    Args:
        problem: instruments and curves.
        zero_rates: calibrated node values.
        node_sensitivity: derivative of a value in each node's zero rate (reporting currency per unit of rate).

    Returns:
        Derivative of the value in each market quote (per unit of rate).
    """
    jacobian = jax.jacfwd(lambda z: fair_quotes(problem, z))(zero_rates)
    return jnp.linalg.solve(jacobian.T, node_sensitivity)
