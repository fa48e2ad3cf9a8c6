"""Hashes of what went in: the same for the same content, another one for any other."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from pact_jax.assessment import MonteCarlo, hash_arrays, hash_inputs, hash_snapshot, make_manifest, set_id
from pact_jax.datasets import load_desk
from pact_jax.snapshot import Snapshot, prepare

DESK = load_desk()


def _with_desks(first: object, second: object) -> Snapshot:
    positions = DESK.positions.iloc[:2].assign(desk=pd.Series([first, second], DESK.positions.index[:2], dtype=object))
    return dataclasses.replace(DESK, positions=positions)


def test_the_same_content_has_the_same_hash() -> None:
    assert hash_snapshot(DESK) == hash_snapshot(load_desk())
    copies = {name: getattr(DESK, name).copy() for name in ("positions", "curves")}
    assert hash_snapshot(dataclasses.replace(DESK, **copies)) == hash_snapshot(DESK)


def test_every_cell_counts() -> None:
    known = {hash_snapshot(DESK)}
    for column in ("position_id", "quantity", "maturity", "lgd"):
        changed = DESK.positions.copy()
        at = int(np.flatnonzero(changed["maturity"].notna())[0])
        cell = {"position_id": "X", "quantity": 1e-9, "maturity": pd.Timestamp("2031-01-01"), "lgd": 0.1}[column]
        changed[column] = changed[column].where(np.arange(len(changed)) != at, cell)
        known.add(hash_snapshot(dataclasses.replace(DESK, positions=changed)))
    known.add(hash_snapshot(dataclasses.replace(DESK, capital=DESK.capital + 1.0)))
    assert len(known) == 6


def test_words_cannot_be_shifted_between_cells() -> None:
    """The separator between words is a character that a word may hold."""
    pairs = [("a\x1fb", "c"), ("a", "b\x1fc"), ("a", "b"), ("['a', 'b']", ""), ("ab", ""), ("", "ab"), ("1", "2")]
    assert len({hash_snapshot(_with_desks(*pair)) for pair in pairs}) == len(pairs)
    # A number in a column of text reads as its digits.
    assert hash_snapshot(_with_desks(1, "2")) == hash_snapshot(_with_desks("1", "2"))


def test_arrays_are_hashed_with_their_shapes_and_types() -> None:
    trees = [np.zeros(2), np.zeros((1, 2)), np.zeros(2, np.float32), np.zeros(4, np.float32), (np.zeros(1),) * 2]
    assert len({hash_arrays(tree) for tree in trees}) == len(trees)
    square = np.arange(4.0).reshape(2, 2)
    assert hash_arrays(np.asfortranarray(square)) == hash_arrays(square) != hash_arrays(square.T)


def test_hashes_that_are_known_already_make_the_same_run() -> None:
    prepared, generator = prepare(DESK, horizon_days=10), MonteCarlo(100)
    run = {"confidence": 0.975, "dtype": "float64", "seconds": 1.0}
    with ThreadPoolExecutor(1) as beside:
        digests = beside.submit(hash_inputs, DESK, prepared, generator, horizon_days=10, seed=3).result()
    known = make_manifest(DESK, prepared, generator, seed=3, horizon_days=10, digests=digests, **run)
    assert known.run_id == make_manifest(DESK, prepared, generator, seed=3, horizon_days=10, **run).run_id
    assert known.set_id == set_id(generator, prepared, horizon_days=10, seed=3)
    assert (known.input_hash, known.snapshot_hash) == (hash_arrays(prepared.inputs), hash_snapshot(DESK))
