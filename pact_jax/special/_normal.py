"""Standard normal density and distribution in the form that is both exact in the tails and fast."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._mills import mills_fraction

_FAR = 40.0
"""Beyond so many standard deviations the density is 0."""

_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)


def normal_pdf(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Density of the standard normal, phi(x) = exp(-x^2/2) / sqrt(2 pi).

    Args:
        x: points, in standard deviations.

    Returns:
        The density, 0 far in the tails.

    Example:
        >>> round(float(normal_pdf(0.0)), 6)
        0.398942
    """
    return _INV_SQRT_2PI * jnp.exp(-0.5 * x * x)


@jax.custom_jvp
def normal_cdf(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Distribution function of the standard normal: N(x) = phi(x) M(-x) below 0, 1 - N(-x) above, M Mills' ratio.

    Full relative accuracy in the lower tail, where `1 - N(-x)` has none; one exponential and one division, no branch.

    Args:
        x: points, in standard deviations.

    Returns:
        P(Z <= x). Relative error in float64 below 3e-15 for |x| < 8 and 1e-13 down to -37; below it underflows.

    Example:
        >>> round(float(normal_cdf(-1.0)), 6)
        0.158655
    """
    numerator, denominator = mills_fraction(jnp.minimum(jnp.abs(x), _FAR))
    tail = normal_pdf(x) * numerator
    return jnp.where(x > 0.0, denominator - tail, tail) / denominator


@normal_cdf.defjvp
def _normal_cdf_jvp(
    primals: tuple[Float[Array, "..."]], tangents: tuple[Float[Array, "..."]]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    return normal_cdf(primals[0]), tangents[0] * normal_pdf(primals[0])
