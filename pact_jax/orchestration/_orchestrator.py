"""The orchestrator: one deadline, agents behind boundaries, audit before answer."""

import asyncio
import math
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from pact_jax.assessment import AssessmentReport
from pact_jax.audit import AuditLog, AuditRecord, Change, InputHashes, Receipt, RecordType, assessment_record
from pact_jax.errors import AgentError
from pact_jax.snapshot import Snapshot

from ._admission import Admission, Joined
from ._agents import COMPILED, LossAgents
from ._alerting import publish_alerts
from ._boundary import ShapeBook
from ._breaker import DEFAULT_RULE, BreakerRule
from ._bus import Bus, BusFull
from ._calls import agent_calls
from ._compose import AgentRun, Composer
from ._guard import Guard
from ._host import host_step
from ._pool import ComputePool, Pool
from ._stages import DEFAULT_OPTIONS, Options, Ready, make_ready, make_report, warm_failure_path
from ._standby import Standby
from ._timing import StageTimes

T = TypeVar("T")

DEFAULT_DEADLINE: Final = 0.5
_WITHOUT_END: Final = 3600.0


class Orchestrator:
    """Assesses snapshots asynchronously, in time, whatever single agents do.

    An assessment calls the same compiled functions as `assess`, with the agents side by side on compute threads; when
    nothing fails the answer is the same bit for bit. An agent that raises, is late or answers with something that is
    not finite or of another shape is replaced by a bound, and the report says so. Call `warmup` first: what has not
    been compiled cannot be in time.

    Args:
        audit: log that every answer is recorded in before it is returned; None to record nothing.
        deadline: seconds for one assessment.
        agents: functions of the loss agents.
        breaker: when an agent is not called any more.
        running: assessments at the same time.
        waiting: assessments that may wait; beyond it `Busy` is raised.
        float32: compute in single precision.
        bus: where alerts are published; one of its own by default.
        pool: compute threads; of its own by default. Closed with the orchestrator.

    Example:
        >>> async def main():
        ...     async with Orchestrator() as orchestrator:
        ...         await orchestrator.warmup(snapshot)
        ...         return await orchestrator.assess(snapshot)
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> snapshot = load_desk()  # doctest: +SKIP
        >>> asyncio.run(main()).decision  # doctest: +SKIP
        'REVIEW'
    """

    def __init__(
        self,
        *,
        audit: AuditLog | None = None,
        deadline: float = DEFAULT_DEADLINE,
        agents: LossAgents = COMPILED,
        breaker: BreakerRule = DEFAULT_RULE,
        running: int = 2,
        waiting: int = 8,
        float32: bool = False,
        bus: Bus | None = None,
        pool: Pool | None = None,
    ):
        self._audit, self._deadline, self._float32 = audit, deadline, float32
        self._pool: Pool = ComputePool(3 * running, double=not float32) if pool is None else pool
        # Agents may hang; the consensus must find a thread all the same.
        self._host: Pool = ComputePool(running, double=not float32) if pool is None else pool
        self._guard = Guard(breaker)
        self._shapes = ShapeBook()
        self._composer = Composer(self._pool, self._host, self._guard, agents, self._shapes)
        self._admission = Admission(running, waiting)
        self._joined: Joined[AssessmentReport] = Joined()
        self._standby = Standby()
        self._times = StageTimes()
        # One thread: records are written in the order in which they are handed over.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="pact-audit")
        self.bus = Bus() if bus is None else bus

    async def assess(
        self,
        snapshot: Snapshot,
        options: Options = DEFAULT_OPTIONS,
        *,
        deadline: float | None = None,
        actor: str = "",
        role: str = "",
    ) -> AssessmentReport:
        """Assesses a snapshot by the deadline.

        Equal questions that are asked while one of them is being answered share its answer and its record.

        Args:
            snapshot: what is held and known.
            options: as the arguments of `assess`.
            deadline: seconds; that of the orchestrator by default.
            actor: pseudonymous id of who asks.
            role: role they act in.

        Returns:
            The report; with an audit log, `receipt` is the sequence and hash of its durable record.

        Raises:
            PactError: the snapshot or an option cannot be assessed.
            Busy: as much is under way and waiting as may be.
            AuditError: the record could not be made durable, so there is no answer.
            AgentError: the consensus itself failed.
        """
        start = asyncio.get_running_loop().time()
        by = start + (self._deadline if deadline is None else deadline)

        async def task() -> AssessmentReport:
            assessment = uuid.uuid4().hex
            try:
                ready = await self._step("prepare", lambda: make_ready(snapshot, self._precise(options)))
            except Exception as error:
                await self._record_failure(assessment, snapshot, error)
                raise
            return await self._joined.run(
                ready.manifest.run_id, lambda: self._answer(ready, assessment, start, by, actor, role)
            )

        return await self._admission.run(task)

    async def warmup(self, snapshot: Snapshot, options: Options = DEFAULT_OPTIONS) -> float:
        """Compiles everything that an assessment of this size needs, the path of failures included.

        Nothing is recorded. Also measures the stages behind the agents, whose time the deadline must leave.

        Args:
            snapshot: of the size to come.
            options: as for `assess`.

        Returns:
            Seconds that a warm assessment takes without its audit record.
        """
        loop = asyncio.get_running_loop()
        ready = await self._step("prepare", lambda: make_ready(snapshot, self._precise(options)))
        end = loop.time() + _WITHOUT_END
        own = Composer(self._pool, self._host, Guard(), COMPILED, self._shapes)
        for _ in range(2):
            self._times.forget()
            start = loop.time()
            ready = await self._step("prepare", lambda: make_ready(snapshot, self._precise(options)))
            run = await own.run(ready.question, observe_by=end, attribute_by=end)
            report = await self._report(ready, run)
            await self._step("record", partial(assessment_record, report))
            seconds = loop.time() - start
            self._times.add("agents", run.seconds)
        await self._step("standby", lambda: warm_failure_path(ready, self._standby, loop.time()))
        # With no time at all every agent is missing: the consensus runs on blanks alone.
        blank = await own.run(ready.question, observe_by=0.0, attribute_by=0.0)
        await self._report(ready, blank)
        return seconds

    async def close(self) -> None:
        """Gives the threads back; the audit log stays open, it belongs to the caller."""
        for pool in (self._pool, self._host):
            if isinstance(pool, ComputePool):
                pool.close()
        self._writer.shutdown(wait=True)

    async def __aenter__(self) -> "Orchestrator":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def _answer(
        self, ready: Ready, assessment: str, start: float, by: float, actor: str, role: str
    ) -> AssessmentReport:
        loop = asyncio.get_running_loop()
        inputs = InputHashes(ready.manifest.snapshot_hash, ready.manifest.input_hash, ready.manifest.set_id)
        portfolio = ready.snapshot.portfolio_id
        await self._record(AuditRecord(RecordType.INTENT, assessment, portfolio, actor, role, inputs=inputs))
        try:
            budget = max(0.0, by - loop.time())
            # Both calls of the agents share what the later stages leave; the second needs less than the first.
            attribute_by = by - self._times.reserve(("report", "record", "audit"), budget)
            observe_by = attribute_by - 0.4 * max(0.0, attribute_by - loop.time())
            run = await self._composer.run(ready.question, observe_by=observe_by, attribute_by=attribute_by)
            report = await self._report(ready, run)
        except Exception as error:
            await self._record_failure(assessment, ready.snapshot, error)
            raise
        if loop.time() > by:
            report.flags = (*report.flags, f"DEADLINE_MISSED: by {1000 * (loop.time() - by):.0f} ms")
        milliseconds = math.ceil(1000 * (loop.time() - start))
        calls = agent_calls(run, bounded=math.isfinite(report.upper_bound))

        def describe() -> AuditRecord:
            return assessment_record(
                report, assessment=assessment, actor=actor, role=role, milliseconds=milliseconds, calls=calls
            )

        receipt = await self._record(await self._step("record", describe))
        if receipt is not None:
            report.receipt = (receipt.sequence, receipt.hash)
        try:
            publish_alerts(self.bus, report, assessment)
        except BusFull:
            # The alerts stand in the record and in the report; a deaf subscriber must not cost the answer.
            report.flags = (*report.flags, "ALERTS_UNDELIVERED: a subscriber has stopped taking alerts")
        return report

    async def _report(self, ready: Ready, run: AgentRun) -> AssessmentReport:
        now = asyncio.get_running_loop().time()
        return await self._step("report", lambda: make_report(ready, run, self._standby, seconds=run.seconds, now=now))

    async def _step(self, stage: str, call: Callable[[], T]) -> T:
        """A step of the host, timed."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        answer = await host_step(self._host, stage, call)
        self._times.add(stage, loop.time() - start)
        return answer

    async def _record(self, record: AuditRecord) -> Receipt | None:
        """Writes the record, and before it every change of a breaker that is not yet recorded."""
        if self._audit is None:
            self._guard.transitions.clear()
            return None
        changes = [
            AuditRecord(RecordType.BREAKER, change=Change(agent.name.lower(), change.before.value, change.after.value))
            for agent, change in self._guard.transitions
        ]
        self._guard.transitions.clear()
        loop = asyncio.get_running_loop()
        start = loop.time()
        receipts = await loop.run_in_executor(self._writer, self._audit.append_many, (*changes, record))
        self._times.add("audit", loop.time() - start)
        return receipts[-1]

    async def _record_failure(self, assessment: str, snapshot: Snapshot, error: Exception) -> None:
        await self._record(
            AuditRecord(
                RecordType.FAILED,
                assessment=assessment,
                portfolio=snapshot.portfolio_id,
                flags=(type(error).__name__,),
            )
        )

    def _precise(self, options: Options) -> Options:
        if options.float32 != self._float32:
            raise AgentError(
                f"options ask for float32={options.float32}, the threads compute with float32={self._float32}",
                "orchestrator",
                "make an orchestrator of that precision: it is a setting of its threads",
            )
        return options
