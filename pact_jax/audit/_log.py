"""The append-only log: one writer, every record durable before its receipt is returned."""

import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pact_jax.errors import AuditError

from ._checkpoint import Checkpoint
from ._entry import Entry, Receipt, entry_from_json, parse_line
from ._hashing import GENESIS, chain_hash, leaf_hash
from ._lock import lock_writer
from ._merkle import Frontier, consistency_proof, inclusion_proof
from ._record import AuditRecord, Cut, Head, RecordType
from ._recover import check_recent, unfinished
from ._store import connect_reader, connect_writer, log_file, log_id, rows
from ._wal import NO_TAIL, wal_tail


class AuditLog:
    """Hash-chained records on SQLite.

    Opening repairs nothing in silence: what an interrupted write left is recorded (RECOVERY), an assessment that was
    accepted and never answered is recorded as FAILED, and a recent record that does not fit its hash refuses to open.

    Args:
        directory: of the log; made if it does not exist.
        log: id of a new log, best a URL without a scheme; random by default. An existing log keeps its own.
        clock: nanoseconds since 1970 in UTC.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, AuditLog(folder) as audit:
        ...     receipt = audit.append(AuditRecord(RecordType.INTENT, assessment="a-1", portfolio="desk"))
        ...     receipt.sequence
        0
    """

    def __init__(self, directory: str | Path, *, log: str = "", clock: Callable[[], int] = time.time_ns):
        self._directory = Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._boot = uuid.uuid4().hex
        self._mutex = threading.Lock()
        self._tree: Frontier | None = None
        self._failure: str | None = None
        self._lock = lock_writer(self._directory)
        try:
            self._open(log)
        except BaseException:
            self._lock.close()
            raise

    @property
    def log(self) -> str:
        """Id of the log."""
        return self._log

    @property
    def directory(self) -> Path:
        """Where it lives."""
        return self._directory

    @property
    def size(self) -> int:
        """Number of records."""
        return self._size

    @property
    def last_hash(self) -> str:
        """Chain hash of the last record, hexadecimal."""
        return self._last.hex()

    def append(self, record: AuditRecord) -> Receipt:
        """Writes one record; it is on the disk when this returns.

        Args:
            record: what happened.

        Returns:
            Its sequence and hash.

        Raises:
            AuditError: it could not be made durable. The log then takes no more records until it is opened again: a
                store that failed once may have lost what it had not yet synced.
        """
        return self.append_many((record,))[0]

    def append_many(self, records: Sequence[AuditRecord]) -> tuple[Receipt, ...]:
        """Writes several records in one transaction: all of them are on the disk when this returns, or none is.

        Args:
            records: what happened, in order.

        Returns:
            Their receipts.

        Raises:
            AuditError: as for `append`.
        """
        with self._mutex:
            self._require_working()
            previous, placed = self._last, []
            for number, record in enumerate(records):
                entry = Entry(self._log, self._size + number, self._clock(), self._boot, previous, record)
                line = entry.line()
                previous = chain_hash(previous, leaf_hash(line))
                placed.append((entry.sequence, line, previous))
            self._commit(placed)
            self._last, self._size = previous, self._size + len(placed)
            if self._tree is not None:
                for _, line, _ in placed:
                    self._tree.append(leaf_hash(line))
            return tuple(Receipt(sequence, digest.hex()) for sequence, _, digest in placed)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Reads records back, beside the writer.

        Args:
            start: first sequence.
            stop: first sequence that is left out; None for all.

        Returns:
            Entries in order.
        """
        yield from read_entries(self._directory, start, stop)

    def head(self) -> Head:
        """Size and Merkle root of the records so far."""
        with self._mutex:
            return self._head()

    def checkpoint(self) -> Checkpoint:
        """What a witness should keep now: id, size and root; `CheckpointSigner.sign` puts a name to it."""
        head = self.head()
        return Checkpoint(self._log, head.size, bytes.fromhex(head.root))

    def seal(self) -> Receipt:
        """Appends a SEAL record with the size and the root of everything before it.

        Returns:
            Its receipt.
        """
        with self._mutex:
            head = self._head()
        return self.append(AuditRecord(RecordType.SEAL, head=head))

    def prove_inclusion(self, sequence: int, size: int | None = None) -> tuple[bytes, ...]:
        """Siblings that lead from one record to the root of a given size.

        Args:
            sequence: of the record.
            size: of the tree; all records by default.

        Returns:
            Hashes from the leaf upward.
        """
        return inclusion_proof(self._leaves(size), sequence)

    def prove_consistency(self, old_size: int, size: int | None = None) -> tuple[bytes, ...]:
        """Hashes that show the log at an older size to be a prefix of the log at a newer one.

        Args:
            old_size: older size, at least 1.
            size: newer size; all records by default.

        Returns:
            Proof hashes.
        """
        return consistency_proof(self._leaves(size), old_size)

    def close(self) -> None:
        """Gives the writer's lock back; harmless when repeated."""
        with self._mutex:
            self._failure = self._failure or "it is closed"
            self._connection.close()
            self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self.close()

    def _open(self, log: str) -> None:
        wal = log_file(self._directory).with_name(f"{log_file(self._directory).name}-wal")
        tail = wal_tail(wal)
        if tail.damaged:
            raise AuditError(
                f"{tail.length} bytes behind the last complete transaction are not one interrupted write",
                str(wal),
                "keep the directory as it is, verify it against the last checkpoint, continue in a new one",
            )
        self._connection = connect_writer(self._directory, log or f"pact-{uuid.uuid4().hex}")
        try:
            self._log = log_id(self._connection)
            recent = check_recent(self._connection, str(self._directory))
            self._size, self._last = (recent[-1].sequence + 1, recent[-1].hash) if recent else (0, GENESIS)
            repairs = []
            if tail != NO_TAIL:
                # Removes the stale bytes, so that they are reported once and never taken for a later write.
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                repairs.append(AuditRecord(RecordType.RECOVERY, cut=Cut(tail.length, tail.sha256)))
            repairs += unfinished(recent)
            if repairs:
                self.append_many(repairs)
        except BaseException:
            self._connection.close()
            raise

    def _commit(self, values: list[tuple[int, bytes, bytes]]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT INTO record (seq, line, hash) VALUES (?, ?, ?)", values)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._failure = f"writing failed: {error}"
            if self._connection.in_transaction:
                self._connection.rollback()
            raise self._unavailable() from error

    def _require_working(self) -> None:
        if self._failure is not None:
            raise self._unavailable()

    def _unavailable(self) -> AuditError:
        return AuditError(
            f"AUDIT_UNAVAILABLE: {self._failure}",
            str(self._directory),
            "mend the disk and open the log again; nothing may be answered until then",
        )

    def _head(self) -> Head:
        if self._tree is None:
            self._tree = Frontier()
            for leaf in self._leaves(self._size):
                self._tree.append(leaf)
        return Head(self._tree.size, self._tree.root().hex())

    def _leaves(self, size: int | None) -> list[bytes]:
        connection = connect_reader(log_file(self._directory))
        try:
            return [leaf_hash(row.line) for row in rows(connection, 0, self._size if size is None else size)]
        finally:
            connection.close()


def read_entries(directory: str | Path, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
    """Reads the records of a log without the writer's lock.

    Args:
        directory: of the log.
        start: first sequence.
        stop: first sequence that is left out; None for all.

    Returns:
        Entries in order; `verify` tells whether they can be believed.

    Raises:
        AuditError: there is no log.
    """
    path = log_file(Path(directory))
    if not path.exists():
        raise AuditError("no audit log here", str(directory), "give the directory that --audit wrote to")
    connection = connect_reader(path)
    try:
        for row in rows(connection, start, stop):
            yield entry_from_json(parse_line(row.line))
    finally:
        connection.close()
