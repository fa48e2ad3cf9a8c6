"""The compliance review: the rule of four outcomes, and what tightening a limit may do."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.agents import Decision, Direction, LimitSet, adverse_bound, judge, review_compliance, utilisation

NUMBERS = st.floats(-1e6, 1e6)
SIZES = st.floats(0.0, 1e5)
BAD = [np.nan, np.inf, -np.inf]


def by_hand(value, bound, limit, direction):
    """The rule in plain Python, one limit at a time."""
    if not all(np.isfinite(x) for x in (value, bound, limit)):
        return Decision.BREACH_UNKNOWN
    if direction == Direction.MIN:
        value, bound, limit = -value, -bound, -limit
    bound = max(value, bound)
    if bound <= limit:
        return Decision.PASS
    return Decision.BREACH if value > limit else Decision.REVIEW


@given(NUMBERS, SIZES, NUMBERS, st.sampled_from(Direction))
def test_the_four_outcomes(value, error, limit, direction):
    bound = value + direction * error
    got = judge(jnp.asarray(value), jnp.asarray(bound), jnp.asarray(limit), jnp.asarray(int(direction)))
    assert int(got) == by_hand(value, bound, limit, direction)


@pytest.mark.parametrize(
    ("value", "bound", "expected"), [(1.0, 1.0, Decision.PASS), (1.0, 1.0 + 1e-12, Decision.REVIEW)]
)
def test_at_the_limit_exactly(value, bound, expected):
    for sign in (1, -1):
        got = judge(*(jnp.asarray(sign * x) for x in (value, bound, 1.0)), jnp.asarray(sign))
        assert int(got) == expected


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("direction", list(Direction))
def test_anything_not_finite_is_breach_unknown(bad, place, direction):
    numbers = [0.5, 0.5, 0.5]
    numbers[place] = bad
    assert int(judge(*(jnp.asarray(x) for x in numbers), jnp.asarray(int(direction)))) == Decision.BREACH_UNKNOWN


@given(NUMBERS, SIZES, NUMBERS, SIZES, st.sampled_from(Direction))
def test_tightening_a_limit_never_improves_a_decision(value, error, limit, tightening, direction):
    v, d = jnp.asarray(value), jnp.asarray(int(direction))
    bound = jnp.asarray(value + direction * error)
    loose = judge(v, bound, jnp.asarray(limit), d)
    tight = judge(v, bound, jnp.asarray(limit - direction * tightening), d)
    assert int(tight) >= int(loose)


@given(NUMBERS, NUMBERS, st.sampled_from(Direction))
def test_utilisation_is_above_one_exactly_on_a_breach(value, limit, direction):
    used = float(utilisation(jnp.asarray([value]), jnp.asarray([limit]), jnp.asarray([int(direction)]))[0])
    breached = direction * value > direction * limit
    # Half an ulp from the limit a quotient may round to 1.
    if abs(value - limit) > 1e-9 * max(abs(value), abs(limit), 1e-300):
        assert (used > 1.0) == breached


def test_utilisation_in_numbers():
    value = jnp.asarray([3.0, 1.25, 0.0, -1.0, 2.0, 0.0, np.nan, -6.0])
    limit = jnp.asarray([4.0, 1.00, 1.0, 1.0, 0.0, 0.0, 1.0, -5.0])
    direction = jnp.asarray([1, -1, -1, -1, 1, 1, 1, 1])
    expected = [0.75, 0.8, np.inf, np.inf, np.inf, 1.0, np.nan, 0.8]
    np.testing.assert_allclose(utilisation(value, limit, direction), expected, rtol=1e-15)


def test_review_of_a_set():
    limits = LimitSet(
        limit=jnp.asarray([10.0, 10.0, 10.0, 1.0, 1.0]),
        direction=jnp.asarray([1, 1, 1, -1, 1]),
        warning=jnp.full(5, 0.8),
    )
    value = jnp.asarray([7.0, 9.0, 10.5, 0.99, np.nan])
    bound = adverse_bound(value, jnp.asarray([1.0, 1.0, 0.0, 0.0, 0.0]), limits.direction)
    review = review_compliance(limits, value, bound)
    assert [Decision(int(d)).label for d in review.decision] == ["PASS", "REVIEW", "BREACH", "BREACH", "BREACH-UNKNOWN"]
    np.testing.assert_allclose(review.utilisation[:4], [0.7, 0.9, 1.05, 1 / 0.99], rtol=1e-15)
    np.testing.assert_allclose(review.utilisation_bound[:2], [0.7 + 0.16448536, 0.9 + 0.16448536], rtol=1e-7)
    np.testing.assert_allclose(review.headroom[:4], [3.0, 1.0, -0.5, -0.01], rtol=1e-12)
    assert review.warns.tolist() == [False, True, True, True, False]
    assert int(review.worst) == Decision.BREACH_UNKNOWN


def test_an_empty_set_passes_and_a_bad_error_does_not():
    none = jnp.zeros(0)
    empty = LimitSet(none, jnp.zeros(0, int), none)
    assert int(review_compliance(empty, none).worst) == Decision.PASS
    one = LimitSet(jnp.ones(1), jnp.ones(1, int), jnp.full(1, 0.8))
    bound = adverse_bound(jnp.full(1, 0.1), jnp.full(1, -1.0), one.direction)
    assert int(review_compliance(one, jnp.full(1, 0.1), bound).worst) == Decision.BREACH_UNKNOWN
