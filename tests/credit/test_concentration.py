"""Concentration and expected loss against sums written out by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.credit import concentration, expected_loss, granularity_adjustment, herfindahl
from pact_jax.credit._concentration import _delta

AMOUNTS = st.lists(st.floats(1.0, 1e6), min_size=1, max_size=8)


def test_single_names_against_tier_1_capital():
    book = concentration(jnp.asarray([30.0, 10.0, 9.0, 0.0]), jnp.asarray([0, 1, 0, 2]), 3, jnp.asarray(100.0))
    np.testing.assert_allclose(book.single_name, [0.30, 0.10, 0.09, 0.0], rtol=1e-15)
    assert book.is_large.tolist() == [True, False, False, False]
    np.testing.assert_allclose(book.excess, [20.0, 0.0, 0.0, 0.0], atol=1e-13)
    np.testing.assert_allclose(book.group_share, [39 / 49, 10 / 49, 0.0], rtol=1e-15)
    assert float(book.largest_single_name) == 0.3
    assert float(book.largest_group) == pytest.approx(39 / 49, rel=1e-15)
    assert float(book.name_hhi) == pytest.approx((30**2 + 10**2 + 9**2) / 49**2, rel=1e-14)
    assert float(book.effective_groups) == pytest.approx(49**2 / (39**2 + 10**2), rel=1e-14)


def test_a_book_without_exposure_has_no_shares():
    book = concentration(jnp.zeros(3), jnp.zeros(3, int), 1, 100.0)
    assert not book.is_large.any() and float(book.largest_single_name) == 0.0
    assert np.isnan(book.name_hhi) and np.isnan(book.largest_group)
    nobody = concentration(jnp.zeros(0), jnp.zeros(0, int), 1, 100.0)
    assert float(nobody.largest_single_name) == 0.0


@given(AMOUNTS)
def test_herfindahl_counts_equal_names(amounts):
    index = float(herfindahl(jnp.asarray(amounts)))
    assert 1 / len(amounts) - 1e-12 <= index <= 1 + 1e-12
    assert float(herfindahl(jnp.asarray(amounts + amounts))) == pytest.approx(index / 2, rel=1e-12)
    assert float(herfindahl(jnp.full(len(amounts), 7.0))) == pytest.approx(1 / len(amounts), rel=1e-12)


@given(AMOUNTS, st.floats(0.01, 0.5))
def test_merging_two_names_never_lowers_concentration(amounts, capital_share):
    capital = sum(amounts) / capital_share
    apart = concentration(jnp.asarray([*amounts, 5.0]), jnp.zeros(len(amounts) + 1, int), 1, capital)
    merged = concentration(jnp.asarray([amounts[0] + 5.0, *amounts[1:]]), jnp.zeros(len(amounts), int), 1, capital)
    assert float(merged.name_hhi) >= float(apart.name_hhi) * (1 - 1e-12)
    assert float(merged.largest_single_name) >= float(apart.largest_single_name) * (1 - 1e-12)
    assert float(jnp.sum(merged.excess)) >= float(jnp.sum(apart.excess)) * (1 - 1e-12) - 1e-9


def test_delta_of_the_granularity_adjustment():
    # Gordy and Luetkebohmert: delta = 4.83 at the 99.9 % quantile with precision 0.25.
    assert float(_delta(jnp.asarray(0.999))) == pytest.approx(4.83, abs=0.005)


def test_granularity_vanishes_as_one_over_the_number_of_names():
    def adjustment(n):
        return float(granularity_adjustment(jnp.ones(n), jnp.full(n, 0.45), jnp.full(n, 0.01)))

    assert adjustment(50) > 0
    assert adjustment(100) == pytest.approx(adjustment(50) / 2, rel=1e-12)
    assert adjustment(200) == pytest.approx(adjustment(50) / 4, rel=1e-12)


def test_granularity_ignores_names_without_exposure():
    base = granularity_adjustment(jnp.asarray([1.0, 2.0]), jnp.asarray([0.4, 0.5]), jnp.asarray([0.01, 0.02]))
    padded = granularity_adjustment(
        jnp.asarray([1.0, 0.0, 2.0]), jnp.asarray([0.4, 0.0, 0.5]), jnp.asarray([0.01, 0.0, 0.02])
    )
    assert float(padded) == pytest.approx(float(base), rel=1e-14)


def test_expected_loss_of_ifrs_9_example_8():
    # IFRS 9 Illustrative Example 8: gross 1,000,000, 12-month PD 0.5 %, LGD 25 % -> 1,250.
    loss = expected_loss(jnp.asarray([1e6]), jnp.asarray([0.25]), jnp.asarray([0.005]))
    assert float(loss[0]) == pytest.approx(1250.0, abs=1e-6)


@given(st.floats(0.0, 1.0), st.floats(0.01, 5.0))
def test_expected_loss_over_other_horizons(pd, years):
    one = jnp.ones(1)
    loss = float(expected_loss(one, one, jnp.asarray([pd]), jnp.asarray(years))[0])
    assert loss == pytest.approx(1 - (1 - pd) ** years, rel=1e-9, abs=1e-12)
    assert float(expected_loss(one, one, jnp.asarray([pd]), 1.0)[0]) == pd


def test_certain_default_and_no_time():
    one = jnp.ones(2)
    assert expected_loss(one, one, jnp.asarray([1.0, 0.3]), 0.0).tolist() == [0.0, 0.0]
    assert expected_loss(one, one, jnp.asarray([1.0, 0.0]), 2.0).tolist() == [1.0, 0.0]
