"""Moves of factors -> a scenario set: the last step of every generator."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._plan import ScenarioPlan
from ._set import Sampling, ScenarioSet, equal_weights
from ._systematic import normal_score


def assemble(
    moves: Float[Array, "scenarios factors"],
    plan: ScenarioPlan,
    sampling: Sampling,
    *,
    weight: Float[Array, "scenarios"] | None = None,
    deviation: Float[Array, "factors"] | None = None,
    num_randomisations: int = 1,
) -> ScenarioSet:
    """Shocks, weights, counters and the scores of the drivers, from moves.

    Args:
        moves: one row a scenario, one column a factor.
        plan: layout, market, drivers, horizon and seed.
        sampling: how the scenarios depend on each other.
        weight: probability of each scenario; equal if None.
        deviation: standard deviations of Gaussian factors with mean 0, where they are known: a driver's score is then
            its move over its own, exactly; the empirical rank otherwise, which ties all scenarios together.
        num_randomisations: of a RANDOMISED set.

    Returns:
        The set.
    """
    num_scenarios, dtype = moves.shape[0], moves.dtype
    if deviation is None:
        systematic = jax.vmap(lambda column: normal_score(moves[:, column], weight), out_axes=1)(plan.driver_columns)
    else:
        unit = jnp.where(deviation > 0.0, deviation, 1.0)[plan.driver_columns]
        systematic = moves[:, plan.driver_columns] / unit[None, :]
    return ScenarioSet(
        shock=plan.layout.to_shock(moves, plan.market),
        weight=equal_weights(num_scenarios, dtype) if weight is None else weight,
        index=jnp.arange(num_scenarios, dtype=jnp.uint32),
        systematic=systematic,
        horizon_days=jnp.asarray(plan.horizon_days, dtype),
        seed=plan.seed,
        sampling=sampling,
        num_randomisations=num_randomisations,
    )
