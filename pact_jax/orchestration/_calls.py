"""How the agents' calls went, in the words of the audit record."""

import math

from pact_jax.audit import AgentCall, AgentStatus
from pact_jax.consensus import LossAgent

from ._compose import AgentRun
from ._outcome import Degraded

_PRIMARY, _LAST_GOOD, _NONE = 0, 3, -1


def agent_calls(run: AgentRun, *, bounded: bool) -> tuple[AgentCall, ...]:
    """One entry an agent.

    Args:
        run: what the agents answered.
        bounded: whether last good losses stood in for those that are missing.

    Returns:
        Entries in the order of agents; an agent whose loss is there but unexplained is degraded.
    """
    return tuple(_call(run, agent, bounded) for agent in LossAgent)


def _call(run: AgentRun, agent: LossAgent, bounded: bool) -> AgentCall:
    outcomes = [run.observed[agent], *([run.attributed[agent]] if agent in run.attributed else [])]
    milliseconds = math.ceil(1000 * sum(outcome.seconds for outcome in outcomes))
    failed = run.failure(agent)
    if failed is None:
        flags = any(isinstance(outcome, Degraded) for outcome in outcomes)
        return AgentCall(
            agent.name.lower(), AgentStatus.DEGRADED if flags else AgentStatus.OK, "", _PRIMARY, milliseconds
        )
    if run.present[agent]:
        return AgentCall(agent.name.lower(), AgentStatus.DEGRADED, failed.reason.value, _PRIMARY, milliseconds)
    tier = _LAST_GOOD if bounded else _NONE
    return AgentCall(agent.name.lower(), AgentStatus.FAILED, failed.reason.value, tier, milliseconds)
