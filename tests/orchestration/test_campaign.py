"""Seeded schedules of faults on virtual time: whatever fails, an answer comes in time, flagged, and adds up."""

import asyncio
import random

import numpy as np
import pytest

from pact_jax.consensus import LossAgent
from pact_jax.orchestration import FailureReason, LossAgents
from pact_jax.orchestration._boundary import ShapeBook
from pact_jax.orchestration._compose import Composer, Question, failures
from pact_jax.orchestration._guard import Guard
from tests.agents import small_desk as desk

from . import faults

SHAPES = ShapeBook()
FAULTS = (
    faults.raising,
    faults.returning_nan,
    faults.returning_wrong_shape,
    faults.returning_nothing,
    faults.exiting,
    faults.slow(0.01),
    faults.slow(9.0),
)


@pytest.fixture(scope="module")
def question():
    return Question(desk.inputs(), desk.scenario_set(desk.moves(300)), 0.9, (0.9, 0.95))


def faulty(generator: random.Random) -> LossAgents:
    good = LossAgents()
    broken = {
        phase: generator.choice(FAULTS)(getattr(good, phase)) for phase in faults.PHASES if generator.random() < 0.25
    }
    return LossAgents(**broken)


def play(question, seed):
    """Eight assessments with random faults behind one set of breakers; returns how each went."""
    generator = random.Random(seed)

    async def story():
        guard, pool, history = Guard(), faults.VirtualPool(), []
        loop = asyncio.get_running_loop()
        for _ in range(8):
            start = loop.time()
            composer = Composer(pool, pool, guard, faulty(generator), SHAPES)
            run = await composer.run(question, observe_by=start + 0.2, attribute_by=start + 0.4)
            history.append((run, loop.time() - start))
            await asyncio.sleep(generator.random())
        return history

    return faults.run_virtual(story)


def check(question, seed):
    story = play(question, seed)
    for run, seconds in story:
        assert seconds <= 0.4 + 1e-9
        lost = failures(run)
        assert all(isinstance(reason, FailureReason) for reason in lost.values())
        assert {agent for agent in LossAgent if not run.present[agent]} <= lost.keys()
        score = float(run.evaluation.score)
        assert np.isfinite(score)
        total = float(run.evaluation.contribution.total()) + sum(run.unexplained)
        assert total == pytest.approx(score, rel=1e-11, abs=1e-12)
        assert all(run.unexplained[agent] == 0.0 for agent in LossAgent if agent not in lost)
    return [(failures(run), float(run.evaluation.score), seconds) for run, seconds in story]


@pytest.mark.parametrize("seed", range(6))
def test_schedules_of_faults(question, seed):
    check(question, seed)


def test_a_seed_replays_itself(question):
    assert check(question, 1) == check(question, 1)


@pytest.mark.slow
def test_many_schedules_of_faults(question):
    for seed in range(100, 600):
        check(question, seed)
