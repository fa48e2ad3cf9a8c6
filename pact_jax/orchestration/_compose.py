"""The pure story composed asynchronously: agents side by side, each behind its boundary, all by one deadline."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax._pipeline import Evaluation, RiskInputs, scores_of
from pact_jax.consensus import JointLoss, LossAgent, bucket_tail_weight, combine, contributions
from pact_jax.scenarios import ScenarioSet

from ._agents import COMPILED, LossAgents
from ._boundary import Call, ShapeBook
from ._guard import Guard
from ._host import host_step
from ._outcome import Degraded, Failed, FailureReason, Ok, Outcome
from ._pool import Pool

T = TypeVar("T")


@dataclass(frozen=True)
class Question:
    """What an assessment asks of the agents.

    Attributes:
        inputs: positions, market, credit, liquidity, capital.
        scenarios: the shared scenarios.
        confidence: level of the score.
        levels: levels of the values at risk.
    """

    inputs: RiskInputs
    scenarios: ScenarioSet
    confidence: float
    levels: tuple[float, ...]


@dataclass(frozen=True)
class AgentRun:
    """What the agents answered.

    Attributes:
        evaluation: as `evaluate` gives it for the agents that are present.
        present: which agents' losses are in the score.
        unexplained: share of the score, by agent, whose explanation is missing though its loss is not.
        observed: how each agent's first call ended.
        attributed: how each agent's second call ended; absent for agents that are missing.
        seconds: from the first call to the last check.
    """

    evaluation: Evaluation
    present: tuple[bool, ...]
    unexplained: tuple[float, ...]
    observed: dict[LossAgent, Outcome[Any]]
    attributed: dict[LossAgent, Outcome[Any]]
    seconds: float

    def failure(self, agent: LossAgent) -> Failed | None:
        """How an agent failed, in either call; None if it did not."""
        ended = [self.observed[agent], self.attributed.get(agent)]
        return next((outcome for outcome in ended if isinstance(outcome, Failed)), None)


@dataclass
class Composer:
    """Runs the agents.

    Attributes:
        pool: threads that the agents run on.
        host: threads of the consensus, which no agent can occupy.
        guard: the agents' breakers.
        agents: the functions to call.
        shapes: shapes of their answers.
    """

    pool: Pool
    host: Pool
    guard: Guard
    agents: LossAgents
    shapes: ShapeBook

    async def run(self, question: Question, *, observe_by: float, attribute_by: float) -> AgentRun:
        """Observes, combines, attributes.

        Args:
            question: what to assess.
            observe_by: loop time when the agents' first answers must be there.
            attribute_by: loop time when their second answers must be there.

        Returns:
            The evaluation of what is present, and how every call ended.

        Raises:
            AgentError: the consensus itself failed, so that there is no answer of any kind.
        """
        loop = asyncio.get_running_loop()
        start = loop.time()
        observing = {agent: self._observing(question, agent) for agent in LossAgent}
        observed = await self._together(observing, observe_by)
        present = tuple(not isinstance(observed[agent], Failed) for agent in LossAgent)
        seen, joint = await self._consensus(lambda: self._combine(question, observing, observed, present))

        attributing = {agent: self._attributing(question, agent, joint, seen) for agent in LossAgent}
        attributed = await self._together({a: c for a, c in attributing.items() if present[a]}, attribute_by)
        evaluation, unexplained = await self._consensus(
            lambda: self._explain(question, joint, seen, attributing, attributed, present)
        )
        return AgentRun(evaluation, present, unexplained, observed, attributed, loop.time() - start)

    def _observing(self, question: Question, agent: LossAgent) -> Call[Any]:
        given = _observe_arguments(question, agent)
        return Call(self.agents.observe(agent), COMPILED.observe(agent), lambda: given)

    def _attributing(self, question: Question, agent: LossAgent, joint: JointLoss, seen: list[Any]) -> Call[Any]:
        return Call(
            self.agents.attribute(agent),
            COMPILED.attribute(agent),
            lambda: _attribute_arguments(question, agent, joint, seen),
        )

    async def _together(self, calls: dict[LossAgent, Call[Any]], by: float) -> dict[LossAgent, Outcome[Any]]:
        left = by - asyncio.get_running_loop().time()
        outcomes = await asyncio.gather(
            *(self.guard.call(agent, call, self.shapes, self.pool, left) for agent, call in calls.items())
        )
        return dict(zip(calls, outcomes, strict=True))

    async def _consensus(self, call: Callable[[], T]) -> T:
        # Not an agent: it has no share of the deadline, because without it there is nothing to answer.
        return await host_step(self.host, "consensus", lambda: jax.block_until_ready(call()))

    def _filled(self, calls: dict[LossAgent, Call[Any]], outcomes: dict[LossAgent, Outcome[Any]]) -> list[Any]:
        """Answers in the order of agents, with zeros of the right shape where there is none."""
        answers = []
        for agent, call in calls.items():
            outcome = outcomes.get(agent)
            if isinstance(outcome, Ok | Degraded):
                answers.append(outcome.value)
            else:
                answers.append(self.shapes.expected(call.compiled, call.arguments()).zeros())
        return answers

    def _combine(
        self,
        question: Question,
        calls: dict[LossAgent, Call[Any]],
        observed: dict[LossAgent, Outcome[Any]],
        present: tuple[bool, ...],
    ) -> tuple[list[Any], JointLoss]:
        seen, dtype = self._filled(calls, observed), question.scenarios.weight.dtype
        joint = combine(
            *seen,
            question.inputs.credit,
            question.scenarios,
            jnp.asarray(present),
            jnp.asarray(question.confidence, dtype),
            jnp.asarray(question.levels, dtype),
        )
        return seen, joint

    def _explain(
        self,
        question: Question,
        joint: JointLoss,
        seen: list[Any],
        calls: dict[LossAgent, Call[Any]],
        attributed: dict[LossAgent, Outcome[Any]],
        present: tuple[bool, ...],
    ) -> tuple[Evaluation, tuple[float, ...]]:
        inputs = question.inputs
        market_tail, credit_tail, liquidity_tail = self._filled(calls, attributed)
        market, credit, liquidity = seen
        shares = contributions(
            joint,
            market_tail,
            credit,
            credit_tail,
            liquidity,
            liquidity_tail,
            inputs.credit,
            inputs.portfolio,
            jnp.asarray(present),
            inputs.capital,
        )
        score, agent_score = scores_of(joint, inputs.capital)
        evaluation = Evaluation(
            score=score,
            agent_score=agent_score,
            contribution=shares,
            base_value=market.base_value,
            joint=joint,
        )
        lost = tuple(agent for agent, outcome in attributed.items() if isinstance(outcome, Failed))
        return evaluation, _unexplained(evaluation, lost, inputs.capital)


def _observe_arguments(question: Question, agent: LossAgent) -> tuple[Any, ...]:
    inputs, scenarios = question.inputs, question.scenarios
    if agent is LossAgent.MARKET:
        return inputs.portfolio, inputs.market, scenarios.shock
    book = inputs.credit if agent is LossAgent.CREDIT else inputs.liquidity
    return book, inputs.portfolio, inputs.market, scenarios


def _attribute_arguments(question: Question, agent: LossAgent, joint: JointLoss, seen: list[Any]) -> tuple[Any, ...]:
    inputs, scenarios, weight = question.inputs, question.scenarios, joint.tail_weight
    if agent is LossAgent.MARKET:
        return inputs.portfolio, inputs.market, scenarios.shock, weight, bucket_tail_weight(joint)
    if agent is LossAgent.CREDIT:
        return inputs.credit, seen[agent].default, scenarios, weight
    return inputs.liquidity, inputs.portfolio, inputs.market, scenarios, weight


def _unexplained(evaluation: Evaluation, lost: tuple[LossAgent, ...], capital: Float[Array, ""]) -> tuple[float, ...]:
    """What the leaves lack of the score, put on the agents whose second call failed.

    The tail loss of each is known. The rest belongs to interactions that need their explanation, and goes to the first.
    """
    shares = [0.0 for _ in LossAgent]
    if lost:
        # NumPy, because a first compilation would not fit into what is left of the deadline.
        joint = evaluation.joint
        own = np.asarray(joint.tail_weight) @ np.asarray(joint.agent_loss)
        for agent in lost[1:]:
            shares[agent] = float(own[agent]) / float(capital)
        leaves = sum(float(np.asarray(leaf).sum()) for leaf in jax.tree.leaves(evaluation.contribution))
        gap = float(evaluation.score) - leaves
        shares[lost[0]] = gap - sum(shares)
    return tuple(shares)


def failures(run: AgentRun) -> dict[LossAgent, FailureReason]:
    """Reasons of the agents that failed in either call."""
    found = {agent: run.failure(agent) for agent in LossAgent}
    return {agent: failed.reason for agent, failed in found.items() if failed is not None}
