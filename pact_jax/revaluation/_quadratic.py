"""The quadratic book under Gaussian factors: its law, cumulants, and the tail by Cornish and Fisher."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax._typing import FloatScalar, FloatScalarLike
from pact_jax.special import normal_pdf, normal_quantile


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
