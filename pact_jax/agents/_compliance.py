"""The compliance review: every limit of a declarative set, judged with the uncertainty of its measure."""

import enum

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax._program import program

ONE_SIDED_95 = 1.6448536269514722
"""Standard normal quantile at 95 %: how far a one-sided bound lies from an estimate, in standard errors."""


class Decision(enum.IntEnum):
    """Outcome of a comparison with a limit, from best to worst.

    Example:
        >>> Decision.BREACH_UNKNOWN.label, max(Decision.PASS, Decision.REVIEW).label
        ('BREACH-UNKNOWN', 'REVIEW')
    """

    PASS = 0
    REVIEW = 1
    BREACH = 2
    BREACH_UNKNOWN = 3

    @property
    def label(self) -> str:
        """The word that reports print."""
        return self.name.replace("_", "-")


class Direction(enum.IntEnum):
    """Which side of a limit is the safe one."""

    MAX = 1
    """The measure may not exceed the limit."""
    MIN = -1
    """The measure may not fall below the limit."""


class LimitSet(eqx.Module):
    """A declarative set of limits as arrays; ids, measures and scopes stay on the host.

    Attributes:
        limit: in the unit of each measure; NaN where it is not known.
        direction: value of `Direction`.
        warning: share of the limit, in (0, 1], from which the review warns.
    """

    limit: Float[Array, "limits"]
    direction: Int[Array, "limits"]
    warning: Float[Array, "limits"]


class ComplianceReview(eqx.Module):
    """What the compliance reviewer finds; it gates the decision and is never added to a score.

    Attributes:
        utilisation: share of each limit that is used at the estimate; above 1 is a breach.
        utilisation_bound: the same at the adverse one-sided bound of the measure.
        headroom: how far the measure is from the limit, in its unit; negative when breached.
        decision: value of `Decision` of each limit.
        warns: true where the utilisation at the estimate is above the warning level.
        worst: the worst decision of the set; PASS for an empty one.
    """

    utilisation: Float[Array, "limits"]
    utilisation_bound: Float[Array, "limits"]
    headroom: Float[Array, "limits"]
    decision: Int[Array, "limits"]
    warns: Bool[Array, "limits"]
    worst: Int[Array, ""]


def judge(
    value: Float[Array, "..."],
    bound: Float[Array, "..."],
    limit: Float[Array, "..."],
    direction: Int[Array, "..."] | int = Direction.MAX,
) -> Int[Array, "..."]:
    """Compares a measure S and its adverse bound U with a limit.

    PASS if `U <= limit`, REVIEW if `S <= limit < U`, BREACH if `S > limit`; BREACH_UNKNOWN if S, U or the limit is
    not finite. Mirrored for a minimum. A bound on the favourable side of its own estimate counts as the estimate.

    Args:
        value: the estimate.
        bound: its one-sided 95 % bound on the adverse side; the estimate itself where it has no error.
        limit: the limit.
        direction: value of `Direction`.

    Returns:
        Values of `Decision`.

    Example:
        >>> judge(jnp.asarray([0.5, 0.9, 1.1]), jnp.asarray([0.7, 1.2, 1.2]), jnp.ones(3)).tolist()
        [0, 1, 2]
    """
    sign = jnp.asarray(direction).astype(value.dtype)
    s, cap = sign * value, sign * limit
    u = jnp.maximum(s, sign * bound)
    known = jnp.isfinite(value) & jnp.isfinite(bound) & jnp.isfinite(limit)
    at_estimate = jnp.where(s > cap, int(Decision.BREACH), int(Decision.REVIEW))
    return jnp.where(known, jnp.where(u <= cap, int(Decision.PASS), at_estimate), int(Decision.BREACH_UNKNOWN))


def adverse_bound(
    value: Float[Array, "limits"], standard_error: Float[Array, "limits"], direction: Int[Array, "limits"]
) -> Float[Array, "limits"]:
    """One-sided 95 % bound on the adverse side, `value + 1.645 s.e.` under a maximum, minus it under a minimum.

    For a measure whose own bound is known (the studentised bootstrap of a score, say), pass that one instead.

    Args:
        value: the estimates.
        standard_error: at least 0; 0 for a measure without sampling error.
        direction: value of `Direction`.

    Returns:
        Bound of each measure; NaN where the error is NaN or negative, which makes the decision BREACH_UNKNOWN.
    """
    error = jnp.where(standard_error >= 0.0, standard_error, jnp.nan)
    return value + direction.astype(value.dtype) * ONE_SIDED_95 * error


def utilisation(
    value: Float[Array, "limits"], limit: Float[Array, "limits"], direction: Int[Array, "limits"]
) -> Float[Array, "limits"]:
    """Share of each limit that is used: above 1 exactly where the limit is breached.

    `value / limit` under a maximum and `limit / value` under a minimum, for positive limits; otherwise
    `1 + (excess over the limit) / |limit|`. A non-positive measure under a positive minimum uses an infinite share.

    Args:
        value: the measures.
        limit: the limits.
        direction: value of `Direction`.

    Returns:
        Utilisation, NaN where measure or limit is.

    Example:
        >>> utilisation(jnp.asarray([3.0, 1.25]), jnp.asarray([4.0, 1.0]), jnp.asarray([1, -1])).tolist()
        [0.75, 0.8]
    """
    sign = direction.astype(value.dtype)
    is_max, positive = direction == int(Direction.MAX), limit > 0.0
    minimum = jnp.where(value > 0.0, limit / jnp.where(value > 0.0, value, 1.0), jnp.inf)
    excess = sign * (value - limit)
    at_zero = jnp.where(excess > 0.0, jnp.inf, jnp.where(excess < 0.0, 0.0, 1.0))
    other = jnp.where(limit == 0.0, at_zero, 1.0 + excess / jnp.abs(jnp.where(limit == 0.0, 1.0, limit)))
    used = jnp.where(positive, jnp.where(is_max, value / limit, minimum), other)
    return jnp.where(jnp.isnan(value) | jnp.isnan(limit), jnp.nan, used)


@program(small=True)
def review_compliance(
    limits: LimitSet, value: Float[Array, "limits"], bound: Float[Array, "limits"] | None = None
) -> ComplianceReview:
    """Judges every limit of a set; tightening a limit never improves its decision.

    Args:
        limits: the limits.
        value: the measure that each limit is on; NaN where it is unknown or was not supplied.
        bound: one-sided 95 % bound of each measure on the adverse side; None where no measure has an error.

    Returns:
        Utilisations, decisions and the worst of them.

    Example:
        >>> limits = LimitSet(jnp.asarray([10.0, 1.0]), jnp.asarray([1, -1]), jnp.asarray([0.8, 0.8]))
        >>> review = review_compliance(limits, jnp.asarray([9.0, float("nan")]))
        >>> [Decision(int(d)).label for d in review.decision], review.warns.tolist()
        (['PASS', 'BREACH-UNKNOWN'], [True, False])
    """
    bound = value if bound is None else bound
    used = utilisation(value, limits.limit, limits.direction)
    decision = judge(value, bound, limits.limit, limits.direction)
    return ComplianceReview(
        utilisation=used,
        utilisation_bound=jnp.maximum(used, utilisation(bound, limits.limit, limits.direction)),
        headroom=limits.direction.astype(value.dtype) * (limits.limit - value),
        decision=decision,
        warns=used > limits.warning,
        worst=jnp.max(decision, initial=int(Decision.PASS)),
    )
