"""From an evaluation to a report: names, bounds, decisions. No risk arithmetic of its own."""

from dataclasses import dataclass

import jax
import numpy as np
import pandas as pd

from pact_jax._pipeline import Evaluation
from pact_jax._status import Status
from pact_jax.agents import Decision
from pact_jax.consensus import LossAgent, MissingBound, decide, diversify, gate, reliability
from pact_jax.errors import AgentError
from pact_jax.scenarios import ScenarioSet
from pact_jax.snapshot import Prepared, Snapshot

from ._findings import Findings
from ._limits import first_alerts, review_limits
from ._losses import losses_of
from ._manifest import RunManifest
from ._measures import measure_table
from ._report import AssessmentReport
from ._uncertainty import Uncertainty


@dataclass(frozen=True)
class Answered:
    """Which agents answered, and what stands for the others.

    Attributes:
        present: market, credit, liquidity.
        reasons: why each missing agent is missing, by name.
        bound: what stands for the missing agents; None if all answered.
        unexplained: share of the score, by agent, that is in the score without an explanation.
    """

    present: tuple[bool, ...] = (True, True, True)
    reasons: tuple[tuple[str, str], ...] = ()
    bound: MissingBound | None = None
    unexplained: tuple[tuple[str, float], ...] = ()


def compose_report(
    snapshot: Snapshot,
    prepared: Prepared,
    findings: Findings,
    scenarios: ScenarioSet,
    evaluation: Evaluation,
    uncertainty: Uncertainty,
    manifest: RunManifest,
    *,
    levels: tuple[float, ...],
    worst: pd.DataFrame,
    answered: Answered | None = None,
    remarks: tuple[str, ...] = (),
) -> AssessmentReport:
    """Joins labels, applies bounds and limits, and refuses to publish what does not add up.

    Args:
        snapshot: the input.
        prepared: arrays and labels.
        findings: expected loss, concentration and coverage.
        scenarios: the shared set.
        evaluation: the pure story's answer.
        uncertainty: standard errors and bound.
        manifest: provenance.
        levels: levels of the values at risk.
        worst: worst scenarios.
        answered: which agents answered; all if None.
        remarks: what else a reader has to know: more flags.

    Returns:
        The report.

    Raises:
        AgentError: a number of the joint loss is not finite although every agent was taken to have answered.
    """
    answered = Answered() if answered is None else answered
    _refuse_unfinite(prepared, evaluation)
    uncertainty = jax.device_get(uncertainty)
    value, contribution = jax.device_get((evaluation.base_value, evaluation.contribution))
    labels, joint, capital = prepared.labels, evaluation.joint, snapshot.capital
    flags = _flags(snapshot, prepared, answered)
    score_sum, diversification, implied, correlation = _diversification(evaluation, scenarios, capital)
    survivors = float(evaluation.score)
    score, upper, unallocated = _with_missing(answered, survivors, _bound(uncertainty, capital, flags, score_sum))
    if snapshot.rejected:
        upper = float("inf")
    measures = measure_table(score, upper, uncertainty, findings, labels, levels, capital, answered.present)
    limits = review_limits(snapshot.limits, measures)
    impaired = bool(snapshot.rejected) or not all(answered.present)
    decision = _decide(snapshot, score if answered.bound is None else survivors, score, upper, impaired)
    sigma = float(uncertainty.expected_shortfall_error[0]) / capital
    return AssessmentReport(
        score=score,
        upper_bound=upper,
        decision=decision.label,
        compliance=_worst_of(decision, limits).label,
        reliability=float(reliability(np.float64(score), np.float64(sigma))),
        capital=capital,
        confidence=manifest.confidence,
        horizon_days=manifest.horizon_days,
        agent_score=_agent_score(evaluation, answered),
        interaction_score=float(joint.interaction_expected_shortfall) / capital,
        score_sum=score_sum,
        diversification=diversification,
        implied_correlation=implied,
        loss_correlation=correlation,
        score_survivors=survivors,
        flags=(*flags, *remarks),
        missing=dict(answered.reasons),
        measures=measures,
        limits=limits,
        alerts=first_alerts(limits),
        findings=findings,
        losses=losses_of(evaluation, scenarios),
        value=value,
        contribution=contribution,
        unallocated=unallocated,
        worst=worst,
        labels=labels,
        manifest=manifest,
        snapshot=snapshot,
    )


def _bound(uncertainty: Uncertainty, capital: float, flags: tuple[str, ...], score_sum: float) -> float:
    """Upper bound of the score; where agents are independent by assumption, at least the sum of their own scores."""
    upper = float(uncertainty.upper_bound) / capital
    independent = any(flag.startswith("CROSS_RISK_INDEPENDENT") for flag in flags)
    return max(upper, score_sum) if independent else upper


def _refuse_unfinite(prepared: Prepared, evaluation: Evaluation) -> None:
    if not np.isfinite(float(evaluation.score)):
        status = Status(int(evaluation.joint.status))
        raise AgentError(
            f"the joint loss is not finite ({status.describe()})", where="assess", mend=_blame(prepared, evaluation)
        )


def _agent_score(evaluation: Evaluation, answered: Answered) -> dict[str, float]:
    score = np.asarray(evaluation.agent_score)
    return {agent.name.lower(): float(score[agent]) if answered.present[agent] else float("nan") for agent in LossAgent}


def _with_missing(answered: Answered, survivors: float, upper: float) -> tuple[float, float, dict[str, float]]:
    """Score and bound with what stands for missing agents, and the shares that no position explains."""
    unallocated = dict(answered.unexplained)
    if answered.bound is None:
        return survivors, upper, unallocated
    missing_share = float(answered.bound.score) - float(answered.bound.score_survivors)
    names = [agent.name.lower() for agent in LossAgent]
    for name, share in zip(names, np.asarray(answered.bound.unallocated), strict=True):
        unallocated[name] = unallocated.get(name, 0.0) + float(share)
    bound = upper + missing_share if bool(answered.bound.bounded) else float("inf")
    return survivors + missing_share, bound, unallocated


def _decide(snapshot: Snapshot, survivors: float, score: float, upper: float, impaired: bool) -> Decision:
    """Decision on the score limit of the limit set; BREACH-UNKNOWN where no limit was set."""
    own = snapshot.limits
    limit = float("nan")
    if len(own):
        on_score = (own["measure"].to_numpy() == "score") & (own["scope"].to_numpy() == "total")
        limit = float(np.fmin.reduce(own["limit"].to_numpy(float)[on_score], initial=np.nan))
    # Without a bound the survivors' score decides: BREACH if it exceeds the limit on its own, BREACH-UNKNOWN otherwise.
    estimate = survivors if np.isinf(upper) else score
    code = decide(np.float64(estimate), np.float64(upper), np.float64(limit), impaired)
    return Decision(int(code))


def _worst_of(decision: Decision, limits: pd.DataFrame) -> Decision:
    codes = [int(Decision[name.replace("-", "_")]) for name in limits["decision"].tolist()]
    return Decision(int(gate(np.int64(decision), np.asarray(codes, np.int64))))


def _diversification(
    evaluation: Evaluation, scenarios: ScenarioSet, capital: float
) -> tuple[float, float, float, pd.DataFrame]:
    joint = evaluation.joint
    found = diversify(
        evaluation.score,
        np.asarray(joint.sum_expected_shortfall) / capital,
        evaluation.agent_score,
        np.asarray(joint.interaction_expected_shortfall) / capital,
        joint.agent_loss,
        scenarios.weight,
    )
    result = jax.device_get(found)
    names = [agent.name.lower() for agent in LossAgent]
    correlation = pd.DataFrame(result.loss_correlation, index=names, columns=names)
    return (
        float(result.score_sum),
        float(result.diversification),
        float(result.implied_correlation),
        correlation,
    )


def _flags(snapshot: Snapshot, prepared: Prepared, answered: Answered) -> tuple[str, ...]:
    flags = []
    if not all(answered.present):
        lost = ", ".join(f"{name} ({reason})" for name, reason in answered.reasons)
        flags.append(f"DEGRADED: no answer from {lost}; the score is a bound")
    if snapshot.rejected:
        value = sum(abs(row.market_value) for row in snapshot.rejected if np.isfinite(row.market_value))
        size = sum(row.notional for row in snapshot.rejected if np.isfinite(row.notional))
        flags.append(
            f"INCOMPLETE: {len(snapshot.rejected)} rows rejected, market value {value:,.0f}, notional {size:,.0f}"
        )
    flags += [f"NOT_SUPPLIED: {item}" for item in prepared.labels.not_supplied]
    flags += [
        said if said.isupper() else (f"CROSS_RISK_INDEPENDENT: {said}" if "CROSS_RISK" in said else f"ASSUMED: {said}")
        for said in prepared.labels.assumptions
    ]
    return tuple(flags)


def _blame(prepared: Prepared, evaluation: Evaluation) -> str:
    value = np.asarray(evaluation.base_value)
    bad = [str(name) for name, v in zip(prepared.labels.position_id, value, strict=True) if name and not np.isfinite(v)]
    if bad:
        return f"these positions have no finite base value: {', '.join(bad[:20])}; check their terms and market data"
    return "check the shocks of the history: a level of zero or below has no log return"
