"""Merkle tree over the records: root, inclusion proof, consistency proof, as RFC 6962 and RFC 9162 define them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pact_jax.errors import ArgumentError

from ._hashing import inner_hash

_HASH_BYTES = 32


@dataclass
class Frontier:
    """The full subtrees of a growing tree, largest first: all that is needed to append leaves and to give the root.

    Example:
        >>> tree = Frontier()
        >>> tree.append(bytes(32))
        >>> tree.size, tree.root() == bytes(32)
        (1, True)
    """

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        node, size = leaf, self.size
        while size & 1:
            node = inner_hash(self.peaks.pop(), node)
            size >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Merkle tree hash of the leaves so far; of the empty tree, the hash of nothing."""
        if not self.peaks:
            return hashlib.sha256().digest()
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = inner_hash(peak, node)
        return node


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Merkle tree hash of leaf hashes in order.

    Args:
        leaves: leaf hashes.

    Returns:
        32 bytes.

    References:
        RFC 6962 (2013), section 2.1.
    """
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Siblings from one leaf up to the root.

    Args:
        leaves: all leaf hashes of the tree.
        index: which leaf, from 0.

    Returns:
        Hashes from the leaf upward.

    Raises:
        ArgumentError: index outside the tree.

    References:
        RFC 6962 (2013), section 2.1.1.
    """
    if not 0 <= index < len(leaves):
        raise ArgumentError(f"leaf {index} of a tree of {len(leaves)}", "inclusion_proof", "give an index in the tree")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_proof(leaves[:split], index), merkle_root(leaves[split:]))
    return (*inclusion_proof(leaves[split:], index - split), merkle_root(leaves[:split]))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Hashes that show the tree of the first `old_size` leaves to be a prefix of this one.

    Args:
        leaves: all leaf hashes of the newer tree.
        old_size: size of the older tree, at least 1 and at most that of the newer.

    Returns:
        Proof hashes; empty where both trees are the same.

    Raises:
        ArgumentError: an older tree larger than the newer.

    References:
        RFC 6962 (2013), section 2.1.2.
    """
    if not 0 < old_size <= len(leaves):
        raise ArgumentError(
            f"no tree of {len(leaves)} extends one of {old_size}", "consistency_proof", "give the smaller size first"
        )
    return _subproof(leaves, old_size, True)


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a leaf is in the tree of that size and root.

    Args:
        index: position of the leaf, from 0.
        size: leaves in the tree.
        leaf: leaf hash.
        proof: siblings from the leaf upward.
        root: root that is trusted.

    Returns:
        True only if the proof has exactly the right length and leads to the root.

    References:
        RFC 9162 (2021), section 2.1.3.2.
    """
    if not 0 <= index < size or not _all_hashes(leaf, *proof):
        return False
    node, position, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = inner_hash(sibling, node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = inner_hash(node, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the newer tree only appends to the older one.

    Args:
        old_size: leaves in the older tree.
        new_size: leaves in the newer tree.
        old_root: root of the older tree.
        new_root: root of the newer tree.
        proof: hashes from `consistency_proof`.

    Returns:
        True only if the proof has exactly the right length and leads to both roots. An empty older tree is
        refused: it is a prefix of anything, so a proof from it says nothing.

    References:
        RFC 9162 (2021), section 2.1.4.2.
    """
    if not 0 < old_size <= new_size or not _all_hashes(*proof):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    # An older tree that is one full subtree is its own starting point, so the proof leaves it out.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = inner_hash(node, old), inner_hash(node, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = inner_hash(new, node)
        position, last = position >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _subproof(leaves: Sequence[bytes], old_size: int, is_old_root: bool) -> tuple[bytes, ...]:
    if old_size == len(leaves):
        return () if is_old_root else (merkle_root(leaves),)
    split = _split(len(leaves))
    if old_size <= split:
        return (*_subproof(leaves[:split], old_size, is_old_root), merkle_root(leaves[split:]))
    return (*_subproof(leaves[split:], old_size - split, False), merkle_root(leaves[:split]))


def _split(size: int) -> int:
    """Largest power of two below a size of at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _all_hashes(*parts: bytes) -> bool:
    return all(len(part) == _HASH_BYTES for part in parts)
