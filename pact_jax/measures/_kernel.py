"""Gaussian kernel weights around a value at risk."""

import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._numerics import tree_sum
from .._typing import FloatScalar
from ._quantile import tail_mass


class TailKernel(eqx.Module):
    """Gaussian weights around the value at risk.

    Attributes:
        weight: k per scenario; sums to one.
        bandwidth: Standard deviation of the kernel, in the unit of the loss.
        density: Kernel estimate of the loss density at the value at risk.
    """

    weight: Float[Array, "scenarios"]
    bandwidth: FloatScalar
    density: FloatScalar


def effective_tail_size(w: Float[Array, "scenarios"], confidence: FloatScalar) -> FloatScalar:
    """Expected number of tail scenarios, (1 - c) (sum w)^2 / sum w^2."""
    return tail_mass(confidence).astype(w.dtype) * tree_sum(w) ** 2 / tree_sum(w * w)


def held_tail_size(loss: Float[Array, "scenarios"], w: Float[Array, "scenarios"], var: FloatScalar) -> FloatScalar:
    """Effective number of scenarios above a value at risk, (sum w)^2 / sum w^2 over them; 0 if there is none."""
    above = jnp.where((w > 0) & (loss > var), w, 0.0)
    squares = tree_sum(above * above)
    return tree_sum(above) ** 2 / jnp.where(squares > 0, squares, 1.0)


def kernel_at(
    loss: Float[Array, "scenarios"],
    w: Float[Array, "scenarios"],
    var: FloatScalar,
    es: FloatScalar,
    level: FloatScalar,
    bandwidth: FloatScalar | None,
) -> TailKernel:
    """Kernel weights around a value at risk that is already known; `tail_kernel` states the default bandwidth."""
    # Importance weights put more scenarios into the tail than its probability says.
    size = jnp.maximum(effective_tail_size(w, level), held_tail_size(loss, w, var))
    h = (es - var) * size**-0.2 if bandwidth is None else bandwidth
    smooth = h > 0
    z = (loss - var) / jnp.where(smooth, h, 1.0)
    shape = jnp.where(smooth, jnp.exp(-0.5 * z * z), (loss == var).astype(loss.dtype))
    # A scenario at infinity, or a padded one, has no weight rather than a NaN.
    terms = jnp.where((w > 0) & jnp.isfinite(loss), w * shape, 0.0)
    total = tree_sum(terms)
    return TailKernel(terms / total, h, total / (h * math.sqrt(2.0 * math.pi)))
