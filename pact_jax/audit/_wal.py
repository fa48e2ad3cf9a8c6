"""What lies behind the last complete transaction in SQLite's write-ahead log, which SQLite itself drops in silence.

Each commit is synced before the next one starts. So an interrupted write leaves at most one transaction behind; more
than one is damage to records that had been acknowledged.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_MAGIC: Final = 0x377F0682  # the lowest bit says that checksums are big-endian


@dataclass(frozen=True)
class WalTail:
    """Bytes behind the last complete transaction.

    Attributes:
        length: bytes; 0 if the last write was complete.
        sha256: of those bytes, hexadecimal.
        damaged: they cannot come from one interrupted write.
    """

    length: int
    sha256: str
    damaged: bool


NO_TAIL: Final = WalTail(0, hashlib.sha256().hexdigest(), False)


def wal_tail(path: Path) -> WalTail:
    """Reads the tail of a write-ahead log.

    Args:
        path: the `-wal` file; it need not exist.

    Returns:
        The tail.

    References:
        SQLite, "Database File Format", section 4, "The Write-Ahead Log".
    """
    if not path.exists():
        return NO_TAIL
    data = path.read_bytes()
    if not data:
        return NO_TAIL
    header = _read_header(data)
    if header is None:
        # Its header is synced before any frame follows, so only a bare header can be an interrupted write.
        return _tail(data, damaged=len(data) > _HEADER)
    complete = _HEADER
    for end, is_commit in _valid_frames(data, header):
        if is_commit:
            complete = end
    rest = data[complete:]
    current = _current_part(rest, header)
    if not current:
        return NO_TAIL
    return _tail(current, damaged=_commits(current, header.page_size) > 1)


@dataclass(frozen=True)
class _WalHeader:
    page_size: int
    salt: bytes
    order: str
    checksum: tuple[int, int]


def _read_header(data: bytes) -> _WalHeader | None:
    if len(data) < _HEADER:
        return None
    magic, _, page_size = struct.unpack(">3I", data[:12])
    if magic & ~1 != _MAGIC or page_size < 512:
        return None
    order = ">" if magic & 1 else "<"
    checksum = _checksum(data[:24], order, (0, 0))
    if checksum != struct.unpack(">2I", data[24:32]):
        return None
    return _WalHeader(page_size, data[16:24], order, checksum)


def _valid_frames(data: bytes, header: _WalHeader) -> Iterator[tuple[int, bool]]:
    """End offset of each valid frame, and whether it commits."""
    size, checksum = _FRAME_HEADER + header.page_size, header.checksum
    for start in range(_HEADER, len(data) - size + 1, size):
        frame = data[start : start + size]
        checksum = _checksum(frame[:8], header.order, checksum)
        checksum = _checksum(frame[_FRAME_HEADER:], header.order, checksum)
        if frame[8:16] != header.salt or checksum != struct.unpack(">2I", frame[16:24]):
            return
        yield start + size, frame[4:8] != bytes(4)


def _current_part(rest: bytes, header: _WalHeader) -> bytes:
    """Frames of this generation; older ones that the file still holds are already in the database."""
    size, end = _FRAME_HEADER + header.page_size, 0
    while end < len(rest) and rest[end + 8 : end + 16] == header.salt[: len(rest[end + 8 : end + 16])]:
        end = min(end + size, len(rest))
    return rest[:end]


def _commits(part: bytes, page_size: int) -> int:
    size = _FRAME_HEADER + page_size
    return sum(part[start + 4 : start + 8] not in (bytes(4), b"") for start in range(0, len(part), size))


def _checksum(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
    first, second = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second


def _tail(data: bytes, damaged: bool) -> WalTail:
    return WalTail(len(data), hashlib.sha256(data).hexdigest(), damaged)
