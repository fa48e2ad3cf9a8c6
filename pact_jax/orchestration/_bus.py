"""In-process bus: topics, bounded queues, metrics, and acknowledgement where a message must not be lost."""

import time
from collections.abc import Callable
from typing import Any

from pact_jax.errors import ArgumentError, UnknownName

from ._subscription import Subscription
from ._topic import Counters, M, Topic, TopicMetrics


class BusFull(Exception):
    """A subscriber that must get every message has no room for it; the publisher decides what to do."""


class Bus:
    """Publishes to every subscriber of a topic. Belongs to one event loop.

    Args:
        clock: seconds of a monotonic clock.
        redeliver_after: seconds after which an unacknowledged message may be handed out again.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, redeliver_after: float = 5.0):
        self._clock, self._redeliver_after = clock, redeliver_after
        self._topics: dict[str, _Channel] = {}

    def subscribe(self, topic: Topic[M]) -> "Subscription[M]":
        """Adds a subscriber that gets every later message.

        Args:
            topic: to listen to.

        Returns:
            The subscriber's queue.
        """
        channel = self._channel(topic)
        subscription = Subscription(topic, channel.counters, self._clock, self._redeliver_after)
        channel.subscriptions.append(subscription)
        return subscription

    def publish(self, topic: Topic[M], message: M) -> int:
        """Hands a message to every subscriber; never waits.

        Args:
            topic: to publish on.
            message: of the topic's type.

        Returns:
            Number of the message.

        Raises:
            ArgumentError: a message of another type.
            BusFull: an acknowledged topic whose subscriber has no room; nobody got the message.
        """
        if not isinstance(message, topic.message):
            raise ArgumentError(
                f"{type(message).__name__} on topic {topic.name!r}", "Bus.publish", f"send a {topic.message.__name__}"
            )
        channel = self._channel(topic)
        if topic.acknowledged and any(not each.has_room for each in channel.subscriptions):
            raise BusFull(topic.name)
        number = channel.counters.published
        channel.counters.published += 1
        for each in channel.subscriptions:
            each.put(number, message)
        return number

    def metrics(self, topic: Topic[M] | str) -> TopicMetrics:
        """Counters of one topic.

        Args:
            topic: or its name.

        Returns:
            The counters now.

        Raises:
            UnknownName: nobody has used it yet.
        """
        name = topic if isinstance(topic, str) else topic.name
        if name not in self._topics:
            raise UnknownName(name, self._topics, kind="topic")
        channel = self._topics[name]
        return channel.counters.metrics(sum(each.waiting for each in channel.subscriptions))

    @property
    def topics(self) -> tuple[str, ...]:
        """Names of the topics in use."""
        return tuple(self._topics)

    def _channel(self, topic: Topic[M]) -> "_Channel":
        channel = self._topics.setdefault(topic.name, _Channel(topic))
        if channel.topic != topic:
            raise ArgumentError(f"topic {topic.name!r} was declared otherwise", "Bus", "declare a topic once")
        return channel


class _Channel:
    def __init__(self, topic: Topic[Any]):
        self.topic = topic
        self.counters = Counters()
        self.subscriptions: list[Subscription[Any]] = []
