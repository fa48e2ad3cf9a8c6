"""Exponential twisting of the delta-gamma loss: the law under which large losses are usual."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax._typing import FloatScalar, FloatScalarLike

from ._quadratic import QuadraticLaw, principal_quadratic
from ._quadratic_tail import fourier_tail, tilted_mean

_BISECTIONS = 100
_LARGEST_TWIST = 40.0


class TwistedLoss(eqx.Module):
    r"""A quadratic loss Q of independent normals Z, and the law that weighs theirs by $e^{\theta Q - \psi(\theta)}$.

    Under it the Z stay independent normals, of mean $\theta b / (1 - 2 \theta \lambda)$ and variance
    $1 / (1 - 2 \theta \lambda)$.

    Attributes:
        law: of Q under the original measure.
        moves: moves of the factors for a unit of each normal, `x = Z @ moves`.
        threshold: value at risk of Q at the level aimed at; the mean of Q under the twisted law.
        twist: theta, per unit of loss; 0 where the threshold is no larger than the mean.
    """

    law: QuadraticLaw
    moves: Float[Array, "factors factors"]
    threshold: Float[Array, ""]
    twist: Float[Array, ""]

    @property
    def variance(self) -> Float[Array, "factors"]:
        """Variance of each normal under the twisted law."""
        return 1.0 / (1.0 - 2.0 * self.twist * self.law.curvature)

    @property
    def mean(self) -> Float[Array, "factors"]:
        """Mean of each normal under the twisted law."""
        return self.twist * self.law.linear * self.variance

    @property
    def twisted_law(self) -> QuadraticLaw:
        """Law of Q under the twisted measure, again a quadratic form of independent standard normals."""
        mean, spread, (shift, linear, curvature) = self.mean, jnp.sqrt(self.variance), self.law
        return QuadraticLaw(
            shift + jnp.sum(mean * (linear + curvature * mean)),
            (linear + 2.0 * curvature * mean) * spread,
            curvature * self.variance,
        )

    def loss(self, normals: Float[Array, "scenarios factors"]) -> Float[Array, "scenarios"]:
        """Q of original normals Z."""
        return quadratic_loss(self.law, normals)

    def density_ratio(self, loss: Float[Array, "scenarios"]) -> Float[Array, "scenarios"]:
        """Density of the twisted law over that of the original one where Q is the given loss."""
        factor = 1.0 / self.variance
        cumulant = self.law.shift * self.twist + jnp.sum(
            0.5 * self.twist * self.law.linear * self.mean - 0.5 * jnp.log(factor)
        )
        return jnp.exp(self.twist * loss - cumulant)


def quadratic_loss(law: QuadraticLaw, normals: Float[Array, "scenarios factors"]) -> Float[Array, "scenarios"]:
    """The loss `shift + sum_k (linear_k z_k + curvature_k z_k^2)` of each row of normals."""
    return law.shift + jnp.sum(normals * (law.linear[None, :] + law.curvature[None, :] * normals), axis=1)


@jax.jit
def twist_loss(
    delta: Float[Array, "factors"],
    gamma: Float[Array, "factors factors"],
    covariance: Float[Array, "factors factors"],
    level: FloatScalarLike,
) -> TwistedLoss:
    r"""Twists the delta-gamma loss so that its value at risk at a level becomes its mean: $\psi'(\theta) = VaR_c(Q)$.

    Args:
        delta: first derivatives of the book's value with respect to the moves.
        gamma: second derivatives, symmetric.
        covariance: of the moves, mean 0; positive semi-definite.
        level: confidence level c that is aimed at, such as 0.999.

    Returns:
        The twisted law; float64.

    References:
        P. Glasserman, P. Heidelberger and P. Shahabuddin, Variance reduction techniques for estimating value-at-risk,
        Management Science 46 (2000).
    """
    law, moves = principal_quadratic(delta, gamma, covariance)
    threshold = fourier_tail(law, level).value_at_risk
    scale = jnp.sqrt(jnp.sum(law.linear**2 + 2.0 * law.curvature**2))
    largest = jnp.maximum(jnp.max(law.curvature), 0.0)
    # psi is finite below 1 / (2 lambda_max); without positive curvature the root is of the order of 1 / sd.
    end = jnp.minimum(
        (1.0 - 1e-9) * 0.5 / jnp.where(largest > 0.0, largest, 1e-300),
        _LARGEST_TWIST / jnp.where(scale > 0.0, scale, 1.0),
    )

    def halve(_: int, bracket: tuple[FloatScalar, FloatScalar]) -> tuple[FloatScalar, FloatScalar]:
        middle = 0.5 * (bracket[0] + bracket[1])
        short = tilted_mean(law, middle) < threshold
        return jnp.where(short, middle, bracket[0]), jnp.where(short, bracket[1], middle)

    low, high = jax.lax.fori_loop(0, _BISECTIONS, halve, (jnp.zeros_like(end), end))
    return TwistedLoss(law, moves, threshold, 0.5 * (low + high))
