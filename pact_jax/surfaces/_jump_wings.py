"""SVI by its jump wings: numbers that a trader reads off a smile, and their conversion to raw SVI and back."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from ._svi import SVIParameters


class SVIJumpWings(NamedTuple):
    """Parameters of SVI that keep their meaning from expiry to expiry, scalars or one element an expiry.

    Attributes:
        variance: implied variance at the forward, per year.
        skew: slope of the implied volatility times the root of time, in log-moneyness at the forward.
        put_wing: slope of total variance far below the forward, downwards, over the root of total variance at it.
        call_wing: the same far above the forward.
        least_variance: smallest implied variance, per year.
    """

    variance: Float[Array, "..."]
    skew: Float[Array, "..."]
    put_wing: Float[Array, "..."]
    call_wing: Float[Array, "..."]
    least_variance: Float[Array, "..."]


def svi_jump_wings(parameters: SVIParameters, expiry: Float[Array, "*expiries"]) -> SVIJumpWings:
    """Jump wings of raw SVI.

    Args:
        parameters: raw SVI, with positive total variance at the forward.
        expiry: years, positive.

    Returns:
        The same smile by its jump wings.

    Example:
        >>> vogt = SVIParameters(*map(jnp.asarray, (-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)))
        >>> round(float(svi_jump_wings(vogt, jnp.asarray(1.0)).put_wing), 4)
        0.6997

    References:
        J. Gatheral and A. Jacquier, Arbitrage-free SVI volatility surfaces, Quantitative Finance 14 (2014), equation
        (3.5).
    """
    a, b, rho, m, sigma = parameters
    distance = jnp.sqrt(m**2 + sigma**2)
    total = a + b * (distance - rho * m)
    root = jnp.sqrt(total)
    lowest = a + b * sigma * jnp.sqrt(1.0 - rho**2)
    skew = 0.5 * b * (rho - m / distance) / root
    return SVIJumpWings(total / expiry, skew, b * (1.0 - rho) / root, b * (1.0 + rho) / root, lowest / expiry)


def svi_from_jump_wings(wings: SVIJumpWings, expiry: Float[Array, "*expiries"]) -> SVIParameters:
    """Raw SVI with given jump wings.

    Args:
        wings: with wings whose sum is positive, and a skew between minus half the put wing and half the call wing.
        expiry: years, positive.

    Returns:
        Raw SVI; NaN where no smile has these numbers, or where the least variance is the one at the forward (a
        vertex at the forward does not tell its width).

    Example:
        >>> wings = SVIJumpWings(*map(jnp.asarray, (0.01742625, -0.1752111, 0.6997381, 1.316798, 0.0116249)))
        >>> round(float(svi_from_jump_wings(wings, jnp.asarray(1.0)).rho), 3)
        0.306

    References:
        J. Gatheral and A. Jacquier, Arbitrage-free SVI volatility surfaces, Quantitative Finance 14 (2014), lemma 3.2.
    """
    variance, skew, put_wing, call_wing, least_variance = wings
    root = jnp.sqrt(variance * expiry)
    b = 0.5 * root * (put_wing + call_wing)
    rho = 1.0 - put_wing * root / b
    # The share m / sqrt(m^2 + sigma^2), from the skew; the vertex is to the right of the forward where it is positive.
    share = rho - 2.0 * skew * root / b
    across = jnp.sqrt(1.0 - share**2)
    # Total variance at the forward less the least, in units of b times the distance of the vertex.
    height = 1.0 - rho * share - across * jnp.sqrt(1.0 - rho**2)
    distance = (variance - least_variance) * expiry / (b * height)
    fits = (b > 0.0) & (height > 0.0) & (distance > 0.0)
    distance = jnp.where(fits, distance, jnp.nan)
    sigma = distance * across
    return SVIParameters(least_variance * expiry - b * sigma * jnp.sqrt(1.0 - rho**2), b, rho, distance * share, sigma)
