"""One writer at a time, over processes: a lock that the system drops when its holder dies."""

import sqlite3
from pathlib import Path

from pact_jax.errors import AuditError

from ._store import LOCK_NAME


def lock_writer(directory: Path) -> sqlite3.Connection:
    """Takes the writer's lock of a log directory.

    Args:
        directory: of the log.

    Returns:
        The lock; closing it, or the end of the process in whatever way, gives it back.

    Raises:
        AuditError: someone else is writing.
    """
    # SQLite's own exclusive lock works on every system that SQLite works on, and leaves no stale file behind.
    connection = sqlite3.connect(directory / LOCK_NAME, isolation_level=None, check_same_thread=False, timeout=0.0)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        connection.close()
        raise AuditError(
            "another process or log object is writing", str(directory), "close it, or write to a log of your own"
        ) from error
    return connection


def has_writer(directory: Path) -> bool:
    """Whether a writer holds the lock at this moment; takes no lock and creates no file."""
    path = directory / LOCK_NAME
    if not path.exists():
        return False
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=0.0)
    try:
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    finally:
        connection.close()
    return False
