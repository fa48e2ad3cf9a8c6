"""Topics of the bus, what is delivered on them and what is counted."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

M = TypeVar("M")

_LATENCIES: Final = 1024


@dataclass(frozen=True)
class Topic(Generic[M]):
    """A channel for messages of one type.

    Attributes:
        name: of the channel.
        message: type of its messages.
        capacity: messages that wait for one subscriber.
        acknowledged: whether a message is delivered again until it is acknowledged. Otherwise the oldest waiting
            message gives way to a new one, and is counted as dropped.
    """

    name: str
    message: type[M]
    capacity: int = 1024
    acknowledged: bool = False


@dataclass(frozen=True)
class Delivery(Generic[M]):
    """A message in the hands of a subscriber.

    Attributes:
        number: of the message in its topic, from 0; the same at every delivery, so that duplicates can be told.
        message: itself.
        attempt: 1 at the first delivery.
    """

    number: int
    message: M
    attempt: int


@dataclass(frozen=True)
class TopicMetrics:
    """What happened on a topic.

    Attributes:
        published: messages accepted.
        processed: deliveries that were finished (acknowledged, where the topic asks for it).
        redelivered: deliveries that were handed out again.
        dropped: messages that gave way.
        failed: deliveries that the subscriber gave back.
        waiting: messages that no subscriber has finished.
        latency_p50: seconds from publishing to the finish; NaN if none was finished.
        latency_p99: the same, 99 %.
        error_rate: failed over finished and failed; 0 if nothing happened.
    """

    published: int
    processed: int
    redelivered: int
    dropped: int
    failed: int
    waiting: int
    latency_p50: float
    latency_p99: float
    error_rate: float


@dataclass(eq=False)
class Item(Generic[M]):
    """A message in one subscriber's queue."""

    number: int
    message: M
    published_at: float
    attempts: int = 0
    handed_at: float = 0.0


@dataclass(eq=False)
class Counters:
    """What one topic counts."""

    published: int = 0
    processed: int = 0
    redelivered: int = 0
    dropped: int = 0
    failed: int = 0
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=_LATENCIES))

    def finish(self, latency: float) -> None:
        """Counts a finished delivery."""
        self.processed += 1
        self.latencies.append(latency)

    def metrics(self, waiting: int) -> TopicMetrics:
        """The counters as they stand."""
        ended = self.processed + self.failed
        return TopicMetrics(
            self.published,
            self.processed,
            self.redelivered,
            self.dropped,
            self.failed,
            waiting,
            self._latency(0.5),
            self._latency(0.99),
            self.failed / ended if ended else 0.0,
        )

    def _latency(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
