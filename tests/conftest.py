"""One numerical mode for the suite: double precision, no silent promotion of dtype or rank, warnings are errors."""

import contextlib
import ctypes
import gc
import os
from pathlib import Path

import hypothesis
import jax
import pytest

from pact_jax._program import forget_programs

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

if _cache := os.environ.get("PACT_TEST_CACHE"):
    jax.config.update("jax_compilation_cache_dir", _cache)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

# The first example compiles, so time per example means nothing; fixed examples make a red run repeatable.
hypothesis.settings.register_profile(
    "pact",
    deadline=None,
    derandomize=True,
    max_examples=25,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("pact")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if on_gpu and jax.default_backend() == "cpu":
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason="needs an accelerator; JAX sees only the CPU"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _log_skipped(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _log_skipped(report)


def _log_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Append the node id of what was skipped, so that CI can run it again where optional packages are installed."""
    log = os.environ.get("PACT_SKIPPED_LOG")
    if log and report.skipped:
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{report.nodeid}\n")


_MOST_MEMORY = 7 * 2**30


@pytest.fixture(autouse=True, scope="module")
def _forget_compiled_programs():
    """Compiled programs are never freed by themselves: a long run forgets them once a worker holds 7 GiB."""
    yield
    pages = Path("/proc/self/statm")
    if pages.exists() and int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") > _MOST_MEMORY:
        jax.clear_caches()
        forget_programs()
        gc.collect()
        # Without this the C library keeps what was freed, and every module after this one would forget again.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
