"""The bus: order, bounds, counters, and no acknowledged message lost."""

import asyncio
import random

import pytest

from pact_jax.errors import ArgumentError, UnknownName
from pact_jax.orchestration import Bus, BusFull, Topic

from . import faults

TICKS = Topic("ticks", int, capacity=3)
ALERTS = Topic("alerts", str, capacity=4, acknowledged=True)


def on_bus(story):
    async def go():
        return await story(Bus(clock=asyncio.get_running_loop().time))

    return faults.run_virtual(go)


def test_every_subscriber_gets_every_message_in_order():
    async def story(bus):
        first, second = bus.subscribe(TICKS), bus.subscribe(TICKS)
        for number in range(3):
            assert bus.publish(TICKS, number) == number
        return [[(await each.get()).message for _ in range(3)] for each in (first, second)]

    assert on_bus(story) == [[0, 1, 2], [0, 1, 2]]


def test_bounded_queue_drops_the_oldest_and_counts_it():
    async def story(bus):
        reader = bus.subscribe(TICKS)
        for number in range(5):
            bus.publish(TICKS, number)
        got = [(await reader.get()).message for _ in range(3)]
        return got, bus.metrics(TICKS)

    got, metrics = on_bus(story)
    assert got == [2, 3, 4]
    assert (metrics.published, metrics.processed, metrics.dropped, metrics.waiting) == (5, 3, 2, 0)


def test_a_full_alert_queue_refuses_instead_of_losing():
    async def story(bus):
        reader, slow = bus.subscribe(ALERTS), bus.subscribe(ALERTS)
        for number in range(4):
            bus.publish(ALERTS, f"a{number}")
        for _ in range(4):
            reader.acknowledge(await reader.get())
        with pytest.raises(BusFull):
            bus.publish(ALERTS, "a4")
        assert reader.waiting == 0 and slow.waiting == 4  # nobody got it
        slow.acknowledge(await slow.get())
        assert bus.publish(ALERTS, "a4") == 4

    on_bus(story)


def test_unacknowledged_is_delivered_again_with_the_same_number():
    async def story(bus):
        reader = bus.subscribe(ALERTS)
        bus.publish(ALERTS, "breach")
        first = await reader.get()
        again = await asyncio.wait_for(reader.get(), 5.1)
        assert (first.number, first.attempt, again.number, again.attempt) == (0, 1, 0, 2)
        assert reader.acknowledge(first) and not reader.acknowledge(again)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.get(), 100.0)
        return bus.metrics("alerts")

    metrics = on_bus(story)
    assert (metrics.processed, metrics.redelivered, metrics.waiting) == (1, 1, 0)
    assert metrics.latency_p50 == metrics.latency_p99 == 5.0


def test_given_back_counts_as_error_and_returns():
    async def story(bus):
        reader = bus.subscribe(ALERTS)
        bus.publish(ALERTS, "breach")
        reader.give_back(await reader.get())
        again = await reader.get()
        reader.give_back(again)
        assert reader.acknowledge(again)  # even a message that waits again can be finished
        return bus.metrics(ALERTS)

    metrics = on_bus(story)
    assert (metrics.failed, metrics.processed, metrics.waiting) == (2, 1, 0)
    assert metrics.error_rate == pytest.approx(2 / 3)


@pytest.mark.parametrize("seed", range(8))
def test_no_alert_is_lost_by_a_consumer_that_keeps_dying(seed):
    generator = random.Random(seed)

    async def story(bus):
        reader, seen = bus.subscribe(Topic("alerts", str, 500, True)), {}

        async def consume():
            async for delivery in reader:
                if generator.random() < 0.4:
                    continue  # dies with the message in its hands
                await asyncio.sleep(generator.random() * 8.0)  # may be slower than the redelivery
                seen[delivery.number] = delivery.message
                reader.acknowledge(delivery)

        task = asyncio.create_task(consume())
        for number in range(40):
            bus.publish(Topic("alerts", str, 500, True), f"a{number}")
            await asyncio.sleep(generator.random())
        while reader.waiting:
            await asyncio.sleep(10.0)
        task.cancel()
        return seen, bus.metrics("alerts")

    seen, metrics = on_bus(story)
    assert seen == {number: f"a{number}" for number in range(40)}
    assert metrics.processed == metrics.published == 40


def test_misuse_is_refused():
    async def story(bus):
        with pytest.raises(UnknownName):
            bus.metrics("ticks")
        with pytest.raises(ArgumentError, match="int"):
            bus.publish(TICKS, "three")
        bus.subscribe(TICKS)
        with pytest.raises(ArgumentError, match="otherwise"):
            bus.subscribe(Topic("ticks", int, capacity=9))
        assert bus.topics == ("ticks",)

    on_bus(story)
