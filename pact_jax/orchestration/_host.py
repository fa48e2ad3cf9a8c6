"""Steps of the host on threads of its own: what they raise is raised to the caller, for nothing can stand in."""

from collections.abc import Callable
from typing import Final, TypeVar

from pact_jax.errors import AgentError, PactError

from ._admission import Busy
from ._pool import Pool, PoolBusy, Raised

T = TypeVar("T")

LONGEST_STEP: Final = 900.0
"""Seconds until a step is given up; compiling a large book for the first time takes minutes."""


async def host_step(pool: Pool, stage: str, call: Callable[[], T]) -> T:
    """Runs a step to its end.

    Args:
        pool: threads of the host, not those of the agents.
        stage: name of the step, for messages.
        call: blocking.

    Returns:
        What the step returns.

    Raises:
        PactError: what the step raised, if it is one of ours.
        AgentError: the step raised something else, or did not end.
        Busy: the host has as much to do as it may.
    """
    try:
        result = await pool.run(call, LONGEST_STEP)
    except PoolBusy:
        raise Busy(f"BUSY: no thread for stage {stage!r}", "orchestrator", "try again later") from None
    except TimeoutError:
        raise AgentError(f"stage {stage!r} did not end in {LONGEST_STEP:.0f} s", "orchestrator") from None
    if not isinstance(result, Raised):
        return result.value
    if isinstance(result.error, PactError):
        raise result.error
    what = f"stage {stage!r} raised {type(result.error).__name__}"
    raise AgentError(what, "orchestrator", "see the error that it came from") from result.error
