"""Compute threads: bounded, replaced when stuck, in the precision that was asked for, never holding the process."""

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from pact_jax.orchestration import ComputePool
from pact_jax.orchestration._pool import PoolBusy, Raised, Returned


def test_returns_and_raises():
    async def story():
        pool = ComputePool(2)
        good = await pool.run(lambda: 7, 5.0)
        bad = await pool.run(lambda: 1 // 0, 5.0)
        pool.close()
        return good, bad

    good, bad = asyncio.run(story())
    assert good == Returned(7)
    assert isinstance(bad, Raised) and isinstance(bad.error, ZeroDivisionError)


def test_stuck_threads_are_replaced_up_to_a_bound_and_come_back():
    release, ran = threading.Event(), []

    async def story():
        pool = ComputePool(2, max_threads=4, max_waiting=2)
        for expected in range(1, 5):
            with pytest.raises(TimeoutError):
                await pool.run(release.wait, 0.02)
            assert pool.stuck == expected
        with pytest.raises(TimeoutError):  # no thread is left: it waits, and is dropped unstarted
            await pool.run(lambda: ran.append("after it was given up"), 0.02)
        waiting = [asyncio.create_task(pool.run(lambda: 1, 1.0)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(PoolBusy):
            await pool.run(lambda: 1, 1.0)
        release.set()
        answers = await asyncio.gather(*waiting)
        for _ in range(200):
            if pool.stuck == 0:
                break
            await asyncio.sleep(0.01)
        assert pool.stuck == 0
        assert await pool.run(lambda: 2, 1.0) == Returned(2)
        pool.close()
        return answers

    before = threading.active_count()
    assert asyncio.run(story()) == [Returned(1), Returned(1)]
    assert not ran
    for _ in range(200):
        if threading.active_count() <= before:
            break
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_cancelled_caller_leaves_the_pool_usable():
    async def story():
        pool = ComputePool(1)
        task = asyncio.create_task(pool.run(lambda: time.sleep(0.05), 5.0))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        result = await pool.run(lambda: 3, 5.0)
        pool.close()
        return result

    assert asyncio.run(story()) == Returned(3)


_PROGRAM = """
import asyncio, time
import jax.numpy as jnp
from pact_jax.orchestration import ComputePool

async def story(double):
    result = await ComputePool(double=double).run(lambda: jnp.ones(1).dtype.name, 60.0)
    return result.value

assert asyncio.run(story(True)) == "float64"
assert asyncio.run(story(False)) == "float32"
assert jnp.ones(1).dtype.name == "float32"

async def stuck():
    try:
        await ComputePool().run(lambda: time.sleep(3600), 0.01)
    except TimeoutError:
        print("left behind")

asyncio.run(stuck())
"""


def test_precision_is_the_threads_own_and_a_stuck_thread_does_not_hold_the_process():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "left behind\n"), done.stderr
