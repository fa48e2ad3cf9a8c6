"""Moves of the factors over windows of the history, and their covariance."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax._program import program
from pact_jax.errors import ArgumentError
from pact_jax.special import positive_log


def overlapping_moves(
    levels: Float[Array, "dates factors"], is_log: Bool[Array, "factors"], horizon_days: int
) -> Float[Array, "scenarios factors"]:
    """Moves of every factor over each window of `horizon_days` business days, windows overlapping.

    `log(x[t+H] / x[t])` for levels and `x[t+H] - x[t]` for rates.

    Args:
        levels: one row a business day, ascending; levels that move by log return are positive.
        is_log: which columns move by log return.
        horizon_days: H, at least 1.

    Returns:
        One row for each end date: `dates - H` rows.

    Raises:
        ArgumentError: fewer than H + 2 dates.

    Example:
        >>> overlapping_moves(jnp.asarray([[1.0], [2.0], [4.0], [7.0]]), jnp.zeros(1, bool), 2)[:, 0].tolist()
        [3.0, 5.0]
    """
    check_horizon(levels.shape[0], horizon_days)
    start, end = levels[:-horizon_days], levels[horizon_days:]
    ratio = jnp.where(is_log[None, :], end / jnp.where(is_log[None, :], start, 1.0), 1.0)
    return jnp.where(is_log[None, :], positive_log(ratio), end - start)


@program(static_argnames=("horizon_days",))
def moves_covariance(
    levels: Float[Array, "dates factors"], is_log: Bool[Array, "factors"], *, horizon_days: int
) -> Float[Array, "factors factors"]:
    """Sample covariance (n - 1) of the overlapping H-day moves.

    Args:
        levels: one row a business day.
        is_log: which columns move by log return.
        horizon_days: H.

    Returns:
        Covariance over the whole horizon; singular where there are fewer windows than factors.
    """
    moves = overlapping_moves(levels, is_log, horizon_days)
    centred = moves - jnp.mean(moves, axis=0, keepdims=True)
    # Transposed in memory, which CPUs multiply in half the time of a transposition within the product.
    by_factor = jax.lax.optimization_barrier(centred.T)
    return jnp.matmul(by_factor, centred, precision=jax.lax.Precision.HIGHEST) / (moves.shape[0] - 1)


def triangular_root(
    covariance: Float[Array, "factors factors"],
) -> tuple[Float[Array, "factors factors"], Float[Array, "factors"]]:
    """Cholesky root U of the correlation, upper triangular, and standard deviations s: z U * s has the covariance.

    Factor k is made of the first k numbers, so that factors added after it leave its moves as they were. A pivot within
    rounding of 0 is one, so that it exists where the covariance is singular. Written as a loop: a library's threads
    would go on spinning after so small a problem, and keep the cores from what comes next.

    Args:
        covariance: positive semi-definite.

    Returns:
        Root and standard deviations; a factor without variance has the deviation 0.

    Example:
        >>> root, scale = triangular_root(jnp.asarray([[4.0, 2.0], [2.0, 1.0]]))
        >>> root.tolist(), scale.tolist()
        ([[1.0, 1.0], [0.0, 0.0]], [2.0, 1.0])
    """
    correlation, scale = _correlation(covariance)
    count = correlation.shape[0]
    smallest = 8.0 * count * jnp.finfo(covariance.dtype).eps
    place = jnp.arange(count)

    def row(k: Int[Array, ""], root: Float[Array, "factors factors"]) -> Float[Array, "factors factors"]:
        left = correlation[k] - jnp.matmul(root[:, k], root, precision=jax.lax.Precision.HIGHEST)
        real = left[k] > smallest
        own = left / jnp.sqrt(jnp.where(real, left[k], 1.0))
        return root.at[k].set(jnp.where(real & (place >= k), own, 0.0))

    return jax.lax.fori_loop(0, count, row, jnp.zeros_like(correlation)), scale


def symmetric_root(
    covariance: Float[Array, "factors factors"],
) -> tuple[Float[Array, "factors factors"], Float[Array, "factors"]]:
    """Symmetric root R of the correlation and standard deviations s: z R * s has the covariance if z is white.

    It exists where the covariance is singular, does not depend on the signs of the eigenvectors, and is not spoilt by
    rates and spots differing by orders of magnitude in scale.

    Args:
        covariance: positive semi-definite.

    Returns:
        Root and standard deviations; a factor without variance has the deviation 0.
    """
    correlation, scale = _correlation(covariance)
    values, vectors = jnp.linalg.eigh(correlation)
    half = vectors * jnp.sqrt(jnp.maximum(values, 0.0))[None, :]
    return jnp.matmul(half, vectors.T, precision=jax.lax.Precision.HIGHEST), scale


def principal_root(
    covariance: Float[Array, "factors factors"],
) -> tuple[Float[Array, "factors factors"], Float[Array, "factors"]]:
    """Root P of the correlation, row k its k-th principal component, and standard deviations s, like `symmetric_root`.

    z P * s has the covariance if z is white, and as much of its variance as any root can give to the first numbers of
    z comes from them.

    Args:
        covariance: positive semi-definite.

    Returns:
        Root and standard deviations; a factor without variance has the deviation 0.
    """
    correlation, scale = _correlation(covariance)
    values, vectors = jnp.linalg.eigh(correlation)
    # The sign of an eigenvector is arbitrary: its largest entry is made positive, so that a seed means one set.
    largest = jnp.take_along_axis(vectors, jnp.argmax(jnp.abs(vectors), axis=0)[None], axis=0)
    signed = vectors * jnp.where(largest < 0.0, -1.0, 1.0)
    return (signed * jnp.sqrt(jnp.maximum(values, 0.0))[None, :]).T[::-1], scale


def _correlation(
    covariance: Float[Array, "factors factors"],
) -> tuple[Float[Array, "factors factors"], Float[Array, "factors"]]:
    """Correlation and standard deviations; a factor without variance is correlated with nothing, itself included."""
    scale = jnp.sqrt(jnp.diagonal(covariance))
    unit = jnp.where(scale > 0.0, scale, 1.0)
    return covariance / (unit[:, None] * unit[None, :]), scale


def check_horizon(num_dates: int, horizon_days: int) -> None:
    """Refuses a horizon that the history cannot hold two windows of.

    Args:
        num_dates: rows of the history.
        horizon_days: H.

    Raises:
        ArgumentError: fewer than H + 2 dates.
    """
    if not 1 <= horizon_days <= num_dates - 2:
        raise ArgumentError(
            f"a horizon of {horizon_days} business days needs at least {horizon_days + 2} dates, got {num_dates}",
            where="history",
            mend="supply a longer history or ask for a shorter horizon",
        )


def check_count(num_scenarios: int) -> None:
    """Refuses fewer than one scenario.

    Raises:
        ArgumentError: if so.
    """
    if num_scenarios < 1:
        raise ArgumentError(f"num_scenarios is {num_scenarios}", where="scenarios", mend="ask for at least 1")
