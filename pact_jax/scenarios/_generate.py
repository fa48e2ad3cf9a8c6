"""Scenario generators: history as it happened, and Gaussian Monte Carlo with the history's covariance."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax._program import program
from pact_jax.sampling import Stream, counter_normals

from ._assemble import assemble
from ._moves import check_count, check_horizon, overlapping_moves, triangular_root
from ._plan import ScenarioPlan
from ._set import Sampling, ScenarioSet


def historical_scenarios(
    levels: Float[Array, "dates factors"],
    plan: ScenarioPlan,
) -> ScenarioSet:
    """Every overlapping move of the history, equally weighted, in date order.

    Args:
        levels: factor levels, one row a business day.
        plan: layout, market, drivers, horizon and seed.

    Returns:
        One scenario for each window, sampling OVERLAPPING.

    Raises:
        ArgumentError: too few dates for the horizon.
    """
    check_horizon(levels.shape[0], plan.horizon_days)
    return _historical(levels, plan, horizon_days=plan.horizon_days)


def gaussian_scenarios(
    covariance: Float[Array, "factors factors"],
    plan: ScenarioPlan,
    *,
    num_scenarios: int,
) -> ScenarioSet:
    """Gaussian moves with a given covariance over the horizon and mean zero.

    Numbers come from counters: scenario i is the same whatever the number of scenarios, the chunk or the device.

    Args:
        covariance: of the factors' moves over the whole horizon; positive semi-definite (checked at the host door).
        plan: layout, market, drivers, horizon and seed.
        num_scenarios: how many scenarios.

    Returns:
        Independent scenarios, equally weighted.

    Raises:
        ArgumentError: fewer than one scenario.
    """
    check_count(num_scenarios)
    return _gaussian(covariance, plan, num_scenarios=num_scenarios)


@program(static_argnames=("horizon_days",))
def _historical(levels: Float[Array, "dates factors"], plan: ScenarioPlan, *, horizon_days: int) -> ScenarioSet:
    moves = overlapping_moves(levels, jnp.asarray(plan.layout.is_log), horizon_days)
    return assemble(moves, plan, Sampling.OVERLAPPING)


@program(static_argnames=("num_scenarios",))
def _gaussian(covariance: Float[Array, "factors factors"], plan: ScenarioPlan, *, num_scenarios: int) -> ScenarioSet:
    root, scale = triangular_root(covariance)
    index = jnp.arange(num_scenarios, dtype=jnp.uint32)
    normals = counter_normals(plan.seed, Stream.MARKET, index, covariance.shape[0], dtype=covariance.dtype)
    moves = jnp.matmul(normals, root * scale[None, :], precision=jax.lax.Precision.HIGHEST)
    return assemble(moves, plan, Sampling.INDEPENDENT)
