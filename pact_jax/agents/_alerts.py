"""Alerts: thresholds in three tiers, episodes instead of repetition, timers that escalate; state in, state out."""

import enum

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax._program import program


class Tier(enum.IntEnum):
    """Who an alert is for, in rising order."""

    AUTOMATIC = 0
    HUMAN = 1
    EXECUTIVE = 2


class AlertReason(enum.IntEnum):
    """Why an alert leaves in a step; `NONE` for every limit that stays silent."""

    NONE = 0
    OPENED = 1
    """A new episode."""
    RAISED = 2
    """The measure crossed the threshold of a higher tier within its episode."""
    ESCALATED = 3
    """Nobody acknowledged in time: the next tier is told."""
    REMINDED = 4
    """Nobody acknowledged in time at the highest tier."""
    CLEARED = 5
    """The episode is over."""


class AlertRules(eqx.Module):
    """Thresholds and timers as data, one row a limit; an episode is one (entity, measure, limit).

    Attributes:
        threshold: utilisation above which each tier is alerted, in the order of `Tier`; infinite for never.
        clear_at: utilisation at or below which an episode may end; below the lowest threshold, or it would chatter.
        clear_after: seconds the measure must stay there before the episode ends.
        acknowledge_within: seconds each tier has to acknowledge before the next one is told; infinite for ever.
    """

    threshold: Float[Array, "limits 3"]
    clear_at: Float[Array, "limits"]
    clear_after: Float[Array, "limits"]
    acknowledge_within: Float[Array, "limits 3"]


class AlertState(eqx.Module):
    """What alerting remembers between steps; times are seconds on the caller's clock.

    Attributes:
        active: true within an episode.
        tier: value of `Tier` last alerted in the episode.
        peak: highest value of `Tier` that the measure itself has reached in the episode.
        episode: how many episodes the limit has had, this one included.
        opened_at: start of the current or last episode.
        alerted_at: last alert of the episode, which the acknowledgement timer runs from.
        calm_since: since when the measure has been at or below `clear_at`; NaN while it is not.
        acknowledged: true once somebody took the current alert.
        suppressed: steps of the episode that would have alerted again and did not.
    """

    active: Bool[Array, "limits"]
    tier: Int[Array, "limits"]
    peak: Int[Array, "limits"]
    episode: Int[Array, "limits"]
    opened_at: Float[Array, "limits"]
    alerted_at: Float[Array, "limits"]
    calm_since: Float[Array, "limits"]
    acknowledged: Bool[Array, "limits"]
    suppressed: Int[Array, "limits"]


class AlertStep(eqx.Module):
    """One step: the new state, and what has to be delivered.

    Attributes:
        state: to be carried to the next step.
        emitted: true where an alert leaves.
        tier: value of `Tier` it goes to.
        reason: value of `AlertReason`.
    """

    state: AlertState
    emitted: Bool[Array, "limits"]
    tier: Int[Array, "limits"]
    reason: Int[Array, "limits"]


@program(small=True)
def default_alert_rules(
    tier: Int[Array, "limits"],
    warning: Float[Array, "limits"],
    *,
    severe: float = 1.2,
    hysteresis: float = 0.05,
    clear_after: float = 0.0,
    acknowledge_within: tuple[float, float, float] = (300.0, 900.0, 3600.0),
) -> AlertRules:
    """Rules from the limit set: the tier of a limit is told at its breach, lower ones at the warning level.

    Args:
        tier: value of `Tier` that each limit names.
        warning: share of the limit from which lower tiers are told.
        severe: utilisation from which higher tiers are told as well, above 1.
        hysteresis: how far below the lowest threshold the utilisation must fall to end an episode, relative.
        clear_after: seconds it must stay there.
        acknowledge_within: seconds that each tier has to acknowledge.

    Returns:
        One row a limit.

    Example:
        >>> [round(float(x), 6) for x in default_alert_rules(jnp.asarray([1]), jnp.asarray([0.8])).threshold[0]]
        [0.8, 1.0, 1.2]
    """
    tiers = jnp.arange(len(Tier))[None, :]
    own, warn = tier[:, None], jnp.broadcast_to(warning[:, None], (warning.shape[0], len(Tier)))
    threshold = jnp.where(tiers < own, warn, jnp.where(tiers == own, 1.0, severe).astype(warning.dtype))
    times = jnp.asarray(acknowledge_within, warning.dtype)
    return AlertRules(
        threshold=threshold,
        clear_at=jnp.min(threshold, axis=1) * (1.0 - hysteresis),
        clear_after=jnp.full_like(warning, clear_after),
        acknowledge_within=jnp.broadcast_to(times[None, :], threshold.shape),
    )


@program(small=True)
def no_alerts(rules: AlertRules) -> AlertState:
    """The state before the first step.

    Args:
        rules: give the number of limits and the dtype of times (float64 where times are seconds since 1970).

    Returns:
        No episode anywhere.
    """
    num_limits, dtype = rules.clear_after.shape[0], rules.clear_after.dtype
    no, none, never = jnp.zeros(num_limits, bool), jnp.zeros(num_limits, int), jnp.full(num_limits, jnp.nan, dtype)
    return AlertState(no, none, none, none, never, never, never, no, none)


@program(small=True)
def step_alerts(
    rules: AlertRules, state: AlertState, utilisation: Float[Array, "limits"], now: Float[Array, ""]
) -> AlertStep:
    """Moves every limit's episode forward to `now` and says which alerts leave.

    An episode opens when a threshold is crossed and ends when the measure has been at or below `clear_at` for
    `clear_after` seconds; in between the same condition does not alert twice. It alerts again when a higher tier's
    threshold is crossed, and when the acknowledgement timer runs out. An unknown utilisation (NaN) counts as a breach
    and never as calm: a measure that is lost must not silence its limit.

    Args:
        rules: thresholds and timers.
        state: of the previous step.
        utilisation: share of each limit in use, as the compliance review gives it.
        now: seconds on the caller's clock, not before the previous step.

    Returns:
        New state and alerts.

    Example:
        >>> rules = default_alert_rules(jnp.asarray([1]), jnp.asarray([0.8]))
        >>> step = step_alerts(rules, no_alerts(rules), jnp.asarray([1.1]), jnp.asarray(0.0))
        >>> Tier(int(step.tier[0])).name, AlertReason(int(step.reason[0])).name
        ('HUMAN', 'OPENED')
        >>> bool(step_alerts(rules, step.state, jnp.asarray([1.1]), jnp.asarray(60.0)).emitted[0])
        False

    References:
        ANSI/ISA-18.2, Management of alarm systems for the process industries (2016): deadband, off-delay, escalation.
    """
    level = _reached(rules, utilisation)
    crossed = level >= 0
    calm_now = utilisation <= rules.clear_at  # false for NaN
    calm_since = jnp.where(state.active & calm_now, jnp.fmin(state.calm_since, now), jnp.nan)
    over = state.active & calm_now & ~crossed & (now - calm_since >= rules.clear_after)
    opened = ~state.active & crossed
    active = (state.active & ~over) | opened

    raised = state.active & (level > state.peak)
    waited = now - state.alerted_at >= _at_tier(rules.acknowledge_within, state.tier)
    overdue = state.active & ~over & ~raised & ~state.acknowledged & waited
    top = state.tier >= int(Tier.EXECUTIVE)
    tier = jnp.where(opened, level, jnp.where(raised, jnp.maximum(state.tier, level), state.tier))
    tier = jnp.where(overdue, jnp.minimum(state.tier + 1, int(Tier.EXECUTIVE)), tier)

    reason = jnp.where(overdue, jnp.where(top, int(AlertReason.REMINDED), int(AlertReason.ESCALATED)), 0)
    reason = jnp.where(raised, int(AlertReason.RAISED), reason)
    reason = jnp.where(opened, int(AlertReason.OPENED), reason)
    reason = jnp.where(over, int(AlertReason.CLEARED), reason)
    alerted = opened | raised | overdue
    again = state.active & crossed & ~alerted
    new = AlertState(
        active=active,
        tier=tier,
        peak=jnp.where(opened, level, jnp.maximum(state.peak, level)),
        episode=state.episode + opened.astype(state.episode.dtype),
        opened_at=jnp.where(opened, now, state.opened_at),
        alerted_at=jnp.where(alerted, now, state.alerted_at),
        calm_since=jnp.where(over | opened, jnp.nan, calm_since),
        acknowledged=state.acknowledged & ~alerted,
        suppressed=jnp.where(opened, 0, state.suppressed + again.astype(state.suppressed.dtype)),
    )
    return AlertStep(new, alerted | over, tier, reason)


def acknowledge(state: AlertState, taken: Bool[Array, "limits"]) -> AlertState:
    """Records that somebody took the current alerts: their timers stop until the episode alerts again.

    Args:
        state: the state.
        taken: which limits; one without an episode stays as it is.

    Returns:
        New state.
    """
    return eqx.tree_at(lambda s: s.acknowledged, state, state.acknowledged | (taken & state.active))


def _reached(rules: AlertRules, utilisation: Float[Array, "limits"]) -> Int[Array, "limits"]:
    """Highest tier whose threshold is crossed, -1 for none; an unknown measure counts as just above its limit."""
    used = utilisation[:, None]
    crossed = jnp.where(jnp.isnan(used), rules.threshold <= 1.0, used > rules.threshold)
    tiers = jnp.arange(len(Tier))[None, :]
    return jnp.max(jnp.where(crossed, tiers, -1), axis=1)


def _at_tier(table: Float[Array, "limits 3"], tier: Int[Array, "limits"]) -> Float[Array, "limits"]:
    return jnp.take_along_axis(table, tier[:, None], axis=1)[:, 0]
