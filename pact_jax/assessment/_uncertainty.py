"""Standard errors and the upper bound that fit how the scenarios were sampled."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.consensus import JointLoss
from pact_jax.measures import (
    default_lag,
    dependent_standard_error,
    independent_standard_error,
    tail_measures,
    upper_bound,
)
from pact_jax.sampling import Stream
from pact_jax.scenarios import Sampling, ScenarioSet

_RESAMPLES = 500


class Uncertainty(eqx.Module):
    """Sampling errors, reporting currency; rows are the joint loss, each agent, then each desk.

    Attributes:
        expected_shortfall: estimate of each row at the confidence of the score.
        expected_shortfall_error: its standard error.
        value_at_risk: estimates, levels x rows.
        value_at_risk_error: their standard errors.
        upper_bound: one-sided 95 % bound of the joint expected shortfall.
    """

    expected_shortfall: Float[Array, "agents"]
    expected_shortfall_error: Float[Array, "agents"]
    value_at_risk: Float[Array, "levels agents"]
    value_at_risk_error: Float[Array, "levels agents"]
    upper_bound: Float[Array, ""]


def measure_uncertainty(
    joint: JointLoss, scenarios: ScenarioSet, confidence: float, levels: tuple[float, ...], horizon_days: int
) -> Uncertainty:
    """Errors of the joint measures, of each agent's and of each desk's.

    Independent scenarios: influence function and bootstrap. Overlapping history: Bartlett long-run variance and block
    bootstrap, because H-day windows that overlap are dependent.

    Args:
        joint: the losses.
        scenarios: weights and how they were sampled.
        confidence: level of the score.
        levels: levels of the values at risk.
        horizon_days: H.

    Returns:
        Estimates, errors and the bound.
    """
    rows = jnp.concatenate([joint.loss[:, None], joint.agent_loss, joint.desk_loss], axis=1)
    every = jnp.asarray((confidence, *levels), rows.dtype)
    return _measure(rows, scenarios.weight, every, scenarios.seed, sampling=scenarios.sampling, horizon=horizon_days)


@partial(jax.jit, static_argnames=("sampling", "horizon"))
def _measure(
    rows: Float[Array, "scenarios agents"],
    weight: Float[Array, "scenarios"],
    levels: Float[Array, "levels"],
    seed: Array,
    *,
    sampling: Sampling,
    horizon: int,
) -> Uncertainty:
    overlapping = sampling is Sampling.OVERLAPPING

    def of(loss: Float[Array, "scenarios"], level: Float[Array, ""]) -> tuple[Array, Array]:
        if overlapping:
            error = dependent_standard_error(loss, weight, level, horizon_days=horizon)
        else:
            error = independent_standard_error(loss, weight, level)
        return error.value_at_risk, error.expected_shortfall

    measures = jax.vmap(lambda loss: tail_measures(loss, weight, levels), in_axes=1)(rows)
    var_error, es_error = jax.vmap(lambda loss: jax.vmap(lambda level: of(loss, level))(levels), in_axes=1)(rows)
    key = jax.random.fold_in(jax.random.key(seed), Stream.BOOTSTRAP.value)
    block = default_lag(rows.shape[0], horizon) if overlapping else 1
    bound = upper_bound(rows[:, 0], weight, levels[0], key=key, resamples=_RESAMPLES, block_days=block)
    return Uncertainty(
        expected_shortfall=measures.expected_shortfall[:, 0],
        expected_shortfall_error=es_error[:, 0],
        value_at_risk=measures.value_at_risk[:, 1:].T,
        value_at_risk_error=var_error[:, 1:].T,
        upper_bound=bound.value,
    )
