"""Systematic drivers of credit: computed from the shocks, never drawn apart."""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from pact_jax._numerics import ordered_bits
from pact_jax.special import normal_quantile


def normal_score(
    move: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None
) -> Float[Array, "scenarios"]:
    """Standard-normal score of a driver's return: the normal quantile of its mid-rank weighted distribution function.

    `Y = Phi^-1( W{x < x_w} + W{x = x_w} / 2 )`. Whatever law the generator has, the scores are standard normal up to
    the number of scenarios, so default probabilities are preserved.

    Args:
        move: the driver's return in each scenario.
        weight: probability of each scenario; they sum to 1. Equal if None.

    Returns:
        Score of each scenario; low scores are bad for the obligors that the driver drives.

    Example:
        >>> [round(float(y), 4) for y in normal_score(jnp.asarray([3.0, 1.0, 2.0]), None)]
        [0.9674, -0.9674, 0.0]
    """
    key = ordered_bits(move)
    if weight is None:
        # Numbers of scenarios: integers without their places sort several times as fast as numbers with them.
        ordered = lax.sort(key, is_stable=False)
        first, after = (jnp.searchsorted(ordered, key, side=side) for side in ("left", "right"))
        return normal_quantile((first + after).astype(move.dtype) / (2.0 * move.shape[0]))
    order = jnp.argsort(key)
    ordered, mass = key[order], weight[order]
    cumulative = jnp.cumsum(mass)
    before = jnp.concatenate([jnp.zeros_like(cumulative[:1]), cumulative])
    first, after = (jnp.searchsorted(ordered, key, side=side) for side in ("left", "right"))
    middle = 0.5 * (before[first] + before[after]) / cumulative[-1]
    return normal_quantile(middle)
