"""The exact tail of a quadratic book under Gaussian factors, by Fourier inversion."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from pact_jax._typing import FloatScalar, FloatScalarLike

from ._quadratic import QuadraticLaw, TailPair, cumulants

_STEPS = 400
"""Nodes of the contour integral, double-exponentially spaced."""
_BISECTIONS = 60
_RIGHT, _LEFT = 3.0 * np.pi / 8.0, 5.0 * np.pi / 8.0
"""Directions of the contour's ray."""
_STRETCH = 1.7


def fourier_tail(law: QuadraticLaw, confidence: FloatScalarLike) -> TailPair:
    """VaR and ES of a quadratic Gaussian loss by inversion of its transform: exact up to quadrature.

    `P(L > x) = 1/(2 pi i) int e^{K(t) - t x} / t dt` and `E[(L - x)+] = 1/(2 pi i) int e^{K(t) - t x} / t^2 dt` with
    the cumulant function `K(t) = shift t + sum_k (b_k^2 t^2 / (2 (1 - 2 l_k t)) - log(1 - 2 l_k t) / 2)`. The contour
    leaves the saddle point along a ray on which the integrand falls off exponentially, so one rule serves books whose
    characteristic function decays slowly (few curved directions, no linear part) and Gaussian ones alike.

    Args:
        law: the loss; float64.
        confidence: level, 0.975 for the worst 2.5 %.

    Returns:
        Both measures.

    Example:
        >>> chi2 = QuadraticLaw(jnp.asarray(0.0), jnp.zeros(1), jnp.ones(1))
        >>> float(abs(fourier_tail(chi2, 0.95).value_at_risk - 3.841458820694124)) < 1e-4
        True

    References:
        S. O. Rice, Distribution of quadratic forms in normal random variables, SIAM J. Sci. Stat. Comput. 1 (1980);
        C. Rouvinez, Going Greek with VaR, Risk 10 (1997).
    """
    size = cumulants(law)
    tail = 1.0 - jnp.asarray(confidence, law.linear.dtype)
    scale = jnp.where(size.standard_deviation > 0.0, size.standard_deviation, 1.0)
    unit = QuadraticLaw((law.shift - size.mean) / scale, law.linear / scale, law.curvature / scale)
    # Cantelli: the loss is beyond its mean by more than u deviations with probability below 1 / (1 + u^2).
    reach = jnp.sqrt(1.0 / tail)
    low, high = -jnp.sqrt(1.0 / (1.0 - tail)), reach

    def halve(_: int, bracket: tuple[FloatScalar, FloatScalar]) -> tuple[FloatScalar, FloatScalar]:
        middle = 0.5 * (bracket[0] + bracket[1])
        above = _beyond(unit, middle, 1) > tail
        return jnp.where(above, middle, bracket[0]), jnp.where(above, bracket[1], middle)

    low, high = jax.lax.fori_loop(0, _BISECTIONS, halve, (low, high))
    var = 0.5 * (low + high)
    es = var + _beyond(unit, var, 2) / tail
    certain = size.standard_deviation == 0.0
    return TailPair(*(jnp.where(certain, size.mean, size.mean + scale * x) for x in (var, es)))


def exceedance(
    law: QuadraticLaw, threshold: Float[Array, "points"]
) -> tuple[Float[Array, "points"], Float[Array, "points"]]:
    """P(L > x) of a quadratic Gaussian loss by inversion of its transform, see `fourier_tail`, and its error.

    Exact to rounding in most cases; the integral converges slowly near the end of the losses that one or two curved
    directions can reach. The error is the distance to the same integral by other nodes.

    Args:
        law: the loss, of positive variance; float64.
        threshold: losses x.

    Returns:
        Probabilities and their errors.

    Example:
        >>> chi2 = QuadraticLaw(jnp.asarray(0.0), jnp.zeros(1), jnp.ones(1))
        >>> float(abs(exceedance(chi2, jnp.asarray([3.841458820694124]))[0][0] - 0.05)) < 1e-6
        True
    """
    size = cumulants(law)
    scale = size.standard_deviation
    unit = QuadraticLaw((law.shift - size.mean) / scale, law.linear / scale, law.curvature / scale)
    # One contour serves all thresholds: the transform is the costly part.
    start = jnp.minimum(0.5, 0.25 / jnp.maximum(jnp.max(unit.curvature), 1e-9))
    x = (threshold - size.mean) / scale
    falls_right = _falls_right(unit, x)
    first, second = (
        jnp.where(falls_right, *(_along_ray(unit, start, angle, x, 1, stretch) for angle in (_RIGHT, _LEFT)))
        for stretch in (1.0, _STRETCH)
    )
    return first, jnp.abs(second - first)


def _beyond(law: QuadraticLaw, x: FloatScalar, power: int) -> FloatScalar:
    """P(L > x) for power 1, E[(L - x)+] for power 2, of a loss with mean 0 and variance 1."""
    start = _saddle(law, x)
    angle = jnp.where(_falls_right(law, x), _RIGHT, _LEFT)
    total = _along_ray(law, start, angle, x[None], power)[0]
    # Left of the pole at 0 the integral is the complement: P - 1, or E[(L - x)+] - E[L - x].
    crossed = jnp.where(start < 0.0, 1.0 if power == 1 else -x, 0.0)
    return total + crossed


def _falls_right(law: QuadraticLaw, x: Float[Array, "..."]) -> Bool[Array, "..."]:
    """Whether far out the transform at x, as e^{-t decay}, falls to the right.

    It does beyond the loss that bounded directions can reach.
    """
    curved = jnp.abs(law.curvature) > 1e-12
    bounded = jnp.sum(jnp.where(curved, law.linear**2 / (4.0 * jnp.where(curved, law.curvature, 1.0)), 0.0))
    return x - law.shift + bounded > 0.0


def _along_ray(
    law: QuadraticLaw,
    start: FloatScalar,
    angle: FloatScalarLike,
    x: Float[Array, "points"],
    power: int,
    stretch: float = 1.0,
) -> Float[Array, "points"]:
    """1/pi Im int e^{K(t) - t x} / t^power dt from a point of the real axis along a ray, for each x."""
    v = jnp.linspace(-4.5, 4.5, _STEPS).astype(x.dtype)
    r = stretch * jnp.maximum(jnp.abs(start), 1.0) * jnp.exp(v - jnp.exp(-v))
    t = jax.lax.complex(start + r * jnp.cos(angle), r * jnp.sin(angle))
    exponent = _cumulant_function(law, t)[None, :] - t[None, :] * x.astype(t.dtype)[:, None]
    value = jnp.exp(exponent) / (t**power)[None, :]
    # The ray's direction is a constant factor, the rest the derivative of the substitution.
    turned = jnp.imag(value) * jnp.cos(angle) + jnp.real(value) * jnp.sin(angle)
    return jnp.sum(turned * (r * (1.0 + jnp.exp(-v)))[None, :], axis=1) * (9.0 / (_STEPS - 1)) / np.pi


def _cumulant_function(law: QuadraticLaw, t: Array) -> Array:
    shift, linear, curvature = (part.astype(t.dtype) for part in law)
    factor = 1.0 - 2.0 * curvature[:, None] * t[None, :]
    terms = (linear[:, None] * t[None, :]) ** 2 / (2.0 * factor) - 0.5 * jnp.log(factor)
    return shift * t + jnp.sum(terms, axis=0)


def tilted_mean(law: QuadraticLaw, t: FloatScalar) -> FloatScalar:
    """K'(t), the derivative of the cumulant function: the mean of the loss under the density times e^{tL - K(t)}."""
    factor = 1.0 - 2.0 * law.curvature * t
    return law.shift + jnp.sum(law.linear**2 * t * (1.0 - law.curvature * t) / factor**2 + law.curvature / factor)


def _saddle(law: QuadraticLaw, x: FloatScalar) -> FloatScalar:
    """The real point where K'(t) = x, kept off the pole at 0."""
    top, bottom = jnp.maximum(jnp.max(law.curvature), 0.0), jnp.minimum(jnp.min(law.curvature), 0.0)
    # K is finite between the reciprocals of the extreme curvatures; without one the saddle is within reach of x.
    reach = 4.0 + 4.0 * jnp.abs(x)
    end = (1.0 - 1e-9) * jnp.minimum(0.5 / jnp.maximum(top, 1e-9), reach * 1e4)
    begin = (1.0 - 1e-9) * jnp.maximum(0.5 / jnp.minimum(bottom, -1e-9), -reach * 1e4)

    def halve(_: int, bracket: tuple[FloatScalar, FloatScalar]) -> tuple[FloatScalar, FloatScalar]:
        middle = 0.5 * (bracket[0] + bracket[1])
        short = tilted_mean(law, middle) < x
        return jnp.where(short, middle, bracket[0]), jnp.where(short, bracket[1], middle)

    low, high = jax.lax.fori_loop(0, 50, halve, (begin, end))
    saddle = 0.5 * (low + high)
    # The saddle need not be exact: any point of the strip but the pole gives the same integral.
    least = jnp.minimum(0.1, 0.5 * jnp.where(saddle >= 0.0, end, -begin))
    return jnp.where(jnp.abs(saddle) < least, jnp.where(saddle >= 0.0, least, -least), saddle)
