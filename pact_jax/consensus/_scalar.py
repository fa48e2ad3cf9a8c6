"""Combination of agents of which only a score each is known."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError, CorrelationError

_SYMMETRY = 1e-12
_SMALLEST_EIGENVALUE = -1e-10


class ScalarCombination(eqx.Module):
    """A score put together from scores, with the plain sum beside it.

    Attributes:
        score: `sqrt(s' R s)`, or the sum where no correlation is given.
        sum: the plain sum; not always conservative, since the scores leave interactions out.
        diversification: `1 - score / sum`; 0 for the sum itself, NaN where all scores are 0.
        contribution: Euler shares `s_a (R s)_a / score`, which sum to the score.
    """

    score: Float[Array, ""]
    sum: Float[Array, ""]
    diversification: Float[Array, ""]
    contribution: Float[Array, "agents"]


def combine_scalars(
    scores: Float[Array, "agents"], correlation: Float[np.ndarray, "agents agents"] | None = None
) -> ScalarCombination:
    """Combines stand-alone scores: `S = sqrt(s' R s)`; without a correlation the plain sum, which is R of ones.

    For use only where no scenario losses exist: a correlation of losses is an output of the joint loss, not an input.

    Args:
        scores: stand-alone scores of the agents, at least 0.
        correlation: R, symmetric with unit diagonal and positive semi-definite; a host array. None for `sum`.

    Returns:
        Score, sum, diversification and contributions.

    Raises:
        ArgumentError: a score is negative or not finite, or the shapes differ.
        CorrelationError: R is not a correlation; for an indefinite one the error carries the smallest eigenvalue.

    Example:
        >>> result = combine_scalars(jnp.asarray([0.023, 0.015, 0.008]))
        >>> round(float(result.score), 12)
        0.046
    """
    _check_scores(np.asarray(scores))
    total = jnp.sum(scores)
    if correlation is None:
        return ScalarCombination(total, total, jnp.where(total > 0.0, 0.0, jnp.nan), scores)
    _check_correlation(np.asarray(correlation), scores.shape[0])
    weighted = jnp.sum(jnp.asarray(correlation, scores.dtype) * scores[None, :], axis=1)
    score = jnp.sqrt(jnp.maximum(jnp.sum(scores * weighted), 0.0))
    share = jnp.where(score > 0.0, scores * weighted / jnp.where(score > 0.0, score, 1.0), 0.0)
    return ScalarCombination(score, total, 1.0 - score / total, share)


def _check_scores(scores: Float[np.ndarray, "agents"]) -> None:
    if scores.ndim != 1 or not (np.isfinite(scores) & (scores >= 0.0)).all():
        raise ArgumentError(
            f"scores must be one vector of finite numbers >= 0, got {scores.tolist()}",
            where="combine_scalars",
            mend="leave out an agent that has no score and bound it (missing_bound), do not pass NaN",
        )


def _check_correlation(correlation: Float[np.ndarray, "agents agents"], num_agents: int) -> None:
    if correlation.shape != (num_agents, num_agents):
        raise ArgumentError(
            f"the correlation has shape {correlation.shape} for {num_agents} scores",
            where="combine_scalars",
            mend=f"give one row and column a score: ({num_agents}, {num_agents})",
        )
    symmetric = np.allclose(correlation, correlation.T, rtol=0.0, atol=_SYMMETRY)  # NaN compares false
    if not symmetric or not np.allclose(np.diagonal(correlation), 1.0, rtol=0.0, atol=_SYMMETRY):
        raise CorrelationError(
            "the matrix is not symmetric with a unit diagonal",
            where="combine_scalars",
            mend="pass correlations, not covariances, and both triangles",
        )
    smallest = float(np.linalg.eigvalsh(correlation)[0]) if num_agents else 0.0
    if smallest < _SMALLEST_EIGENVALUE:
        raise CorrelationError(
            f"the correlation is not positive semi-definite: its smallest eigenvalue is {smallest:.6g}",
            where="combine_scalars",
            mend="use the nearest correlation matrix on purpose, or no correlation (the plain sum)",
        )
