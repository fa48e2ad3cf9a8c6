"""Standard errors and bounds of scenarios that come as independent randomisations of a point set."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._numerics import tree_sum
from .._typing import FloatScalar, FloatScalarLike
from ..errors import ArgumentError
from ..special import student_t_quantile
from ._kernel import held_tail_size
from ._standard_error import TailStandardError, finish, influence
from ._tail import TailMeasures, tail_measures
from ._tail_weights import as_weights


def randomised_standard_error(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    *,
    num_randomisations: int,
    measured: TailMeasures | None = None,
) -> TailStandardError:
    r"""Standard errors from the spread over R independent randomisations, each a run of n/R scenarios.

    Within a randomisation the scenarios depend on each other in any way: quasi-random points, strata. The tail measures
    are those of all scenarios together, because a run on its own is too short for a far tail; their influence v is
    added up over each run, and $se^2 = \frac{R}{R-1} \sum_r (v_r - \bar v)^2$. Weights may be likelihood ratios over n.

    Args:
        loss: Losses, positive = money lost; runs one after the other.
        weight: Probability weights; None means 1/n each.
        confidence: Level c.
        num_randomisations: R, at least 2, a divisor of n.
        measured: the tail measures of this loss at this level, where they are already known.

    Returns:
        Standard errors. `tail_scenarios` is the effective number $(\sum w)^2 / \sum w^2$ of the scenarios above the
        VaR, as if they were independent: evenly spread ones are worth more.

    Raises:
        ArgumentError: R below 2, or scenarios that do not divide into R runs.

    Example:
        >>> error = randomised_standard_error(jnp.arange(400.0) % 100, None, 0.9, num_randomisations=4)
        >>> float(error.expected_shortfall)  # the four runs are the same
        0.0

    References:
        A. B. Owen, Monte Carlo Theory, Methods and Examples (2013), chapter 17. P. J. Huber, Robust Statistics (1981),
        for influence functions.
    """
    n = loss.shape[0]
    if num_randomisations < 2 or n % num_randomisations:
        raise ArgumentError(
            f"{num_randomisations} randomisations of {n} scenarios",
            where="randomised_standard_error",
            mend="use at least 2, each with as many scenarios as the others",
        )
    measured = tail_measures(loss, weight, jnp.asarray(confidence)) if measured is None else measured
    terms = influence(loss, weight, confidence, measured, likelihood_ratio=True)
    mass, excess = (_spread(tree_sum(v.reshape(num_randomisations, -1))) for v in terms)
    size = held_tail_size(loss, as_weights(loss, weight), measured.value_at_risk)
    return eqx.tree_at(lambda e: e.tail_scenarios, finish(loss, weight, confidence, mass, excess), size)


def randomised_upper_bound(
    estimate: FloatScalarLike,
    standard_error: FloatScalarLike,
    *,
    num_randomisations: int,
    coverage: FloatScalarLike = 0.95,
) -> FloatScalar:
    """Upper bound by Student's law with R - 1 degrees of freedom: the error itself is estimated from R runs.

    Args:
        estimate: The number, for example an ES.
        standard_error: Its standard error, from R randomisations.
        num_randomisations: R, at least 2.
        coverage: Probability that the bound is meant to hold with.

    Returns:
        The bound, in the unit of the estimate.

    Example:
        >>> round(float(randomised_upper_bound(10.0, 1.0, num_randomisations=16)), 3)
        11.753
    """
    error = jnp.asarray(standard_error)
    level = jnp.asarray(coverage, error.dtype)
    quantile = student_t_quantile(level, jnp.asarray(num_randomisations - 1.0, error.dtype))
    return jnp.asarray(estimate, error.dtype) + quantile * error


def _spread(sums: Float[Array, "_"]) -> FloatScalar:
    count = sums.shape[0]
    centred = sums - tree_sum(sums) / count
    return tree_sum(centred * centred) * (count / (count - 1.0))
