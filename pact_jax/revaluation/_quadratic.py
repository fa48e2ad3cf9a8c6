"""The quadratic book under Gaussian factors: cumulants, Cornish-Fisher, and the exact tail by Fourier inversion."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from pact_jax._typing import FloatScalar, FloatScalarLike
from pact_jax.special import normal_pdf, normal_quantile

_STEPS = 400
"""Nodes of the contour integral, double-exponentially spaced."""
_BISECTIONS = 60
_RIGHT, _LEFT = 3.0 * np.pi / 8.0, 5.0 * np.pi / 8.0
"""Directions of the contour's ray."""
_STRETCH = 1.7


class QuadraticLaw(NamedTuple):
    """Law of a loss `L = mean_shift + sum_k (linear_k Z_k + curvature_k Z_k^2)` with independent standard normals Z.

    Attributes:
        shift: the loss if no factor moves.
        linear: slope along each principal direction.
        curvature: curvature along each.
    """

    shift: Float[Array, ""]
    linear: Float[Array, "factors"]
    curvature: Float[Array, "factors"]


class Cumulants(NamedTuple):
    """The first four cumulants in the usual scaling.

    Attributes:
        mean: expected loss.
        standard_deviation: of the loss.
        skewness: third standardised cumulant.
        excess_kurtosis: fourth standardised cumulant.
    """

    mean: FloatScalar
    standard_deviation: FloatScalar
    skewness: FloatScalar
    excess_kurtosis: FloatScalar


class TailPair(NamedTuple):
    """VaR and ES of one law at one level, positive is a loss."""

    value_at_risk: FloatScalar
    expected_shortfall: FloatScalar


def quadratic_law(
    delta: Float[Array, "factors"], gamma: Float[Array, "factors factors"], covariance: Float[Array, "factors factors"]
) -> QuadraticLaw:
    """Law of the loss `-(delta . x + x . gamma x / 2)` for Gaussian factors x with mean 0.

    With `covariance = C C'` and `-C' gamma C / 2 = U diag(curvature) U'`, the loss is a sum over independent normals.

    Args:
        delta: first derivatives of the value.
        gamma: second derivatives of the value, symmetric.
        covariance: of the factors' moves; positive semi-definite.

    Returns:
        The law in its principal directions.
    """
    return principal_quadratic(delta, gamma, covariance)[0]


def principal_quadratic(
    delta: Float[Array, "factors"], gamma: Float[Array, "factors factors"], covariance: Float[Array, "factors factors"]
) -> tuple[QuadraticLaw, Float[Array, "factors factors"]]:
    """The same law, and the moves that its normals stand for: `x = Z @ moves`, row k along the k-th direction.

    Args:
        delta: first derivatives of the value.
        gamma: second derivatives of the value, symmetric.
        covariance: of the factors' moves; positive semi-definite.

    Returns:
        The law and the moves, `C U` transposed.
    """
    variance, vectors = jnp.linalg.eigh(covariance)
    root = vectors * jnp.sqrt(jnp.maximum(variance, 0.0))[None]
    high = jax.lax.Precision.HIGHEST
    bent = jnp.matmul(root.T, jnp.matmul(gamma, root, precision=high), precision=high)
    curvature, directions = jnp.linalg.eigh(-0.5 * bent)
    linear = -jnp.matmul(directions.T, jnp.matmul(root.T, delta, precision=high), precision=high)
    moves = jnp.matmul(root, directions, precision=high).T
    return QuadraticLaw(jnp.zeros((), delta.dtype), linear, curvature), moves


def cumulants(law: QuadraticLaw) -> Cumulants:
    """Mean, standard deviation, skewness and excess kurtosis of a quadratic loss, exactly.

    `k_1 = shift + sum l`, `k_2 = sum b^2 + 2 l^2`, `k_3 = sum 6 b^2 l + 8 l^3`, `k_4 = sum 48 b^2 l^2 + 48 l^4`.

    Args:
        law: the loss; b its linear and l its curvature terms.

    Returns:
        The cumulants.

    Example:
        >>> chi2 = QuadraticLaw(jnp.asarray(0.0), jnp.zeros(1), jnp.ones(1))
        >>> [round(float(k), 6) for k in cumulants(chi2)]
        [1.0, 1.414214, 2.828427, 12.0]
    """
    b2, curve = law.linear**2, law.curvature
    variance = jnp.sum(b2 + 2.0 * curve**2)
    third = jnp.sum(6.0 * b2 * curve + 8.0 * curve**3)
    fourth = jnp.sum(48.0 * (b2 * curve**2 + curve**4))
    scale = jnp.where(variance > 0.0, variance, 1.0)
    return Cumulants(law.shift + jnp.sum(curve), jnp.sqrt(variance), third / scale**1.5, fourth / scale**2)


def cornish_fisher(of: Cumulants, confidence: FloatScalarLike) -> TailPair:
    """VaR and ES by the fourth-order Cornish-Fisher expansion of the quantile.

    `q(z) = z + (z^2-1) s/6 + (z^3-3z) k/24 - (2z^3-5z) s^2/36`; the ES is the mean of q(Z) beyond z. An expansion:
    good for small skewness and kurtosis, and worthless where q does not increase.

    Args:
        of: cumulants of the loss.
        confidence: level, 0.975 for the worst 2.5 %.

    Returns:
        Both measures; NaN where q falls anywhere beyond the level, because it is then no quantile function.

    Example:
        >>> normal = Cumulants(*(jnp.asarray(x) for x in (1.0, 2.0, 0.0, 0.0)))
        >>> [round(float(x), 6) for x in cornish_fisher(normal, 0.975)]
        [4.919928, 5.675606]

    References:
        E. A. Cornish, R. A. Fisher, Moments and cumulants in the specification of distributions (1938).
    """
    confidence = jnp.asarray(confidence, of.mean.dtype)
    z, s, k = normal_quantile(confidence), of.skewness, of.excess_kurtosis
    quantile = z + (z**2 - 1.0) * s / 6.0 + (z**3 - 3.0 * z) * k / 24.0 - (2.0 * z**3 - 5.0 * z) * s**2 / 36.0
    # The Hermite polynomials integrate to the next lower one times the density.
    beyond = 1.0 + z * s / 6.0 + (z**2 - 1.0) * k / 24.0 - (2.0 * z**2 - 1.0) * s**2 / 36.0
    mean = normal_pdf(z) / (1.0 - confidence) * beyond
    valid = _increases_beyond(z, s, k)
    var, es = (jnp.where(valid, of.mean + of.standard_deviation * x, jnp.nan) for x in (quantile, mean))
    return TailPair(var, es)


def _increases_beyond(z: FloatScalar, s: FloatScalar, k: FloatScalar) -> Array:
    """Whether the slope `a u^2 + s u / 3 + c` of q is positive at every u >= z."""
    a = k / 8.0 - s**2 / 6.0
    c = 1.0 - k / 8.0 + 5.0 * s**2 / 36.0

    def slope(u: FloatScalar) -> FloatScalar:
        return a * u**2 + s * u / 3.0 + c

    lowest = jnp.where(a > 0.0, jnp.maximum(z, -s / (6.0 * jnp.where(a > 0.0, a, 1.0))), z)
    upward = (a > 0.0) | ((a == 0.0) & (s >= 0.0))
    return upward & (slope(lowest) > 0.0)


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
