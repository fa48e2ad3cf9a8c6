"""Moves put together from blocks of consecutive days of the history."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError
from pact_jax.sampling import Stream, counter_integers

from ._assemble import assemble
from ._moves import check_count, check_horizon, overlapping_moves
from ._plan import ScenarioPlan
from ._set import Sampling, ScenarioSet


def block_bootstrap_scenarios(
    levels: Float[Array, "dates factors"],
    plan: ScenarioPlan,
    *,
    num_scenarios: int,
    block_days: int | None = None,
) -> ScenarioSet:
    """H-day moves as sums of blocks of consecutive days, each block drawn at random from the history.

    A block keeps what happened within it: all factors together, and the order of days. `ceil(H / block)` blocks make a
    scenario, the last one shortened. One-day blocks are independent days; a block of H days is a window of the history
    drawn at random. Blocks do not wrap around the ends of the history.

    Given the history the scenarios are independent, and their standard error is that of the draws alone: the error of
    the history itself is not in it. The overlapping windows of `historical_scenarios` show that one.

    Args:
        levels: factor levels, one row a business day.
        plan: layout, market, drivers, horizon and seed.
        num_scenarios: how many scenarios.
        block_days: length of a block, 1 to H; H if None.

    Returns:
        Independent scenarios, equally weighted.

    Raises:
        ArgumentError: too few dates, a block that is longer than the horizon, or fewer than one scenario.

    References:
        H. R. Kunsch, The jackknife and the bootstrap for general stationary observations, Annals of Statistics 17
        (1989).
    """
    check_horizon(levels.shape[0], plan.horizon_days)
    check_count(num_scenarios)
    block = plan.horizon_days if block_days is None else block_days
    if not 1 <= block <= plan.horizon_days:
        raise ArgumentError(
            f"block_days is {block_days!r}",
            where="block_bootstrap_scenarios",
            mend=f"use 1 to the horizon of {plan.horizon_days} business days",
        )
    return _block_bootstrap(levels, plan, horizon_days=plan.horizon_days, num_scenarios=num_scenarios, block=block)


@partial(jax.jit, static_argnames=("horizon_days", "num_scenarios", "block"))
def _block_bootstrap(
    levels: Float[Array, "dates factors"],
    plan: ScenarioPlan,
    *,
    horizon_days: int,
    num_scenarios: int,
    block: int,
) -> ScenarioSet:
    index = jnp.arange(num_scenarios, dtype=jnp.uint32)
    # Blocks of different lengths have different numbers of places to start: all are drawn from those of the longest.
    whole, rest = divmod(horizon_days, block)
    start = counter_integers(plan.seed, Stream.MARKET, index, whole + (rest > 0), bound=levels.shape[0] - block)
    is_log = jnp.asarray(plan.layout.is_log)
    long = overlapping_moves(levels, is_log, block)
    moves = jax.lax.fori_loop(1, whole, lambda j, total: total + long[start[:, j]], long[start[:, 0]])
    if rest:
        moves = moves + overlapping_moves(levels, is_log, rest)[start[:, whole]]
    return assemble(moves, plan, Sampling.INDEPENDENT)
