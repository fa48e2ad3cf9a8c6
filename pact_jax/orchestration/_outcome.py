"""How a call of an agent ends: a value of one of three kinds, never an exception, never a bare NaN."""

import enum
from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


class FailureReason(enum.Enum):
    """Why an agent has no answer; the list is closed."""

    RAISED = "RAISED"
    """It raised."""
    NOT_FINITE = "NOT_FINITE"
    """It answered with a NaN or an infinity."""
    WRONG_SHAPE = "WRONG_SHAPE"
    """It answered with another structure, shape or precision than was asked for."""
    LATE = "LATE"
    """It had not answered when its share of the deadline ended."""
    BREAKER_OPEN = "BREAKER_OPEN"
    """It failed too often to be called now."""
    BUSY = "BUSY"
    """No compute thread was free and the queue was full."""
    INPUT_FAILED = "INPUT_FAILED"
    """What it needs from another stage was not there."""


@dataclass(frozen=True)
class Ok(Generic[T_co]):
    """A checked answer.

    Attributes:
        value: finite, of the right shape, computed to the end.
        seconds: it took.
    """

    value: T_co
    seconds: float


@dataclass(frozen=True)
class Degraded(Generic[T_co]):
    """A checked answer that carries warnings.

    Attributes:
        value: finite, of the right shape, computed to the end.
        seconds: it took.
        flags: codes of what is wrong with it.
    """

    value: T_co
    seconds: float
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Failed:
    """No answer.

    Attributes:
        reason: why.
        seconds: until that was known.
        detail: type of the exception, or what was expected and found; never its message, which may name clients.
    """

    reason: FailureReason
    seconds: float
    detail: str = ""


Outcome = Ok[T_co] | Degraded[T_co] | Failed
"""What crosses the boundary."""
