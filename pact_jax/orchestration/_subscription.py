"""One subscriber's queue on the bus."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic

from ._topic import Counters, Delivery, M, Topic


@dataclass(eq=False)
class Item(Generic[M]):
    """A message in one subscriber's queue."""

    number: int
    message: M
    published_at: float
    attempts: int = 0
    handed_at: float = 0.0


class Subscription(Generic[M]):
    """One subscriber's queue; made by `Bus.subscribe`."""

    def __init__(self, topic: Topic[M], counters: Counters, clock: Callable[[], float], redeliver_after: float):
        self._topic, self._counters, self._clock = topic, counters, clock
        self._redeliver_after = redeliver_after
        self._ready: deque[Item[M]] = deque()
        self._handed: dict[int, Item[M]] = {}
        self._arrived = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Messages that are not finished."""
        return len(self._ready) + len(self._handed)

    @property
    def has_room(self) -> bool:
        """Whether another message fits."""
        return self.waiting < self._topic.capacity

    def put(self, number: int, message: M) -> None:
        """Queues a message; used by the bus."""
        if not self.has_room:
            # Only a topic without acknowledgement gets here: its queue holds what was never handed out.
            self._ready.popleft()
            self._counters.dropped += 1
        self._ready.append(Item(number, message, self._clock()))
        self._arrived.set()

    async def get(self) -> Delivery[M]:
        """Waits for the next message, or for one that was handed out and not acknowledged in time.

        Returns:
            The message; on an acknowledged topic, to be finished by `acknowledge` or `give_back`.
        """
        while (item := self._next()) is None:
            self._arrived.clear()
            try:
                async with asyncio.timeout(self._until_redelivery()):
                    await self._arrived.wait()
            except TimeoutError:
                pass
        item.attempts += 1
        item.handed_at = self._clock()
        if self._topic.acknowledged:
            self._handed[item.number] = item
        else:
            self._counters.finish(item.handed_at - item.published_at)
        return Delivery(item.number, item.message, item.attempts)

    def acknowledge(self, delivery: Delivery[M]) -> bool:
        """Finishes a message.

        Args:
            delivery: as it was handed out.

        Returns:
            False if it was finished before; nothing is counted twice.
        """
        item = self._handed.pop(delivery.number, None)
        if item is None:
            item = next((each for each in self._ready if each.number == delivery.number and each.attempts), None)
            if item is None:
                return False
            self._ready.remove(item)
        self._counters.finish(self._clock() - item.published_at)
        return True

    def give_back(self, delivery: Delivery[M]) -> None:
        """Returns a message that could not be handled; it is delivered again.

        Args:
            delivery: as it was handed out.
        """
        item = self._handed.pop(delivery.number, None)
        if item is not None:
            self._counters.failed += 1
            self._counters.redelivered += 1
            self._ready.append(item)
            self._arrived.set()

    async def __aiter__(self) -> AsyncIterator[Delivery[M]]:
        while True:
            yield await self.get()

    def _next(self) -> Item[M] | None:
        now = self._clock()
        for number, item in self._handed.items():
            if now - item.handed_at >= self._redeliver_after:
                del self._handed[number]
                self._counters.redelivered += 1
                return item
        return self._ready.popleft() if self._ready else None

    def _until_redelivery(self) -> float | None:
        if not self._handed:
            return None
        first = min(item.handed_at for item in self._handed.values())
        return max(0.0, first + self._redeliver_after - self._clock())
