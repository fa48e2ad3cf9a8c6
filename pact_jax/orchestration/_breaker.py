"""Circuit breaker: an agent that keeps failing is not called again until it has had time to recover."""

import enum
from collections import deque
from dataclasses import dataclass
from typing import Final


class BreakerState(enum.Enum):
    """State of a breaker."""

    CLOSED = "closed"
    """Calls pass."""
    OPEN = "open"
    """Calls are refused."""
    HALF_OPEN = "half_open"
    """One call is on its way as a probe; the others are refused."""


@dataclass(frozen=True)
class BreakerRule:
    """When a breaker opens and when it tries again.

    Attributes:
        failures: it opens at this many failures ...
        window: ... among this many last calls.
        cooldown: seconds until one probe is let through.
    """

    failures: int = 3
    window: int = 10
    cooldown: float = 1.0


DEFAULT_RULE: Final = BreakerRule()


@dataclass(frozen=True)
class Transition:
    """A change of state, for the audit record.

    Attributes:
        before: state before.
        after: state after.
    """

    before: BreakerState
    after: BreakerState


class Breaker:
    """Counts an agent's failures; a pure function of its calls and of the times that it is given.

    Args:
        rule: when to open and to try again.

    Example:
        >>> breaker = Breaker(BreakerRule(failures=1))
        >>> breaker.record(False, now=0.0)
        Transition(before=<BreakerState.CLOSED: 'closed'>, after=<BreakerState.OPEN: 'open'>)
        >>> breaker.allows(now=0.5), breaker.allows(now=1.0)
        (False, True)
    """

    def __init__(self, rule: BreakerRule = DEFAULT_RULE):
        self._rule = rule
        self._last: deque[bool] = deque(maxlen=rule.window)
        self._state = BreakerState.CLOSED
        self._opened = 0.0

    @property
    def state(self) -> BreakerState:
        """State after the last call."""
        return self._state

    def allows(self, now: float) -> bool:
        """Whether a call may pass; in the half-open state exactly one does.

        Args:
            now: seconds of a monotonic clock.
        """
        if self._state is BreakerState.OPEN and now - self._opened >= self._rule.cooldown:
            self._state = BreakerState.HALF_OPEN
            return True
        return self._state is BreakerState.CLOSED

    def record(self, succeeded: bool, now: float) -> Transition | None:
        """Counts the end of a call that was allowed.

        Args:
            succeeded: whether it gave a checked answer.
            now: seconds of a monotonic clock.

        Returns:
            The change of state, if there was one.
        """
        before = self._state
        self._last.append(succeeded)
        if before is BreakerState.HALF_OPEN:
            self._state = BreakerState.CLOSED if succeeded else BreakerState.OPEN
        elif before is BreakerState.CLOSED and self._last.count(False) >= self._rule.failures:
            self._state = BreakerState.OPEN
        if self._state is before:
            return None
        self._opened = now
        self._last.clear()
        return Transition(before, self._state)
