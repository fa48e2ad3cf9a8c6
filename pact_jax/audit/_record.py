"""What one audit record says: typed fields, no free text, pseudonymous ids only."""

import enum
from dataclasses import dataclass
from typing import Final

from pact_jax.errors import ArgumentError

RECORD_VERSION: Final = 1
"""Version of the layout of a record."""


class RecordType(enum.Enum):
    """What happened."""

    INTENT = "INTENT"
    """An assessment was accepted and is about to run."""
    RESULT = "RESULT"
    """An assessment answered with every agent."""
    DEGRADED = "DEGRADED"
    """An assessment answered with a bound for what was missing."""
    FAILED = "FAILED"
    """An assessment gave no answer."""
    ALERT = "ALERT"
    """A threshold was crossed."""
    ACK = "ACK"
    """Someone acknowledged an alert."""
    OVERRIDE = "OVERRIDE"
    """Two persons set a decision beside the computed one."""
    LIMIT_CHANGE = "LIMIT_CHANGE"
    """A limit was changed."""
    MODEL_CHANGE = "MODEL_CHANGE"
    """A model was promoted, restricted or retired."""
    BREAKER = "BREAKER"
    """The breaker of an agent opened or closed."""
    RECOVERY = "RECOVERY"
    """The log was opened after a stop in the middle of work."""
    SEAL = "SEAL"
    """The log up to here has this size and root."""


class AgentStatus(enum.Enum):
    """How one agent's call ended."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    NOT_SUPPLIED = "not_supplied"


@dataclass(frozen=True)
class AgentEntry:
    """One agent in one assessment.

    Attributes:
        agent: its name.
        status: how the call ended.
        reason: code of the failure; empty if there was none.
        tier: 0 primary, 1 and higher standby, -1 none answered.
        milliseconds: of the call, rounded up.
        score: expected shortfall over capital; None if it did not answer.
        confidence: reliability of that score, in [0, 1]; 0 if it failed, None where undefined. It never scales a score.
    """

    agent: str
    status: AgentStatus
    reason: str = ""
    tier: int = 0
    milliseconds: int = 0
    score: float | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class ModelEntry:
    """One model behind the result.

    Attributes:
        model: its id in the inventory.
        version: its version.
        sha256: of its parameters, hexadecimal; empty for a model without any.
        approval: approval that was in force.
    """

    model: str
    version: str
    sha256: str = ""
    approval: str = ""


@dataclass(frozen=True)
class InputHashes:
    """SHA-256 of what the assessment read, hexadecimal.

    Attributes:
        portfolio: positions and exposures.
        market: market state and history.
        scenario_set: generator, seed and parameters.
        config: every option of the run.
    """

    portfolio: str = ""
    market: str = ""
    scenario_set: str = ""
    config: str = ""


@dataclass(frozen=True)
class Runtime:
    """What computed it.

    Attributes:
        package: version of this package.
        jax: version of JAX.
        jaxlib: version of the compiler.
        xla_flags: flags in force.
        precision: float64 or float32.
        device: kind of device.
        tile: scenarios compiled as one block.
    """

    package: str = ""
    jax: str = ""
    jaxlib: str = ""
    xla_flags: str = ""
    precision: str = ""
    device: str = ""
    tile: int = 0


@dataclass(frozen=True)
class Outcome:
    """The consensus.

    Attributes:
        score: S, expected shortfall of the joint loss over capital; the bound where an agent is missing.
        upper_bound: U, one-sided 95 %.
        sum_score: S_sum, the agents' own scores added.
        confidence: the reliability `2 Phi(0.1 S / sigma) - 1`; None where it is undefined.
        decision: PASS, REVIEW, BREACH or BREACH-UNKNOWN.
        score_units: S as the integer sum of its leaves, in units of 1e-12 of capital.
        survivors_score: S of the agents that answered; None if all did.
    """

    score: float
    upper_bound: float
    sum_score: float
    confidence: float | None
    decision: str
    score_units: int | None = None
    survivors_score: float | None = None


@dataclass(frozen=True)
class LimitEntry:
    """One limit as it was checked.

    Attributes:
        limit: its id.
        value: what was measured; None if it could not be.
        threshold: the limit itself.
        decision: PASS, REVIEW, BREACH or BREACH-UNKNOWN.
    """

    limit: str
    value: float | None
    threshold: float
    decision: str


@dataclass(frozen=True)
class Change:
    """A limit, a model, a breaker or a decision that was changed.

    Attributes:
        subject: id of what changed.
        before: value before.
        after: value after.
        reason: code, not prose.
        requester: pseudonymous id of who asked.
        approver: pseudonymous id of who agreed, never the requester.
        expires_utc_ns: when the change ends; None if it stands.
    """

    subject: str
    before: str
    after: str
    reason: str = ""
    requester: str = ""
    approver: str = ""
    expires_utc_ns: int | None = None


@dataclass(frozen=True)
class Cut:
    """Bytes that an interrupted write left behind the last complete record, and that the store discards.

    Attributes:
        length: bytes.
        sha256: of those bytes, hexadecimal.
    """

    length: int
    sha256: str


@dataclass(frozen=True)
class Head:
    """Size and root of a log at a moment.

    Attributes:
        size: records.
        root: Merkle root, hexadecimal.
    """

    size: int
    root: str


@dataclass(frozen=True)
class AuditRecord:
    """Everything a supervisor can ask about one event; the log adds time, sequence and hashes.

    Attributes:
        type: what happened.
        assessment: id of the assessment; empty for events outside one.
        portfolio: id of the portfolio.
        actor: pseudonymous id of who or what asked.
        role: role it acted in.
        agents: agents involved, each with score and confidence.
        milliseconds: of the whole assessment, rounded up.
        outcome: final score and decision.
        breaches: ids of the regulatory and internal limits that are breached.
        alert_triggered: whether an alert follows.
        alerts: ids of the alerts.
        human_reviewer: pseudonymous id of the reviewer; empty if none has looked.
        models: model versions.
        inputs: hashes of the inputs.
        runtime: versions, device, precision.
        limits: every limit that was checked.
        flags: codes that qualify the result.
        change: for OVERRIDE, LIMIT_CHANGE, MODEL_CHANGE and BREAKER.
        cut: for RECOVERY.
        head: for SEAL.
    """

    type: RecordType
    assessment: str = ""
    portfolio: str = ""
    actor: str = ""
    role: str = ""
    agents: tuple[AgentEntry, ...] = ()
    milliseconds: int | None = None
    outcome: Outcome | None = None
    breaches: tuple[str, ...] = ()
    alert_triggered: bool = False
    alerts: tuple[str, ...] = ()
    human_reviewer: str = ""
    models: tuple[ModelEntry, ...] = ()
    inputs: InputHashes | None = None
    runtime: Runtime | None = None
    limits: tuple[LimitEntry, ...] = ()
    flags: tuple[str, ...] = ()
    change: Change | None = None
    cut: Cut | None = None
    head: Head | None = None

    def __post_init__(self) -> None:
        if self.type in _NEED_OUTCOME and self.outcome is None:
            raise _lacks(self.type, "outcome")
        if self.type in _NEED_CHANGE and self.change is None:
            raise _lacks(self.type, "change")
        if self.type in _NEED_TWO_PERSONS and self.change is not None:
            if not self.change.requester or not self.change.approver or self.change.requester == self.change.approver:
                raise ArgumentError(
                    f"requester {self.change.requester!r}, approver {self.change.approver!r}",
                    f"{self.type.value} record",
                    "two different persons ask and approve",
                )


_NEED_OUTCOME: Final = frozenset({RecordType.RESULT, RecordType.DEGRADED})
_NEED_TWO_PERSONS: Final = frozenset({RecordType.OVERRIDE, RecordType.LIMIT_CHANGE})
_NEED_CHANGE: Final = _NEED_TWO_PERSONS | {RecordType.MODEL_CHANGE, RecordType.BREAKER}


def _lacks(kind: RecordType, field: str) -> ArgumentError:
    return ArgumentError(f"has no {field}", f"{kind.value} record", f"fill the field {field}")
