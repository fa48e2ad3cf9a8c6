"""A record in its place in the log, and the receipt for it."""

import json
from dataclasses import dataclass, fields

from pact_jax.errors import ArgumentError

from ._canonical import Json, canonical_bytes, from_json, to_json
from ._hashing import chain_hash, leaf_hash
from ._record import RECORD_VERSION, AuditRecord


@dataclass(frozen=True)
class Receipt:
    """Where the record of an answer stands; travels with the answer.

    Attributes:
        sequence: position in the log, from 0.
        hash: chain hash, hexadecimal.
    """

    sequence: int
    hash: str


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Attributes:
        log: id of the log.
        sequence: position, from 0.
        t_utc_ns: nanoseconds since 1970 in UTC when it was written.
        boot: id of the process that wrote it.
        previous: chain hash of the line before.
        record: what happened.
    """

    log: str
    sequence: int
    t_utc_ns: int
    boot: str
    previous: bytes
    record: AuditRecord

    def line(self) -> bytes:
        """Canonical bytes, without the hash of the line itself."""
        content = to_json(self.record)
        assert isinstance(content, dict)
        envelope: dict[str, Json] = {
            "v": RECORD_VERSION,
            "log": self.log,
            "seq": self.sequence,
            "t_utc_ns": self.t_utc_ns,
            "boot": self.boot,
            "prev": self.previous.hex(),
        }
        return canonical_bytes(content | envelope)

    def receipt(self) -> Receipt:
        """Sequence and chain hash."""
        return Receipt(self.sequence, chain_hash(self.previous, leaf_hash(self.line())).hex())


def entry_from_json(value: Json) -> Entry:
    """Reads one parsed line; a `hash` key, as exported lines carry, is left aside.

    Args:
        value: the parsed JSON object.

    Returns:
        The entry.

    Raises:
        ArgumentError: not a record of this version.
    """
    if not isinstance(value, dict) or value.get("v") != RECORD_VERSION:
        raise ArgumentError("not an audit record of version 1", "audit line")
    names = {field.name for field in fields(AuditRecord)}
    record = from_json(AuditRecord, {name: item for name, item in value.items() if name in names})
    envelope = {name: item for name, item in value.items() if name not in names and name != "hash"}
    try:
        log, seq, time, boot = (envelope.pop(name) for name in ("log", "seq", "t_utc_ns", "boot"))
        previous, _ = bytes.fromhex(str(envelope.pop("prev"))), envelope.pop("v")
    except (KeyError, ValueError) as error:
        raise ArgumentError(f"no valid {error}", "audit line") from error
    if envelope:
        raise ArgumentError(
            f"unknown fields {sorted(envelope)}", "audit line", "read it with the version that wrote it"
        )
    return Entry(from_json(str, log), from_json(int, seq), from_json(int, time), from_json(str, boot), previous, record)


def parse_line(line: bytes) -> Json:
    """Parses the bytes of one line.

    Args:
        line: UTF-8 JSON.

    Returns:
        The JSON value.

    Raises:
        ArgumentError: not JSON, or JSON with a decimal float.
    """
    try:
        return json.loads(line.decode("utf-8"), parse_float=_refuse_float, parse_constant=_refuse_float)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"not a line of the log: {error}", "audit line") from error


def _refuse_float(text: str) -> Json:
    raise ValueError(f"decimal float {text}")
