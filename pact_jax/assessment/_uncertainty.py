"""Standard errors and the upper bound that fit how the scenarios were sampled."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.consensus import JointLoss
from pact_jax.measures import (
    TailStandardError,
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
    errors = _errors(rows, scenarios.weight, every, scenarios.seed, sampling=scenarios.sampling, horizon=horizon_days)
    shortfall_error, quantile_error, bound = errors
    return Uncertainty(
        expected_shortfall=jnp.concatenate(
            [joint.expected_shortfall[None], joint.agent_expected_shortfall, joint.desk_expected_shortfall]
        ),
        expected_shortfall_error=shortfall_error,
        value_at_risk=jnp.concatenate(
            [joint.value_at_risk[:, None], joint.agent_value_at_risk, joint.desk_value_at_risk], axis=1
        ),
        value_at_risk_error=quantile_error,
        upper_bound=bound,
    )


@partial(jax.jit, static_argnames=("sampling", "horizon"))
def _errors(
    rows: Float[Array, "scenarios agents"],
    weight: Float[Array, "scenarios"],
    levels: Float[Array, "levels"],
    seed: Int[Array, ""],
    *,
    sampling: Sampling,
    horizon: int,
) -> tuple[Float[Array, "agents"], Float[Array, "levels agents"], Float[Array, ""]]:
    error = _standard_errors(rows, weight, levels, sampling, horizon)
    key = jax.random.fold_in(jax.random.key(seed), Stream.BOOTSTRAP.value)
    block = default_lag(rows.shape[0], horizon) if sampling is Sampling.OVERLAPPING else 1
    bound = upper_bound(rows[:, 0], weight, levels[0], key=key, resamples=_RESAMPLES, block_days=block)
    return error.expected_shortfall[:, 0], error.value_at_risk[:, 1:].T, bound.value


def _standard_errors(
    rows: Float[Array, "scenarios agents"],
    weight: Float[Array, "scenarios"],
    levels: Float[Array, "levels"],
    sampling: Sampling,
    horizon: int,
) -> TailStandardError:
    """Standard errors that fit the sampling, rows x levels."""

    def of(loss: Float[Array, "scenarios"], level: Float[Array, ""]) -> TailStandardError:
        if sampling is Sampling.OVERLAPPING:
            return dependent_standard_error(loss, weight, level, horizon_days=horizon)
        return independent_standard_error(loss, weight, level)

    return jax.vmap(lambda loss: jax.vmap(lambda level: of(loss, level))(levels), in_axes=1)(rows)


class Tails(eqx.Module):
    """Tail measures of several losses with the standard errors that fit their sampling, losses x levels.

    Attributes:
        expected_shortfall: estimates.
        expected_shortfall_error: their standard errors.
        value_at_risk: estimates.
        value_at_risk_error: their standard errors.
    """

    expected_shortfall: Float[Array, "agents levels"]
    expected_shortfall_error: Float[Array, "agents levels"]
    value_at_risk: Float[Array, "agents levels"]
    value_at_risk_error: Float[Array, "agents levels"]


def estimate_tails(
    rows: Float[Array, "scenarios agents"],
    weight: Float[Array, "scenarios"],
    levels: Float[Array, "levels"],
    *,
    sampling: Sampling,
    horizon_days: int,
) -> Tails:
    """Tail measures and their errors for each column of losses at each level.

    Args:
        rows: losses, one column each.
        weight: probability of each scenario.
        levels: quantile levels.
        sampling: how the scenarios depend on each other.
        horizon_days: H of overlapping history.

    Returns:
        Measures and errors, losses x levels.
    """
    measures = jax.vmap(lambda loss: tail_measures(loss, weight, levels), in_axes=1)(rows)
    error = _standard_errors(rows, weight, levels, sampling, horizon_days)
    return Tails(measures.expected_shortfall, error.expected_shortfall, measures.value_at_risk, error.value_at_risk)
