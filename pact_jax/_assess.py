"""The host door: a snapshot in, a labelled report out."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ._pipeline import DEFAULT_CONFIDENCE, DEFAULT_LEVELS, Evaluation, Observed, RiskInputs, explain
from ._program import rehearse
from .assessment import (
    AssessmentReport,
    Findings,
    Generator,
    MonteCarlo,
    Uncertainty,
    Windowed,
    check_mode,
    compose_report,
    draw,
    find,
    hash_inputs,
    make_manifest,
    measure_uncertainty,
    noted,
    observe_by,
    reads_book,
    worst_scenarios,
)
from .errors import ArgumentError
from .revaluation import PortfolioBase, RevaluationMode, value_base
from .scenarios import ScenarioSet
from .snapshot import Prepared, Snapshot, prepare, prepare_factors

_MAX_HORIZON = 20

Tree = TypeVar("Tree")


def assess(
    snapshot: Snapshot,
    *,
    generator: Generator | None = None,
    horizon_days: int = 10,
    confidence: float = DEFAULT_CONFIDENCE,
    levels: tuple[float, ...] = DEFAULT_LEVELS,
    seed: int = 0,
    revaluation: RevaluationMode = RevaluationMode.FULL,
    float32: bool = False,
    num_worst: int = 0,
    progress: Callable[[str], None] | None = None,
) -> AssessmentReport:
    """Assesses a snapshot: one score with its bound, decision and an explanation that adds up exactly.

    `S = ES_c(L) / K` of the joint loss over the horizon; shocks are instantaneous (no ageing, carry or rebalancing).
    Runs in float64 inside its own precision context, whatever the process is set to.

    Args:
        snapshot: what is held and known.
        generator: `MonteCarlo(10_000)` by default; `Historical()` and the others of `pact_jax.assessment`.
        horizon_days: business days, 1 to 20; beyond, positions would have to age.
        confidence: quantile level of the score's expected shortfall.
        levels: quantile levels of the values at risk.
        seed: seed of every random number.
        revaluation: LADDER collapses the options of one underlying onto polynomials in spot, volatility and curve, and
            fixed payments onto a few dates, all in float32; it revalues in full every scenario that VaR, ES and the
            score rest on: they and all contributions are those of FULL, and measures of desks carry an error that the
            flags state. Where that is not close enough the whole book is revalued in full, and the flags say so.
        float32: run in float32 instead; said in the manifest.
        num_worst: how many of the worst scenarios to explain (0 for none: it costs a pass each).
        progress: told in words what comes next, such as `print`; a first run spends its time compiling.

    Returns:
        The report.

    Raises:
        ArgumentError: an argument is out of its range.
        PactError: the snapshot holds something that is not supported or a loss is not finite.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> assess(load_desk()).explain("agent")  # doctest: +SKIP
    """
    generator = MonteCarlo() if generator is None else generator
    check_arguments(horizon_days, confidence, levels, generator)
    check_mode(revaluation)
    tell = (lambda words: None) if progress is None else progress
    with precision(float32=float32), ThreadPoolExecutor(1, thread_name_prefix="host") as beside:
        ready = _make_ready(snapshot, generator, horizon_days, seed, float32, tell)
        prepared, inputs, scenarios = ready
        tell(f"valuing every position in {scenarios.num_scenarios:,} scenarios over {horizon_days} days")
        started = time.perf_counter()
        # What the host has to do by itself, it does in a thread while the device computes.
        digests = beside.submit(hash_inputs, snapshot, prepared, generator, horizon_days=horizon_days, seed=seed)
        book = prepared.inputs.portfolio
        observed, mode, remarks = observe_by(revaluation, inputs, book, scenarios, confidence, levels, tell)
        findings = beside.submit(_found, ready, observed.base, snapshot, float32)
        tell(f"score {float(observed.score):.4f}; measuring its error and explaining it")
        rehearse(_explained, inputs, scenarios, observed, confidence, levels, horizon_days)
        evaluation, uncertainty = _explained(inputs, scenarios, observed, confidence, levels, horizon_days)
        jax.block_until_ready((evaluation, uncertainty))
        manifest = make_manifest(
            snapshot,
            prepared,
            generator,
            seed=seed,
            confidence=confidence,
            horizon_days=horizon_days,
            dtype=str(scenarios.weight.dtype),
            seconds=time.perf_counter() - started,
            revaluation=mode.value,
            digests=digests.result(),
        )
        tell("composing the report")
        worst = _worst(ready, evaluation, generator, horizon_days, num_worst)
        return compose_report(
            snapshot,
            prepared,
            findings.result(),
            scenarios,
            evaluation,
            uncertainty,
            manifest,
            levels=levels,
            worst=worst,
            remarks=remarks,
        )


class _Ready(NamedTuple):
    """A snapshot as arrays, on the host and on the device, with its scenarios."""

    prepared: Prepared
    inputs: RiskInputs
    scenarios: ScenarioSet


def _make_ready(
    snapshot: Snapshot,
    generator: Generator,
    horizon_days: int,
    seed: int,
    float32: bool,
    tell: Callable[[str], None],
) -> _Ready:
    """Prepares a snapshot. The device draws while the host prepares positions, unless the generator looks at them."""
    dtype = jnp.float32 if float32 else jnp.float64
    factors = prepare_factors(snapshot, horizon_days=horizon_days)
    make = partial(draw, generator, factors, to_device(factors.market, dtype), horizon_days=horizon_days, seed=seed)
    tell(f"making scenarios: {generator!r}")
    early = None if reads_book(generator) else make()
    tell(f"preparing {len(snapshot.positions):,} positions")
    prepared = prepare(snapshot, horizon_days=horizon_days, factors=factors)
    inputs = to_device(prepared.inputs, dtype)
    rehearse(value_base, inputs.portfolio, inputs.market)
    drawn = make(portfolio=inputs.portfolio) if early is None else early
    return _Ready(noted(prepared, drawn), inputs, drawn.scenarios)


def _found(ready: _Ready, base: PortfolioBase, snapshot: Snapshot, float32: bool) -> Findings:
    with precision(float32=float32):  # of this thread
        return find(ready.inputs, base, ready.prepared.labels, snapshot)


def _worst(ready: _Ready, evaluation: Evaluation, generator: Generator, horizon_days: int, count: int) -> pd.DataFrame:
    dates = ready.prepared.factors.dates if isinstance(generator, Windowed) else None
    return worst_scenarios(
        ready.inputs, ready.scenarios, evaluation, dates=dates, horizon_days=horizon_days, count=count
    )


def _explained(
    inputs: RiskInputs,
    scenarios: ScenarioSet,
    observed: Observed,
    confidence: float,
    levels: tuple[float, ...],
    horizon_days: int,
) -> tuple[Evaluation, Uncertainty]:
    # The errors first: the device measures them while the tail is cut up for the cores.
    uncertainty = measure_uncertainty(observed.joint, scenarios, confidence, levels, horizon_days)
    return explain(inputs, scenarios, observed), uncertainty


@contextmanager
def precision(*, float32: bool) -> Iterator[None]:
    """The precision that host doors compute in: float64 unless float32 is asked for; local to the thread."""
    with jax.enable_x64(not float32):
        yield


def to_device(prepared: Tree, dtype: jnp.dtype) -> Tree:
    """Prepared arrays on the device, all in one transfer; floating ones in the precision of the run."""

    def cast(leaf: np.ndarray) -> np.ndarray:
        array = np.asarray(leaf)
        return array.astype(dtype, copy=False) if np.issubdtype(array.dtype, np.floating) else array

    return jax.device_put(jax.tree.map(cast, prepared))


def check_arguments(horizon_days: int, confidence: float, levels: tuple[float, ...], generator: Generator) -> None:
    """Refuses arguments outside their range, with the range."""
    if not (isinstance(horizon_days, int) and 1 <= horizon_days <= _MAX_HORIZON):
        raise ArgumentError(
            f"horizon_days is {horizon_days!r}",
            where="assess",
            mend=f"use 1 to {_MAX_HORIZON} business days: shocks are instantaneous, and longer horizons need ageing",
        )
    for level in (confidence, *levels):
        if not 0.5 <= level < 1.0:
            raise ArgumentError(
                f"{level!r} is no confidence level", where="assess", mend="give the quantile level, such as 0.975"
            )
    if not isinstance(generator, Generator):
        raise ArgumentError(
            f"generator is {generator!r}", where="assess", mend="pass an object: MonteCarlo(10_000) or Historical()"
        )
