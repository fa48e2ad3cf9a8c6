"""One agent behind its breaker: calls that are worth a try, and what happened to them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from pact_jax.consensus import LossAgent

from ._boundary import Call, ShapeBook, call_agent
from ._breaker import Breaker, BreakerRule, Transition
from ._outcome import Failed, FailureReason, Outcome
from ._pool import Pool


@dataclass
class Guard:
    """Breakers of the loss agents, one each, and the changes of their states that nobody has recorded yet.

    Attributes:
        rule: of every breaker.
        transitions: agent and change, in order.
    """

    rule: BreakerRule = BreakerRule()
    transitions: list[tuple[LossAgent, Transition]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._breakers = {agent: Breaker(self.rule) for agent in LossAgent}

    def breaker(self, agent: LossAgent) -> Breaker:
        """Breaker of one agent."""
        return self._breakers[agent]

    async def call(
        self, agent: LossAgent, call: Call[Any], shapes: ShapeBook, pool: Pool, seconds: float
    ) -> Outcome[Any]:
        """Calls an agent unless its breaker is open.

        Args:
            agent: whose breaker counts the call.
            call: what to call.
            shapes: shapes of answers.
            pool: threads to run on.
            seconds: its share of the deadline.

        Returns:
            What the boundary lets through.
        """
        loop = asyncio.get_running_loop()
        breaker = self._breakers[agent]
        if not breaker.allows(loop.time()):
            return Failed(FailureReason.BREAKER_OPEN, 0.0)
        outcome = await call_agent(call, shapes, pool, seconds)
        # A full queue says nothing about the agent.
        blamed = isinstance(outcome, Failed) and outcome.reason is not FailureReason.BUSY
        if change := breaker.record(not blamed, loop.time()):
            self.transitions.append((agent, change))
        return outcome
