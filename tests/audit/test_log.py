"""The log as its writer sees it: durable, append-only, one writer, honest about a stop in the middle of work."""

import hashlib
import json
import sqlite3

import pytest

from pact_jax.audit import (
    AuditLog,
    AuditRecord,
    RecordType,
    Verdict,
    merkle_root,
    read_entries,
    verify,
    verify_consistency,
    verify_inclusion,
)
from pact_jax.audit._store import SCHEMA
from pact_jax.errors import AuditError
from tests.audit.logs import FULL, TickingClock, write_log

INTENT = AuditRecord(RecordType.INTENT, assessment="a-9", portfolio="p")


def test_receipts_are_the_chain_by_hand(tmp_path):
    with AuditLog(tmp_path, clock=TickingClock()) as log:
        receipts = [log.append(FULL), *log.append_many([INTENT, FULL])]
    previous = bytes(32)
    with sqlite3.connect(tmp_path / "audit.sqlite") as database:
        lines = [line for (line,) in database.execute("SELECT line FROM record ORDER BY seq")]
    for number, (line, receipt) in enumerate(zip(lines, receipts, strict=True)):
        assert json.loads(line)["prev"] == previous.hex()
        leaf = hashlib.sha256(b"\x00" + line).digest()
        previous = hashlib.sha256(b"\x02" + previous + leaf).digest()
        assert (receipt.sequence, receipt.hash) == (number, previous.hex())


def test_store_is_durable_and_append_only(tmp_path):
    with AuditLog(tmp_path) as log:
        log.append(FULL)
        database = log._connection
        assert database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert database.execute("PRAGMA synchronous").fetchone()[0] == 2
        for statement in (
            "UPDATE record SET line = x'00'",
            "DELETE FROM record",
            "INSERT INTO record VALUES (5, x'00', x'00')",
            "INSERT OR REPLACE INTO record VALUES (0, x'00', x'00')",
            "UPDATE log SET id = 'x'",
            "DELETE FROM log",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                database.execute(statement)


def test_one_writer(tmp_path):
    with AuditLog(tmp_path), pytest.raises(AuditError, match="writing"):
        AuditLog(tmp_path)
    AuditLog(tmp_path).close()


def test_reopened_log_continues(tmp_path):
    write_log(tmp_path, 3)
    with AuditLog(tmp_path, log="ignored") as log:
        assert log.append(FULL).sequence == 3 and log.log == "example.com/desk"
        boots = {entry.boot for entry in log.entries()}
    assert len(boots) == 2
    assert [entry.sequence for entry in read_entries(tmp_path, 1, 3)] == [1, 2]
    assert verify(tmp_path).verdict is Verdict.OK


def test_accepted_and_never_answered_becomes_failed(tmp_path):
    with AuditLog(tmp_path) as log:
        log.append(INTENT)
        log.append(AuditRecord(RecordType.INTENT, assessment="a-1", portfolio="p"))
        log.append(FULL)  # answers a-1
    with AuditLog(tmp_path) as log:
        last = list(log.entries())[-1].record
        assert (last.type, last.assessment, last.flags) == (RecordType.FAILED, "a-9", ("CRASH",))
        assert log.size == 4
    with AuditLog(tmp_path) as log:
        assert log.size == 4


def test_proofs_of_the_log(tmp_path):
    write_log(tmp_path, 7)
    with AuditLog(tmp_path) as log:
        old = log.head()
        leaves = [hashlib.sha256(b"\x00" + entry.line()).digest() for entry in log.entries()]
        assert old.root == merkle_root(leaves).hex()
        log.append(FULL)
        log.seal()
        new = log.head()
        proof = log.prove_inclusion(4)
        assert verify_inclusion(4, new.size, leaves[4], proof, bytes.fromhex(new.root))
        proof = log.prove_consistency(old.size)
        assert verify_consistency(7, 9, bytes.fromhex(old.root), bytes.fromhex(new.root), proof)
        seal = list(log.entries())[-1].record
        assert seal.head is not None and seal.head.size == 8


def test_a_failed_write_fails_closed(tmp_path):
    with AuditLog(tmp_path) as log:
        log.append(FULL)
        log._connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(AuditError, match="AUDIT_UNAVAILABLE"):
            for _ in range(100):
                log.append(FULL)
        log._connection.execute("PRAGMA max_page_count = 1000000")
        with pytest.raises(AuditError, match="AUDIT_UNAVAILABLE"):
            log.append(FULL)
        size = log.size
    assert verify(tmp_path).size == size
    with AuditLog(tmp_path) as log:
        assert log.append(FULL).sequence == size


def test_closed_log_takes_nothing(tmp_path):
    log = AuditLog(tmp_path)
    log.close()
    log.close()
    with pytest.raises(AuditError, match="closed"):
        log.append(FULL)


def test_opening_refuses_a_log_that_does_not_fit(tmp_path):
    write_log(tmp_path, 5)
    with sqlite3.connect(tmp_path / "audit.sqlite") as database:
        database.execute("DROP TRIGGER record_update")
        database.execute("UPDATE record SET line = x'7b7d' WHERE seq = 2")
    database.close()
    with pytest.raises(AuditError, match="trigger"):
        AuditLog(tmp_path)
    with sqlite3.connect(tmp_path / "audit.sqlite") as database:
        database.execute(next(text for text in SCHEMA if "record_update" in text))
    database.close()
    with pytest.raises(AuditError, match="record 2 does not fit"):
        AuditLog(tmp_path)


def test_no_log_is_said(tmp_path):
    with pytest.raises(AuditError, match="no audit log"):
        list(read_entries(tmp_path))
