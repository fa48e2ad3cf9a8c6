"""Standard normals by counter: against `jax.random.normal` and NumPy's generator, at equal precision.

`run(smoke)` returns rows {name, size, ours_s, peer, peer_s, ratio, accuracy, compile_s}. Accuracy is the largest
relative error of our numbers as quantiles of their own bits, against mpmath in 30 digits on a sample; the peers draw
other numbers, so that there is nothing to compare. Ours and the peers take turns. NumPy's generator runs on one core.
"""

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from pact_jax._program import program
from pact_jax.sampling import Stream, counter_normals, to_normal, words_of

COLUMNS = 100
SAMPLE = 300


def run(smoke: bool) -> list[dict]:
    scenarios, repeats = (200, 3) if smoke else (10_000, 31)
    with jax.enable_x64(True):
        return [row for dtype in (jnp.float32, jnp.float64) for row in _rows(scenarios, repeats, jnp.dtype(dtype))]


def _rows(scenarios: int, repeats: int, dtype: jnp.dtype) -> list[dict]:
    seed, index, key = jnp.asarray(7), jnp.arange(scenarios, dtype=jnp.uint32), jax.random.key(7)
    # As in an assessment, where this is part of a program.
    draw = program(lambda seed, index: counter_normals(seed, Stream.MARKET, index, COLUMNS, dtype=dtype))
    theirs = jax.jit(lambda key: jax.random.normal(key, (scenarios, COLUMNS), dtype))
    generator = np.random.default_rng(7)
    sides: tuple[Callable[[], object], ...] = (
        lambda: draw(seed, index),
        lambda: theirs(key),
        lambda: generator.standard_normal(scenarios * COLUMNS, dtype=dtype),
    )
    first, seconds = _take_turns(sides, repeats)
    accuracy = _accuracy(seed, index, dtype)
    name = f"{scenarios * COLUMNS:,} standard normals, {dtype.name}"
    return [
        {
            "name": name,
            "size": scenarios * COLUMNS,
            "ours_s": seconds[0],
            "peer": peer,
            "peer_s": peer_s,
            "ratio": peer_s / seconds[0],
            "accuracy": accuracy,
            "compile_s": max(first - seconds[0], 0.0),
        }
        for peer, peer_s in zip(("jax.random.normal", "numpy Generator"), seconds[1:], strict=True)
    ]


def _take_turns(sides: tuple[Callable[[], object], ...], repeats: int) -> tuple[float, list[float]]:
    """Time of our first call, and the median of each side."""
    first = [_seconds(side) for side in sides][0]
    samples = [[_seconds(side) for side in sides] for _ in range(repeats)]
    return first, [statistics.median(column) for column in zip(*samples, strict=True)]


def _seconds(side: Callable[[], object]) -> float:
    begin = time.perf_counter()
    jax.block_until_ready(side())
    return time.perf_counter() - begin


def _accuracy(seed: jax.Array, index: jax.Array, dtype: jnp.dtype) -> float:
    import mpmath

    words = words_of(seed, Stream.MARKET, index[:, None], jnp.arange(2, dtype=jnp.uint32)[None, :])
    high, low = (np.asarray(word).ravel()[:SAMPLE].tolist() for word in words)
    ours = np.asarray(jax.jit(to_normal, static_argnums=1)(words, dtype), float).ravel()[:SAMPLE]
    worst = 0.0
    with mpmath.workdps(30):
        for a, b, z in zip(high, low, ours.tolist(), strict=True):
            if dtype == jnp.float64:
                cell = (((a << 32) | b) >> 12) + mpmath.mpf("0.5")
                tail = min(cell / 2**52, 1 - cell / 2**52)
            else:
                # What float32 makes of the word is the number whose quantile is meant.
                tail = mpmath.mpf(float(np.minimum((np.float32(a) + np.float32(0.5)) * np.float32(2.0**-33), 0.5)))
            x = -abs(mpmath.mpf(z))
            # One Newton step doubles the digits of a number that is nearly right.
            worst = max(worst, abs(float((mpmath.ncdf(x) - tail) / mpmath.npdf(x) / x)))
    return worst
