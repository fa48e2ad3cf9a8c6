"""Canonical bytes, and every field of the founding document's record."""

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.audit import AuditRecord, Change, Entry, Outcome, RecordType
from pact_jax.audit._canonical import canonical_bytes, from_json, to_json
from pact_jax.audit._entry import entry_from_json, parse_line
from pact_jax.errors import ArgumentError
from tests.audit.logs import FULL


def entry(record: AuditRecord) -> Entry:
    return Entry("log", 3, 1_700_000_000_000_000_123, "boot", bytes(32), record)


def test_line_by_hand():
    record = AuditRecord(RecordType.INTENT, assessment="a", portfolio="é")
    absent = '"outcome":null,"portfolio":"é"'
    text = entry(record).line().decode("utf-8")
    assert text.startswith('{"actor":"","agents":[],"alert_triggered":false,"alerts":[],"assessment":"a",')
    assert absent in text and text.endswith('"seq":3,"t_utc_ns":1700000000000000123,"type":"INTENT","v":1}')
    assert " " not in text and list(json.loads(text)) == sorted(json.loads(text))


def test_round_trip_keeps_every_bit():
    line = entry(FULL).line()
    back = entry_from_json(parse_line(line))
    assert back.line() == line
    assert back.record.outcome == FULL.outcome
    assert math.isnan(back.record.limits[0].value) and math.copysign(1.0, back.record.limits[0].threshold) == -1.0
    assert dataclasses.replace(back.record, limits=()) == dataclasses.replace(FULL, limits=())


@given(st.floats(), st.text(), st.integers(-(2**63), 2**63 - 1))
def test_any_value_round_trips(number, text, units):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = "lone surrogate"
    outcome = Outcome(number, 0.1, 0.2, None, text, units)
    back = from_json(Outcome, json.loads(canonical_bytes(to_json(outcome))))
    assert back.decision == text and back.score_units == units
    assert math.isnan(back.score) if math.isnan(number) else back.score == number


def test_record_is_a_superset_of_the_required_fields():
    value = json.loads(entry(FULL).line())
    agent = value["agents"][0]
    required = {
        "timestamp": value["t_utc_ns"],
        "assessment id": value["assessment"],
        "portfolio id": value["portfolio"],
        "agents involved": [a["agent"] for a in value["agents"]],
        "processing time": value["milliseconds"],
        "per-agent score": float.fromhex(agent["score"]),
        "per-agent confidence": float.fromhex(agent["confidence"]),
        "final score": float.fromhex(value["outcome"]["score"]),
        "regulatory breaches": value["breaches"],
        "alert triggered": value["alert_triggered"],
        "human reviewer": value["human_reviewer"],
        "model versions": [(m["model"], m["version"]) for m in value["models"]],
    }
    assert required["per-agent score"] == 0.023 and required["final score"] == 0.046
    assert all(item not in (None, "", []) for item in required.values())


@pytest.mark.parametrize("value", [{"x": 0.5}, {"x": [1, {"y": 1.0}]}, {"x": "\ud800"}])
def test_no_floats_and_no_surrogates(value):
    with pytest.raises(ArgumentError):
        canonical_bytes(value)


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b'{"v":2}',
        b'{"v":1,"x":0.5}',
        b'{"v":1,"x":NaN}',
        b"\xff",
        entry(FULL).line().replace(b'"tier":0', b'"tier":"0"'),
        entry(FULL).line().replace(b'"tier":0', b'"tier":true'),
        entry(FULL).line().replace(b'"RESULT"', b'"RESULTS"'),
        entry(FULL).line().replace(b'"role":', b'"rule":'),
        entry(FULL).line().replace(b'"seq":3,', b""),
        entry(FULL).line().replace(b'"tier":0', b'"tiers":0'),
    ],
)
def test_what_is_not_a_record_is_refused(line):
    with pytest.raises(ArgumentError):
        entry_from_json(parse_line(line))


def test_types_carry_what_they_need():
    with pytest.raises(ArgumentError, match="outcome"):
        AuditRecord(RecordType.RESULT)
    with pytest.raises(ArgumentError, match="change"):
        AuditRecord(RecordType.BREAKER)
    with pytest.raises(ArgumentError, match="two different persons"):
        AuditRecord(RecordType.OVERRIDE, change=Change("score", "1", "2", "R1", "u-1", "u-1"))
    AuditRecord(RecordType.LIMIT_CHANGE, change=Change("var-99", "1", "2", "R1", "u-1", "u-2"))
