"""Standard errors and the upper bound that fit how the scenarios were sampled."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from pact_jax._program import program
from pact_jax._typing import IntScalarLike
from pact_jax.consensus import JointLoss
from pact_jax.measures import (
    TailMeasures,
    TailStandardError,
    default_lag,
    dependent_standard_error,
    independent_standard_error,
    randomised_standard_error,
    randomised_upper_bound,
    tail_measures,
    upper_bound,
)
from pact_jax.sampling import Stream, stream_key
from pact_jax.scenarios import Sampling, ScenarioSet

_RESAMPLES = 500


class Uncertainty(eqx.Module):
    """Sampling errors, reporting currency, of the joint loss, of each agent's and of each desk's.

    Attributes:
        expected_shortfall: estimate at the confidence of the score.
        expected_shortfall_error: its standard error.
        value_at_risk: estimates.
        value_at_risk_error: their standard errors.
        upper_bound: one-sided 95 % bound of the joint expected shortfall.
    """

    expected_shortfall: Float[Array, "scopes"]
    expected_shortfall_error: Float[Array, "scopes"]
    value_at_risk: Float[Array, "levels scopes"]
    value_at_risk_error: Float[Array, "levels scopes"]
    upper_bound: Float[Array, ""]


def measure_uncertainty(
    joint: JointLoss, scenarios: ScenarioSet, confidence: float, levels: tuple[float, ...], horizon_days: int
) -> Uncertainty:
    """Errors of the joint measures, of each agent's and of each desk's.

    Independent scenarios: influence function and bootstrap. Overlapping history: Bartlett long-run variance and block
    bootstrap, because H-day windows that overlap are dependent. Randomised point sets: the spread over the
    randomisations, and a bound by Student's law with one degree of freedom less than there are of them.

    Args:
        joint: the losses and their measures at this confidence and these levels.
        scenarios: weights and how they were sampled.
        confidence: level of the score.
        levels: levels of the values at risk.
        horizon_days: H.

    Returns:
        Estimates, errors and the bound.
    """
    dtype = scenarios.weight.dtype
    return _measure(
        joint,
        scenarios.weight,
        np.asarray(confidence, dtype),
        np.asarray(levels, dtype),
        scenarios.seed,
        sampling=scenarios.sampling,
        num_randomisations=scenarios.num_randomisations,
        lag=default_lag(scenarios.num_scenarios, horizon_days) if scenarios.sampling is Sampling.OVERLAPPING else 1,
    )


@program(static_argnames=("sampling", "lag", "num_randomisations"))
def _measure(
    joint: JointLoss,
    weight: Float[Array, "scenarios"],
    confidence: Float[Array, ""],
    levels: Float[Array, "levels"],
    seed: Int[Array, ""],
    *,
    sampling: Sampling,
    lag: int,
    num_randomisations: int,
) -> Uncertainty:
    rows = jnp.concatenate([joint.loss[None], joint.agent_loss.T, joint.desk_loss.T])
    shortfall = jnp.concatenate(
        [joint.expected_shortfall[None], joint.agent_expected_shortfall, joint.desk_expected_shortfall]
    )
    quantile = jnp.concatenate(
        [joint.value_at_risk[:, None], joint.agent_value_at_risk, joint.desk_value_at_risk], axis=1
    )
    at_score = TailMeasures(joint.tail_start, shortfall, jnp.zeros_like(shortfall, jnp.uint32))
    # The error of a value at risk does not depend on the shortfall.
    at_levels = TailMeasures(quantile.T, quantile.T, jnp.zeros_like(quantile.T, jnp.uint32))
    error = partial(_standard_error, weight=weight, sampling=sampling, lag=lag, num_randomisations=num_randomisations)
    of_score = jax.vmap(lambda loss, known: error(loss, confidence, known))(rows, at_score)
    of_levels = jax.vmap(lambda loss, known: jax.vmap(lambda c, k: error(loss, c, k))(levels, known))(rows, at_levels)
    if sampling is Sampling.RANDOMISED:
        bound = randomised_upper_bound(
            joint.expected_shortfall, of_score.expected_shortfall[0], num_randomisations=num_randomisations
        )
    else:
        bound = upper_bound(
            joint.loss,
            weight,
            confidence,
            key=jax.random.wrap_key_data(jnp.stack(stream_key(seed, Stream.BOOTSTRAP.value)), impl="threefry2x32"),
            resamples=_RESAMPLES,
            block_days=lag,
            measured=jax.tree.map(lambda leaf: leaf[0], at_score),
        ).value
    return Uncertainty(
        expected_shortfall=shortfall,
        expected_shortfall_error=of_score.expected_shortfall,
        value_at_risk=quantile,
        value_at_risk_error=of_levels.value_at_risk.T,
        upper_bound=bound,
    )


def _standard_error(
    loss: Float[Array, "scenarios"],
    level: Float[Array, ""],
    measured: TailMeasures,
    *,
    weight: Float[Array, "scenarios"],
    sampling: Sampling,
    lag: IntScalarLike,
    num_randomisations: int,
) -> TailStandardError:
    """Standard errors that fit the sampling."""
    if sampling is Sampling.RANDOMISED:
        return randomised_standard_error(loss, weight, level, num_randomisations=num_randomisations, measured=measured)
    if sampling is Sampling.OVERLAPPING:
        return dependent_standard_error(loss, weight, level, horizon_days=0, lag=lag, measured=measured)
    return independent_standard_error(loss, weight, level, measured=measured)


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
    lag: IntScalarLike,
    num_randomisations: int = 1,
) -> Tails:
    """Tail measures and their errors for each column of losses at each level.

    Args:
        rows: losses, one column each.
        weight: probability of each scenario.
        levels: quantile levels.
        sampling: how the scenarios depend on each other.
        lag: of overlapping history, see `default_lag`; unused otherwise.
        num_randomisations: of a randomised set; unused otherwise.

    Returns:
        Measures and errors, losses x levels.
    """
    measures = jax.vmap(lambda loss: tail_measures(loss, weight, levels), in_axes=1)(rows)
    error_of = partial(
        _standard_error, weight=weight, sampling=sampling, lag=lag, num_randomisations=num_randomisations
    )
    error = jax.vmap(
        lambda loss, known: jax.vmap(lambda level, k: error_of(loss, level, k))(levels, known), in_axes=(1, 0)
    )(rows, measures)
    return Tails(measures.expected_shortfall, error.expected_shortfall, measures.value_at_risk, error.value_at_risk)
