"""The variance recursion behind EWMA and GARCH(1,1), as a filter over one series."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

_BACKCAST_DAYS = 75
_BACKCAST_DECAY = 0.94


class VarianceRecursion(eqx.Module):
    r"""$\sigma^2_{t+1} = \omega + \alpha r_t^2 + \beta \sigma^2_t$ of one series, or of each factor.

    Attributes:
        omega: constant, in the unit of a squared daily move.
        alpha: weight of the last squared move.
        beta: weight of the last variance.
    """

    omega: Float[Array, "..."]
    alpha: Float[Array, "..."]
    beta: Float[Array, "..."]


def ewma_recursion(decay: Float[Array, "..."]) -> VarianceRecursion:
    """Exponentially weighted moving average: `omega = 0, alpha = 1 - decay, beta = decay`.

    Args:
        decay: lambda, above 0 and at most 1; at 1 the variance never changes.

    Returns:
        The recursion.

    Example:
        >>> float(ewma_recursion(jnp.asarray(0.75)).alpha)
        0.25

    References:
        J.P. Morgan and Reuters, RiskMetrics Technical Document, 4th ed. (1996), section 5.2.
    """
    return VarianceRecursion(jnp.zeros_like(decay), 1.0 - decay, decay)


def initial_variance(move: Float[Array, "dates"]) -> Float[Array, ""]:
    """Variance before the first day: the mean square of the first 75 moves with weights that fall by 0.94 a day.

    The mean square of all moves where those are all zero.

    Args:
        move: daily moves, oldest first.

    Returns:
        The variance; 0 for a series that never moves.
    """
    days = min(_BACKCAST_DAYS, move.shape[0])
    weight = _BACKCAST_DECAY ** jnp.arange(days).astype(move.dtype)
    first = jnp.sum(weight * move[:days] ** 2) / jnp.sum(weight)
    return jnp.where(first > 0.0, first, jnp.mean(move**2))


def filter_variance(
    move: Float[Array, "dates"], recursion: VarianceRecursion, initial: Float[Array, ""]
) -> Float[Array, "dates+1"]:
    """Variance of each day given the days before it, and of the day after the last.

    Args:
        move: daily moves of one series, oldest first; their mean is taken as zero.
        recursion: its parameters.
        initial: variance, and squared move, before the first day.

    Returns:
        One more variance than there are moves.

    Example:
        >>> path = filter_variance(jnp.asarray([2.0, 0.0]), ewma_recursion(jnp.asarray(0.5)), jnp.asarray(2.0))
        >>> path.tolist()
        [2.0, 3.0, 1.5]
    """

    def step(variance: Float[Array, ""], square: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        after = recursion.omega + recursion.alpha * square + recursion.beta * variance
        return after, after

    before = recursion.omega + (recursion.alpha + recursion.beta) * initial
    _, path = jax.lax.scan(step, before, move**2)
    return jnp.concatenate([before[None], path])
