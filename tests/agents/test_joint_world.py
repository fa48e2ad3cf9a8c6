"""The three loss agents and their consensus against a NumPy revaluation of the joint world, position by position."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax._pipeline import evaluate
from pact_jax.agents import observe_credit

from . import small_desk as desk

LEVEL = 0.9
N = 300  # a tenth is whole: the tail is the 30 worst scenarios, none of them split


@pytest.fixture(scope="module")
def case():
    moves = desk.moves(N)
    inputs, scenarios = desk.inputs(), desk.scenario_set(moves)
    result = evaluate(inputs, scenarios, LEVEL)
    default = np.asarray(observe_credit(inputs.credit, inputs.portfolio, inputs.market, scenarios).default)
    return moves, default, desk.World(moves, default), jax.tree.map(np.asarray, result)


def close(got, expected, scale=1000.0):
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-11 * scale)


def test_something_of_everything_happens(case):
    _, default, world, _ = case
    assert default.sum(axis=0).min() > 10
    assert np.abs(world.interaction).max() > 1.0
    values = np.stack([desk.World.values(*(np.zeros((1, k)) for k in (2, 2, 2, 4)))[0]])
    assert values[0, 3] + values[0, 4] > 0


def test_agents_and_interaction_are_the_joint_world_taken_apart(case):
    _, _, world, result = case
    close(result.joint.agent_loss, world.agents())
    close(result.joint.loss, world.total)
    close(result.joint.interaction_loss, world.interaction.sum(axis=1))
    by_desk = desk.by_desk(world.joint)
    by_desk[:, 2] += world.line
    close(result.joint.desk_loss, by_desk)
    close(result.base_value, desk.World.values(*(np.zeros((1, k)) for k in (2, 2, 2, 4)))[0])


def test_score_is_the_mean_of_the_worst_tenth(case):
    _, _, world, result = case
    worst = np.argsort(world.total)[-N // 10 :]
    close(result.score, world.total[worst].mean() / desk.CAPITAL, 1.0)
    agents = world.agents()
    close(result.agent_score, [np.sort(agents[:, a])[-N // 10 :].mean() / desk.CAPITAL for a in range(3)], 1.0)
    assert np.flatnonzero(result.joint.tail_weight).tolist() == sorted(worst)
    for level, got in zip((0.95, 0.99), result.joint.value_at_risk, strict=True):
        close(got, np.sort(world.total)[round(N * level) - 1])


def test_contributions_by_position_are_tail_means(case):
    _, _, world, result = case
    worst = np.argsort(world.total)[-N // 10 :]

    def share(loss):
        return loss[worst].mean(axis=0) / desk.CAPITAL

    c = result.contribution
    close(c.market.sum(axis=1), share(world.market), 1.0)
    marked = world.credit.copy()
    marked[:, 7] = 0.0
    close(c.credit_position.sum(axis=1), share(marked), 1.0)
    close(c.credit_exposure.sum(axis=1), share(np.stack([world.credit[:, 7], world.line], axis=1)), 1.0)
    close(c.liquidity, np.stack([share(world.spread), share(world.impact)], axis=1), 1.0)
    close(c.funding, world.funding / desk.CAPITAL, 1.0)
    close(c.default_interaction + c.liquidation_interaction, share(world.interaction), 1.0)
    close(sum(leaf.sum() for leaf in jax.tree.leaves(c)), result.score, 1.0)


def test_credit_factors_are_expected_systematic_and_idiosyncratic(case):
    moves, default, world, result = case
    worst = np.argsort(world.total)[-N // 10 :]
    conditional = desk.conditional_pd(moves)
    severity = np.array([desk.LGD[0] * desk.EAD[0], desk.LGD[1] * desk.EAD[1]])
    obligor = [desk.BORROWER, desk.LINE]
    expected = desk.PD[obligor]
    systematic = conditional[worst][:, obligor].mean(axis=0) - expected
    idiosyncratic = default[worst][:, obligor].mean(axis=0) - conditional[worst][:, obligor].mean(axis=0)
    parts = severity[:, None] * np.stack([expected, systematic, idiosyncratic], axis=1) / desk.CAPITAL
    close(result.contribution.credit_exposure, parts, 1.0)
    assert parts[1, 1] == pytest.approx(0.0, abs=1e-15)  # no driver, so nothing systematic


@pytest.mark.parametrize("lost", range(3))
def test_a_missing_agent_takes_its_interactions_with_it(case, lost):
    moves, _, world, _ = case
    present = [a != lost for a in range(3)]
    result = evaluate(desk.inputs(), desk.scenario_set(moves), LEVEL, present=jnp.asarray(present))
    agents = world.agents() * present
    close(result.joint.agent_loss, agents)
    of_defaults = _default_interaction(moves, world)
    of_sales = world.interaction.sum(axis=1) - of_defaults
    expected = {0: np.zeros(N), 1: of_sales, 2: of_defaults}[lost]
    close(result.joint.interaction_loss, expected)
    close(result.joint.loss, agents.sum(axis=1) + expected)
    total = sum(float(jnp.sum(leaf)) for leaf in jax.tree.leaves(result.contribution))
    close(total, float(result.score), 1.0)


def _default_interaction(moves, world):
    """Joint world without sales, less market and credit apart."""
    return desk.World(moves, world.default, phi=0.0).interaction.sum(axis=1)
