"""Bounded compute threads. A thread stuck in compiled code cannot be stopped, only left behind and replaced."""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import jax

T = TypeVar("T")


class PoolBusy(Exception):
    """No thread is free and the queue is full."""


@dataclass(frozen=True)
class Returned(Generic[T]):
    """A call that returned.

    Attributes:
        value: what it returned.
    """

    value: T


@dataclass(frozen=True)
class Raised:
    """A call that raised.

    Attributes:
        error: what it raised.
    """

    error: BaseException


class Pool(Protocol):
    """What runs calls: threads, or a simulation of them."""

    async def run(self, call: Callable[[], T], timeout: float) -> Returned[T] | Raised:
        """Runs a call; raises TimeoutError when it is late and `PoolBusy` when it cannot even wait."""
        ...


class ComputePool:
    """Threads of this process, at most `max_threads` even when some never come back.

    Args:
        size: threads that compute at the same time.
        max_threads: threads in all, stuck ones included.
        max_waiting: calls that may wait for a thread.
        double: whether calls compute in float64; the setting is each thread's own.
    """

    def __init__(self, size: int = 3, *, max_threads: int = 16, max_waiting: int = 64, double: bool = True):
        self._size, self._max_threads, self._max_waiting = size, max_threads, max_waiting
        self._double = double
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = self._stuck = self._waiting = 0
        self._closed = False

    @property
    def stuck(self) -> int:
        """Threads whose caller has given up and that have not come back yet."""
        return self._stuck

    async def run(self, call: Callable[[], T], timeout: float) -> Returned[T] | Raised:
        """Runs a call on a thread of the pool.

        Args:
            call: blocking; must not return before its arrays are computed.
            timeout: seconds until it is given up.

        Returns:
            What it returned or raised.

        Raises:
            TimeoutError: late; the thread is left behind.
            PoolBusy: the queue is full.
        """
        loop = asyncio.get_running_loop()
        job = _Job(call, loop, loop.create_future())
        self._enqueue(job)
        try:
            async with asyncio.timeout(timeout):
                return await job.future
        except (TimeoutError, asyncio.CancelledError):
            self._abandon(job)
            raise

    def close(self) -> None:
        """Lets idle threads end; a stuck one ends with the process."""
        with self._lock:
            self._closed = True
            for _ in range(self._threads):
                self._jobs.put(None)

    def _enqueue(self, job: "_Job") -> None:
        with self._lock:
            if self._closed or self._waiting >= self._max_waiting:
                raise PoolBusy
            self._waiting += 1
            self._grow()
            self._jobs.put(job)

    def _grow(self) -> None:
        while self._threads - self._stuck < self._size and self._threads < self._max_threads:
            self._threads += 1
            # Daemon threads: one that is stuck must not keep the process from ending.
            threading.Thread(target=self._work, name="pact-compute", daemon=True).start()

    def _abandon(self, job: "_Job") -> None:
        with self._lock:
            if job.state == "waiting":
                job.state = "dropped"
                self._waiting -= 1
            elif job.state == "running":
                job.state = "stuck"
                self._stuck += 1
                if self._waiting:
                    self._grow()

    def _work(self) -> None:
        with self._precision():
            while (job := self._jobs.get()) is not None:
                if self._start(job):
                    job.finish(_call(job.call))
                    if not self._end(job):
                        return
            with self._lock:
                self._threads -= 1

    def _precision(self) -> AbstractContextManager[Any]:
        return jax.enable_x64(True) if self._double else nullcontext()

    def _start(self, job: "_Job") -> bool:
        with self._lock:
            if job.state == "dropped":
                return False
            job.state = "running"
            self._waiting -= 1
            return True

    def _end(self, job: "_Job") -> bool:
        """Counts a call as ended; False if this thread was replaced while it was stuck and is not needed."""
        with self._lock:
            if job.state == "stuck":
                self._stuck -= 1
            job.state = "ended"
            if self._threads - self._stuck > self._size:
                self._threads -= 1
                return False
            return True


class _Job:
    def __init__(self, call: Callable[[], Any], loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any]):
        self.call, self.loop, self.future = call, loop, future
        self.state = "waiting"

    def finish(self, result: Returned[Any] | Raised) -> None:
        try:
            self.loop.call_soon_threadsafe(_deliver, self.future, result)
        except RuntimeError:
            pass  # the loop is closed: nobody is waiting any more


def _deliver(future: asyncio.Future[Any], result: Returned[Any] | Raised) -> None:
    if not future.done():  # a late reply finds its future cancelled and is dropped
        future.set_result(result)


def _call(call: Callable[[], T]) -> Returned[T] | Raised:
    try:
        return Returned(call())
    except BaseException as error:  # noqa: BLE001 - nothing may cross the boundary
        return Raised(error)
