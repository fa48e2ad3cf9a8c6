"""What opening a log checks, and what it must add after a stop in the middle of work."""

import sqlite3
from typing import Final

from pact_jax.errors import ArgumentError, AuditError

from ._canonical import Json
from ._entry import parse_line
from ._hashing import GENESIS, chain_hash, leaf_hash
from ._record import AuditRecord, RecordType
from ._store import Row, highest_ever, rows

RECENT: Final = 5_000
"""Records at the end that opening checks and searches; `verify` checks all."""

CRASH: Final = "CRASH"
"""Flag of an assessment that was accepted and whose process then ended."""

_ANSWERS: Final = frozenset(kind.value for kind in (RecordType.RESULT, RecordType.DEGRADED, RecordType.FAILED))


def check_recent(connection: sqlite3.Connection, where: str) -> list[Row]:
    """Reads the end of the log and refuses it if a record does not fit its hash.

    Args:
        connection: to the store.
        where: the directory, for messages.

    Returns:
        The last records, at most `RECENT`.

    Raises:
        AuditError: a hash does not fit, or records are missing.
    """
    last = connection.execute("SELECT MAX(seq) FROM record").fetchone()[0]
    last = -1 if last is None else int(last)
    if highest_ever(connection) != last:
        raise _broken(f"records behind {last} are gone, the log once reached {highest_ever(connection)}", where)
    start = max(0, last + 1 - RECENT)
    before = list(rows(connection, start - 1, start)) if start else []
    previous, expected, found = before[0].hash if before else GENESIS, start, []
    for row in rows(connection, start):
        if row.sequence != expected:
            raise _broken(f"record {expected} is missing", where)
        previous, expected = chain_hash(previous, leaf_hash(row.line)), expected + 1
        if row.hash != previous:
            raise _broken(f"record {row.sequence} does not fit its hash", where)
        found.append(row)
    return found


def unfinished(recent: list[Row]) -> list[AuditRecord]:
    """Records for assessments that were accepted and never answered, because the process ended.

    Args:
        recent: the end of the log.

    Returns:
        One FAILED record each.
    """
    waiting: dict[str, str] = {}
    for row in recent:
        content = _content(row)
        assessment = str(content.get("assessment"))
        if content.get("type") == RecordType.INTENT.value:
            waiting[assessment] = str(content.get("portfolio"))
        elif content.get("type") in _ANSWERS:
            waiting.pop(assessment, None)
    return [
        AuditRecord(RecordType.FAILED, assessment=assessment, portfolio=portfolio, flags=(CRASH,))
        for assessment, portfolio in waiting.items()
    ]


def _content(row: Row) -> dict[str, Json]:
    try:
        content = parse_line(row.line)
    except ArgumentError as error:
        raise AuditError(f"record {row.sequence} cannot be read: {error.what}", mend=error.mend) from error
    return content if isinstance(content, dict) else {}


def _broken(what: str, where: str) -> AuditError:
    return AuditError(what, where, "keep the directory as it is, run `pact audit verify`, continue in a new one")
