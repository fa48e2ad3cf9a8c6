"""Survival probabilities from piecewise-constant forward hazards."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def overlap_weights(node_time: Float[Array, "tenors"], time: Float[Array, "..."]) -> Float[Array, "... tenors"]:
    """Years that `[0, time]` spends in each hazard interval.

    Node k holds on `(t[k-1], t[k]]`, the last one beyond its time as well, so the integrated hazard is the product of
    these weights with the hazards: linear in the hazards, which makes its derivatives exact and constant.

    Args:
        node_time: years, positive and increasing.
        time: years, not negative, any shape.

    Returns:
        Weights in years, summing to `time`.

    Example:
        >>> overlap_weights(jnp.asarray([1.0, 3.0]), jnp.asarray(2.0)).tolist()
        [1.0, 1.0]
    """
    start = jnp.concatenate([jnp.zeros_like(node_time[:1]), node_time[:-1]])
    end = jnp.concatenate([node_time[:-1], jnp.full_like(node_time[:1], jnp.inf)])
    lead = (1,) * time.ndim
    start, end = start.reshape(*lead, -1), end.reshape(*lead, -1)
    return jnp.maximum(jnp.minimum(time[..., None], end) - start, 0.0)


def log_survival_probability(
    node_time: Float[Array, "tenors"], hazard_rate: Float[Array, "tenors"], time: Float[Array, "..."]
) -> Float[Array, "..."]:
    r"""Logarithm of the survival probability, $-\int_0^t h(u)\,du$.

    Args:
        node_time: years, positive and increasing.
        hazard_rate: forward hazard of each interval, per year.
        time: years, not negative.

    Returns:
        Log survival probability at each time.

    Example:
        >>> nodes, hazards = jnp.asarray([1.0, 3.0]), jnp.asarray([0.01, 0.02])
        >>> round(float(log_survival_probability(nodes, hazards, jnp.asarray(2.0))), 6)
        -0.03
    """
    return -overlap_weights(node_time, time) @ hazard_rate
