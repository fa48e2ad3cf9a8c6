"""The orchestrator: the answer of `assess` to the last bit, a flagged bound when something fails, a record first."""

import asyncio
import itertools
import math
import threading
import time

import jax
import numpy as np
import pytest

from pact_jax._assess import assess
from pact_jax.agents import Decision
from pact_jax.assessment import MonteCarlo
from pact_jax.audit import AuditLog, RecordType, Verdict, verify
from pact_jax.consensus import LossAgent
from pact_jax.errors import AgentError, ArgumentError, AuditError
from pact_jax.io import snapshot_from_dict
from pact_jax.orchestration import (
    ALERTS,
    Alert,
    Busy,
    LoopThread,
    LossAgents,
    Options,
    Orchestrator,
)
from pact_jax.orchestration import _compose as compose

from . import faults

OPTIONS = Options(generator=MonteCarlo(512))
AGENTS = [agent.name.lower() for agent in LossAgent]


@pytest.fixture(scope="module")
def snapshot():
    return snapshot_from_dict(
        {
            "portfolio_id": "book",
            "positions": [
                {"value": 1e6, "sensitivity": 1.0, "risk_factor": "A"},
                {"value": -4e5, "sensitivity": {"A": 0.5, "B": 0.8}},
                {"value": 3e5, "sensitivity": 0.4, "risk_factor": "B"},
            ],
            "risk_factors": ["A", "B"],
            "correlation_matrix": [[1, 0.3], [0.3, 1]],
            "credit_exposures": [
                {"counterparty": f"C{i}", "current_exposure": 2e5, "pd": 0.5, "credit_driver": "A"} for i in range(4)
            ],
            "total_capital": 5e6,
            "limits": [{"limit_id": "score", "measure": "score", "limit": 0.6, "warning": 0.5}],
        }
    )


@pytest.fixture(scope="module")
def plain(snapshot):
    return assess(snapshot, generator=OPTIONS.generator)


def virtual(story, **settings):
    """Runs a story on virtual time; its orchestrator computes in the precision context that `assess` uses."""

    async def go():
        pool = faults.VirtualPool(lambda: jax.enable_x64(True))
        async with Orchestrator(pool=pool, **settings) as orchestrator:
            return await story(orchestrator)

    return faults.run_virtual(go)


def after_a_good_run(snapshot, agents, **settings):
    """One assessment with every agent, then one with the given ones."""

    async def story(orchestrator):
        await orchestrator.assess(snapshot, OPTIONS)
        orchestrator._composer.agents = agents
        start = asyncio.get_running_loop().time()
        report = await orchestrator.assess(snapshot, OPTIONS)
        return report, asyncio.get_running_loop().time() - start

    return virtual(story, **settings)


def missing(*agents):
    return LossAgents(**{f"observe_{agent}": faults.raising(None) for agent in agents})


def rank(report):
    return Decision[report.decision.replace("-", "_")]


def assert_same_bits(got, expected):
    assert (got.score, got.upper_bound, got.decision) == (expected.score, expected.upper_bound, expected.decision)
    assert got.leaves.equals(expected.leaves)
    assert got.explain("factor").equals(expected.explain("factor"))
    assert got.manifest.run_id == expected.manifest.run_id
    for name in ("total", "by_agent", "by_desk", "interaction", "tail_weight"):
        np.testing.assert_array_equal(getattr(got.losses, name), getattr(expected.losses, name))


def test_bitwise_equal_to_assess_on_threads(snapshot, plain):
    async def story():
        async with Orchestrator(deadline=60.0) as orchestrator:
            assert await orchestrator.warmup(snapshot, OPTIONS) > 0.0
            return await orchestrator.assess(snapshot, OPTIONS)

    report = asyncio.run(story())
    assert report.missing == {} and report.flags == plain.flags
    assert_same_bits(report, plain)


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("fault", [faults.raising, faults.returning_nan, faults.slow(50.0)])
def test_a_lost_agent_is_bounded_flagged_and_in_time(snapshot, plain, agent, fault):
    report, seconds = after_a_good_run(snapshot, faults.with_fault(f"observe_{agent}", fault))
    assert seconds <= 0.5
    assert set(report.missing) == {agent}
    assert report.flags[0].startswith("DEGRADED") and any(flag.startswith("STANDBY_STALE") for flag in report.flags)
    assert report.score >= plain.score * (1 - 1e-12) and report.upper_bound >= plain.upper_bound * (1 - 1e-12)
    assert rank(report) >= max(rank(plain), Decision.REVIEW)
    table = report.explain("agent")
    np.testing.assert_allclose(table["contribution"].sum(), report.score, rtol=1e-12)
    assert math.isnan(report.agent_score[agent])


@pytest.mark.parametrize("lost", [c for n in (1, 2, 3) for c in itertools.combinations(AGENTS, n)])
def test_losing_agents_never_improves_the_decision(snapshot, plain, lost):
    with_standby, _ = after_a_good_run(snapshot, missing(*lost))
    without = virtual(lambda orchestrator: orchestrator.assess(snapshot, OPTIONS), agents=missing(*lost))
    assert with_standby.score >= plain.score * (1 - 1e-12)
    assert math.isinf(without.upper_bound) and any(flag.startswith("STANDBY_NONE") for flag in without.flags)
    for report in (with_standby, without):
        assert rank(report) >= max(rank(plain), Decision.REVIEW)


def test_a_lost_explanation_leaves_the_score(snapshot, plain):
    report, _ = after_a_good_run(snapshot, faults.with_fault("attribute_credit", faults.raising))
    assert report.score == plain.score and report.missing == {}
    assert report.flags[-1].startswith("UNEXPLAINED: credit")
    table = report.explain("position").set_index("item")["contribution"]
    np.testing.assert_allclose(
        table["unallocated"], plain.explain("agent").set_index("agent")["contribution"]["credit"]
    )


def test_hanging_agent_on_real_threads(snapshot):
    hang = faults.Hang()

    async def story():
        async with Orchestrator(deadline=60.0) as orchestrator:
            await orchestrator.warmup(snapshot, OPTIONS)
            orchestrator._composer.agents = faults.with_fault("observe_market", hang)
            start = time.perf_counter()
            report = await orchestrator.assess(snapshot, OPTIONS, deadline=3.0)
            seconds = time.perf_counter() - start
            hang.released.set()
            return report, seconds

    report, seconds = asyncio.run(story())
    assert report.missing == {"market": "LATE"}
    assert seconds < 6.0


def test_the_record_is_durable_before_the_answer(snapshot, tmp_path):
    with AuditLog(tmp_path) as log:
        report = virtual(lambda o: o.assess(snapshot, OPTIONS, actor="u-1", role="analyst"), audit=log)
        intent, result = list(log.entries())
    assert verify(tmp_path).verdict is Verdict.OK
    assert (intent.record.type, result.record.type) == (RecordType.INTENT, RecordType.RESULT)
    assert report.receipt == (1, result.receipt().hash)
    record = result.record
    assert (record.actor, record.portfolio, record.assessment) == ("u-1", "book", intent.record.assessment)
    assert record.outcome is not None and record.outcome.score == report.score
    assert record.outcome.score_units == report.explain("position")["contribution_units"].sum()
    assert [agent.agent for agent in record.agents] == AGENTS
    assert [agent.score for agent in record.agents] == list(report.agent_score.values())
    assert record.models and record.inputs is not None and record.runtime is not None
    assert record.runtime.precision == "float64" and record.limits[0].limit == "score"


def test_degraded_answers_and_breakers_are_recorded(snapshot, tmp_path):
    async def story(orchestrator):
        for _ in range(4):
            report = await orchestrator.assess(snapshot, OPTIONS)
        return report

    with AuditLog(tmp_path) as log:
        report = virtual(story, audit=log, agents=missing("credit"))
        records = [entry.record for entry in log.entries()]
    assert report.missing == {"credit": "BREAKER_OPEN"}
    types = [record.type for record in records]
    assert types.count(RecordType.DEGRADED) == 4 and types.count(RecordType.BREAKER) == 1
    change = next(record.change for record in records if record.type is RecordType.BREAKER)
    assert change is not None and (change.subject, change.after) == ("credit", "open")
    last = records[-1].agents[1]
    assert (last.status.value, last.reason, last.tier, last.score, last.confidence) == (
        "failed", "BREAKER_OPEN", -1, None, 0.0,
    )  # fmt: skip


def test_no_record_no_answer(snapshot, tmp_path):
    log = AuditLog(tmp_path)
    log.close()
    with pytest.raises(AuditError, match="AUDIT_UNAVAILABLE"):
        virtual(lambda o: o.assess(snapshot, OPTIONS), audit=log)


def test_refusals_are_recorded_and_raised(snapshot, tmp_path, monkeypatch):
    with AuditLog(tmp_path) as log:
        with pytest.raises(ArgumentError, match="horizon_days"):
            virtual(lambda o: o.assess(snapshot, Options(horizon_days=99)), audit=log)

        def broken(*_):
            raise ZeroDivisionError

        with monkeypatch.context() as patch, pytest.raises(AgentError, match="ZeroDivisionError"):
            patch.setattr(compose, "combine", broken)
            virtual(lambda o: o.assess(snapshot, OPTIONS), audit=log)
        records = [entry.record for entry in log.entries()]
    assert [(record.type, record.flags) for record in records if record.type is RecordType.FAILED] == [
        (RecordType.FAILED, ("ArgumentError",)),
        (RecordType.FAILED, ("AgentError",)),
    ]
    with pytest.raises(AgentError, match="precision"):
        virtual(lambda o: o.assess(snapshot, Options(float32=True)))


def test_busy_is_said_and_equal_questions_share_an_answer(snapshot, tmp_path):
    other = Options(generator=MonteCarlo(512), seed=1)

    async def story(orchestrator):
        same = [asyncio.create_task(orchestrator.assess(snapshot, OPTIONS)) for _ in range(2)]
        third = asyncio.create_task(orchestrator.assess(snapshot, other))
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="BUSY"):
            await orchestrator.assess(snapshot, other)
        return await asyncio.gather(*same, third)

    with AuditLog(tmp_path) as log:
        slow = faults.with_fault("observe_market", faults.slow(0.05))
        first, again, third = virtual(story, audit=log, running=3, waiting=0, agents=slow)
        types = [entry.record.type for entry in log.entries()]
    assert first is again and third is not first
    assert types.count(RecordType.INTENT) == types.count(RecordType.RESULT) == 2


def test_alerts_leave_after_the_record_and_wait_for_acknowledgement(snapshot, tmp_path):
    async def story(orchestrator):
        inbox = orchestrator.bus.subscribe(ALERTS)
        report = await orchestrator.assess(snapshot, OPTIONS)
        delivery = await inbox.get()
        assert inbox.waiting == 1 and inbox.acknowledge(delivery)
        return report, delivery.message, orchestrator.bus.metrics(ALERTS)

    with AuditLog(tmp_path) as log:
        report, alert, metrics = virtual(story, audit=log)
    assert (alert.limit, alert.measure, alert.receipt) == ("score", "score", report.receipt)
    assert (metrics.published, metrics.processed, metrics.waiting) == (1, 1, 0)


def test_a_deaf_subscriber_does_not_cost_the_answer(snapshot):
    async def story(orchestrator):
        inbox = orchestrator.bus.subscribe(ALERTS)
        example = Alert("a", "p", "l", "m", "s", "human", 1.0, "BREACH", None)
        for _ in range(ALERTS.capacity):
            orchestrator.bus.publish(ALERTS, example)
        return await orchestrator.assess(snapshot, OPTIONS), inbox.waiting

    report, waiting = virtual(story)
    assert report.flags[-1].startswith("ALERTS_UNDELIVERED") and waiting == ALERTS.capacity


def test_synchronous_door_under_a_running_loop(snapshot, plain):
    """As in a notebook, where a loop runs already."""
    door = LoopThread()

    async def assess_once():
        async with Orchestrator(deadline=60.0) as orchestrator:
            return await orchestrator.assess(snapshot, OPTIONS)

    async def cell():
        return door.run(assess_once())

    report = asyncio.run(cell())
    door.close()
    door.close()
    assert_same_bits(report, plain)
    assert not any(thread.name == "pact-loop" for thread in threading.enumerate())
