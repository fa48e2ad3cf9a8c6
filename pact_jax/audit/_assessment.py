"""From an assessment's report to its audit record, and the receipt back into the report."""

import math
import os
from dataclasses import dataclass

import jax.numpy as jnp

from pact_jax._assess import precision
from pact_jax.assessment import AssessmentReport, RunManifest
from pact_jax.consensus import reliability

from ._entry import Receipt
from ._log import AuditLog
from ._record import (
    AgentEntry,
    AgentStatus,
    AuditRecord,
    InputHashes,
    LimitEntry,
    ModelEntry,
    Outcome,
    RecordType,
    Runtime,
)


@dataclass(frozen=True)
class AgentCall:
    """How one agent's call went, where an orchestrator knows it.

    Attributes:
        agent: its name.
        status: how the call ended.
        reason: code of the failure; empty if there was none.
        tier: 0 primary, 3 last good losses, -1 nothing stood in.
        milliseconds: of the call, rounded up.
    """

    agent: str
    status: AgentStatus
    reason: str = ""
    tier: int = 0
    milliseconds: int = 0


def assessment_record(
    report: AssessmentReport,
    *,
    assessment: str = "",
    actor: str = "",
    role: str = "",
    human_reviewer: str = "",
    milliseconds: int | None = None,
    calls: tuple[AgentCall, ...] = (),
) -> AuditRecord:
    """Everything of a report that an auditor asks for; codes and numbers, no words of a client.

    Args:
        report: the answer.
        assessment: its id; that of the run by default.
        actor: pseudonymous id of who asked.
        role: role they acted in.
        human_reviewer: pseudonymous id of who has looked at it.
        milliseconds: of the whole assessment; that of the computation by default.
        calls: how the agents' calls went; read off the report by default.

    Returns:
        A RESULT record, or DEGRADED where an agent is missing.

    Raises:
        ExplanationGap: the contributions do not sum to the score; such an answer is not recorded as one.
    """
    manifest = report.manifest
    units = int(report.explain("agent")["contribution_units"].sum())
    limits = tuple(
        LimitEntry(str(row["limit_id"]), _known(row["value"]), float(row["limit"]), str(row["decision"]))
        for row in report.limits.to_dict("records")
    )
    return AuditRecord(
        RecordType.DEGRADED if report.missing else RecordType.RESULT,
        assessment=assessment or manifest.run_id,
        portfolio=report.snapshot.portfolio_id,
        actor=actor,
        role=role,
        agents=_agents(report, calls),
        milliseconds=math.ceil(1000 * manifest.seconds) if milliseconds is None else milliseconds,
        outcome=Outcome(
            score=report.score,
            upper_bound=report.upper_bound,
            sum_score=report.score_sum,
            confidence=_known(report.reliability),
            decision=report.decision,
            score_units=units,
            survivors_score=report.score_survivors if report.missing else None,
        ),
        breaches=tuple(limit.limit for limit in limits if limit.decision.startswith("BREACH")),
        alert_triggered=len(report.alerts) > 0,
        alerts=tuple(str(limit) for limit in report.alerts["limit_id"]) if len(report.alerts) else (),
        human_reviewer=human_reviewer,
        models=tuple(_model(name) for name in manifest.models),
        inputs=InputHashes(manifest.snapshot_hash, manifest.input_hash, manifest.set_id, manifest.run_id),
        runtime=_runtime(manifest),
        limits=limits,
        # The code before the colon; what follows names positions and clients.
        flags=tuple(dict.fromkeys(flag.partition(":")[0] for flag in report.flags)),
    )


def record_assessment(
    log: AuditLog, report: AssessmentReport, *, actor: str = "", role: str = "", human_reviewer: str = ""
) -> Receipt:
    """Makes the record of a report durable and puts the receipt into the report; call it before showing the answer.

    Args:
        log: where to write.
        report: the answer.
        actor: pseudonymous id of who asked.
        role: role they acted in.
        human_reviewer: pseudonymous id of who has looked at it.

    Returns:
        The receipt.

    Raises:
        AuditError: it could not be made durable; the answer must then not be given.
    """
    record = assessment_record(report, actor=actor, role=role, human_reviewer=human_reviewer)
    receipt = log.append(record)
    report.receipt = (receipt.sequence, receipt.hash)
    return receipt


def _agents(report: AssessmentReport, calls: tuple[AgentCall, ...]) -> tuple[AgentEntry, ...]:
    calls = calls or tuple(_call_from(report, name) for name in report.agent_score)
    return tuple(
        AgentEntry(
            call.agent,
            call.status,
            call.reason,
            call.tier,
            call.milliseconds,
            _known(report.agent_score[call.agent]),
            _confidence(report, call.agent),
        )
        for call in calls
    )


def _call_from(report: AssessmentReport, name: str) -> AgentCall:
    if name not in report.missing:
        return AgentCall(name, AgentStatus.OK)
    return AgentCall(name, AgentStatus.FAILED, report.missing[name], -1)


def _confidence(report: AssessmentReport, agent: str) -> float | None:
    """Reliability of the agent's own score; 0 if it is missing, None where it is undefined."""
    if agent in report.missing:
        return 0.0
    table = report.measures
    row = table[(table["measure"] == "score") & (table["scope"] == f"agent:{agent}")]
    if not len(row):
        return None
    score, error = float(row["value"].iloc[0]), float(row["standard_error"].iloc[0])
    with precision(float32=False):
        return _known(float(reliability(jnp.asarray(score), jnp.asarray(error))))


def _model(name: str) -> ModelEntry:
    model, _, version = name.partition("@")
    return ModelEntry(model, version)


def _runtime(manifest: RunManifest) -> Runtime:
    return Runtime(
        package=manifest.package,
        jax=manifest.jax,
        jaxlib=manifest.jaxlib,
        xla_flags=os.environ.get("XLA_FLAGS", ""),
        precision=manifest.dtype,
        device=manifest.device,
        tile=manifest.tile,
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
