"""Stops in the middle of a write: every prefix of the store's own log, torn sectors, and killed processes."""

import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pact_jax.audit import AuditLog, AuditRecord, Receipt, RecordType, Verdict, read_entries, verify
from pact_jax.audit import _second_verifier as second
from pact_jax.audit._wal import NO_TAIL, wal_tail
from pact_jax.errors import AuditError

RECORD = AuditRecord(RecordType.ALERT, assessment="a", portfolio="p")
FRAME = 24 + 8192


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A directory as a power cut would leave it: store and write-ahead log, and its size after each acknowledgement."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("stopped")
    wal = source / "audit.sqlite-wal"
    with AuditLog(source) as log:
        acknowledged = [(wal.stat().st_size, 0)]
        for _ in range(6):
            log.append(RECORD)
            acknowledged.append((wal.stat().st_size, log.size))
        for name in ("audit.sqlite", "audit.sqlite-wal"):
            shutil.copy(source / name, target / name)
    return target, acknowledged


def cut(stopped: Path, target: Path, length: int) -> Path:
    target.mkdir()
    shutil.copy(stopped / "audit.sqlite", target / "audit.sqlite")
    (target / "audit.sqlite-wal").write_bytes((stopped / "audit.sqlite-wal").read_bytes()[:length])
    return target


def statuses(directory: Path) -> tuple[int, int, int]:
    first = verify(directory)
    status, _, _, size = second.check(directory)
    assert (status, size) == (int(first.verdict), first.size)
    return status, size, wal_tail(directory / "audit.sqlite-wal").length


def test_every_acknowledged_record_survives_any_cut(stopped, tmp_path):
    directory, acknowledged = stopped
    total = acknowledged[-1][0]
    start = acknowledged[0][0]
    lengths = {length + step for length, _ in acknowledged for step in (-1, 0, 8, 30)}
    lengths |= set(random.Random(1).sample(range(start, total), 8))
    for length in sorted(n for n in lengths if start <= n <= total):
        broken = cut(directory, tmp_path / str(length), length)
        status, size, tail = statuses(broken)
        owed = max(count for end, count in acknowledged if end <= length)
        assert size == owed
        assert status == (2 if tail else 0)
        with AuditLog(broken) as log:
            records = [entry.record for entry in log.entries()]
            left = (broken / "audit.sqlite-wal").stat().st_size
        if tail and length > 6 * FRAME:
            assert left <= 4 * FRAME  # the stale bytes are gone, not only overwritten
        assert log.size == owed + (1 if tail else 0)
        if tail:
            assert records[-1].type is RecordType.RECOVERY
            assert records[-1].cut is not None and records[-1].cut.length == tail
        assert statuses(broken)[:2] == (0, log.size)


def test_torn_sectors_of_the_last_write(stopped, tmp_path):
    directory, acknowledged = stopped
    data = (directory / "audit.sqlite-wal").read_bytes()
    begin, end = acknowledged[-2][0], acknowledged[-1][0]
    for number, sector in enumerate(random.Random(2).sample(range(begin // 512 + 1, end // 512), 8)):
        broken = cut(directory, tmp_path / str(number), len(data))
        torn = data[: sector * 512] + bytes(512) + data[(sector + 1) * 512 :]
        (broken / "audit.sqlite-wal").write_bytes(torn)
        status, size, _ = statuses(broken)
        # A zeroed sector that was already zero is no damage.
        assert (status, size) == ((2, 5) if torn != data else (0, 6))


def test_damage_before_the_last_write_is_not_taken_for_a_torn_one(stopped, tmp_path):
    directory, acknowledged = stopped
    broken = cut(directory, tmp_path / "log", acknowledged[-1][0])
    wal = broken / "audit.sqlite-wal"
    data = bytearray(wal.read_bytes())
    data[acknowledged[2][0] + 300] ^= 1
    wal.write_bytes(data)
    assert statuses(broken)[:2] == (1, 2)
    with pytest.raises(AuditError, match="not one interrupted write"):
        AuditLog(broken)


def test_broken_header_is_damage(stopped, tmp_path):
    directory, acknowledged = stopped
    broken = cut(directory, tmp_path / "log", acknowledged[-1][0])
    wal = broken / "audit.sqlite-wal"
    wal.write_bytes(b"\x00" + wal.read_bytes()[1:])
    assert wal_tail(wal).damaged
    assert statuses(broken)[0] == 1


def test_frames_of_an_older_generation_are_no_tail(tmp_path):
    with AuditLog(tmp_path) as log:
        log.append_many([RECORD] * 30)
        log._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        log.append(RECORD)
        assert (tmp_path / "audit.sqlite-wal").stat().st_size > 5 * FRAME
        assert wal_tail(tmp_path / "audit.sqlite-wal") == NO_TAIL
        # The live writer's lock is seen, so a write in progress would not be judged either.
        assert verify(tmp_path).verdict is Verdict.OK and second.check(tmp_path)[0] == 0


def write_until_killed(directory: str, pipe: Connection) -> None:
    with AuditLog(directory) as log:
        while True:
            receipt = log.append(RECORD)
            pipe.send((receipt.sequence, receipt.hash))


def kill_once(directory: Path, records: int) -> Receipt:
    """Kills a writing process without warning; returns the last record that it was told is safe."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=write_until_killed, args=(str(directory), writer))
    process.start()
    writer.close()
    last = [reader.recv() for _ in range(records)][-1]
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    try:
        while True:
            last = reader.recv()
    except EOFError:
        pass
    reader.close()
    process.close()
    return Receipt(*last)


def check_after_kill(directory: Path, last: Receipt) -> None:
    assert verify(directory).verdict in (Verdict.OK, Verdict.TORN_TAIL)
    entry = next(iter(read_entries(directory, last.sequence, last.sequence + 1)))
    assert entry.receipt() == last
    assert verify(directory).size >= last.sequence + 1


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_killed_writer_loses_nothing_acknowledged(tmp_path):
    for round_number in range(2):
        check_after_kill(tmp_path, kill_once(tmp_path, 5 + 19 * round_number))
    with AuditLog(tmp_path) as log:
        log.append(RECORD)
    assert verify(tmp_path).verdict is Verdict.OK


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_many_killed_writers(tmp_path):
    generator = random.Random(3)
    for _ in range(60):
        check_after_kill(tmp_path, kill_once(tmp_path, generator.randrange(1, 60)))


def test_reading_changes_nothing(stopped, tmp_path):
    """A verifier must not repair the evidence: the store file stays byte for byte."""
    directory, acknowledged = stopped
    broken = cut(directory, tmp_path / "log", acknowledged[-1][0] - 100)
    before = (broken / "audit.sqlite").read_bytes()
    statuses(broken)
    assert (broken / "audit.sqlite").read_bytes() == before
    assert sqlite3.connect(broken / "audit.sqlite").execute("SELECT COUNT(*) FROM record").fetchone() == (5,)
