"""Agents that fail in every way, and pools and loops in which time is a number."""

import asyncio
import selectors
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, TypeVar

import jax
import jax.numpy as jnp

from pact_jax.orchestration import LossAgents
from pact_jax.orchestration._pool import Raised, Returned

T = TypeVar("T")

PHASES = tuple(f"{phase}_{agent}" for phase in ("observe", "attribute") for agent in ("market", "credit", "liquidity"))


class Slow:
    """Wraps an answer that takes virtual seconds; only `VirtualPool` understands it."""

    def __init__(self, seconds: float, function: Callable[..., Any]):
        self.seconds, self.function = seconds, function

    def __call__(self, *arguments: Any) -> Any:
        VirtualPool.delay.append(self.seconds)
        return self.function(*arguments)


def raising(function):
    def fail(*arguments):
        raise FloatingPointError("client 4711 has no price")

    return fail


def returning_nan(function):
    def fail(*arguments):
        answer = function(*arguments)
        leaves, structure = jax.tree.flatten(answer)
        place = next(i for i, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, jnp.inexact))
        leaves[place] = leaves[place].at[(0,) * leaves[place].ndim].set(jnp.nan)
        return jax.tree.unflatten(structure, leaves)

    return fail


def returning_wrong_shape(function):
    def fail(*arguments):
        return jax.tree.map(lambda leaf: jnp.concatenate([jnp.atleast_1d(leaf)] * 2), function(*arguments))

    return fail


def returning_float32(function):
    def fail(*arguments):
        return jax.tree.map(
            lambda leaf: leaf.astype(jnp.float32) if leaf.dtype == jnp.float64 else leaf, function(*arguments)
        )

    return fail


def returning_nothing(function):
    return lambda *arguments: None


def exiting(function):
    def fail(*arguments):
        raise SystemExit(3)

    return fail


class Hang:
    """Blocks until released, as a thread stuck in compiled code does."""

    def __init__(self):
        self.released = threading.Event()

    def __call__(self, function):
        def fail(*arguments):
            self.released.wait(30.0)
            return function(*arguments)

        return fail


def slow(seconds: float):
    return lambda function: Slow(seconds, function)


def with_fault(phase: str, fault: Callable[[Callable[..., Any]], Callable[..., Any]]) -> LossAgents:
    good = LossAgents()
    return replace(good, **{phase: fault(getattr(good, phase))})


class VirtualPool:
    """Runs calls at once and lets virtual time pass for those that are slow."""

    delay: list[float] = []

    def __init__(self, context: Callable[[], AbstractContextManager[Any]] = nullcontext):
        self.context = context

    async def run(self, call: Callable[[], T], timeout: float) -> Returned[T] | Raised:
        VirtualPool.delay.clear()
        try:
            with self.context():
                result: Returned[T] | Raised = Returned(call())
        except BaseException as error:
            result = Raised(error)
        async with asyncio.timeout(timeout):
            await asyncio.sleep(sum(VirtualPool.delay))
        return result


class _VirtualSelector(selectors.SelectSelector):
    """Instead of waiting, moves the clock to where the wait would have ended."""

    def __init__(self):
        selectors.SelectSelector.__init__(self)
        self.now = 0.0

    def select(self, timeout=None):
        ready = selectors.SelectSelector.select(self, 0.0)
        if not ready and timeout is not None:
            self.now += timeout
        elif not ready:
            time.sleep(0.001)  # something outside must happen first
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds pass only when nothing else is to be done."""

    def __init__(self):
        self._virtual = _VirtualSelector()
        asyncio.SelectorEventLoop.__init__(self, self._virtual)

    def time(self) -> float:
        return self._virtual.now


def run_virtual(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(make())
