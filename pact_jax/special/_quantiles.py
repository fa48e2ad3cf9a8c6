"""Student-t distribution and the quantiles of the Student-t, gamma, chi-square and beta distributions.

Each quantile is a Newton iteration on the logarithm of a tail, in a coordinate in which that logarithm is concave: the
iteration approaches the root from one side and cannot diverge. Derivatives are those of the inverse function.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jax.scipy.special import betainc, betaln, gammainc, gammaincc, gammaln
from jaxtyping import Array, Bool, Float

from pact_jax.errors import DifferentiationError
from pact_jax.special._normal_quantile import normal_quantile

_MAX_STEPS = 80


def _refuse_shape_derivative(name: str, tangents: tuple[Float[Array, "..."] | SymbolicZero, ...]) -> None:
    if not all(isinstance(tangent, SymbolicZero) for tangent in tangents):
        raise DifferentiationError(
            f"{name} has no derivative with respect to its shape parameters",
            where="pact_jax.special",
            mend="apply jax.lax.stop_gradient to them, or bump them and take differences",
        )


def _newton_log_tail(
    start: Float[Array, "..."],
    log_target: Float[Array, "..."],
    log_tail: Callable[[Float[Array, "..."]], Float[Array, "..."]],
    log_slope: Callable[[Float[Array, "..."]], Float[Array, "..."]],
    direction: Float[Array, "..."],
    middle: Float[Array, "..."],
) -> Float[Array, "..."]:
    """Root of log_tail(y) = log_target, where the tail has density exp(log_slope) and rises if direction is +1."""

    def cond(carry: tuple[Float[Array, "..."], Bool[Array, "..."], Float[Array, ""]]) -> Bool[Array, ""]:
        return jnp.any(~carry[1]) & (carry[2] < _MAX_STEPS)

    def body(
        carry: tuple[Float[Array, "..."], Bool[Array, "..."], Float[Array, ""]],
    ) -> tuple[Float[Array, "..."], Bool[Array, "..."], Float[Array, ""]]:
        y, done, count = carry
        value = log_tail(y)
        # A tail that has underflowed says nothing but the direction: go halfway to the middle of the distribution.
        lost = ~jnp.isfinite(value)
        newton = -direction * (value - log_target) * jnp.exp(value - log_slope(y))
        step = jnp.where(lost, 0.5 * (middle - y), newton)
        # A settled lane stays put, so that a result does not depend on its neighbours in the batch.
        new_y = jnp.where(done, y, y + step)
        small = jnp.abs(step) <= 8.0 * jnp.finfo(y.dtype).eps * jnp.maximum(jnp.abs(y), 1.0)
        return new_y, done | (small & ~lost), count + 1.0

    unsettled = ~(jnp.isfinite(start) & jnp.isfinite(log_target))
    return jax.lax.while_loop(cond, body, (start, unsettled, jnp.zeros((), start.dtype)))[0]


def _beta_logit_lower(
    log_probability: Float[Array, "..."], a: Float[Array, "..."], b: Float[Array, "..."]
) -> Float[Array, "..."]:
    """logit(x) with I_x(a, b) = probability, for a probability that is not close to 1."""
    log_beta = betaln(a, b)
    middle = jnp.log(a) - jnp.log(b)
    spread = jnp.sqrt((a + b + 1.0) / (a * b))
    normal_start = middle + spread * normal_quantile(jnp.exp(log_probability))
    # a y - log(a B) lies above log I everywhere, so its root is a lower bound; take the better of the two.
    start = jnp.maximum((log_probability + jnp.log(a) + log_beta) / a, jnp.minimum(normal_start, middle))
    return _newton_log_tail(
        start,
        log_probability,
        lambda y: jnp.log(betainc(a, b, jax.nn.sigmoid(y))),
        lambda y: a * jax.nn.log_sigmoid(y) + b * jax.nn.log_sigmoid(-y) - log_beta,
        jnp.ones_like(start),
        middle,
    )


@jax.custom_jvp
@jax.jit
def _beta_quantile(
    probability: Float[Array, "..."], a: Float[Array, "..."], b: Float[Array, "..."]
) -> Float[Array, "..."]:
    upper = probability > 0.5
    tail = jnp.where(upper, 1.0 - probability, probability)
    logit = _beta_logit_lower(jnp.log(tail), jnp.where(upper, b, a), jnp.where(upper, a, b))
    x = jax.nn.sigmoid(jnp.where(upper, -logit, logit))
    x = jnp.where(probability == 0.0, 0.0, jnp.where(probability == 1.0, 1.0, x))
    return jnp.where((probability >= 0.0) & (probability <= 1.0) & (a > 0.0) & (b > 0.0), x, jnp.nan)


def _beta_quantile_jvp(
    primals: tuple[Float[Array, "..."], ...], tangents: tuple[Float[Array, "..."] | SymbolicZero, ...]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    _refuse_shape_derivative("beta_quantile", tangents[1:])
    _, a, b = primals
    x = _beta_quantile(*primals)
    log_density = (a - 1.0) * jnp.log(x) + (b - 1.0) * jnp.log1p(-x) - betaln(a, b)
    return x, _times(tangents[0], jnp.exp(-log_density))


_beta_quantile.defjvp(_beta_quantile_jvp, symbolic_zeros=True)


def _times(tangent: Float[Array, "..."] | SymbolicZero, slope: Float[Array, "..."]) -> Float[Array, "..."]:
    return jnp.zeros_like(slope) if isinstance(tangent, SymbolicZero) else tangent * slope


def beta_quantile(
    probability: Float[Array, "..."], a: Float[Array, "..."], b: Float[Array, "..."]
) -> Float[Array, "..."]:
    """X with I_x(a, b) = probability: the quantile of the beta distribution, as used for loss given default.

    Args:
        probability: lower-tail probability between 0 and 1; outside gives NaN.
        a: first shape, positive.
        b: second shape, positive.

    Returns:
        The quantile between 0 and 1. The derivative to the shapes is refused.

    Raises:
        DifferentiationError: when differentiated with respect to a shape.

    Example:
        >>> round(float(beta_quantile(0.5, 2.0, 2.0)), 12)
        0.5

    References:
        Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.5.
    """
    return _beta_quantile(*_floats(probability, a, b))


@jax.custom_jvp
@jax.jit
def _gamma_quantile(probability: Float[Array, "..."], shape: Float[Array, "..."]) -> Float[Array, "..."]:
    upper = probability > jnp.where(shape < 1.0, 0.9, 0.5)
    log_tail = jnp.where(upper, jnp.log1p(-probability), jnp.log(probability))
    middle = jnp.log(shape)
    # Wilson-Hilferty; its cube can be negative far to the left, where the power series takes over.
    cube = 1.0 - 1.0 / (9.0 * shape) + normal_quantile(probability) / (3.0 * jnp.sqrt(shape))
    wilson_hilferty = middle + 3.0 * jnp.log(jnp.maximum(cube, 1e-3))
    series = (log_tail + gammaln(shape + 1.0)) / shape
    lower_start = jnp.maximum(series, jnp.minimum(wilson_hilferty, middle))
    # For shape <= 1 the upper tail lies below exp(-x), which gives an upper bound.
    upper_start = jnp.where(shape <= 1.0, jnp.log(-log_tail), wilson_hilferty)
    y = _newton_log_tail(
        jnp.where(upper, upper_start, lower_start),
        log_tail,
        lambda y: jnp.log(jnp.where(upper, gammaincc(shape, jnp.exp(y)), gammainc(shape, jnp.exp(y)))),
        lambda y: shape * y - jnp.exp(y) - gammaln(shape),
        jnp.where(upper, -1.0, 1.0).astype(middle.dtype),
        middle,
    )
    x = jnp.where(probability == 0.0, 0.0, jnp.where(probability == 1.0, jnp.inf, jnp.exp(y)))
    return jnp.where((probability >= 0.0) & (probability <= 1.0) & (shape > 0.0), x, jnp.nan)


def _gamma_quantile_jvp(
    primals: tuple[Float[Array, "..."], ...], tangents: tuple[Float[Array, "..."] | SymbolicZero, ...]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    _refuse_shape_derivative("gamma_quantile", tangents[1:])
    shape = primals[1]
    x = _gamma_quantile(*primals)
    return x, _times(tangents[0], jnp.exp(x + gammaln(shape) - (shape - 1.0) * jnp.log(x)))


_gamma_quantile.defjvp(_gamma_quantile_jvp, symbolic_zeros=True)


def gamma_quantile(probability: Float[Array, "..."], shape: Float[Array, "..."]) -> Float[Array, "..."]:
    """X with P(shape, x) = probability: the quantile of the gamma distribution with unit scale.

    Args:
        probability: lower-tail probability between 0 and 1; outside gives NaN.
        shape: shape parameter, positive.

    Returns:
        The quantile; multiply by the scale. The derivative to the shape is refused.

    Raises:
        DifferentiationError: when differentiated with respect to the shape.

    Example:
        >>> round(float(gamma_quantile(0.5, 1.0)), 12)
        0.69314718056

    References:
        E. B. Wilson, M. M. Hilferty, The distribution of chi-square, Proc. Natl. Acad. Sci. 17 (1931): the start.
    """
    return _gamma_quantile(*_floats(probability, shape))


def chi2_quantile(probability: Float[Array, "..."], dof: Float[Array, "..."]) -> Float[Array, "..."]:
    """Quantile of the chi-square distribution: twice the gamma quantile of half the degrees of freedom.

    Args:
        probability: lower-tail probability between 0 and 1.
        dof: degrees of freedom, positive.

    Returns:
        x with P(X <= x) = probability.

    Example:
        >>> round(float(chi2_quantile(0.95, 1.0)), 6)
        3.841459
    """
    return 2.0 * gamma_quantile(probability, 0.5 * dof)


def _floats(*values: Float[Array, "..."]) -> tuple[Float[Array, "..."], ...]:
    # The loop needs arrays of one shape and type; Python numbers stay weak until here.
    dtype = jnp.result_type(*values)
    return tuple(jnp.broadcast_arrays(*(jnp.asarray(value, dtype) for value in values)))
