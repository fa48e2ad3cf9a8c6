"""Correlation of losses: an output of the joint scenarios, never an input."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from .._numerics import tree_sum
from .._typing import BoolScalar, FloatScalar, FloatScalarLike
from ._tail_weights import as_weights


class LossCorrelation(eqx.Module):
    """Correlation matrix of the losses of agents or items.

    Attributes:
        matrix: Correlations, symmetric with a diagonal of ones; NaN in rows and columns that are not `defined`.
        defined: Whether an agent's loss varies at all.
    """

    matrix: Float[Array, "agents agents"]
    defined: Bool[Array, "agents"]


class ImpliedCorrelation(eqx.Module):
    """The one number that would aggregate the agents' scores to the joint one.

    Attributes:
        value: The correlation; NaN if not `defined`. Printed as it is, also outside [-1, 1].
        defined: Whether at least two scores differ from 0.
        in_range: Whether the value lies in [-1, 1]; outside, no correlation explains the joint score.
    """

    value: FloatScalar
    defined: BoolScalar
    in_range: BoolScalar


def loss_correlation(
    loss: Float[Array, "agents scenarios"], weight: Float[Array, "scenarios"] | None
) -> LossCorrelation:
    """Weighted linear correlation of losses over the same scenarios.

    Args:
        loss: Losses per agent and scenario.
        weight: Probability weights, normalised here; None means 1/n each.

    Returns:
        The matrix, and which rows of it exist.

    Example:
        >>> import jax.numpy as jnp
        >>> loss_correlation(jnp.asarray([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]), None).matrix[0, 1].round(6).item()
        -1.0
    """
    w = as_weights(loss[0], weight)
    w = w / tree_sum(w)
    held = (w > 0)[None, :]
    centred = loss - tree_sum(jnp.where(held, w[None, :] * loss, 0.0))[:, None]
    scaled = jnp.where(held, jnp.sqrt(w)[None, :] * centred, 0.0)
    variance = tree_sum(scaled * scaled)
    size = tree_sum(jnp.where(held, w[None, :] * loss * loss, 0.0))
    # What is left of a constant after its mean is taken away is rounding, not variance.
    defined = variance > (8.0 * float(jnp.finfo(loss.dtype).eps)) ** 2 * size
    unit = scaled / jnp.where(defined, jnp.sqrt(variance), 1.0)[:, None]
    matrix = jnp.clip(tree_sum(unit[:, None, :] * unit[None, :, :]), -1.0, 1.0)
    matrix = jnp.where(jnp.eye(loss.shape[0], dtype=bool), 1.0, matrix)
    return LossCorrelation(jnp.where(defined[:, None] & defined[None, :], matrix, jnp.nan), defined)


def implied_correlation(score: FloatScalarLike, agent_scores: Float[Array, "agents"]) -> ImpliedCorrelation:
    r"""Correlation implied by the joint score, $(S^2 - \sum_a s_a^2) / \sum_{a \ne b} s_a s_b$, without interaction.

    Args:
        score: S, the joint score of the sum of the agents' losses.
        agent_scores: s_a, each agent's stand-alone score.

    Returns:
        The value and whether it means anything.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(implied_correlation(5.0, jnp.asarray([3.0, 4.0])).value), 6)
        0.0
        >>> bool(implied_correlation(1.0, jnp.asarray([3.0, 0.0])).defined)
        False
    """
    squares = tree_sum(agent_scores * agent_scores)
    # The products pair by pair: (sum)^2 - sum of squares would cancel where one agent dominates.
    earlier = jnp.cumsum(agent_scores) - agent_scores
    products = 2.0 * tree_sum(agent_scores * earlier)
    defined = products != 0
    value = (jnp.asarray(score, agent_scores.dtype) ** 2 - squares) / jnp.where(defined, products, 1.0)
    # Rounding must not flag perfect dependence as impossible.
    room = 1.0 + 64.0 * float(jnp.finfo(agent_scores.dtype).eps)
    return ImpliedCorrelation(jnp.where(defined, value, jnp.nan), defined, defined & (jnp.abs(value) <= room))
