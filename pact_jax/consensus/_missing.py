"""What an assessment says when an agent is missing: a bound in its place, never its absence."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.agents import ONE_SIDED_95
from pact_jax.measures import expected_shortfall

DAILY_LOG_VOLATILITY = 0.10
"""Assumed daily volatility of the logarithm of an agent's expected shortfall, where its own history gives none."""


class MissingBound(eqx.Module):
    """The degraded score, what it is made of, and how far it can be trusted.

    Attributes:
        score: what is reported: the bound, or the survivors' score where there is no bound.
        upper_bound: U; infinite where a missing agent has no charge.
        score_survivors: score of the agents that answered, their interactions included.
        unallocated: the leaf of each missing agent; with the survivors' contributions it sums to the score.
        bounded: true where every missing agent has a charge.
    """

    score: Float[Array, ""]
    upper_bound: Float[Array, ""]
    score_survivors: Float[Array, ""]
    unallocated: Float[Array, "agents"]
    bounded: Bool[Array, ""]


def missing_bound(
    survivor_shortfall: Float[Array, ""],
    charge: Float[Array, "agents"],
    interaction_charge: Float[Array, "agents"],
    present: Bool[Array, "agents"],
    capital: Float[Array, ""],
    margin: Float[Array, ""] | float = 0.0,
) -> MissingBound:
    """Bound on the score without some agents, `U = [ES(X) + sum_Y rho(Y) + rho(int_Y)] / K + margin`.

    Expected shortfall is subadditive, so where rho is at least the shortfall of what is missing, U is at least the
    score of the full run: losing an agent never improves the decision. A charge below 0 counts as 0, because an agent
    that failed must not lower the risk; a missing charge makes the bound infinite.

    Args:
        survivor_shortfall: ES(X) of the joint loss of the agents that answered, reporting currency.
        charge: rho of each agent at the same horizon and level (standby, or `stale_charge`); NaN for none.
        interaction_charge: the same of its interactions with the others; 0 if it has none, NaN if not known.
        present: which agents answered; the charges of the others count.
        capital: K.
        margin: further margin, a share of capital, at least 0; counted only if an agent is missing.

    Returns:
        Score, bound and the unallocated leaves. With every agent present: the score itself and zeros.

    Example:
        >>> here = jnp.asarray([True, False])
        >>> bound = missing_bound(jnp.asarray(30.0), jnp.asarray([0.0, 8.0]), jnp.zeros(2), here, jnp.asarray(1000.0))
        >>> round(float(bound.score), 12), bound.unallocated.round(12).tolist()
        (0.038, [0.0, 0.008])
    """
    survivors = survivor_shortfall / capital
    known = jnp.isfinite(charge) & jnp.isfinite(interaction_charge)
    whole = jnp.maximum(charge, 0.0) + jnp.maximum(interaction_charge, 0.0)
    bounded = jnp.all(present | known)
    share = jnp.where(present, 0.0, jnp.where(known, whole, 0.0)) / capital
    lost = jnp.sum(jnp.where(present, 0.0, 1.0).astype(share.dtype))
    # The margin belongs to what is missing, so it is shared among the missing agents' leaves.
    spread = jnp.where(present, 0.0, margin / jnp.maximum(lost, 1.0))
    unallocated = jnp.where(bounded, share + spread, 0.0)
    score = survivors + jnp.sum(unallocated)
    return MissingBound(score, jnp.where(bounded, score, jnp.inf), survivors, unallocated, bounded)


def stale_charge(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"],
    confidence: Float[Array, ""],
    exposure_ratio: Float[Array, ""],
    age_days: Float[Array, ""],
    daily_log_volatility: Float[Array, ""] | float = DAILY_LOG_VOLATILITY,
) -> Float[Array, ""]:
    """Charge from an agent's last good losses, rescaled to today's exposure and widened for their age.

    `rho = ES_c(L_old) (X_now / X_old) exp(1.645 v sqrt(age))`: a one-sided 95 % bound if the logarithm of the agent's
    expected shortfall moves like a random walk of daily volatility v between runs.

    Args:
        loss: last good losses, on the scenarios of their own run.
        weight: weights of those scenarios.
        confidence: level of the score.
        exposure_ratio: gross exposure now over gross exposure then, at least 0.
        age_days: business days since those losses were computed, at least 0.
        daily_log_volatility: v, from the history of the agent's shortfall where there is one.

    Returns:
        rho, reporting currency, at least 0; NaN (so: no bound) where an input is not a number or is negative.

    Example:
        >>> old = jnp.asarray([1.0, 2.0, 3.0, 4.0])
        >>> args = jnp.full(4, 0.25), jnp.asarray(0.5), jnp.asarray(2.0)
        >>> round(float(stale_charge(old, *args, jnp.asarray(0.0))), 6)
        7.0
    """
    valid = (exposure_ratio >= 0.0) & (age_days >= 0.0) & (jnp.asarray(daily_log_volatility) >= 0.0)
    widening = jnp.exp(ONE_SIDED_95 * daily_log_volatility * jnp.sqrt(jnp.maximum(age_days, 0.0)))
    shortfall = jnp.maximum(expected_shortfall(loss, weight, confidence), 0.0)
    return jnp.where(valid, shortfall * exposure_ratio * widening, jnp.nan)
