"""The supervisors' zones of a number of exceptions."""

import enum

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._typing import FloatScalar, FloatScalarLike, IntScalar, IntScalarLike
from ._exceptions import _level, binomial_cdf


class Zone(enum.IntEnum):
    """Zones of the supervisory backtest."""

    GREEN = 0
    AMBER = 1
    RED = 2


class TrafficLight(eqx.Module):
    """Supervisory zone of a number of exceptions.

    Attributes:
        zone: A `Zone` as a number.
        cumulative_probability: P(X <= exceptions) if the model is right.
        multiplier: Basel III multiplier on the capital measure; NaN unless n is 250 and the level 99 %, for which
            alone it is laid down.
        exceptions: Number of exceptions.
        n: Number of observations.
        power: Probability of leaving the green zone if exceptions are `alternative` times as frequent as promised.
        alternative: That factor.
    """

    zone: IntScalar
    cumulative_probability: FloatScalar
    multiplier: FloatScalar
    exceptions: IntScalar
    n: IntScalar
    power: FloatScalar
    alternative: FloatScalar


# Multipliers by number of exceptions, MAR99 table 2; ten and more are red.
_MULTIPLIER = (1.5, 1.5, 1.5, 1.5, 1.5, 1.7, 1.76, 1.83, 1.88, 1.92, 2.0)


def traffic_light(
    count: IntScalarLike, n: int, confidence: FloatScalarLike, *, rate_factor: FloatScalarLike = 2.0
) -> TrafficLight:
    """Basel zone of a number of exceptions, by the exact binomial distribution.

    Green while P(X <= count) is below 95 %, red from 99.99 %, amber between; for 250 days at 99 % that is 0-4, 5-9
    and 10 or more.

    Args:
        count: Number of exceptions.
        n: Number of observations.
        confidence: Level of the value at risk.
        rate_factor: Alternative for the power: exceptions this many times as frequent as promised.

    Returns:
        Zone, probability, multiplier and power.

    Example:
        >>> light = traffic_light(5, 250, 0.99)
        >>> Zone(int(light.zone)).name, round(float(light.multiplier), 2)
        ('AMBER', 1.7)

    References:
        Basel Framework, MAR99 (2019), tables 1 and 2.
    """
    level = _level(confidence)
    count = jnp.asarray(count)
    cumulative = binomial_cdf(count, n, 1.0 - level)
    zone = jnp.where(cumulative < 0.95, Zone.GREEN, jnp.where(cumulative < 0.9999, Zone.AMBER, Zone.RED))
    table = jnp.asarray(np.array(_MULTIPLIER), level.dtype)
    stated = (n == 250) & (jnp.abs(level - 0.99) < 1e-6)
    multiplier = jnp.where(stated, table[jnp.clip(count, 0, len(_MULTIPLIER) - 1)], jnp.nan)
    green = jnp.sum(binomial_cdf(jnp.arange(n + 1), n, 1.0 - level) < 0.95)
    factor = jnp.asarray(rate_factor, level.dtype)
    power = 1.0 - binomial_cdf(green - 1, n, jnp.minimum((1.0 - level) * factor, 1.0))
    return TrafficLight(zone, cumulative, multiplier, count, jnp.asarray(n), power, factor)
