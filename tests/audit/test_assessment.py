"""A report's record: what stands in it, and the receipt in the report."""

import math

import pytest

from pact_jax import assess
from pact_jax.assessment import MonteCarlo
from pact_jax.audit import AuditLog, RecordType, Verdict, assessment_record, record_assessment, verify
from pact_jax.errors import AuditError
from pact_jax.io import snapshot_from_dict


@pytest.fixture(scope="module")
def report():
    payload = {
        "portfolio_id": "book",
        "positions": [{"value": 1e6, "sensitivity": 1.0, "risk_factor": "A"}],
        "risk_factors": ["A"],
        "correlation_matrix": [[1]],
        "credit_exposures": [
            {"counterparty": "Very Private Client", "current_exposure": 2e5, "pd": 0.5, "credit_driver": "A"}
        ],
        "total_capital": 1e6,
        "limits": [
            {"limit_id": "score", "measure": "score", "limit": 0.5},
            {"limit_id": "lcr", "measure": "liquidity_coverage", "limit": 1.0, "direction": "min"},
        ],
    }
    return assess(snapshot_from_dict(payload), generator=MonteCarlo(512))


def test_record_says_what_the_report_says(report, tmp_path):
    with AuditLog(tmp_path) as log:
        receipt = record_assessment(log, report, actor="u-1", human_reviewer="u-2")
        entry = next(log.entries())
    assert verify(tmp_path).verdict is Verdict.OK
    assert report.receipt == (0, receipt.hash) == (entry.sequence, entry.receipt().hash)
    record = entry.record
    assert (record.type, record.portfolio, record.human_reviewer) == (RecordType.RESULT, "book", "u-2")
    assert record.outcome is not None
    assert (record.outcome.score, record.outcome.decision) == (report.score, report.decision)
    assert record.outcome.score_units == round(report.score * 10**12)
    assert set(record.breaches) == {"score", "lcr"}  # one breached, one not known because nothing was supplied
    assert record.alert_triggered == (len(report.alerts) > 0) and len(record.alerts) == len(report.alerts)
    assert {agent.agent: agent.score for agent in record.agents} == report.agent_score
    confidence = record.agents[0].confidence
    score = report.measure("score", "agent:market")
    table = report.measures
    error = table[(table["measure"] == "score") & (table["scope"] == "agent:market")]["standard_error"].iloc[0]
    assert confidence == pytest.approx(math.erf(0.1 * score / error / math.sqrt(2.0)), rel=1e-9)
    assert [model.version for model in record.models] == [report.manifest.package] * len(report.manifest.models)


def test_no_client_name_gets_into_the_log(report):
    text = repr(assessment_record(report))
    assert "Private" in repr(report.flags) + repr(report.limits.to_dict()) + repr(report.leaves.to_dict())
    assert "Private" not in text


def test_no_durable_record_no_receipt(report, tmp_path):
    log = AuditLog(tmp_path)
    log.close()
    report.receipt = None
    with pytest.raises(AuditError):
        record_assessment(log, report)
    assert report.receipt is None
