"""Interpolation of a zero curve: from zero rates at the nodes to the logarithm of the discount factor at any time."""

import enum

import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Interpolation(enum.Enum):
    """How a curve runs between its nodes; every method takes continuously compounded zero rates at the nodes.

    `LINEAR_ZERO`: linear in the zero rate, flat outside the nodes (as `MarketState`). The others interpolate minus the
    logarithm of the discount factor, from 0 at time 0, and extrapolate with the forward rate of the last node:
    `LOG_LINEAR_DISCOUNT` (flat forwards), `MONOTONE_CUBIC` (Fritsch-Carlson Hermite cubic: continuous forwards that
    keep their sign where the nodes do) and `NATURAL_CUBIC` (twice differentiable spline, forwards may oscillate).
    """

    LINEAR_ZERO = "linear zero"
    LOG_LINEAR_DISCOUNT = "log-linear discount"
    MONOTONE_CUBIC = "monotone cubic log-discount"
    NATURAL_CUBIC = "natural cubic log-discount"


def log_discount(
    node_time: Float[Array, "tenors"],
    zero_rate: Float[Array, "tenors"],
    time: Float[Array, "..."],
    interpolation: Interpolation,
) -> Float[Array, "..."]:
    r"""Logarithm of the discount factor, $-z(t)\,t$.

    Args:
        node_time: years, positive and increasing.
        zero_rate: continuously compounded zero rate of each node, per year.
        time: years, any shape.
        interpolation: the method.

    Returns:
        Log discount factor at each time.

    Example:
        >>> nodes, rates = jnp.asarray([1.0, 2.0]), jnp.asarray([0.02, 0.03])
        >>> round(float(log_discount(nodes, rates, jnp.asarray(1.5), Interpolation.LINEAR_ZERO)), 6)
        -0.0375

    References:
        F. N. Fritsch and R. E. Carlson, Monotone piecewise cubic interpolation, SIAM J. Numer. Anal. 17 (1980);
        P. S. Hagan and G. West, Methods for constructing a yield curve, Wilmott (May 2008).
    """
    if interpolation is Interpolation.LINEAR_ZERO:
        return -_linear_zero(node_time, zero_rate, time) * time
    x = jnp.concatenate([jnp.zeros_like(node_time[:1]), node_time])
    y = jnp.concatenate([jnp.zeros_like(zero_rate[:1]), zero_rate * node_time])
    if interpolation is Interpolation.LOG_LINEAR_DISCOUNT:
        left = _left_node(x, time)
        slope = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
        return -(y[left] + slope[left] * (time - x[left]))
    slopes = monotone_slopes(x, y) if interpolation is Interpolation.MONOTONE_CUBIC else natural_slopes(x, y)
    return -_hermite(x, y, slopes, time)


def _left_node(x: Float[Array, "tenors"], time: Float[Array, "..."]) -> Int[Array, "..."]:
    # Curves have tens of nodes: comparing with all of them beats a binary search and vectorises.
    found = jnp.searchsorted(x, time, side="right", method="compare_all") - 1
    return jnp.clip(found, 0, max(x.shape[0] - 2, 0))


def _linear_zero(
    x: Float[Array, "tenors"], z: Float[Array, "tenors"], time: Float[Array, "..."]
) -> Float[Array, "..."]:
    left = _left_node(x, time)
    right = jnp.minimum(left + 1, x.shape[0] - 1)
    width = x[right] - x[left]
    weight = jnp.clip((time - x[left]) / jnp.where(width > 0.0, width, 1.0), 0.0, 1.0)
    return (1.0 - weight) * z[left] + weight * z[right]


def _hermite(
    x: Float[Array, "tenors"], y: Float[Array, "tenors"], slope: Float[Array, "tenors"], time: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Cubic with given values and slopes; beyond the last node the straight line with its slope."""
    left = _left_node(x, time)
    inside = jnp.minimum(time, x[-1])
    width = x[left + 1] - x[left]
    secant = (y[left + 1] - y[left]) / width
    s = inside - x[left]
    third = (slope[left] + slope[left + 1] - 2.0 * secant) / width**2
    second = (3.0 * secant - 2.0 * slope[left] - slope[left + 1]) / width
    return y[left] + s * (slope[left] + s * (second + s * third)) + slope[-1] * (time - inside)


def monotone_slopes(x: Float[Array, "tenors"], y: Float[Array, "tenors"]) -> Float[Array, "tenors"]:
    """Node slopes of the monotone cubic: weighted harmonic means of the secants, zero at a local extremum."""
    width = x[1:] - x[:-1]
    secant = (y[1:] - y[:-1]) / width
    if x.shape[0] == 2:
        return jnp.concatenate([secant, secant])
    before, after = secant[:-1], secant[1:]
    weight_before = 2.0 * width[1:] + width[:-1]
    weight_after = width[1:] + 2.0 * width[:-1]
    same_sign = before * after > 0.0
    # Both secants are replaced where the mean is not used: a zero in a dead branch would still poison the gradient.
    mean = (weight_before + weight_after) / (
        weight_before / jnp.where(same_sign, before, 1.0) + weight_after / jnp.where(same_sign, after, 1.0)
    )
    inner = jnp.where(same_sign, mean, 0.0)
    first = _end_slope(width[0], width[1], secant[0], secant[1])
    last = _end_slope(width[-1], width[-2], secant[-1], secant[-2])
    return jnp.concatenate([first[None], inner, last[None]])


def _end_slope(
    width: Float[Array, ""], next_width: Float[Array, ""], secant: Float[Array, ""], next_secant: Float[Array, ""]
) -> Float[Array, ""]:
    """Three-point slope at an end, limited so that the first interval stays monotone."""
    slope = ((2.0 * width + next_width) * secant - width * next_secant) / (width + next_width)
    limited = jnp.where((secant * next_secant <= 0.0) & (jnp.abs(slope) > 3.0 * jnp.abs(secant)), 3.0 * secant, slope)
    return jnp.where(slope * secant <= 0.0, 0.0, limited)


def natural_slopes(x: Float[Array, "tenors"], y: Float[Array, "tenors"]) -> Float[Array, "tenors"]:
    """Node slopes of the natural cubic spline: continuous second derivative, zero at both ends."""
    width = x[1:] - x[:-1]
    secant = (y[1:] - y[:-1]) / width
    if x.shape[0] == 2:
        return jnp.concatenate([secant, secant])
    inverse = 1.0 / width
    one = jnp.ones_like(inverse[:1])
    # End rows are scaled by the width so that the matrix stays well conditioned for a short first interval.
    diagonal = jnp.concatenate([2.0 * one, 2.0 * (inverse[1:] + inverse[:-1]), 2.0 * one])
    upper = jnp.concatenate([one, inverse[1:]])
    lower = jnp.concatenate([inverse[:-1], one])
    inner = 3.0 * (secant[1:] * inverse[1:] + secant[:-1] * inverse[:-1])
    right = jnp.concatenate([3.0 * secant[:1], inner, 3.0 * secant[-1:]])
    matrix = jnp.diag(diagonal) + jnp.diag(upper, 1) + jnp.diag(lower, -1)
    return jnp.linalg.solve(matrix, right)
