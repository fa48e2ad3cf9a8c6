"""The decision of an assessment, and how reliable the score behind it is."""

import jax.numpy as jnp
from jax.scipy.special import erf
from jaxtyping import Array, Bool, Float, Int

from pact_jax._program import program
from pact_jax.agents import Decision, judge

RELIABILITY_MARGIN = 0.1
"""Relative error of the score that reliability is the probability of staying within."""


@program(small=True)
def decide(
    score: Float[Array, ""],
    upper_bound: Float[Array, ""],
    limit: Float[Array, ""],
    impaired: Bool[Array, ""] | bool = False,
) -> Int[Array, ""]:
    """Decision on a score: PASS if `U <= limit`, REVIEW if `S <= limit < U`, BREACH if `S > limit`.

    Anything that is not finite is BREACH_UNKNOWN, with one exception: without a bound (U infinite) a score that alone
    exceeds the limit is a BREACH. An impaired run (DEGRADED: an agent missing; INCOMPLETE: rows rejected) is never
    better than REVIEW. Reliability plays no part: an unreliable agent must not lower the risk.

    Args:
        score: S, expected shortfall over capital; of the survivors where a missing agent has no bound.
        upper_bound: U, one-sided 95 % bound of S; infinite where a missing part has no bound.
        limit: the score limit.
        impaired: whether an agent or a row is missing.

    Returns:
        Value of `Decision`.

    Example:
        >>> Decision(int(decide(jnp.asarray(0.04), jnp.asarray(0.06), jnp.asarray(0.05)))).label
        'REVIEW'
        >>> Decision(int(decide(jnp.asarray(0.01), jnp.asarray(jnp.inf), jnp.asarray(0.05), impaired=True))).label
        'BREACH-UNKNOWN'
    """
    decision = judge(score, upper_bound, limit)
    certain = (upper_bound == jnp.inf) & jnp.isfinite(score) & jnp.isfinite(limit) & (score > limit)
    decision = jnp.where(certain, int(Decision.BREACH), decision)
    return jnp.where(jnp.asarray(impaired), jnp.maximum(decision, int(Decision.REVIEW)), decision)


@program(small=True)
def gate(decision: Int[Array, ""], review: Int[Array, "..."]) -> Int[Array, ""]:
    """The worst of the decision on the score and those of the reviewers.

    Args:
        decision: value of `Decision` on the score.
        review: decisions of the limit set.

    Returns:
        Value of `Decision`.

    Example:
        >>> int(gate(jnp.asarray(0), jnp.asarray([0, 2, 1])))
        2
    """
    return jnp.maximum(decision, jnp.max(review, initial=int(Decision.PASS)))


@program(small=True)
def reliability(score: Float[Array, ""], uncertainty: Float[Array, ""]) -> Float[Array, ""]:
    """Probability that a score is within 10 % of its expectation, `2 Phi(0.1 S / sigma_u) - 1`.

    A statement about the number, never a weight of it. It covers the components of uncertainty that were assessed.

    Args:
        score: S.
        uncertainty: standard deviation sigma_u of S from all assessed components.

    Returns:
        Between 0 and 1; NaN where it is undefined: S not positive, or sigma_u negative or not a number.

    Example:
        >>> round(float(reliability(jnp.asarray(0.046), jnp.asarray(0.0023))), 4)
        0.9545
    """
    defined = (score > 0.0) & (uncertainty >= 0.0) & jnp.isfinite(score)
    exact = uncertainty == 0.0
    ratio = RELIABILITY_MARGIN * score / jnp.where(exact, 1.0, uncertainty)
    return jnp.where(defined, jnp.where(exact, 1.0, erf(ratio * 2.0**-0.5)), jnp.nan)
