"""Exact VaR and ES of a million losses, and the bootstrap bound: against sorting in JAX and selecting in NumPy.

`run(smoke)` returns rows {name, size, ours_s, peer, peer_s, ratio, accuracy, compile_s}. The peers return the same two
numbers; accuracy is the largest relative difference of the ES, and the VaR has to agree to the bit.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from pact_jax import measures

LEVEL = 0.975


def run(smoke: bool) -> list[dict]:
    size = 20_000 if smoke else 1_000_000
    repeats = 3 if smoke else 9
    rows = []
    with jax.enable_x64(True):
        for dtype in (np.float32, np.float64):
            loss = np.random.default_rng(0).standard_t(4, size).astype(dtype)
            rows += _tail_rows(loss, repeats)
        rows.append(_bound_row(2_000 if smoke else 10_000, 50 if smoke else 500, repeats))
    return rows


def _tail_rows(loss: np.ndarray, repeats: int) -> list[dict]:
    level, array = jnp.asarray(LEVEL), jnp.asarray(loss)
    name = f"VaR and ES of {loss.size:,} losses, {loss.dtype}"
    ours_s, compile_s, ours = _timed(jax.jit(_ours), array, level, repeats=repeats)
    rows = []
    for peer, function, argument in (
        ("jnp.sort", jax.jit(_sorted), array),
        ("np.partition", _partitioned, loss),
    ):
        peer_s, _, (var, es) = _timed(function, argument, repeats=max(repeats // 3, 3))
        if float(ours[0]) != float(var):
            raise AssertionError(f"{name}: VaR {float(ours[0])!r}, {peer} {float(var)!r}")
        rows.append(_row(name, loss.size, ours_s, peer, peer_s, abs(float(ours[1]) / float(es) - 1.0), compile_s))
    return rows


def _bound_row(size: int, resamples: int, repeats: int) -> dict:
    loss = np.random.default_rng(1).standard_t(4, size)
    ours = jax.jit(lambda x, key: measures.upper_bound(x, None, LEVEL, key=key, resamples=resamples))
    ours_s, compile_s, bound = _timed(ours, jnp.asarray(loss), jax.random.key(0), repeats=repeats)
    peer_s, _, reference = _timed(lambda x: _numpy_bound(x, resamples), loss, repeats=1)
    accuracy = abs(float(bound.value) / reference - 1.0)
    name = f"studentised bound of the ES, {resamples} resamples"
    return _row(name, size, ours_s, "NumPy, resample all and partition", peer_s, accuracy, compile_s)


def _ours(loss: jax.Array, level: jax.Array) -> tuple[jax.Array, jax.Array]:
    both = measures.tail_measures(loss, None, level)
    return both.value_at_risk, both.expected_shortfall


def _sorted(loss: jax.Array) -> tuple[jax.Array, jax.Array]:
    count = round(loss.size * (1 - LEVEL))
    ranked = jnp.sort(loss)
    return ranked[-count - 1], jnp.mean(ranked[-count:])


def _partitioned(loss: np.ndarray) -> tuple[float, float]:
    count = round(loss.size * (1 - LEVEL))
    ranked = np.partition(loss, loss.size - count - 1)
    return ranked[-count - 1], ranked[-count:].mean(dtype=np.float64)


def _numpy_bound(loss: np.ndarray, resamples: int) -> float:
    rng, size = np.random.default_rng(2), loss.size
    count = round(size * (1 - LEVEL))

    def both(x: np.ndarray) -> tuple[float, float]:
        ranked = np.partition(x, size - count - 1)[-count - 1 :]
        excess = (ranked - ranked[0]) / (1 - LEVEL)
        variance = (excess**2).sum() / size - (excess.sum() / size) ** 2
        return ranked[1:].mean(), np.sqrt(variance / size)

    es, error = both(loss)
    samples = [both(loss[rng.integers(0, size, size)]) for _ in range(resamples)]
    return es - np.quantile([(e - es) / s for e, s in samples], 0.05) * error


def _timed(function: Callable, *arguments, repeats: int) -> tuple[float, float, object]:
    """Median run time, time of the first call beyond it (tracing and compiling), result."""
    begin = time.perf_counter()
    result = jax.block_until_ready(function(*arguments))
    first = time.perf_counter() - begin
    samples = []
    for _ in range(repeats):
        begin = time.perf_counter()
        jax.block_until_ready(function(*arguments))
        samples.append(time.perf_counter() - begin)
    median = statistics.median(samples)
    return median, max(first - median, 0.0), result


def _row(name, size, ours_s, peer, peer_s, accuracy, compile_s) -> dict:
    return {
        "name": name,
        "size": size,
        "ours_s": ours_s,
        "peer": peer,
        "peer_s": peer_s,
        "ratio": peer_s / ours_s,
        "accuracy": accuracy,
        "compile_s": compile_s,
    }


if __name__ == "__main__":
    print(json.dumps(run("--smoke" in sys.argv), indent=1))
