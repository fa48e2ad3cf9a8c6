"""Merkle roots and proofs against the published vectors of RFC 6962 logs, every one that must be refused included."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.audit._hashing import chain_hash, inner_hash, leaf_hash
from pact_jax.audit._merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    merkle_root,
    verify_consistency,
    verify_inclusion,
)
from pact_jax.errors import ArgumentError

VECTORS = json.loads((Path(__file__).parents[1] / "reference" / "rfc6962_proofs.json").read_text(encoding="utf-8"))
HASHES = [base64.b64decode(text) for text in VECTORS["hashes"]]
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in VECTORS["leaf_inputs"]]


def test_roots():
    for size, expected in enumerate(VECTORS["roots"]):
        assert merkle_root(LEAVES[:size]).hex() == expected


def test_inclusion_vectors():
    assert len(VECTORS["inclusion"]) > 50
    for name, index, size, root, leaf, proof, must_reject in VECTORS["inclusion"]:
        path = [HASHES[p] for p in proof]
        assert verify_inclusion(index, size, HASHES[leaf], path, HASHES[root]) is not must_reject, name


def test_consistency_vectors():
    assert len(VECTORS["consistency"]) > 90
    for name, old, new, old_root, new_root, proof, must_reject in VECTORS["consistency"]:
        path = [HASHES[p] for p in proof]
        assert verify_consistency(old, new, HASHES[old_root], HASHES[new_root], path) is not must_reject, name


@given(st.integers(1, 70))
def test_every_proof_verifies_and_no_other_does(size):
    leaves = [leaf_hash(bytes([i])) for i in range(size)]
    root = merkle_root(leaves)
    for index in range(size):
        proof = inclusion_proof(leaves, index)
        assert verify_inclusion(index, size, leaves[index], proof, root)
        assert not verify_inclusion(index, size, leaf_hash(b"other"), proof, root)
        assert not verify_inclusion(index, size, leaves[index], (*proof, root), root)
        if size > 1:
            assert not verify_inclusion((index + 1) % size, size, leaves[index], proof, root)
    for old in range(1, size + 1):
        proof = consistency_proof(leaves, old)
        old_root = merkle_root(leaves[:old])
        assert verify_consistency(old, size, old_root, root, proof)
        if old < size:
            assert not verify_consistency(old, size, leaf_hash(b"other"), root, proof)
            assert not verify_consistency(old, size, old_root, leaf_hash(b"other"), proof)


def test_frontier_is_the_tree():
    tree = Frontier()
    for size, leaf in enumerate(LEAVES):
        assert tree.root() == merkle_root(LEAVES[:size])
        tree.append(leaf)


def test_prefixes_separate_the_three_hashes():
    left, right = bytes(32), bytes([1]) * 32
    assert len({leaf_hash(left + right), inner_hash(left, right), chain_hash(left, right)}) == 3


@pytest.mark.parametrize(
    "call",
    [lambda: inclusion_proof(LEAVES, 8), lambda: consistency_proof(LEAVES, 9), lambda: consistency_proof(LEAVES, 0)],
)
def test_outside_the_tree_is_refused(call):
    with pytest.raises(ArgumentError, match="mend"):
        call()
