"""The verifier: is this log what was written, all of it and nothing else?"""

import enum
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pact_jax.errors import ArgumentError, AuditError

from ._canonical import Json, canonical_bytes
from ._checkpoint import Checkpoint
from ._entry import parse_line
from ._hashing import GENESIS, chain_hash, leaf_hash
from ._lock import has_writer
from ._merkle import Frontier
from ._record import RECORD_VERSION
from ._store import APPLICATION_ID, Row, connect_reader, highest_ever, log_file, log_id, require_schema, rows
from ._wal import wal_tail


class Verdict(enum.IntEnum):
    """What the verifier found; the number is the exit status of `pact audit verify`."""

    OK = 0
    TAMPERED = 1
    """A record was changed, removed from the middle, added or moved."""
    TORN_TAIL = 2
    """An interrupted write lies behind the last complete record; no record was acknowledged for it."""
    TRUNCATED = 3
    """Records at the end are gone: fewer than the checkpoint, or than the store's own count, says."""
    UNREADABLE = 4


@dataclass(frozen=True)
class Verification:
    """The verifier's answer.

    Attributes:
        verdict: in one word.
        size: records that verified, from the start.
        root: Merkle root over them, hexadecimal.
        last_hash: chain hash of the last of them, hexadecimal.
        first_bad: sequence of the first record that does not verify; None if there is none or it cannot be told.
        reason: what is wrong; empty if nothing is.
    """

    verdict: Verdict
    size: int
    root: str
    last_hash: str
    first_bad: int | None = None
    reason: str = ""


def verify(path: str | Path, checkpoint: Checkpoint | None = None) -> Verification:
    """Checks every record against its hash, its predecessor, its place and, where given, a checkpoint.

    Without a checkpoint that someone else kept, a log rewritten from some record on, or cut at the end with care, is
    indistinguishable from an honest one.

    Args:
        path: log directory, or a file of exported lines.
        checkpoint: size and root that are trusted.

    Returns:
        The verdict with the first bad record.
    """
    where = Path(path)
    walk = _Walk(checkpoint)
    try:
        if where.is_file():
            found = walk.run(_exported_rows(where), None)
            return found or _torn_export(where, walk) or walk.close(None)
        return _verify_directory(where, walk)
    except (sqlite3.DatabaseError, OSError) as error:
        return walk.result(Verdict.UNREADABLE, walk.tree.size, f"{error}")


class _Walk:
    """Follows the chain row by row."""

    def __init__(self, checkpoint: Checkpoint | None):
        self.tree = Frontier()
        self._checkpoint = checkpoint
        self._previous = GENESIS
        self._log: str | None = None
        self._is_other_history = False
        self._compare_root()

    def run(self, found: Iterator[Row], log: str | None) -> Verification | None:
        """Checks rows until the first bad one."""
        self._log = log
        for row in found:
            if (wrong := self._wrong(row)) is not None:
                bad = min(row.sequence, self.tree.size) if row.sequence >= 0 else self.tree.size
                return self.result(Verdict.TAMPERED, bad, wrong)
            self._previous = row.hash
            self.tree.append(leaf_hash(row.line))
            self._compare_root()
        return None

    def close(self, highest: int | None) -> Verification:
        """Compares the size with what it should be."""
        size, given = self.tree.size, self._checkpoint
        if highest is not None and highest != size - 1:
            return self.result(Verdict.TRUNCATED, size, f"the log once reached record {highest}")
        if given is not None and given.size > size:
            return self.result(Verdict.TRUNCATED, size, f"the checkpoint has {given.size} records")
        if given is not None and self._log is not None and given.origin != self._log:
            return self.result(
                Verdict.TAMPERED, None, f"the checkpoint is of log {given.origin!r}, this is {self._log!r}"
            )
        if given is not None and self._is_other_history:
            return self.result(Verdict.TAMPERED, None, f"the first {given.size} records are not the checkpoint's")
        return self.result(Verdict.OK, None, "")

    def result(self, verdict: Verdict, bad: int | None, reason: str) -> Verification:
        return Verification(verdict, self.tree.size, self.tree.root().hex(), self._previous.hex(), bad, reason)

    def _wrong(self, row: Row) -> str | None:
        expected = self.tree.size
        if row.sequence != expected:
            return f"record {expected} is missing" if row.sequence > expected else f"record {row.sequence} is repeated"
        if chain_hash(self._previous, leaf_hash(row.line)) != row.hash:
            return "the record does not fit its hash"
        try:
            return self._misplaced(parse_line(row.line))
        except ArgumentError as error:
            return error.what

    def _misplaced(self, line: Json) -> str | None:
        # Only the envelope is read: a record that fits its hash is what its writer wrote, whatever it says.
        if not isinstance(line, dict) or line.get("v") != RECORD_VERSION:
            return "not a record of this version"
        if line.get("seq") != self.tree.size:
            return f"the record says that it is record {line.get('seq')}"
        if line.get("prev") != self._previous.hex():
            return "the record names another predecessor"
        log = str(line.get("log"))
        self._log = log if self._log is None else self._log
        return None if log == self._log else f"the record belongs to log {log!r}"

    def _compare_root(self) -> None:
        given = self._checkpoint
        if given is not None and given.size == self.tree.size:
            self._is_other_history = given.root != self.tree.root()


def _verify_directory(directory: Path, walk: _Walk) -> Verification:
    path = log_file(directory)
    if not path.is_file():
        return walk.result(Verdict.UNREADABLE, None, f"there is no {path.name}")
    is_live = has_writer(directory)
    # A write in progress looks like an interrupted one; only a log without a writer has a tail to judge.
    tail = None if is_live else wal_tail(path.with_name(f"{path.name}-wal"))
    with closing(connect_reader(path)) as connection:
        connection.execute("BEGIN")
        wrong = _not_a_log(connection, path)
        if wrong:
            return walk.result(Verdict.TAMPERED, None, wrong)
        found = walk.run(rows(connection, -(2**63)), log_id(connection))
        if found is None:
            found = walk.close(highest_ever(connection))
    if found.verdict is not Verdict.OK or tail is None or not tail.length:
        return found
    if tail.damaged:
        return walk.result(Verdict.TAMPERED, found.size, "write-ahead log is damaged behind the last complete record")
    return walk.result(Verdict.TORN_TAIL, None, f"{tail.length} bytes of an interrupted write")


def _not_a_log(connection: sqlite3.Connection, path: Path) -> str:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        return "the file is not marked as an audit log"
    try:
        require_schema(connection, path)
    except AuditError as error:
        return str(error)
    problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    return "" if problem == "ok" else f"SQLite: {problem}"


def _exported_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in enumerate(file):
            if line.endswith(b"\n"):
                yield _exported_row(number, line[:-1])


def _exported_row(number: int, text: bytes) -> Row:
    """Line and hash of one exported line; anything that is not one comes back so that it fails its hash."""
    try:
        value = parse_line(text)
        if not isinstance(value, dict):
            return Row(number, text, b"")
        digest = bytes.fromhex(str(value.pop("hash", "")))
        line = canonical_bytes(value)
    except (ArgumentError, ValueError):
        return Row(number, text, b"")
    # What was exported is canonical; other bytes with the same meaning were not written by an export.
    return Row(number, line if canonical_bytes(value | {"hash": digest.hex()}) == text else text, digest)


def _torn_export(path: Path, walk: _Walk) -> Verification | None:
    with path.open("rb") as file:
        file.seek(0, 2)
        if file.tell() == 0:
            return None
        file.seek(-1, 2)
        if file.read() == b"\n":
            return None
    closed = walk.close(None)
    if closed.verdict is not Verdict.OK:
        return closed
    return walk.result(Verdict.TORN_TAIL, None, "the last line is not complete")
