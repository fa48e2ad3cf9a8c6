"""The boundary around one agent's call: run it to the end on a thread, check what comes back, by a deadline."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, PyTree

from ._outcome import Failed, FailureReason, Ok, Outcome
from ._pool import Pool, PoolBusy, Raised

T = TypeVar("T")


@dataclass(frozen=True)
class Shape:
    """Structure, shapes and precisions that an answer must have.

    Attributes:
        tree: of `jax.ShapeDtypeStruct`, from `expected_shape`.
    """

    tree: PyTree

    def zeros(self) -> PyTree:
        """An answer of this shape that says nothing: what the consensus masks where an agent is missing.

        It must be alike even in weak typing: otherwise the first failure would compile the consensus anew.
        """
        return jax.tree.map(_blank, self.tree)


def _blank(leaf: jax.ShapeDtypeStruct) -> Any:
    if not leaf.weak_type:
        return np.zeros(leaf.shape, leaf.dtype)
    # Only an array made from a bare Python number is weakly typed.
    return jnp.full(leaf.shape, 0.0 if jnp.issubdtype(leaf.dtype, jnp.inexact) else 0)


class ShapeBook:
    """Shapes of answers by the shapes of what was asked; tracing a function for each call would cost the deadline."""

    def __init__(self) -> None:
        self._known: dict[Any, Shape] = {}

    def expected(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> Shape:
        """Shape of what a function answers, without computing it.

        Args:
            function: the agent's own, not a replacement.
            arguments: arrays that it would be called with.

        Returns:
            The shape, remembered.
        """
        leaves, structure = jax.tree.flatten(arguments)
        key = (function, structure, tuple((np.shape(leaf), jnp.result_type(leaf)) for leaf in leaves))
        if key not in self._known:
            self._known[key] = Shape(jax.eval_shape(function, *arguments))
        return self._known[key]


@dataclass(frozen=True)
class Call(Generic[T]):
    """One phase of one agent.

    Attributes:
        function: what is called.
        compiled: our own agent of that phase, whose shape the answer must have.
        arguments: gives the arrays; called on the compute thread, because only there the precision is right.
    """

    function: Callable[..., T]
    compiled: Callable[..., T]
    arguments: Callable[[], tuple[Any, ...]]


async def call_agent(call: Call[T], shapes: ShapeBook, pool: Pool, seconds: float) -> Outcome[T]:
    """Calls an agent; whatever it does, an `Outcome` comes back in time.

    Args:
        call: what to call.
        shapes: shapes of answers.
        pool: threads to run on.
        seconds: its share of the deadline.

    Returns:
        A checked answer, or why there is none.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()

    def failed(reason: FailureReason, detail: str = "") -> Failed:
        return Failed(reason, loop.time() - start, detail)

    if seconds <= 0.0:
        return failed(FailureReason.LATE)

    def compute() -> tuple[T, Failed | None]:
        arguments = call.arguments()
        # Dispatch is asynchronous: an error would otherwise surface wherever the arrays are first looked at.
        answer = jax.block_until_ready(call.function(*arguments))
        return answer, check_answer(answer, shapes.expected(call.compiled, arguments))

    try:
        result = await pool.run(compute, seconds)
    except TimeoutError:
        return failed(FailureReason.LATE)
    except PoolBusy:
        return failed(FailureReason.BUSY)
    if isinstance(result, Raised):
        return failed(FailureReason.RAISED, type(result.error).__name__)
    answer, wrong = result.value
    return failed(wrong.reason, wrong.detail) if wrong else Ok(answer, loop.time() - start)


def check_answer(answer: PyTree, shape: Shape) -> Failed | None:
    """Structure, shapes, precision, and that every floating number is finite.

    Args:
        answer: arrays, computed to the end.
        shape: what was asked for.

    Returns:
        None if the answer is good.
    """
    if jax.tree.structure(answer) != jax.tree.structure(shape.tree):
        return Failed(FailureReason.WRONG_SHAPE, 0.0, "structure")
    for found, expected in zip(jax.tree.leaves(answer), jax.tree.leaves(shape.tree), strict=True):
        if np.shape(found) != expected.shape or jnp.result_type(found) != expected.dtype:
            detail = f"{jnp.result_type(found)}{list(np.shape(found))} for {expected.dtype}{list(expected.shape)}"
            return Failed(FailureReason.WRONG_SHAPE, 0.0, detail)
    return None if bool(all_finite(answer)) else Failed(FailureReason.NOT_FINITE, 0.0)


@jax.jit
def all_finite(tree: PyTree) -> Bool[Array, ""]:
    """Whether every floating number of a tree is finite, on the device where the numbers are."""
    checks = [jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    return jnp.all(jnp.stack(checks)) if checks else jnp.asarray(True)
