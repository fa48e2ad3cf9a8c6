"""Hashes of what goes into a run: the input tables, the prepared arrays and the scenario set."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import jax
import numpy as np

from pact_jax.snapshot import TABLE_NAMES, Prepared, Snapshot

from ._draw import set_id
from ._generator import Generator

_BETWEEN_WORDS = "\x1f"
_AT_ONCE = 2**24
"""Bytes that are collected before they are hashed."""


@dataclass(frozen=True)
class InputDigests:
    """What went into a run, as hashes.

    Attributes:
        snapshot_hash: SHA-256 of the input tables.
        input_hash: SHA-256 of the prepared arrays.
        set_id: hash of the scenario generator, its seed and its history.
    """

    snapshot_hash: str
    input_hash: str
    set_id: str


def hash_inputs(
    snapshot: Snapshot, prepared: Prepared, generator: Generator, *, horizon_days: int, seed: int
) -> InputDigests:
    """Hashes of everything that goes into a run; may be called by a thread beside the computation.

    Args:
        snapshot: the input.
        prepared: its arrays.
        generator: which scenarios.
        horizon_days: H.
        seed: seed of every random number.

    Returns:
        The hashes.
    """
    # The history first: a long hash that leaves the interpreter to whoever still prepares the computation.
    scenarios = set_id(generator, prepared, horizon_days=horizon_days, seed=seed)
    arrays = hash_arrays(prepared.inputs)
    return InputDigests(hash_snapshot(snapshot), arrays, scenarios)


def hash_arrays(tree: object) -> str:
    """SHA-256 of the leaves of a pytree with their structure, shapes and dtypes."""
    leaves, structure = jax.tree.flatten(tree)
    arrays = [np.ascontiguousarray(leaf) for leaf in leaves]
    named = ((f"{array.dtype}{array.shape}".encode(), _bytes(array)) for array in arrays)
    return _sha256(itertools.chain([str(structure).encode()], *named))


def hash_snapshot(snapshot: Snapshot) -> str:
    """SHA-256 of the input: scalars and every table but the history, whose hash is in the scenario set's."""
    return _sha256(_of_snapshot(snapshot))


def _of_snapshot(snapshot: Snapshot) -> Iterator[bytes | np.ndarray]:
    yield f"{snapshot.portfolio_id}|{snapshot.valuation_date}|{snapshot.capital}".encode()
    for name in TABLE_NAMES:
        table = getattr(snapshot, name)
        if name != "history" and len(table):
            yield name.encode()
            for label, column in table.items():
                values = column.to_numpy()
                yield f"{label}|{column.dtype}|{len(values)}".encode()
                yield _bytes(values) if values.dtype.kind in "fiubM" else _text(values.tolist())


def _bytes(array: np.ndarray) -> np.ndarray:
    """The bytes of an array, row after row, without a copy where they lie so."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _text(words: list[str]) -> bytes:
    """Words one after the other, so that two columns never read the same."""
    try:
        joined = _BETWEEN_WORDS.join(words)
    except TypeError:
        return _text([str(word) for word in words])
    # A word that holds the separator could make its column read as another does: then every word is quoted.
    return joined.encode() if joined.count(_BETWEEN_WORDS) == len(words) - 1 else f"quoted {words}".encode()


def _sha256(parts: Iterable[bytes | np.ndarray]) -> str:
    """SHA-256 of parts one after the other, in few long pieces: other threads run while one is hashed."""
    digest, held, size = hashlib.sha256(), [], 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= _AT_ONCE:
            digest.update(b"".join(held))
            held, size = [], 0
    digest.update(b"".join(held))
    return digest.hexdigest()
