"""Alerts of an answer on the bus: published after the record is durable, held until acknowledged."""

from dataclasses import dataclass
from typing import Final

from pact_jax.assessment import AssessmentReport

from ._bus import Bus
from ._topic import Topic


@dataclass(frozen=True)
class Alert:
    """One limit at its warning level or beyond.

    Attributes:
        assessment: id of the assessment that raised it.
        portfolio: id of the portfolio.
        limit: id of the limit.
        measure: that is limited.
        scope: of the measure.
        tier: automatic, human or executive.
        utilisation: share of the limit that is used.
        decision: on the limit.
        receipt: sequence and hash of the audit record; None without an audit log.
    """

    assessment: str
    portfolio: str
    limit: str
    measure: str
    scope: str
    tier: str
    utilisation: float
    decision: str
    receipt: tuple[int, str] | None


ALERTS: Final = Topic("alerts", Alert, capacity=10_000, acknowledged=True)
"""Alerts, delivered again until they are acknowledged."""


def publish_alerts(bus: Bus, report: AssessmentReport, assessment: str) -> int:
    """Publishes the alerts of a report.

    Args:
        bus: to publish on.
        report: with its receipt.
        assessment: its id.

    Returns:
        How many.

    Raises:
        BusFull: a subscriber has stopped taking alerts.
    """
    for row in report.alerts.to_dict("records"):
        alert = Alert(
            assessment,
            report.snapshot.portfolio_id,
            str(row["limit_id"]),
            str(row["measure"]),
            str(row["scope"]),
            str(row["tier"]),
            float(row["utilisation"]),
            str(row["decision"]),
            report.receipt,
        )
        bus.publish(ALERTS, alert)
    return len(report.alerts)
