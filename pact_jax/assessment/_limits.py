"""The limit set against the measures: decisions, utilisations, alerts."""

from collections.abc import Iterable

import jax
import numpy as np
import pandas as pd

from pact_jax.agents import (
    ONE_SIDED_95,
    AlertReason,
    Decision,
    Direction,
    LimitSet,
    Tier,
    default_alert_rules,
    no_alerts,
    review_compliance,
    step_alerts,
)

_TIERS = {"automatic": Tier.AUTOMATIC, "human": Tier.HUMAN, "executive": Tier.EXECUTIVE}


def review_limits(limits: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """Judges every limit; one on a measure that is unknown or not supplied is BREACH-UNKNOWN.

    Args:
        limits: the declarative limit set.
        measures: named measures.

    Returns:
        The limits with value, bound, utilisation, headroom, decision and whether they warn; worst first.
    """
    if not len(limits):
        return limits.assign(value=[], bound=[], utilisation=[], headroom=[], decision=[], warns=[])
    value, error, upper = _named(measures, zip(limits["measure"], limits["scope"], strict=True))
    sign = np.where(limits["direction"] == "min", int(Direction.MIN), int(Direction.MAX))
    lower = value - ONE_SIDED_95 * np.nan_to_num(error, nan=0.0)
    bound = np.where(sign > 0, np.where(np.isnan(upper), value, upper), lower)
    columns = (limits["limit"].to_numpy(float), sign, limits["warning"].to_numpy(float))
    rules = LimitSet(*jax.device_put(columns))
    review = review_compliance(rules, value, bound)
    decision = np.asarray(review.decision)
    table = limits.assign(
        value=value,
        bound=bound,
        utilisation=np.asarray(review.utilisation),
        headroom=np.asarray(review.headroom),
        decision=[Decision(int(code)).label for code in decision],
        warns=np.asarray(review.warns),
    )
    order = np.lexsort((-np.nan_to_num(table["utilisation"].to_numpy(), nan=np.inf), -decision))
    return table.iloc[order].reset_index(drop=True)


def _named(measures: pd.DataFrame, keys: Iterable[tuple[str, str]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value, standard error and bound of each measure and scope, NaN where there is none."""
    numbers = np.vstack([measures[["value", "standard_error", "bound"]].to_numpy(float), np.full((1, 3), np.nan)])
    place: dict[tuple[str, str], int] = {}
    for at, key in enumerate(zip(measures["measure"], measures["scope"], strict=True)):
        place.setdefault(key, at)
    value, error, bound = numbers[[place.get(key, -1) for key in keys]].T
    return value, error, bound


def first_alerts(reviewed: pd.DataFrame) -> pd.DataFrame:
    """The alerts that this assessment opens, taken on its own: limits at their warning level or beyond.

    Args:
        reviewed: what `review_limits` returned.

    Returns:
        One row an alert: limit, measure, scope, tier told, utilisation, decision.
    """
    columns = ["limit_id", "measure", "scope", "tier", "utilisation", "decision"]
    if not len(reviewed):
        return pd.DataFrame(columns=columns)
    tier = np.asarray([int(_TIERS[name]) for name in reviewed["tier"]])
    rules = default_alert_rules(tier, reviewed["warning"].to_numpy(float))
    step = step_alerts(rules, no_alerts(rules), reviewed["utilisation"].to_numpy(float), np.float64(0.0))
    opened = np.asarray(step.emitted) & (np.asarray(step.reason) == int(AlertReason.OPENED))
    told = [Tier(int(code)).name.lower() for code in np.asarray(step.tier)[opened]]
    return reviewed.loc[opened, columns].assign(tier=told).reset_index(drop=True)
