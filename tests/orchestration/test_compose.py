"""The composed agents: bit for bit the pure story when nothing fails, a flagged answer in time when something does."""

import asyncio
import time

import jax
import numpy as np
import pytest

from pact_jax._pipeline import evaluate
from pact_jax.consensus import LossAgent, combine, contributions
from pact_jax.errors import AgentError
from pact_jax.orchestration import ComputePool, Failed, FailureReason, LossAgents, Ok
from pact_jax.orchestration import _compose as compose
from pact_jax.orchestration._boundary import ShapeBook
from pact_jax.orchestration._compose import Composer, Question, failures
from pact_jax.orchestration._guard import Guard
from tests.agents import small_desk as desk

from . import faults

LEVEL, LEVELS = 0.9, (0.9, 0.95)
SHAPES = ShapeBook()


@pytest.fixture(scope="module")
def question():
    return Question(desk.inputs(), desk.scenario_set(desk.moves(300)), LEVEL, LEVELS)


@pytest.fixture(scope="module")
def plain(question):
    return jax.tree.map(np.asarray, evaluate(question.inputs, question.scenarios, LEVEL, levels=LEVELS))


@pytest.fixture
def pool():
    # The suite computes in double precision everywhere; a second way to say so would only compile everything twice.
    pool = ComputePool(double=False)
    yield pool
    pool.close()


def composed(question, pool, agents=None, seconds=20.0, guard=None):
    async def go():
        now = asyncio.get_running_loop().time()
        composer = Composer(pool, pool, guard or Guard(), agents or LossAgents(), SHAPES)
        return await composer.run(question, observe_by=now + seconds, attribute_by=now + 2 * seconds)

    return go


def leaves_of(run):
    return float(run.evaluation.contribution.total()) + sum(run.unexplained)


def test_bitwise_equal_to_the_pure_story(question, plain, pool):
    run = asyncio.run(composed(question, pool)())
    assert all(isinstance(outcome, Ok) for outcome in (*run.observed.values(), *run.attributed.values()))
    assert run.present == (True, True, True) and run.unexplained == (0.0, 0.0, 0.0)
    found = jax.tree.map(np.asarray, run.evaluation)
    assert jax.tree.structure(found) == jax.tree.structure(plain)
    for got, expected in zip(jax.tree.leaves(found), jax.tree.leaves(plain), strict=True):
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


FAULTS = {
    faults.raising: FailureReason.RAISED,
    faults.returning_nan: FailureReason.NOT_FINITE,
    faults.returning_wrong_shape: FailureReason.WRONG_SHAPE,
    faults.returning_float32: FailureReason.WRONG_SHAPE,
    faults.returning_nothing: FailureReason.WRONG_SHAPE,
    faults.exiting: FailureReason.RAISED,
    faults.slow(50.0): FailureReason.LATE,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("phase", faults.PHASES)
def test_every_fault_of_every_agent(question, plain, phase, fault):
    run = faults.run_virtual(composed(question, faults.VirtualPool(), faults.with_fault(phase, fault)))
    agent = LossAgent[phase.partition("_")[2].upper()]
    assert failures(run) == {agent: FAULTS[fault]}
    found = run.failure(agent)
    assert found is not None and "4711" not in found.detail
    if phase.startswith("observe"):
        present = np.array([a is not agent for a in LossAgent])
        assert run.present == tuple(present)
        expected = evaluate(question.inputs, question.scenarios, LEVEL, levels=LEVELS, present=present)
        assert float(run.evaluation.score) == float(expected.score)
    else:
        # The loss is known, so the score is the full one; only its explanation has a hole of the right size.
        assert run.present == (True, True, True)
        assert float(run.evaluation.score) == float(plain.score)
        assert run.unexplained[agent] != 0.0
    np.testing.assert_allclose(leaves_of(run), float(run.evaluation.score), rtol=1e-12)


def test_a_failure_compiles_nothing(question, plain):
    """What the deadline leaves is milliseconds; compiling the consensus takes seconds."""

    def sizes():
        return [getattr(function, "_cache_size")() for function in (combine, contributions)]  # noqa: B009 - not typed

    faults.run_virtual(composed(question, faults.VirtualPool()))
    warm = sizes()
    for phase in faults.PHASES:
        faults.run_virtual(composed(question, faults.VirtualPool(), faults.with_fault(phase, faults.raising)))
    assert sizes() == warm


def test_two_lost_explanations_still_sum(question, plain):
    agents = faults.with_fault("attribute_market", faults.raising)
    agents = LossAgents(attribute_market=agents.attribute_market, attribute_credit=agents.attribute_market)
    run = faults.run_virtual(composed(question, faults.VirtualPool(), agents))
    assert failures(run) == dict.fromkeys((LossAgent.MARKET, LossAgent.CREDIT), FailureReason.RAISED)
    own = float(plain.joint.tail_weight @ plain.joint.agent_loss[:, LossAgent.CREDIT]) / desk.CAPITAL
    np.testing.assert_allclose(run.unexplained[LossAgent.CREDIT], own, rtol=1e-12)
    np.testing.assert_allclose(leaves_of(run), float(plain.score), rtol=1e-12)


def test_all_agents_lost_is_still_an_answer(question):
    nothing = LossAgents(*(faults.raising(None) for _ in faults.PHASES))
    run = faults.run_virtual(composed(question, faults.VirtualPool(), nothing))
    assert run.present == (False, False, False) and run.attributed == {}
    assert float(run.evaluation.score) == 0.0


def test_late_agents_are_left_in_time_on_real_threads(question, pool):
    asyncio.run(composed(question, pool)())  # compiles
    hang = faults.Hang()
    started = time.perf_counter()
    run = asyncio.run(composed(question, pool, faults.with_fault("observe_market", hang), seconds=0.2)())
    assert time.perf_counter() - started < 1.5
    assert failures(run) == {LossAgent.MARKET: FailureReason.LATE}
    assert pool.stuck == 1
    hang.released.set()
    run = asyncio.run(composed(question, pool)())
    assert failures(run) == {}
    assert pool.stuck == 0


def test_breaker_keeps_a_failing_agent_out_and_lets_it_back(question):
    guard, pool = Guard(), faults.VirtualPool()
    bad = faults.with_fault("observe_credit", faults.raising)

    async def story():
        reasons = []
        for _ in range(4):
            reasons.append(failures(await composed(question, pool, bad, guard=guard)())[LossAgent.CREDIT])
        await asyncio.sleep(1.0)
        probe = await composed(question, pool, bad, guard=guard)()
        await asyncio.sleep(1.0)
        good = await composed(question, pool, guard=guard)()
        return reasons, failures(probe), failures(good)

    reasons, probe, good = faults.run_virtual(story)
    assert reasons == [FailureReason.RAISED] * 3 + [FailureReason.BREAKER_OPEN]
    assert probe == {LossAgent.CREDIT: FailureReason.RAISED}
    assert good == {}
    states = [(agent, change.after.value) for agent, change in guard.transitions]
    assert states == [(LossAgent.CREDIT, state) for state in ("open", "open", "closed")]


def test_a_consensus_that_fails_is_said(question, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(compose, "combine", broken)
    with pytest.raises(AgentError, match="ZeroDivisionError"):
        faults.run_virtual(composed(question, faults.VirtualPool()))


def test_no_time_left_is_late(question):
    run = faults.run_virtual(composed(question, faults.VirtualPool(), seconds=0.0))
    assert {type(outcome) for outcome in run.observed.values()} == {Failed}
    assert set(failures(run).values()) == {FailureReason.LATE}
