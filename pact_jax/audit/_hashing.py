"""The three hashes of the log, each with its own first byte so that none can stand for another."""

import hashlib
from typing import Final

LEAF_PREFIX: Final = b"\x00"
INNER_PREFIX: Final = b"\x01"
CHAIN_PREFIX: Final = b"\x02"

GENESIS: Final = bytes(32)
"""What the first record has for the hash of its predecessor."""


def leaf_hash(line: bytes) -> bytes:
    """Hash of one record as a leaf of the Merkle tree, `SHA-256(0x00 || line)`.

    Args:
        line: canonical bytes of the record, without its own hash.

    Returns:
        32 bytes.

    References:
        RFC 6962 (2013), section 2.1.
    """
    return hashlib.sha256(LEAF_PREFIX + line).digest()


def inner_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node of the Merkle tree, `SHA-256(0x01 || left || right)`.

    Args:
        left: hash of the left subtree.
        right: hash of the right subtree.

    Returns:
        32 bytes.

    References:
        RFC 6962 (2013), section 2.1.
    """
    return hashlib.sha256(INNER_PREFIX + left + right).digest()


def chain_hash(previous: bytes, leaf: bytes) -> bytes:
    """Hash that ties a record to everything before it, `SHA-256(0x02 || previous || leaf)`.

    Args:
        previous: chain hash of the record before, `GENESIS` for the first.
        leaf: leaf hash of the record.

    Returns:
        32 bytes.
    """
    return hashlib.sha256(CHAIN_PREFIX + previous + leaf).digest()
