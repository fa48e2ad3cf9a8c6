"""The portfolio review against sums written out by hand and a linear program."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from pact_jax.agents import gross_net, propose_hedge, review_portfolio
from pact_jax.measures import tail_weights

SCENARIOS, CONFIDENCE, CAPITAL = 40, 0.9, 50.0


def review(desk_loss, funding=0.0, contribution=(1.0, 1.0)):
    loss, weight = desk_loss.sum(axis=1) + funding, np.full(SCENARIOS, 1 / SCENARIOS)
    tail = tail_weights(jnp.asarray(loss), jnp.asarray(weight), CONFIDENCE)
    parts = (desk_loss, loss, tail, weight, contribution, CONFIDENCE, CAPITAL)
    return review_portfolio(*(jnp.asarray(part) for part in parts)), loss


def test_desks_against_numpy():
    desk_loss = np.random.default_rng(1).standard_t(4, (SCENARIOS, 3)) * np.array([1.0, 2.0, 0.5])
    got, loss = review(desk_loss, funding=0.3)
    worst = np.argsort(loss)[-4:]  # a tenth of 40
    np.testing.assert_allclose(got.desk_contribution, desk_loss[worst].mean(axis=0) / CAPITAL, rtol=1e-12)
    standalone = np.sort(desk_loss, axis=0)[-4:].mean(axis=0) / CAPITAL
    np.testing.assert_allclose(got.desk_standalone, standalone, rtol=1e-12)
    score = loss[worst].mean() / CAPITAL
    assert float(got.undesked) == pytest.approx(0.3 / CAPITAL, rel=1e-12)
    assert float(jnp.sum(got.desk_contribution) + got.undesked) == pytest.approx(score, rel=1e-12)
    assert float(got.diversification) == pytest.approx(1 - score / (standalone.sum() + 0.3 / CAPITAL), rel=1e-12)
    assert (np.asarray(got.desk_contribution) <= standalone + 1e-15).all()


def test_a_hedge_a_copy_and_an_empty_desk():
    first = np.random.default_rng(2).standard_normal(SCENARIOS)
    got, _ = review(np.stack([2 * first, -first, 0 * first], axis=1))
    assert float(got.desk_contribution[1]) < 0 and float(got.desk_diversification[1]) > 1
    assert np.isnan(got.desk_diversification[2])
    copies, _ = review(np.stack([first, first], axis=1))
    np.testing.assert_allclose(copies.desk_diversification, 0.0, atol=1e-12)
    assert float(copies.diversification) == pytest.approx(0.0, abs=1e-12)


def test_contributors():
    desk_loss = np.random.default_rng(3).standard_normal((SCENARIOS, 1))
    got, _ = review(desk_loss, contribution=(0.01, -0.01, 0.01, 0.01, 0.0))
    assert float(got.effective_contributors) == pytest.approx(4.0, rel=1e-12)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 2)), min_size=4, max_size=4))
def test_gross_and_net(rows):
    value, group = np.array([v for v, _ in rows]), np.array([g for _, g in rows])
    book = gross_net(jnp.asarray(value), jnp.asarray(group), 3)
    for k in range(3):
        own = value[group == k]
        assert float(book.gross[k]) == pytest.approx(np.abs(own).sum(), abs=1e-6)
        assert float(book.net[k]) == pytest.approx(own.sum(), abs=1e-6)
    assert (np.abs(book.net) <= np.asarray(book.gross) + 1e-9).all()


MARGINALS = st.lists(st.floats(-0.1, 0.1).filter(lambda m: abs(m) > 1e-4), min_size=4, max_size=4)
COSTS = st.lists(st.floats(0.1, 10.0), min_size=4, max_size=4)


@given(MARGINALS, COSTS, st.floats(0.05, 0.95))
def test_the_plan_is_the_cheapest(marginals, costs, part):
    marginal, cost = np.array(marginals), np.array(costs)
    target = part * np.abs(marginal).sum()
    plan = propose_hedge(jnp.asarray(marginal), jnp.asarray(cost), jnp.asarray(target))
    assert bool(plan.reached)
    assert -float(jnp.sum(plan.change * marginal)) == pytest.approx(target, rel=1e-9)
    assert (np.abs(plan.change) <= 1 + 1e-12).all()
    program = linprog(cost, A_ub=[-np.abs(marginal)], b_ub=[-target], bounds=[(0, 1)] * 4)
    assert float(plan.total_cost) == pytest.approx(program.fun, rel=1e-7)
    best = int(np.argmax(np.abs(marginal) / cost))
    assert int(plan.rank[best]) == 0 or np.isclose(
        np.max(np.delete(np.abs(marginal) / cost, best)), (np.abs(marginal) / cost)[best]
    )


def test_plans_that_ask_too_much_or_nothing():
    marginal, cost = jnp.asarray([0.02, 0.0, -0.01]), jnp.asarray([1.0, 0.0, 1.0])
    much = propose_hedge(marginal, cost, jnp.asarray(0.5))
    assert much.change.tolist() == [-1.0, 0.0, 1.0] and not bool(much.reached)
    assert float(much.total_reduction) == pytest.approx(0.03, rel=1e-15)
    nothing = propose_hedge(marginal, cost, jnp.asarray(-0.1))
    assert not nothing.change.any() and bool(nothing.reached)
    capped = propose_hedge(marginal, cost, jnp.asarray(0.02), jnp.asarray([0.5, 1.0, 0.0]))
    np.testing.assert_allclose(capped.change, [-0.5, 0.0, 0.0], atol=1e-15)


def test_first_order_never_overshoots_for_a_convex_score():
    # S(q) = sqrt(q' C q): homogeneous and convex, with marginal q_i (C q)_i / S.
    rng = np.random.default_rng(4)
    factor = rng.standard_normal((5, 5))
    covariance, quantity = factor @ factor.T, rng.uniform(-1, 2, 5)
    score = np.sqrt(quantity @ covariance @ quantity)
    marginal = quantity * (covariance @ quantity) / score
    plan = propose_hedge(jnp.asarray(marginal), jnp.ones(5), jnp.asarray(0.2 * score))
    traded = quantity * (1 + np.asarray(plan.change))
    after = np.sqrt(traded @ covariance @ traded)
    assert score - float(plan.total_reduction) - 1e-12 <= after < score
