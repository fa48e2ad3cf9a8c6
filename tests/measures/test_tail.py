"""Value at risk, expected shortfall and tail weights against sorting by hand, and what they do at every edge."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax import measures
from pact_jax._status import Status
from tests.measures.by_hand import sorted_measures

LEVELS = (0.0, 0.5, 0.9, 0.95, 0.975, 0.99, 0.999)


# One shape each, compiled once: hypothesis varies the numbers.
tail_measures = jax.jit(measures.tail_measures)
tail_weights = jax.jit(measures.tail_weights)
value_at_risk = jax.jit(measures.value_at_risk)


def losses(size=24):
    """Losses on a coarse grid, so that ties are the rule."""
    return st.lists(st.integers(-6, 6), min_size=size, max_size=size).map(lambda v: np.array(v, float) / 2)


@given(st.sampled_from((1, 2, 24)).flatmap(losses), st.sampled_from(LEVELS))
def test_against_sorting_with_ties(loss, level):
    var, es, t = sorted_measures(loss, None, level)
    got = tail_measures(jnp.asarray(loss), None, jnp.asarray(level))
    assert float(got.value_at_risk) == var
    assert int(got.status) == 0
    np.testing.assert_allclose(got.expected_shortfall, es, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(tail_weights(jnp.asarray(loss), None, level), t, rtol=1e-12, atol=1e-15)


@given(losses(), st.integers(0, 1000), st.sampled_from(LEVELS))
def test_against_sorting_with_weights(loss, seed, level):
    rng = np.random.default_rng(seed)
    weight = rng.integers(0, 5, loss.size).astype(float)
    if not weight.sum():
        weight[0] = 1.0
    weight /= weight.sum()
    var, es, t = sorted_measures(loss, weight, level)
    got = tail_measures(jnp.asarray(loss), jnp.asarray(weight), jnp.asarray(level))
    assert float(got.value_at_risk) == var
    np.testing.assert_allclose(got.expected_shortfall, es, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(tail_weights(jnp.asarray(loss), jnp.asarray(weight), level), t, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 999, 1000, 10_000])
def test_continuous_losses_exact_order_statistic(n, dtype):
    loss = np.random.default_rng(n).standard_t(3, n).astype(dtype)
    for level in LEVELS:
        rank = int(np.floor(n * (1 - level) + 1e-9))
        expected = np.sort(loss)[max(n - 1 - rank, 0)]
        for weight in (None, jnp.full(n, 1 / n, dtype)):
            var = value_at_risk(jnp.asarray(loss), weight, level)
            assert var.dtype == dtype
            assert np.asarray(var) == expected, (n, level)


def test_counts_that_a_float_cumsum_gets_wrong():
    # 1 - 0.9 is 0.09999999999999998 and ten tenths do not add up to one: the mass at the quantile is off by an ulp.
    loss = jnp.arange(1.0, 11.0)
    for level, expected in ((0.9, 9.0), (0.7, 7.0), (0.4, 4.0), (0.8, 8.0)):
        assert float(value_at_risk(loss, None, level)) == expected
        assert float(value_at_risk(loss, jnp.full(10, 0.1), level)) == expected
        assert float(value_at_risk(loss.astype(jnp.float32), None, jnp.float32(level))) == expected


@given(st.integers(0, 100), st.sampled_from((1, 14)))
def test_trailing_padding_changes_no_bit(seed, padding):
    rng = np.random.default_rng(seed)
    loss, weight = rng.standard_normal(50), rng.random(50)
    weight /= weight.sum()
    # What stands in a padded row is anything at all.
    tail = rng.choice([np.nan, np.inf, 1e300, 0.0, -5.0], padding)
    padded = jnp.asarray(np.concatenate([loss, tail])), jnp.asarray(np.concatenate([weight, np.zeros(padding)]))
    levels = jnp.asarray(LEVELS)
    got = tail_measures(*padded, levels)
    want = tail_measures(jnp.asarray(loss), jnp.asarray(weight), levels)
    for left, right in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        assert left.tobytes() == right.tobytes()


def test_equal_weights_as_array_or_none_give_the_same_bits():
    loss = jnp.asarray(np.random.default_rng(3).standard_normal(777))
    levels = jnp.asarray(LEVELS)
    for weight in (jnp.full(777, 1 / 777), None):
        got = jax.jit(measures.tail_measures)(loss, weight, levels)
        assert got.expected_shortfall.tobytes() == tail_measures(loss, None, levels).expected_shortfall.tobytes()


def test_zero_signs_infinities_and_extremes():
    loss = jnp.asarray([-0.0, 0.0, -0.0, -1.0])
    assert float(value_at_risk(loss, None, 0.5)) == 0.0
    np.testing.assert_allclose(tail_weights(loss, None, 0.5), [1 / 3, 1 / 3, 1 / 3, 0])
    huge = jnp.asarray([-1.7e308, 1.7e308, 5e-324, -5e-324, 1.0])
    assert float(value_at_risk(huge, None, 0.8)) == 1.0
    assert float(value_at_risk(huge, None, 0.0)) == -1.7e308


def test_nonfinite_losses_surface():
    level = jnp.asarray([0.5, 0.9])
    bad = tail_measures(jnp.asarray([1.0, np.nan, 2.0]), None, level)
    assert np.isnan(bad.value_at_risk).all() and np.isnan(bad.expected_shortfall).all()
    assert np.isnan(tail_weights(jnp.asarray([1.0, np.nan]), None, 0.5)).all()
    assert bad.status.tolist() == [Status.NONFINITE_PNL] * 2
    ruin = tail_measures(jnp.asarray([1.0, np.inf, 2.0]), None, level)
    assert ruin.expected_shortfall.tolist() == [np.inf, np.inf]
    assert ruin.status.tolist() == [Status.NONFINITE_PNL] * 2
    # An infinite gain outside the tail leaves the number finite, but the flag stands.
    gain = tail_measures(jnp.asarray([1.0, -np.inf, 2.0]), None, level)
    assert np.isfinite(gain.expected_shortfall).all() and gain.status.tolist() == [Status.NONFINITE_PNL] * 2


def test_weights_and_levels_outside_their_domain():
    loss = jnp.asarray([1.0, 2.0, 3.0, 4.0])
    short = tail_measures(loss, jnp.full(4, 0.01), jnp.asarray(0.9))
    assert int(short.status) == Status.TAIL_MASS and float(short.value_at_risk) == 1.0
    np.testing.assert_allclose(tail_weights(loss, jnp.full(4, 0.01), 0.9), 0.1)
    for weight in ([0.5, -0.5, 0.5, 0.5], [np.nan, 0.5, 0.25, 0.25], [np.inf, 0, 0, 0]):
        bad = tail_measures(loss, jnp.asarray(weight, float), jnp.asarray(0.5))
        assert np.isnan(bad.expected_shortfall) and int(bad.status) & Status.TAIL_MASS
    for level in (1.0, 1.5, -0.1, np.nan):
        bad = tail_measures(loss, None, jnp.asarray(level))
        assert np.isnan(bad.expected_shortfall) and int(bad.status) & Status.TAIL_MASS
    nothing = tail_measures(loss, jnp.zeros(4), jnp.asarray(0.5))
    assert int(nothing.status) & Status.TAIL_MASS


def test_importance_weights_are_not_renormalised():
    # Twice the mass in the tail region: the tail of 0.25 is full after one scenario of 0.25.
    loss = jnp.asarray([1.0, 2.0, 3.0, 4.0])
    weight = jnp.asarray([0.25, 0.25, 0.25, 0.25]) * jnp.asarray([1.0, 1.0, 2.0, 1.0])
    var, es, _ = sorted_measures(np.asarray(loss), np.asarray(weight), 0.5)
    assert (var, es) == (3.0, 3.5)
    assert float(measures.expected_shortfall(loss, weight, 0.5)) == es


def test_jit_vmap_and_levels_trace_once():
    traces = []

    @jax.jit
    def both(loss, weight, level):
        traces.append(0)
        return measures.value_at_risk(loss, weight, level), measures.expected_shortfall(loss, weight, level)

    desks = np.random.default_rng(5).standard_normal((6, 300))
    weight = jnp.full(300, 1 / 300)
    for level in (0.9, 0.975, 0.99):
        by_desk = jax.jit(jax.vmap(measures.tail_measures, (0, None, None)))(
            jnp.asarray(desks), weight, jnp.asarray(level)
        )
        for i, loss in enumerate(desks):
            var, es = both(jnp.asarray(loss), weight, level)
            assert by_desk.value_at_risk[i] == var and by_desk.expected_shortfall[i] == es
    assert len(traces) == 1


def test_single_precision_without_64_bit_integers():
    """Where only 32-bit types exist, general weights are counted in three limbs; equal ones as everywhere."""
    rng = np.random.default_rng(8)
    loss = rng.integers(-20, 20, 300).astype(np.float32)
    weight = (rng.integers(0, 8, 300) / 1024).astype(np.float32)
    weight *= np.float32(1.0) / weight.sum(dtype=np.float64).astype(np.float32)
    padded = np.append(loss, np.float32(np.nan)), np.append(weight, np.float32(0.0))
    for level in (0.5, 0.9, 0.99):
        order = np.argsort(-loss, kind="stable")
        mass = np.cumsum(weight[order].astype(np.float64))
        expected = loss[order][np.searchsorted(mass, (1 - level) * (1 + 1e-6), side="right")]
        with jax.enable_x64(False):
            got = measures.tail_measures(*map(jnp.asarray, padded), jnp.asarray(level))
            equal = measures.value_at_risk(jnp.asarray(loss), jnp.full(300, 1 / 300), level)
            plain = measures.value_at_risk(jnp.asarray(loss), None, level)
        assert got.value_at_risk.dtype == np.float32
        assert float(got.value_at_risk) == expected
        assert float(equal) == float(plain) == np.sort(loss)[300 - 1 - round(300 * (1 - level))]


@pytest.mark.parametrize("kind", ["spread", "lumps", "sorted", "one value"])
def test_many_losses_are_found_wherever_the_first_guess_lies(kind):
    # From 65,536 losses on, every nineteenth of this many is looked at first: a period of nineteen makes that mislead.
    n = 80_000
    rng = np.random.default_rng(4)
    spread = rng.standard_t(3, n)
    loss = {
        "spread": np.where(np.arange(n) % 19 == 0, spread, 50.0 + np.abs(spread)),
        "lumps": np.where(rng.random(n) < 0.9, 0.0, np.round(spread)),
        "sorted": np.sort(spread),
        "one value": np.full(n, -3.0),
    }[kind]
    for level in (0.0, 0.95, 0.975, 0.9999):
        expected = np.sort(loss)[max(n - 1 - int(np.floor(n * (1 - level) + 1e-9)), 0)]
        assert float(value_at_risk(jnp.asarray(loss), None, level)) == expected
