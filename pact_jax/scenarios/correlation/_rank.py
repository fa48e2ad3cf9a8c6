"""Rank correlations, and the linear correlation that they stand for under a Gaussian copula."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._estimate import sample_covariance, to_correlation

_HIGHEST = jax.lax.Precision.HIGHEST


def kendall_tau(moves: Float[Array, "dates factors"]) -> Float[Array, "factors factors"]:
    r"""Kendall's tau-b of every pair of factors: concordant minus discordant pairs of dates, ties accounted for.

    $\tau_b = \sum_{s<t} \mathrm{sgn}(x_t - x_s)\,\mathrm{sgn}(y_t - y_s) / \sqrt{n_x n_y}$, with n_x the pairs of dates
    that x does not tie. Every pair of dates is looked at: work grows with dates^2 factors^2.

    Args:
        moves: one row a window.

    Returns:
        Unit diagonal; 0 for a factor that never moves.

    References:
        M. G. Kendall, Rank Correlation Methods, 4th ed. (1970), chapter 3.
    """
    count = moves.shape[0]
    place = jnp.arange(count)

    def add(lag: int, total: Float[Array, "factors factors"]) -> Float[Array, "factors factors"]:
        sign = jnp.sign(moves - jnp.roll(moves, lag, axis=0))
        sign = jnp.where((place >= lag)[:, None], sign, 0.0)
        return total + jnp.matmul(sign.T, sign, precision=_HIGHEST)

    start = jnp.zeros((moves.shape[1], moves.shape[1]), moves.dtype)
    return to_correlation(jax.lax.fori_loop(1, count, add, start))


def spearman_rho(moves: Float[Array, "dates factors"]) -> Float[Array, "factors factors"]:
    """Spearman's rho of every pair of factors: correlation of ranks, ties at their mean rank.

    Args:
        moves: one row a window.

    Returns:
        Unit diagonal; 0 for a factor that never moves.

    Example:
        >>> float(spearman_rho(jnp.asarray([[1.0, 1.0], [2.0, 8.0], [3.0, 27.0]]))[0, 1])
        1.0

    References:
        M. G. Kendall, Rank Correlation Methods, 4th ed. (1970), chapter 3.
    """

    def rank(column: Float[Array, "dates"]) -> Float[Array, "dates"]:
        ordered = jnp.sort(column)
        below = jnp.searchsorted(ordered, column, side="left")
        upto = jnp.searchsorted(ordered, column, side="right")
        return 0.5 * (below + upto).astype(column.dtype)

    return to_correlation(sample_covariance(jax.vmap(rank, in_axes=1, out_axes=1)(moves)))


def gaussian_from_kendall(tau: Float[Array, "..."]) -> Float[Array, "..."]:
    r"""Correlation of a Gaussian (or any elliptical) copula with a given Kendall's tau, $\sin(\pi \tau / 2)$.

    A matrix of them need not be positive semi-definite: see `nearest_correlation`.

    Args:
        tau: between -1 and 1.

    Returns:
        Linear correlation.

    Example:
        >>> round(float(gaussian_from_kendall(jnp.asarray(1.0 / 3.0))), 12)
        0.5

    References:
        F. Lindskog, A. McNeil and U. Schmock, Kendall's tau for elliptical distributions (2003).
    """
    return jnp.sin(0.5 * jnp.pi * tau)


def gaussian_from_spearman(rho: Float[Array, "..."]) -> Float[Array, "..."]:
    r"""Correlation of a Gaussian copula with a given Spearman's rho, $2 \sin(\pi \rho / 6)$.

    A matrix of them need not be positive semi-definite: see `nearest_correlation`.

    Args:
        rho: between -1 and 1.

    Returns:
        Linear correlation.

    Example:
        >>> round(float(gaussian_from_spearman(jnp.asarray(1.0))), 12)
        1.0

    References:
        K. Pearson, On further methods of determining correlation (1907). A. McNeil, R. Frey and P. Embrechts,
        Quantitative Risk Management, 2nd ed. (2015), theorem 7.42.
    """
    return 2.0 * jnp.sin(jnp.pi / 6.0 * rho)


def kendall_covariance(moves: Float[Array, "dates factors"]) -> Float[Array, "factors factors"]:
    """Sample variances with the correlation of a Gaussian copula by Kendall's tau; may be indefinite, not repaired.

    Args:
        moves: one row a window.

    Returns:
        Covariance.
    """
    return _with_sample_variances(gaussian_from_kendall(kendall_tau(moves)), moves)


def spearman_covariance(moves: Float[Array, "dates factors"]) -> Float[Array, "factors factors"]:
    """Sample variances with the correlation of a Gaussian copula by Spearman's rho; may be indefinite, not repaired.

    Args:
        moves: one row a window.

    Returns:
        Covariance.
    """
    return _with_sample_variances(gaussian_from_spearman(spearman_rho(moves)), moves)


def _with_sample_variances(
    correlation: Float[Array, "factors factors"], moves: Float[Array, "dates factors"]
) -> Float[Array, "factors factors"]:
    scale = jnp.sqrt(jnp.diagonal(sample_covariance(moves)))
    return correlation * scale[:, None] * scale[None, :]
