"""The limit set against the measures: decisions, utilisations, alerts."""

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
    value, error, upper = _named(measures, limits)
    sign = np.where(limits["direction"].to_numpy() == "min", int(Direction.MIN), int(Direction.MAX))
    lower = value - ONE_SIDED_95 * np.nan_to_num(error, nan=0.0)
    bound = np.where(sign > 0, np.where(np.isnan(upper), value, upper), lower)
    columns = (limits["limit"].to_numpy(float), sign, limits["warning"].to_numpy(float))
    rules = LimitSet(*jax.device_put(columns))
    review = jax.device_get(review_compliance(rules, value, bound))
    order = np.lexsort((-np.nan_to_num(review.utilisation, nan=np.inf), -review.decision))
    found = pd.DataFrame(
        {
            "value": value[order],
            "bound": bound[order],
            "utilisation": review.utilisation[order],
            "headroom": review.headroom[order],
            "decision": [Decision(code).label for code in review.decision[order].tolist()],
            "warns": review.warns[order],
        }
    )
    return pd.concat([limits.iloc[order].reset_index(drop=True), found], axis=1)


def _named(measures: pd.DataFrame, limits: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value, standard error and bound of the measure and scope of each limit, NaN where there is none."""
    numbers = [np.append(measures[name].to_numpy(float), np.nan) for name in ("value", "standard_error", "bound")]
    known, asked = (
        zip(table["measure"].tolist(), table["scope"].tolist(), strict=True) for table in (measures, limits)
    )
    place: dict[tuple[str, str], int] = {}
    for at, key in enumerate(known):
        place.setdefault(key, at)
    at = [place.get(key, -1) for key in asked]
    value, error, bound = (column[at] for column in numbers)
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
    tier = np.asarray([int(_TIERS[name]) for name in reviewed["tier"].tolist()])
    rules = default_alert_rules(tier, reviewed["warning"].to_numpy(float))
    step = step_alerts(rules, no_alerts(rules), reviewed["utilisation"].to_numpy(float), np.float64(0.0))
    emitted, reason, level = jax.device_get((step.emitted, step.reason, step.tier))
    opened = np.flatnonzero(emitted & (reason == int(AlertReason.OPENED)))
    told = [Tier(code).name.lower() for code in level[opened].tolist()]
    return reviewed[columns].iloc[opened].reset_index(drop=True).assign(tier=told)
