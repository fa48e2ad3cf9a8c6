"""Covariance shrunk towards a target by the amount that the data themselves ask for."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

_HIGHEST = jax.lax.Precision.HIGHEST


class Shrunk(eqx.Module):
    """A convex combination of sample covariance and target.

    Attributes:
        covariance: `(1 - shrinkage) S + shrinkage T`, with S of divisor n; regular wherever T is and shrinkage > 0.
        shrinkage: between 0 and 1.
    """

    covariance: Float[Array, "factors factors"]
    shrinkage: Float[Array, ""]


def identity_shrinkage(moves: Float[Array, "dates factors"]) -> Shrunk:
    """Shrinkage towards the mean variance times the identity.

    For factors of one unit and size; standardise others first.

    Args:
        moves: one row a window; independent windows are assumed.

    Returns:
        Covariance and the shrinkage used.

    Example:
        >>> shrunk = identity_shrinkage(jnp.asarray([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]]))
        >>> bool((shrunk.shrinkage >= 0.0) & (shrunk.shrinkage <= 1.0))
        True

    References:
        O. Ledoit and M. Wolf, A well-conditioned estimator for large-dimensional covariance matrices, J. Multivariate
        Analysis 88 (2004).
    """
    centred = moves - jnp.mean(moves, axis=0, keepdims=True)
    sample, size = _moment(centred), moves.shape[1]
    target = jnp.mean(jnp.diagonal(sample)) * jnp.eye(size, dtype=moves.dtype)
    noise = jnp.sum(_noise(centred, sample)) / moves.shape[0]
    return _blend(sample, target, noise)


def constant_correlation_shrinkage(moves: Float[Array, "dates factors"]) -> Shrunk:
    """Shrinkage towards the sample's variances with one correlation, the mean one, for every pair.

    Args:
        moves: one row a window; independent windows are assumed. A factor that never moves stays so.

    Returns:
        Covariance and the shrinkage used.

    References:
        O. Ledoit and M. Wolf, Honey, I shrunk the sample covariance matrix, J. Portfolio Management 30 (2004),
        appendix B.
    """
    count = moves.shape[0]
    centred = moves - jnp.mean(moves, axis=0, keepdims=True)
    sample = _moment(centred)
    variance = jnp.diagonal(sample)
    moving = variance > 0.0
    scale = jnp.sqrt(jnp.where(moving, variance, 1.0))
    pair = moving[:, None] & moving[None, :] & ~jnp.eye(moves.shape[1], dtype=bool)
    num_pairs = jnp.maximum(jnp.sum(pair), 1).astype(moves.dtype)
    mean = jnp.sum(jnp.where(pair, sample / (scale[:, None] * scale[None, :]), 0.0)) / num_pairs
    target = jnp.where(pair, mean * scale[:, None] * scale[None, :], jnp.diag(variance))
    noise = _noise(centred, sample)
    # Covariance of the sampling errors of s_ii and s_ij: the target moves with the sample, which lowers the gain.
    together = jnp.matmul((centred**3).T, centred, precision=_HIGHEST) / count - variance[:, None] * sample
    joint = jnp.sum(jnp.diagonal(noise)) + mean * jnp.sum(
        jnp.where(pair, scale[None, :] / scale[:, None] * together, 0.0)
    )
    return _blend(sample, target, (jnp.sum(noise) - joint) / count)


def _moment(centred: Float[Array, "dates factors"]) -> Float[Array, "factors factors"]:
    return jnp.matmul(centred.T, centred, precision=_HIGHEST) / float(centred.shape[0])


def _noise(
    centred: Float[Array, "dates factors"], sample: Float[Array, "factors factors"]
) -> Float[Array, "factors factors"]:
    """Variance of each product of moves: n times the squared standard error of each sample covariance."""
    return _moment(centred**2) - sample**2


def _blend(
    sample: Float[Array, "factors factors"], target: Float[Array, "factors factors"], noise: Float[Array, ""]
) -> Shrunk:
    distance = jnp.sum((sample - target) ** 2)
    apart = distance > 0.0
    share = jnp.where(apart, jnp.clip(noise / jnp.where(apart, distance, 1.0), 0.0, 1.0), 0.0)
    return Shrunk((1.0 - share) * sample + share * target, share)
