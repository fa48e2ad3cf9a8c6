"""A second verifier that shares no code with the writer and needs Python alone.

It can be copied away from the package and run by itself:
`python _second_verifier.py LOG_DIRECTORY_OR_LINES [--checkpoint FILE [--key NAME+ID+BASE64]]`.
The exit status means the same as that of `pact audit verify`.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import sqlite3
import struct
import sys

OK, TAMPERED, TORN, TRUNCATED, UNREADABLE = range(5)


class Bad(Exception):
    """A finding: exit status, sequence of the first bad record (-1 if it cannot be told), reason."""


def check(path, checkpoint=None, key=None):
    """Return (exit status, first bad sequence or -1, reason, number of good records)."""
    good = []  # leaf hashes of the records that verified
    try:
        trusted = read_checkpoint(checkpoint, key) if checkpoint else None
        place = pathlib.Path(path)
        if place.is_file():
            torn = check_lines(place, good, trusted)
        else:
            torn = check_database(place, good, trusted)
        if trusted:
            check_root(trusted, good)
        return (TORN, -1, torn, len(good)) if torn else (OK, -1, "", len(good))
    except Bad as bad:
        return (*bad.args, len(good))
    except (sqlite3.DatabaseError, OSError) as error:
        return UNREADABLE, len(good), str(error), len(good)


def check_lines(place, good, trusted):
    """Check exported lines; return a word on a torn last line."""
    lines = place.read_bytes().split(b"\n")
    last = lines.pop()
    state = {"prev": "00" * 32, "log": None}
    for number, text in enumerate(lines):
        value = load(text, number)
        digest = value.pop("hash", "")
        body = dump(value)
        if not isinstance(digest, str) or dump({**value, "hash": digest}) != text:
            raise Bad(TAMPERED, number, "the line is not in canonical form")
        check_record(number, body, value, digest, state, good)
    check_origin(trusted, state)
    return "the last line is not complete" if last else ""


def check_database(folder, good, trusted):
    """Check the SQLite store; return a word on an interrupted write."""
    file = folder / "audit.sqlite"
    if not file.is_file():
        raise Bad(UNREADABLE, -1, "there is no audit.sqlite")
    tail, damaged = (0, False) if is_locked(folder) else interrupted_write(folder / "audit.sqlite-wal")
    database = sqlite3.connect(file.resolve().as_uri() + "?mode=ro", uri=True, isolation_level=None)
    try:
        database.execute("BEGIN")
        triggers = database.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()[0]
        if triggers != 5 or database.execute("PRAGMA application_id").fetchone()[0] != 0x50414354:
            raise Bad(TAMPERED, -1, "marks or triggers of an audit log are missing")
        problem = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise Bad(TAMPERED, -1, problem)
        state = {"prev": "00" * 32, "log": database.execute("SELECT id FROM log").fetchone()[0]}
        for number, line, digest in database.execute("SELECT seq, line, hash FROM record ORDER BY seq"):
            expected = len(good)
            if number != expected:
                raise Bad(TAMPERED, min(number, expected) if number >= 0 else expected, "a record is missing or extra")
            text = line if isinstance(line, bytes) else str(line).encode("utf-8", "surrogatepass")
            stored = digest.hex() if isinstance(digest, bytes) else ""
            check_record(number, text, None, stored, state, good)
        top = database.execute("SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'record'").fetchone()[0]
    finally:
        database.close()
    if (-1 if top is None else top) != len(good) - 1:
        raise Bad(TRUNCATED, len(good), f"the store once reached record {top}")
    if trusted and trusted[1] > len(good):
        raise Bad(TRUNCATED, len(good), f"the checkpoint has {trusted[1]} records")
    check_origin(trusted, state)
    if damaged:
        raise Bad(TAMPERED, len(good), "the write-ahead log is damaged")
    return f"{tail} bytes of an interrupted write" if tail else ""


def check_record(number, body, value, digest, state, good):
    """Check one record against its hash, its predecessor and its place."""
    leaf = hashlib.sha256(b"\x00" + body).digest()
    if hashlib.sha256(b"\x02" + bytes.fromhex(state["prev"]) + leaf).hexdigest() != digest:
        raise Bad(TAMPERED, number, "the record does not fit its hash")
    value = load(body, number) if value is None else value
    if value.get("seq") != number or value.get("prev") != state["prev"]:
        raise Bad(TAMPERED, number, "the record names another place or predecessor")
    if state["log"] is None:
        state["log"] = value.get("log")
    if value.get("log") != state["log"] or value.get("v") != 1:
        raise Bad(TAMPERED, number, "the record belongs to another log or version")
    state["prev"] = digest
    good.append(leaf)


def check_origin(trusted, state):
    """A checkpoint of another log proves nothing about this one."""
    if trusted and state["log"] is not None and trusted[0] != state["log"]:
        raise Bad(TAMPERED, -1, "the checkpoint is of another log")


def check_root(trusted, good):
    """Compare the tree of the first records with the checkpoint."""
    if trusted[1] > len(good):
        raise Bad(TRUNCATED, len(good), f"the checkpoint has {trusted[1]} records")
    if tree(good[: trusted[1]]) != trusted[2]:
        raise Bad(TAMPERED, -1, f"the first {trusted[1]} records are not those of the checkpoint")


def tree(leaves):
    """Merkle tree hash, level by level: an odd node at the end moves up as it is."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    while len(leaves) > 1:
        pairs = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(leaves[::2], leaves[1::2], strict=False)]
        leaves = pairs + leaves[len(pairs) * 2 :]
    return leaves[0]


def load(text, number):
    """Parse one line; no floats may stand in it."""
    try:
        value = json.loads(text.decode("utf-8"), parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Bad(TAMPERED, number, f"not a record: {error}") from None
    if not isinstance(value, dict):
        raise Bad(TAMPERED, number, "not a record")
    return value


def refuse(text):
    """Turn a float into a parse error."""
    raise ValueError(f"float {text}")


def dump(value):
    """Canonical bytes; what has none comes back empty and fails its hash."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def is_locked(folder):
    """Whether a writer is at work, whose unfinished write is no finding."""
    lock = folder / "writer.lock"
    if not lock.exists():
        return False
    probe = sqlite3.connect(lock.resolve().as_uri() + "?mode=ro", uri=True, timeout=0)
    try:
        probe.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    finally:
        probe.close()
    return False


def interrupted_write(wal):
    """Return the bytes behind the last complete transaction, and whether they are more than one write leaves."""
    data = wal.read_bytes() if wal.exists() else b""
    if not data:
        return 0, False
    order = ">" if data[3:4] == b"\x83" else "<"
    page = int.from_bytes(data[8:12], "big")
    sums = wal_sums(data[:24], order, 0, 0)
    if len(data) < 32 or data[:3] != b"\x37\x7f\x06" or page < 512 or struct.pack(">2I", *sums) != data[24:32]:
        return len(data), len(data) > 32
    step, at, end, valid, commits = page + 24, 32, 32, True, 0
    while at < len(data) and data[at + 8 : at + 16] == data[16 : 16 + len(data[at + 8 : at + 16])]:
        frame = data[at : at + step]
        commit = frame[4:8] not in (b"", bytes(4))
        if valid and len(frame) == step:
            sums = wal_sums(frame[:8] + frame[24:], order, *sums)
            valid = struct.pack(">2I", *sums) == frame[16:24]
        else:
            valid = False
        at = min(at + step, len(data))
        if valid and commit:
            end = at
        elif commit:
            commits += 1
    return at - end, commits > 1


def wal_sums(data, order, a, b):
    """Sum words as SQLite's write-ahead log does."""
    for x, y in struct.iter_unpack(order + "2I", data[: len(data) // 8 * 8]):
        a = (a + x + b) & 0xFFFFFFFF
        b = (b + y + a) & 0xFFFFFFFF
    return a, b


def read_checkpoint(text, key):
    """Return (origin, size, root) of a checkpoint, whose signature must be of the key where one is given."""
    body, _, signatures = text.rpartition("\n\n")
    body = body + "\n" if signatures.startswith("\u2014 ") else text
    if key and not any(signed_by(key, body, line) for line in signatures.splitlines()):
        raise Bad(UNREADABLE, -1, "the checkpoint is not signed by this key")
    try:
        origin, size, root = body.split("\n")[:3]
        return origin, int(size), base64.b64decode(root, validate=True)
    except ValueError as error:
        raise Bad(UNREADABLE, -1, f"not a checkpoint: {error}") from None


def signed_by(key, body, line):
    """Whether one signature line is of the key and valid."""
    name, key_id, public = key.strip().split("+", 2)
    _, signer, blob = (line.split(" ") + ["", "", ""])[:3]
    raw = base64.b64decode(blob or "AAAA")
    if signer != name or raw[:4].hex() != key_id:
        return False
    return ed25519(base64.b64decode(public)[1:], body.encode("utf-8"), raw[4:])


P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def ed25519(public, message, signature):
    """Verify by RFC 8032, `[S]B = R + [k]A`, in extended coordinates; slow and only for reading public data."""
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r, s = point(public), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = times(s, point(bytes([0x58]) + b"\x66" * 31)), add(r, times(k, a))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def point(data):
    """Decode a compressed point, None if it is not on the curve."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(p, q):
    """Add two points."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    """Multiply a point."""
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, p)
        p, n = add(p, p), n >> 1
    return total


def main():
    """Check one log and print one line."""
    parser = argparse.ArgumentParser(description="Verify an audit log.")
    parser.add_argument("path")
    parser.add_argument("--checkpoint", type=pathlib.Path)
    parser.add_argument("--key")
    chosen = parser.parse_args()
    note = chosen.checkpoint.read_text(encoding="utf-8") if chosen.checkpoint else None
    status, bad, reason, size = check(chosen.path, note, chosen.key)
    print(f"status {status}, {size} good records" + (f", first bad {bad}: {reason}" if reason else ""))
    return status


if __name__ == "__main__":
    sys.exit(main())
