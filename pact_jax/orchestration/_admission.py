"""Who gets in: a bounded number of assessments at once, an explicit BUSY beyond it, one run for equal questions."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from pact_jax.errors import PactError

T = TypeVar("T")


class Busy(PactError):
    """The orchestrator has as much to do as it may; nothing was computed or recorded."""


class Admission:
    """Lets a bounded number of tasks run and wait.

    Args:
        running: tasks at the same time.
        waiting: tasks that may wait for their turn.
    """

    def __init__(self, running: int = 2, waiting: int = 8):
        self._turn = asyncio.Semaphore(running)
        self._room = running + waiting
        self._inside = 0

    @property
    def inside(self) -> int:
        """Tasks that run or wait."""
        return self._inside

    async def run(self, task: Callable[[], Awaitable[T]]) -> T:
        """Runs a task in its turn.

        Args:
            task: what to run.

        Returns:
            Its answer.

        Raises:
            Busy: running and waiting are both full.
        """
        if self._inside >= self._room:
            what = f"BUSY: {self._inside} assessments are under way"
            raise Busy(what, "orchestrator", "try again later, or allow more to wait")
        self._inside += 1
        try:
            async with self._turn:
                return await task()
        finally:
            self._inside -= 1


class Joined(Generic[T]):
    """Equal questions that are asked while one of them is being answered share that answer."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Future[T]] = {}

    async def run(self, key: str, task: Callable[[], Awaitable[T]]) -> T:
        """Runs a task, or waits for the one of the same key.

        Args:
            key: idempotency key: a hash of inputs, options and models.
            task: what to run.

        Returns:
            Its answer, the same object for everyone.
        """
        work = self._under_way.get(key)
        if work is None:
            work = self._under_way[key] = asyncio.ensure_future(task())
            work.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Shielded: one caller who gives up must not take the answer away from another.
        return await asyncio.shield(work)
