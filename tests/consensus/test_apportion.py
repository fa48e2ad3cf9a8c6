"""The apportionment: sums exactly, by the stated rule, whatever the order."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.consensus._apportion import ExplanationGap, apportion
from pact_jax.errors import ArgumentError

_LEAF = st.one_of(
    st.floats(-1.0, 1.0),
    st.floats(-1e6, 1e6),
    st.integers(-9, 9).map(lambda k: k * 0.5e-12),
    st.sampled_from([0.0, -0.0, 5e-324, -5e-324, -1e-20, 1 / 3, 2 / 3]),
)
_LEAVES = st.lists(_LEAF, max_size=30)


def keys(n):
    return [f"agent/{(7 * i) % 31:03d}" for i in range(n)]


def by_the_rule(values, names):
    """The rule in rational numbers; a leaf in units is the float product, as documented."""
    scaled = [Fraction(v * 1e12) for v in values]
    floors = [s.numerator // s.denominator for s in scaled]
    target = round(sum(scaled, Fraction(0)))
    missing = target - sum(floors)
    assert 0 <= missing <= len(values)
    units = list(floors)
    # Remainders as float64 shows them: one that differs from another by less than that is a tie.
    rank = sorted(range(len(values)), key=lambda i: (float(np.floor(values[i] * 1e12) - values[i] * 1e12), names[i]))
    for i in rank[:missing]:
        units[i] += 1
    return units, target


@given(_LEAVES)
def test_rule(values):
    names = keys(len(values))
    got = apportion(np.array(values, float), names)
    units, target = by_the_rule(values, names)
    assert got.units.dtype == np.int64
    assert got.units.tolist() == units
    assert sum(got.units.tolist()) == got.total_units == target
    assert all(abs(Fraction(u) - Fraction(v * 1e12)) <= 1 for u, v in zip(units, values, strict=True))


@given(_LEAVES, st.integers(0, 99))
def test_order_changes_nothing(values, seed):
    leaves, names = np.array(values, float), np.array(keys(len(values)), dtype=object)
    shuffle = np.random.default_rng(seed).permutation(len(values))
    got, moved = apportion(leaves, list(names)), apportion(leaves[shuffle], list(names[shuffle]))
    assert got.units[shuffle].tolist() == moved.units.tolist()
    assert (got.score, got.total_units) == (moved.score, moved.total_units)


def test_what_is_rounding_depends_on_the_precision_of_the_run():
    leaves, names = np.array([0.3, -0.1, 0.05]), ["a", "b", "c"]
    off = float(np.float32(0.25)) + 1e-7
    assert apportion(leaves, names, off, computed_in="float32").total_units == 250_000_000_000
    for gap, precision in ((1e-7, "float64"), (1e-5, "float32")):
        with pytest.raises(ExplanationGap):
            apportion(leaves, names, 0.25 + gap, computed_in=precision)


def test_hundred_thousand_leaves():
    leaves = np.random.default_rng(0).standard_normal(100_000) / 1e5
    got = apportion(leaves, [str(i) for i in range(leaves.size)], score=float(leaves.sum()))
    assert int(got.units.sum()) == got.total_units
    assert abs(got.total_units - got.score * 1e12) <= 1.0
    assert np.abs(got.units - leaves * 1e12).max() <= 1.0


def test_half_to_even_and_ties_by_key():
    half = 0.5e-12
    assert apportion(np.array([half]), ["a"]).units.tolist() == [0]
    assert apportion(np.array([3 * half]), ["a"]).units.tolist() == [2]
    assert apportion(np.array([half, half]), ["b", "a"]).units.tolist() == [0, 1]
    assert apportion(np.array([-half]), ["a"]).units.tolist() == [0]
    # A sum that float64 rounds to a half, although exactly it is a little more.
    assert apportion(np.array([half, 1e-40]), ["a", "b"]).units.tolist() == [1, 0]


def test_gap():
    leaves = np.array([0.5, -0.25])
    assert apportion(leaves, ["a", "b"], score=0.25 + 7e-10).score == 0.25
    for score in (0.25 + 8e-10, -0.25, float("nan"), float("inf")):
        with pytest.raises(ExplanationGap, match="EXPLANATION_GAP"):
            apportion(leaves, ["a", "b"], score=score)


def test_sums_beyond_64_bits():
    got = apportion(np.full(4, 9.0e6), list("abcd"))
    assert got.units.tolist() == [9 * 10**18] * 4
    assert got.total_units == 36 * 10**18 > 2**63


@pytest.mark.parametrize(
    ("leaves", "names", "message"),
    [
        (np.array([1.0]), ["a", "b"], "1 contributions and 2 keys"),
        (np.array([1.0, 2.0]), ["a", "a"], "'a' names two leaves"),
        (np.array([1.0, np.nan]), ["a", "b"], "leaf 'b'"),
        (np.array([1.0, 1e7]), ["a", "b"], "leaf 'b'"),
        (np.array([1.0], np.float32), ["a"], "float32"),
        (np.ones((1, 1)), ["a"], "shape"),
    ],
)
def test_refusals(leaves, names, message):
    with pytest.raises(ArgumentError, match=message):
        apportion(leaves, names)


def test_nothing_to_apportion():
    got = apportion(np.array([]), [], score=0.0)
    assert (got.units.tolist(), got.total_units, got.score) == ([], 0, 0.0)
