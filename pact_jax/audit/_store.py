"""The SQLite file under the log: its schema, how a writer opens it and how a reader does."""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pact_jax.errors import AuditError

FILE_NAME: Final = "audit.sqlite"
LOCK_NAME: Final = "writer.lock"
APPLICATION_ID: Final = 0x50414354  # "PACT"
LAYOUT: Final = 1
MAX_SEQUENCE: Final = 2**63 - 1
PAGE_SIZE: Final = 8192  # three records of usual size; the default page holds one and wastes half

SCHEMA: Final = (
    # AUTOINCREMENT keeps the highest number ever used in a second place, which shows a cut tail.
    "CREATE TABLE record (seq INTEGER PRIMARY KEY AUTOINCREMENT, line BLOB NOT NULL, hash BLOB NOT NULL)",
    "CREATE TABLE log (id TEXT NOT NULL)",
    "CREATE TRIGGER record_update BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    "CREATE TRIGGER record_delete BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    "CREATE TRIGGER record_insert BEFORE INSERT ON record"
    " WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), -1) + 1 FROM record)"
    " BEGIN SELECT RAISE(ABORT, 'the log has no gaps'); END",
    "CREATE TRIGGER log_update BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log keeps its id'); END",
    "CREATE TRIGGER log_delete BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log keeps its id'); END",
)
"""Statements that make an empty log; a log whose statements differ is not one."""


@dataclass(frozen=True)
class Row:
    """One stored line as it stands, unchecked.

    Attributes:
        sequence: its key.
        line: bytes of the record.
        hash: chain hash that is stored beside it.
    """

    sequence: int
    line: bytes
    hash: bytes


def log_file(directory: Path) -> Path:
    """The SQLite file of a log directory."""
    return directory / FILE_NAME


def connect_writer(directory: Path, log: str) -> sqlite3.Connection:
    """Opens, and where needed creates, the store for appending; every commit is on the disk when it returns.

    Args:
        directory: of the log; its parent exists.
        log: id given to a new log.

    Returns:
        A connection in autocommit mode.

    Raises:
        AuditError: the file is not an audit log.
    """
    path = log_file(directory)
    is_new = not path.exists()
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        if is_new:
            connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {LAYOUT}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # On Apple systems a plain fsync leaves data in the drive's cache; elsewhere these two do nothing.
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("PRAGMA checkpoint_fullfsync = ON")
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            _create(connection, log)
            sync_directory(directory)
        require_schema(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Opens the store for reading beside a live writer; nothing can be changed through it.

    Args:
        path: the SQLite file.

    Returns:
        A read-only connection.
    """
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5.0)


def _create(connection: sqlite3.Connection, log: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute("INSERT INTO log (id) VALUES (?)", (log,))
    connection.execute("COMMIT")


def require_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuses a file that is not a log of this layout, or whose append-only triggers are gone.

    Args:
        connection: to the store.
        path: of the store, for the message.

    Raises:
        AuditError: tables or triggers differ.
    """
    found = [
        row[0]
        for row in connection.execute(
            "SELECT sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type = 'trigger', rowid"
        )
    ]
    if sorted(found) != sorted(SCHEMA):
        raise AuditError(
            "tables or append-only triggers are not those of an audit log",
            str(path),
            "restore the file from a copy, and compare it with the last checkpoint",
        )


def log_id(connection: sqlite3.Connection) -> str:
    """The id that the log was created with."""
    row = connection.execute("SELECT id FROM log").fetchone()
    if row is None:
        raise AuditError("the log has lost its id", mend="restore the file from a copy")
    return str(row[0])


def rows(connection: sqlite3.Connection, start: int = 0, stop: int | None = None) -> Iterator[Row]:
    """Stored lines in order.

    Args:
        connection: to the store.
        start: first sequence.
        stop: first sequence that is left out; None for all.

    Returns:
        Rows as they stand, unchecked.
    """
    last = -1 if stop is None else stop - 1
    where = "seq >= ?" if stop is None else "seq >= ? AND seq <= ?"
    values = (start,) if stop is None else (start, last)
    for seq, line, digest in connection.execute(
        f"SELECT seq, line, hash FROM record WHERE {where} ORDER BY seq", values
    ):
        yield Row(seq, _as_bytes(line), _as_bytes(digest))


def highest_ever(connection: sqlite3.Connection) -> int:
    """The highest sequence that was ever written, -1 for an empty log; larger than the last row if a tail was cut."""
    row = connection.execute("SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'record'").fetchone()
    return -1 if row is None or row[0] is None else int(row[0])


def sync_directory(directory: Path) -> None:
    """Makes the names of new files durable, where the system knows how."""
    if os.name != "posix":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _as_bytes(value: object) -> bytes:
    # A damaged column may come back as text or a number; it then fails its hash like any other change.
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
