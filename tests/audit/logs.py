"""Small logs to break."""

from pathlib import Path

from pact_jax.audit import (
    AgentEntry,
    AgentStatus,
    AuditLog,
    AuditRecord,
    InputHashes,
    LimitEntry,
    ModelEntry,
    Outcome,
    RecordType,
    Runtime,
)

FULL = AuditRecord(
    RecordType.RESULT,
    assessment="a-1",
    portfolio="desk-é",
    actor="u-17",
    role="analyst",
    agents=(
        AgentEntry("market", AgentStatus.OK, milliseconds=12, score=0.023, confidence=1.0),
        AgentEntry("credit", AgentStatus.FAILED, "LATE", -1, 500, None, 0.0),
    ),
    milliseconds=501,
    outcome=Outcome(0.046, float("inf"), 0.046, None, "REVIEW", 46_000_000_000, 0.03),
    breaches=("var-99",),
    alert_triggered=True,
    alerts=("al-1",),
    human_reviewer="u-4",
    models=(ModelEntry("pd", "1.2.0", "ab" * 32, "approved"),),
    inputs=InputHashes("a", "b", "c", "d"),
    runtime=Runtime("0.1.0", "0.10.2", "0.10.2", "", "float64", "cpu", 256),
    limits=(LimitEntry("var-99", float("nan"), -0.0, "BREACH-UNKNOWN"),),
    flags=("MISSING_AGENT",),
)


class TickingClock:
    """One microsecond a look, so that logs are the same in every run."""

    def __init__(self):
        self.now = 1_700_000_000_000_000_000

    def __call__(self) -> int:
        self.now += 1000
        return self.now


def write_log(directory: Path, count: int, log: str = "example.com/desk") -> None:
    with AuditLog(directory, log=log, clock=TickingClock()) as audit:
        audit.append_many([AuditRecord(RecordType.ALERT, assessment=f"a-{n}", portfolio="p") for n in range(count)])
