"""Profit and loss attribution test: does the risk model's P&L move like that of the front office?"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._typing import FloatScalar, FloatScalarLike, IntScalar, IntScalarLike
from ._traffic_light import Zone

_TERMS = 100


class AttributionTest(eqx.Module):
    """Result of the profit and loss attribution test.

    Attributes:
        spearman: Rank correlation of the two P&L series.
        kolmogorov_smirnov: Largest distance of their distribution functions.
        p_value: Asymptotic probability of a larger distance between two samples of one law.
        zone: A `Zone` as a number.
        n: Number of observations in each.
    """

    spearman: FloatScalar
    kolmogorov_smirnov: FloatScalar
    p_value: FloatScalar
    zone: IntScalar
    n: IntScalar


def profit_and_loss_attribution(
    risk_theoretical: Float[Array, "dates"], hypothetical: Float[Array, "dates"]
) -> AttributionTest:
    """Spearman correlation and Kolmogorov-Smirnov distance of risk-theoretical and hypothetical P&L, and the zone.

    Args:
        risk_theoretical: Daily P&L by the risk model (RTPL); Basel asks for 250 days.
        hypothetical: Daily P&L by the front office on the same frozen book (HPL).

    Returns:
        Both statistics and the desk's zone; a NaN in the data is RED.

    Example:
        >>> import jax.numpy as jnp
        >>> pnl = jnp.sin(jnp.arange(250.0))
        >>> Zone(int(profit_and_loss_attribution(pnl, pnl).zone)).name
        'GREEN'

    References:
        Basel Framework, MAR32.24-32.44 (2019).
    """
    n = risk_theoretical.shape[0]
    spearman = _spearman(risk_theoretical, hypothetical)
    points = jnp.concatenate([risk_theoretical, hypothetical])
    distance = jnp.max(jnp.abs(_share_up_to(points, risk_theoretical) - _share_up_to(points, hypothetical)))
    distance = jnp.where(jnp.any(jnp.isnan(points)), jnp.nan, distance)
    zone = attribution_zone(spearman, distance)
    return AttributionTest(spearman, distance, kolmogorov_p_value(distance, n, n), zone, jnp.asarray(n))


def attribution_zone(spearman: FloatScalarLike, kolmogorov_smirnov: FloatScalarLike) -> IntScalar:
    """Zone of a desk: green above 0.80 and below 0.09, red below 0.70 or above 0.12, amber between.

    Args:
        spearman: Rank correlation.
        kolmogorov_smirnov: Kolmogorov-Smirnov distance.

    Returns:
        A `Zone` as a number; RED where a statistic is NaN.

    Example:
        >>> Zone(int(attribution_zone(0.75, 0.05))).name
        'AMBER'

    References:
        Basel Framework, MAR32.43 (2019).
    """
    rank, distance = jnp.asarray(spearman), jnp.asarray(kolmogorov_smirnov)
    green = (rank > 0.80) & (distance < 0.09)
    acceptable = (rank >= 0.70) & (distance <= 0.12)
    return jnp.where(green, Zone.GREEN, jnp.where(acceptable, Zone.AMBER, Zone.RED))


def kolmogorov_p_value(distance: FloatScalarLike, n: IntScalarLike, m: IntScalarLike) -> FloatScalar:
    r"""Asymptotic p-value of a two-sample distance, $2 \sum_k (-1)^{k-1} e^{-2 k^2 x^2}$ at $x = D \sqrt{nm/(n+m)}$.

    Args:
        distance: Kolmogorov-Smirnov distance D.
        n: Size of one sample.
        m: Size of the other.

    Returns:
        The probability of a larger distance.

    Example:
        >>> round(float(kolmogorov_p_value(0.09, 250, 250)), 2)
        0.26

    References:
        N. Smirnov, Table for estimating the goodness of fit of empirical distributions (1948).
    """
    d = jnp.asarray(distance)
    x = d * jnp.sqrt(jnp.asarray(n * m / (n + m), d.dtype))
    k = jnp.arange(1, _TERMS + 1).astype(d.dtype)
    total = 2.0 * jnp.sum(jnp.where(k % 2 == 1, 1.0, -1.0) * jnp.exp(-2.0 * (k * x) ** 2))
    # The alternating series does not converge near 0, where the probability is 1.
    return jnp.where(x < 0.1, 1.0, jnp.clip(total, 0.0, 1.0))


def _spearman(x: Float[Array, "dates"], y: Float[Array, "dates"]) -> FloatScalar:
    def centred(v: Float[Array, "dates"]) -> Float[Array, "dates"]:
        # Mid-ranks by counting: some hundred days need no sort.
        below = jnp.sum(v[None, :] < v[:, None], axis=1) + jnp.sum(v[None, :] <= v[:, None], axis=1)
        rank = 0.5 * below.astype(v.dtype)
        return rank - jnp.mean(rank)

    a, b = centred(x), centred(y)
    value = jnp.sum(a * b) / jnp.sqrt(jnp.sum(a * a) * jnp.sum(b * b))
    return jnp.where(jnp.any(jnp.isnan(x) | jnp.isnan(y)), jnp.nan, value)


def _share_up_to(points: Float[Array, "..."], sample: Float[Array, "dates"]) -> Float[Array, "..."]:
    return jnp.mean((sample[None, :] <= points[:, None]).astype(sample.dtype), axis=1)
