"""Moves of factors -> a scenario set: the last step of every generator."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax._typing import IntScalarLike
from pact_jax.market import MarketState

from ._layout import ShockLayout
from ._set import Sampling, ScenarioSet, equal_weights
from ._systematic import normal_score


def assemble(
    moves: Float[Array, "scenarios factors"],
    layout: ShockLayout,
    market: MarketState,
    horizon_days: IntScalarLike,
    driver_columns: Int[Array, "drivers"],
    seed: Int[Array, ""],
    sampling: Sampling,
    weight: Float[Array, "scenarios"] | None = None,
) -> ScenarioSet:
    """Shocks, weights, counters and the scores of the drivers, from moves.

    Args:
        moves: one row a scenario, one column a factor.
        layout: where each column sits in a shock.
        market: gives the shapes.
        horizon_days: H, as a label of the set.
        driver_columns: column of each systematic driver.
        seed: seed of the random numbers that later stages draw.
        sampling: how the scenarios depend on each other.
        weight: probability of each scenario, summing to 1; equal if None.

    Returns:
        The set.
    """
    num_scenarios, dtype = moves.shape[0], moves.dtype
    weight = equal_weights(num_scenarios, dtype) if weight is None else weight
    systematic = jax.vmap(lambda column: normal_score(moves[:, column], weight), out_axes=1)(driver_columns)
    return ScenarioSet(
        shock=layout.to_shock(moves, market),
        weight=weight,
        index=jnp.arange(num_scenarios, dtype=jnp.uint32),
        systematic=systematic,
        horizon_days=jnp.asarray(horizon_days, dtype),
        seed=seed,
        sampling=sampling,
    )
