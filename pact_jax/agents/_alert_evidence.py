"""What an alert carries: who drives it, what would lift it, how likely it is; and how often alerts are false."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.special import normal_quantile


class AlertEvidence(eqx.Module):
    """The facts behind one alert; labels are joined on the host.

    Attributes:
        driver: index of the items with the largest contributions, largest first.
        driver_contribution: their contributions, in the unit of the measure.
        required_reduction: how far the measure must fall to meet its limit; 0 or less if it does.
        counterfactual_change: for each driver, the trade that alone would bring the measure back to its limit to first
            order, as a fraction of what is held (-0.4: sell 40 %); NaN where it cannot within closing the position.
    """

    driver: Int[Array, "drivers"]
    driver_contribution: Float[Array, "drivers"]
    required_reduction: Float[Array, ""]
    counterfactual_change: Float[Array, "drivers"]


def alert_evidence(
    value: Float[Array, ""],
    limit: Float[Array, ""],
    contribution: Float[Array, "positions"],
    marginal: Float[Array, "positions"] | None = None,
    *,
    num_drivers: int = 5,
) -> AlertEvidence:
    """Drivers and counterfactuals of a measure under a maximum.

    Args:
        value: the measure.
        limit: its limit.
        contribution: shares of the measure, in its unit; they sum to it.
        marginal: `q_i dS/dq_i`; the contribution if None, which is the same for a measure linear in size.
        num_drivers: how many; fewer if there are not so many items.

    Returns:
        The evidence.

    Example:
        >>> facts = alert_evidence(jnp.asarray(0.06), jnp.asarray(0.05), jnp.asarray([0.01, 0.04, 0.01]), num_drivers=1)
        >>> int(facts.driver[0]), round(float(facts.counterfactual_change[0]), 6)
        (1, -0.25)
    """
    marginal = contribution if marginal is None else marginal
    largest, driver = jax.lax.top_k(contribution, min(num_drivers, contribution.shape[0]))
    required = value - limit
    own = marginal[driver]
    cut = required / jnp.where(own > 0.0, own, 1.0)
    possible = (own > 0.0) & (cut <= 1.0)
    return AlertEvidence(driver, largest, required, jnp.where(possible, -jnp.maximum(cut, 0.0), jnp.nan))


def breach_probability(
    loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"], limit: Float[Array, ""]
) -> Float[Array, ""]:
    """Probability that the loss over the horizon exceeds an amount, `w{L > limit} / w{all}`.

    Args:
        loss: losses, positive is a loss.
        weight: weights of the scenarios.
        limit: loss limit, in the unit of the loss.

    Returns:
        Probability; NaN where a loss or the limit is NaN.

    Example:
        >>> round(float(breach_probability(jnp.arange(10.0), jnp.full(10, 0.1), jnp.asarray(7.0))), 6)
        0.2
    """
    share = jnp.sum(jnp.where(loss > limit, weight, 0.0)) / jnp.sum(weight)
    return jnp.where(jnp.any(jnp.isnan(loss)) | jnp.isnan(limit), jnp.nan, share)


class AlertTally(eqx.Module):
    """Counts of episodes against a truth that was fixed beforehand, never by the alert's own rule.

    Attributes:
        true_alerts: episodes that were right.
        false_alerts: episodes that were not, unlabelled ones included.
        missed: true events without an episode.
        suppressed: repeated alerts that were held back; reported beside the rates, not in them.
    """

    true_alerts: Int[Array, ""]
    false_alerts: Int[Array, ""]
    missed: Int[Array, ""]
    suppressed: Int[Array, ""]

    def false_discovery_rate(self) -> Float[Array, ""]:
        """Share of the episodes that were false; NaN without any."""
        return self.false_alerts / (self.false_alerts + self.true_alerts)

    def recall(self) -> Float[Array, ""]:
        """Share of the true events that had an episode; NaN without any."""
        return self.true_alerts / (self.true_alerts + self.missed)


def tally_alerts(
    alerted: Int[Array, "..."], truth: Int[Array, "..."], suppressed: Int[Array, ""] | int = 0
) -> AlertTally:
    """Counts episodes: each entry is one episode or one true event, merged beforehand, never a point in time.

    Args:
        alerted: 1 where there was an episode, 0 for an event without one.
        truth: 1 true, 0 false, -1 not labelled (which counts as false).
        suppressed: alerts held back within the episodes.

    Returns:
        The counts.

    Example:
        >>> tally = tally_alerts(jnp.asarray([1, 1, 1, 0]), jnp.asarray([1, 0, -1, 1]))
        >>> int(tally.false_alerts), int(tally.missed)
        (2, 1)
    """
    raised, true = alerted == 1, truth == 1
    return AlertTally(
        true_alerts=jnp.sum(raised & true),
        false_alerts=jnp.sum(raised & ~true),
        missed=jnp.sum(~raised & true),
        suppressed=jnp.asarray(suppressed),
    )


def wilson_interval(
    count: Float[Array, ""], trials: Float[Array, ""], confidence: Float[Array, ""] | float = 0.95
) -> Float[Array, "2"]:
    """Two-sided Wilson interval of a proportion: right where counts are small, where the normal interval is not.

    Args:
        count: successes.
        trials: at least 1.
        confidence: two-sided level.

    Returns:
        Lower and upper bound.

    Example:
        >>> [round(float(x), 4) for x in wilson_interval(jnp.asarray(8.0), jnp.asarray(100.0))]
        [0.0411, 0.15]

    References:
        E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
    """
    z2 = normal_quantile(jnp.asarray(0.5 - 0.5 * confidence, count.dtype)) ** 2
    p = count / trials
    middle = p + z2 / (2.0 * trials)
    half = jnp.sqrt(z2 * (p * (1.0 - p) / trials + z2 / (4.0 * trials**2)))
    return jnp.stack([middle - half, middle + half]) / (1.0 + z2 / trials)
