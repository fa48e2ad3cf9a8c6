"""History with recent windows weighing more."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError

from ._assemble import assemble
from ._moves import check_horizon, overlapping_moves
from ._plan import ScenarioPlan
from ._set import Sampling, ScenarioSet


def age_weights(num_scenarios: int, decay: Float[Array, ""]) -> Float[Array, "scenarios"]:
    r"""Weights that fall by the factor `decay` with every day of age, oldest first, summing to one.

    $w_i = \lambda^{n-i} (1-\lambda) / (1-\lambda^n)$ for i = 1 (oldest) to n. The weights are worth
    `(sum w)^2 / sum w^2`, about $(1+\lambda)/(1-\lambda)$, equal ones: 99 for 0.98 however long the history is.

    Args:
        num_scenarios: n.
        decay: lambda, between 0 and 1; 1 gives equal weights.

    Returns:
        Weights; no weight is less than the smallest positive number, so that old windows are never taken for padding.

    Example:
        >>> [round(float(w), 4) for w in age_weights(100, jnp.asarray(0.98))[:-4:-1]]
        [0.0231, 0.0226, 0.0221]

    References:
        J. Boudoukh, M. Richardson and R. Whitelaw, The best of both worlds, Risk 11 (1998).
    """
    age = jnp.arange(num_scenarios - 1, -1, -1).astype(decay.dtype)
    raw = jnp.maximum(jnp.exp(age * jnp.log(decay)), 1e3 * float(jnp.finfo(decay.dtype).tiny))
    return raw / jnp.sum(raw)


def age_weighted_scenarios(
    levels: Float[Array, "dates factors"],
    plan: ScenarioPlan,
    *,
    decay: float,
) -> ScenarioSet:
    """Every overlapping move of the history in date order, weighted by age.

    Args:
        levels: factor levels, one row a business day.
        plan: layout, market, drivers, horizon and seed.
        decay: weight of a window relative to the next one, above 0 and at most 1.

    Returns:
        One scenario for each window, sampling OVERLAPPING.

    Raises:
        ArgumentError: too few dates for the horizon, or a decay outside its range.

    References:
        J. Boudoukh, M. Richardson and R. Whitelaw, The best of both worlds, Risk 11 (1998).
    """
    check_horizon(levels.shape[0], plan.horizon_days)
    check_decay(decay)
    return _age_weighted(levels, plan, jnp.asarray(decay, levels.dtype), horizon_days=plan.horizon_days)


def check_decay(decay: float) -> None:
    """Refuses a decay that is not above 0 and at most 1.

    Raises:
        ArgumentError: if so.
    """
    if not 0.0 < decay <= 1.0:
        raise ArgumentError(f"decay is {decay!r}", where="scenarios", mend="give the daily factor, such as 0.98")


@partial(jax.jit, static_argnames="horizon_days")
def _age_weighted(
    levels: Float[Array, "dates factors"],
    plan: ScenarioPlan,
    decay: Float[Array, ""],
    *,
    horizon_days: int,
) -> ScenarioSet:
    moves = overlapping_moves(levels, jnp.asarray(plan.layout.is_log), horizon_days)
    weight = age_weights(moves.shape[0], decay)
    return assemble(moves, plan, Sampling.OVERLAPPING, weight=weight)
