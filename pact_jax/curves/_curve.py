"""A zero curve and what is read off it: discount factors, zero rates, forward rates."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._interpolation import Interpolation, log_discount


class ZeroCurve(eqx.Module):
    """Continuously compounded zero rates at nodes, with an interpolation.

    Attributes:
        time: years, positive and increasing.
        zero_rate: per year, decimal.
        interpolation: how the curve runs between the nodes.
    """

    time: Float[Array, "tenors"]
    zero_rate: Float[Array, "tenors"]
    interpolation: Interpolation = eqx.field(static=True, default=Interpolation.LINEAR_ZERO)


def log_discount_factor(curve: ZeroCurve, time: Float[Array, "..."]) -> Float[Array, "..."]:
    """Logarithm of the discount factor at each time (years)."""
    return log_discount(curve.time, curve.zero_rate, time, curve.interpolation)


def discount_factor(curve: ZeroCurve, time: Float[Array, "..."]) -> Float[Array, "..."]:
    r"""Discount factor $P(t) = e^{-z(t)\,t}$.

    Args:
        curve: the curve.
        time: years, any shape.

    Returns:
        Discount factors of the shape of `time`.

    Example:
        >>> curve = ZeroCurve(jnp.asarray([1.0, 10.0]), jnp.asarray([0.03, 0.03]))
        >>> round(float(discount_factor(curve, jnp.asarray(2.0))), 6)
        0.941765
    """
    return jnp.exp(log_discount_factor(curve, time))


def zero_rate(curve: ZeroCurve, time: Float[Array, "..."]) -> Float[Array, "..."]:
    """Continuously compounded zero rate, `-log P(t) / t`; at time 0 the limit, the first forward rate.

    Args:
        curve: the curve.
        time: years, not negative.

    Returns:
        Zero rates, per year.

    Example:
        >>> curve = ZeroCurve(jnp.asarray([1.0, 2.0]), jnp.asarray([0.02, 0.03]))
        >>> round(float(zero_rate(curve, jnp.asarray(1.5))), 6)
        0.025
    """
    positive = time > 0.0
    safe = jnp.where(positive, time, 1.0)
    at_zero = instantaneous_forward(curve, jnp.zeros_like(time))
    return jnp.where(positive, -log_discount_factor(curve, safe) / safe, at_zero)


def instantaneous_forward(curve: ZeroCurve, time: Float[Array, "..."]) -> Float[Array, "..."]:
    """Instantaneous forward rate, `-d log P / dt`; at a kink of the curve the one to its right.

    Args:
        curve: the curve.
        time: years.

    Returns:
        Forward rates, per year.
    """
    _, slope = jax.jvp(lambda t: -log_discount_factor(curve, t), (time,), (jnp.ones_like(time),))
    return slope


def simple_forward(
    curve: ZeroCurve, start: Float[Array, "..."], end: Float[Array, "..."], accrual: Float[Array, "..."]
) -> Float[Array, "..."]:
    r"""Simply compounded forward rate $F = (P(s)/P(e) - 1)/\tau$.

    Args:
        curve: the projection curve.
        start: start of the rate period, years.
        end: end of the rate period, years.
        accrual: year fraction of the period in the day count of the rate, positive.

    Returns:
        Forward rates, per year.

    Example:
        >>> curve = ZeroCurve(jnp.asarray([1.0]), jnp.asarray([0.03]))
        >>> round(float(simple_forward(curve, jnp.asarray(1.0), jnp.asarray(1.5), jnp.asarray(0.5))), 6)
        0.030226
    """
    # expm1 keeps the accuracy of an overnight rate, where the ratio is 1 to nine digits.
    return jnp.expm1(log_discount_factor(curve, start) - log_discount_factor(curve, end)) / accrual
