"""From the command line to the first answer: a new process with an empty and with a filled cache of programs.

`run(smoke)` returns rows {name, size, ours_s, ...}: seconds from the start of `pact assess` on the shipped desk, the
interpreter and all imports included, to the score and to the whole report without views. There is no peer: the
stated limits are 15 s with an empty cache and 5 s with a filled one.
"""

import math
import os
import subprocess
import sys
import tempfile
import time

_LIMIT_S = {"empty": 15.0, "filled": 5.0}


def run(smoke: bool) -> list[dict]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for cache in ("empty",) if smoke else ("empty", "filled"):
            score, report = _times(folder, smoke)
            rows += [
                _row(f"`pact assess`, {cache} cache, to the score", score, _LIMIT_S[cache]),
                _row(f"`pact assess --no-views`, {cache} cache, to the whole report", report, None),
            ]
    return rows


def _times(folder: str, smoke: bool) -> tuple[float, float]:
    """Seconds to the line that tells the score, and to the end."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "XLA_"))}
    words = ["-c", "from pact_jax.cli import main; main()", "assess", "--no-views"]
    started, score = time.perf_counter(), float("nan")
    with subprocess.Popen(
        [sys.executable, *words, *(("--scenarios", "512") if smoke else ())],
        env=own | {"XDG_CACHE_HOME": folder},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stderr or ():
            if "] score" in line and math.isnan(score):
                score = time.perf_counter() - started
    if process.returncode or math.isnan(score):
        raise RuntimeError(f"pact assess ended with {process.returncode} and no score")
    return score, time.perf_counter() - started


def _row(name: str, seconds: float, limit: float | None) -> dict:
    return {
        "name": name,
        "size": 243,
        "ours_s": seconds,
        "peer": "stated limit" if limit else "",
        "peer_s": limit,
        "ratio": limit / seconds if limit else None,
        "accuracy": None,
        "compile_s": None,
    }
