"""Where no estimator of a derivative stands, differentiation raises: a silent zero would be believed."""

import jax
from jaxtyping import PyTree

from ..errors import DifferentiationError


@jax.custom_jvp
def refuse_derivative(tree: PyTree) -> PyTree:
    """Return the tree as it is; raise DifferentiationError when differentiated."""
    return tree


@refuse_derivative.defjvp
def _refuse_derivative_jvp(primals: tuple, tangents: tuple) -> tuple:
    raise DifferentiationError(
        "no estimator stands behind this derivative of a tail measure",
        "pact_jax.measures",
        "take the first derivative of value_at_risk or expected_shortfall; for curvature, difference it in steps",
    )
