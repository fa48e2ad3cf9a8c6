"""Export as JSON lines: one canonical record a line, with its own hash."""

from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from pact_jax.errors import AuditError

from ._canonical import canonical_bytes
from ._entry import parse_line
from ._store import connect_reader, log_file, rows


def export_lines(directory: str | Path, out: BinaryIO) -> int:
    """Writes every record as one line of canonical JSON; `verify` reads the file that results.

    Args:
        directory: of the log.
        out: binary stream.

    Returns:
        Number of lines.

    Raises:
        AuditError: there is no log.
        ArgumentError: a record cannot be read; run `verify`.
    """
    path = log_file(Path(directory))
    if not path.is_file():
        raise AuditError("no audit log here", str(directory), "give the directory that --audit wrote to")
    count = 0
    with closing(connect_reader(path)) as connection:
        for row in rows(connection):
            value = parse_line(row.line)
            if not isinstance(value, dict):
                raise AuditError(f"record {row.sequence} is not an object", str(directory), "run `pact audit verify`")
            out.write(canonical_bytes(value | {"hash": row.hash.hex()}) + b"\n")
            count += 1
    return count
