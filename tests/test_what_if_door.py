"""The host door of what-if: against assessing the changed snapshot, and its refusals."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import pact_jax as pj
from pact_jax._what_if import what_if_book
from pact_jax.errors import ArgumentError, SnapshotError
from tests.report import books

GENERATOR = pj.MonteCarlo(500)


@pytest.fixture(scope="module")
def book():
    return what_if_book(books.stocks(), generator=GENERATOR)


def test_before_is_the_assessment_and_after_is_the_assessment_of_the_changed_book(book):
    result = book.resize({"P2": 40.0})
    assert result.score_before == pytest.approx(books.report().score, rel=1e-12)
    held = books.stocks().positions
    quantity = held["quantity"].where(held["position_id"] != "P2", held["quantity"] + 40.0)
    changed = dataclasses.replace(books.stocks(), positions=held.assign(quantity=quantity))
    after = pj.assess(changed, generator=GENERATOR)
    # No spread, volume or funding is in this book: the joint loss is the market's.
    assert result.score_after == pytest.approx(after.score, rel=1e-11)
    assert result.value == pytest.approx(40.0 * 20.0)
    one = result.measures.iloc[0]
    assert one["es_after"] - one["es_before"] == pytest.approx(one["incremental"])
    assert one["incremental"] <= one["contribution"] + 1e-9 <= one["standalone"] + 2e-9
    values = after.measures.set_index(["measure", "scope"])["value"]
    assert result.measures["var_after"].iloc[1:].tolist() == pytest.approx(
        [values["var_95", "total"], values["var_99", "total"]], rel=1e-11
    )


def test_limits_before_and_after(book):
    small, large = book.resize({"P2": 1.0}), book.resize({"P2": 20_000.0})
    table = large.limits.set_index("limit_id")
    assert table.index.tolist() == ["L1", "L2"]
    assert table.loc["L1", "after"] == pytest.approx(large.score_after)
    assert table.loc["L1", "headroom"] == pytest.approx(0.9 - large.score_after)
    assert small.limits.set_index("limit_id").loc["L1", "kept"] and not table.loc["L1", "kept"]
    assert "2 of 2 limits broken" in repr(large)
    assert "liquidation" in large.not_covered[0]


def test_removing_and_adding_back_is_nothing(book):
    gone = book.remove(["P2"])
    row = books.stocks().positions.set_index("position_id").loc[["P2"]].reset_index()
    back = book.add(row.assign(position_id="NEW"))
    np.testing.assert_allclose(back.pnl, -gone.pnl, rtol=1e-12)
    assert gone.value == pytest.approx(2_000.0)


def test_refusals(book):
    with pytest.raises(ArgumentError, match="not in the book"):
        book.resize({"P9": 1.0})
    with pytest.raises(ArgumentError, match="finite"):
        book.resize({"P2": float("nan")})
    with pytest.raises(ArgumentError):
        book.remove(["P9"])
    bad = pd.DataFrame({"position_id": ["N"], "desk": ["equity"], "kind": ["stock"], "quantity": [1.0], "asset": ["Z"]})
    with pytest.raises(SnapshotError):
        book.add(bad)
