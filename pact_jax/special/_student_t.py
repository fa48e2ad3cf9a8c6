"""Student-t distribution function and quantile, exact in both tails."""

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jax.scipy.special import betainc, gammaln
from jaxtyping import Array, Float

from pact_jax.special._quantiles import _beta_logit_lower, _floats, _refuse_shape_derivative, _times


def _log_density(x: Float[Array, "..."], dof: Float[Array, "..."]) -> Float[Array, "..."]:
    constant = gammaln(0.5 * (dof + 1.0)) - gammaln(0.5 * dof) - 0.5 * jnp.log(jnp.pi * dof)
    return constant - 0.5 * (dof + 1.0) * jnp.log1p(x * x / dof)


@jax.custom_jvp
@jax.jit
def _student_t_cdf(x: Float[Array, "..."], dof: Float[Array, "..."]) -> Float[Array, "..."]:
    x2 = x * x
    # Near 0 the share x^2 / (dof + x^2) keeps the digits that its complement has lost; in the tails the reverse.
    near = x2 < 1.0
    share = jnp.where(near, x2, dof) / (dof + x2)
    half, half_dof = jnp.full_like(dof, 0.5), 0.5 * dof
    value = betainc(jnp.where(near, half, half_dof), jnp.where(near, half_dof, half), share)
    tail = jnp.where(near, 0.5 - 0.5 * value, 0.5 * value)
    return jnp.where(x > 0.0, 1.0 - tail, tail)


def _student_t_cdf_jvp(
    primals: tuple[Float[Array, "..."], ...], tangents: tuple[Float[Array, "..."] | SymbolicZero, ...]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    _refuse_shape_derivative("student_t_cdf", tangents[1:])
    return _student_t_cdf(*primals), _times(tangents[0], jnp.exp(_log_density(*primals)))


_student_t_cdf.defjvp(_student_t_cdf_jvp, symbolic_zeros=True)


def student_t_cdf(x: Float[Array, "..."], dof: Float[Array, "..."]) -> Float[Array, "..."]:
    """P(T <= x) of a Student-t variable with unit scale.

    Args:
        x: point.
        dof: degrees of freedom, positive, not necessarily whole.

    Returns:
        The probability, with full relative accuracy in the lower tail (use -x for the upper one). The derivative to
        the degrees of freedom is refused.

    Raises:
        DifferentiationError: when differentiated with respect to the degrees of freedom.

    Example:
        >>> round(float(student_t_cdf(1.0, 1.0)), 12)
        0.75

    References:
        Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.1.
    """
    return _student_t_cdf(*_floats(x, dof))


@jax.custom_jvp
@jax.jit
def _student_t_quantile(probability: Float[Array, "..."], dof: Float[Array, "..."]) -> Float[Array, "..."]:
    upper = probability > 0.5
    tail = jnp.where(upper, 1.0 - probability, probability)
    # x^2 = dof (1 - w) / w with I_w(dof / 2, 1 / 2) = 2 tail; the logit of w gives the ratio without cancellation.
    # Close to the median 1 - 2 tail is the small one, and w changes places with 1 - w.
    near = tail > 0.25
    target = jnp.where(near, 1.0 - 2.0 * tail, 2.0 * tail)
    half, half_dof = jnp.full_like(dof, 0.5), 0.5 * dof
    logit = _beta_logit_lower(jnp.log(target), jnp.where(near, half, half_dof), jnp.where(near, half_dof, half))
    size = jnp.sqrt(dof) * jnp.exp(0.5 * jnp.where(near, logit, -logit))
    size = jnp.where(target > 0.0, size, jnp.where(near, 0.0, jnp.inf))
    inside = (probability >= 0.0) & (probability <= 1.0) & (dof > 0.0)
    return jnp.where(inside, jnp.where(upper, size, -size), jnp.nan)


def _student_t_quantile_jvp(
    primals: tuple[Float[Array, "..."], ...], tangents: tuple[Float[Array, "..."] | SymbolicZero, ...]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    _refuse_shape_derivative("student_t_quantile", tangents[1:])
    x = _student_t_quantile(*primals)
    return x, _times(tangents[0], jnp.exp(-_log_density(x, primals[1])))


_student_t_quantile.defjvp(_student_t_quantile_jvp, symbolic_zeros=True)


def student_t_quantile(probability: Float[Array, "..."], dof: Float[Array, "..."]) -> Float[Array, "..."]:
    """X with P(T <= x) = probability, of a Student-t variable with unit scale.

    Args:
        probability: lower-tail probability between 0 and 1; 0 and 1 give the infinities, outside gives NaN.
        dof: degrees of freedom, positive, not necessarily whole.

    Returns:
        The quantile. The derivative to the degrees of freedom is refused.

    Raises:
        DifferentiationError: when differentiated with respect to the degrees of freedom.

    Example:
        >>> round(float(student_t_quantile(0.75, 1.0)), 12)
        1.0

    References:
        Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.1.
    """
    return _student_t_quantile(*_floats(probability, dof))
