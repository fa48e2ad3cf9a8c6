"""How long the stages behind the agents take, so that the agents' deadline leaves room for them."""

from collections import deque
from typing import Final

_KEPT: Final = 16
_MARGIN: Final = 1.25
_LARGEST_SHARE: Final = 0.6


class StageTimes:
    """The last durations of each stage.

    Example:
        >>> times = StageTimes()
        >>> times.add("report", 0.04)
        >>> times.reserve(("report",), budget=1.0)
        0.05
    """

    def __init__(self) -> None:
        self._seconds: dict[str, deque[float]] = {}

    def add(self, stage: str, seconds: float) -> None:
        """Remembers one duration."""
        self._seconds.setdefault(stage, deque(maxlen=_KEPT)).append(seconds)

    def forget(self) -> None:
        """Drops what was measured while compiling."""
        self._seconds.clear()

    def reserve(self, stages: tuple[str, ...], budget: float) -> float:
        """Seconds to keep free: the longest recent duration of each stage, a quarter more, never most of the budget.

        Args:
            stages: that are still to come.
            budget: seconds left.

        Returns:
            Seconds.
        """
        needed = _MARGIN * sum(max(self._seconds[stage]) for stage in stages if stage in self._seconds)
        return min(needed, _LARGEST_SHARE * budget)
