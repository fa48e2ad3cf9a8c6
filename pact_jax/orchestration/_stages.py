"""The host's part of an assessment, as blocking steps that run on a compute thread: the same that `assess` takes."""

import dataclasses
from dataclasses import dataclass
from typing import Final

import jax
import jax.numpy as jnp
import numpy as np

from pact_jax._assess import check_arguments, to_device
from pact_jax._pipeline import DEFAULT_CONFIDENCE, DEFAULT_LEVELS
from pact_jax.assessment import (
    Answered,
    AssessmentReport,
    Generator,
    MonteCarlo,
    RunManifest,
    Windowed,
    compose_report,
    find,
    generate_noted,
    make_manifest,
    measure_uncertainty,
    worst_scenarios,
)
from pact_jax.consensus import LossAgent, MissingBound, missing_bound
from pact_jax.revaluation import value_base
from pact_jax.snapshot import Prepared, Snapshot, input_value, prepare

from ._compose import AgentRun, Question, failures
from ._standby import Book, Charges, Standby, View


@dataclass(frozen=True)
class Options:
    """How to assess; the arguments of `assess`.

    Attributes:
        generator: which scenarios.
        horizon_days: business days.
        confidence: level of the score.
        levels: levels of the values at risk.
        seed: of every random number.
        float32: single precision.
        num_worst: worst scenarios to explain.
    """

    generator: Generator = MonteCarlo()
    horizon_days: int = 10
    confidence: float = DEFAULT_CONFIDENCE
    levels: tuple[float, ...] = DEFAULT_LEVELS
    seed: int = 0
    float32: bool = False
    num_worst: int = 0


DEFAULT_OPTIONS: Final = Options()


@dataclass(frozen=True, eq=False)
class Ready:
    """A snapshot as arrays with its scenarios.

    Attributes:
        snapshot: the input.
        options: how to assess it.
        prepared: arrays and labels.
        question: what the agents are asked.
        manifest: provenance; its `run_id` is the hash of inputs, options and models.
        book: how large the book is, and which.
    """

    snapshot: Snapshot
    options: Options
    prepared: Prepared
    question: Question
    manifest: RunManifest
    book: Book

    @property
    def view(self) -> View:
        """What old losses must agree with."""
        return View(self.snapshot.portfolio_id, self.snapshot.reporting_currency, self.options.horizon_days)


def make_ready(snapshot: Snapshot, options: Options) -> Ready:
    """Resolves a snapshot into arrays and draws its scenarios.

    Args:
        snapshot: the input.
        options: how to assess it.

    Returns:
        Everything that the agents need.

    Raises:
        PactError: an argument or the snapshot cannot be assessed.
    """
    check_arguments(options.horizon_days, options.confidence, options.levels, options.generator)
    prepared = prepare(snapshot, horizon_days=options.horizon_days)
    dtype = jnp.float32 if options.float32 else jnp.float64
    inputs = to_device(prepared.inputs, dtype)
    scenarios, prepared = generate_noted(
        options.generator, prepared, inputs.market, horizon_days=options.horizon_days, seed=options.seed
    )
    manifest = make_manifest(
        snapshot,
        prepared,
        options.generator,
        seed=options.seed,
        confidence=options.confidence,
        horizon_days=options.horizon_days,
        dtype=str(jnp.dtype(dtype)),
        seconds=0.0,
    )
    question = Question(inputs, jax.block_until_ready(scenarios), options.confidence, options.levels)
    return Ready(snapshot, options, prepared, question, manifest, Book(_gross(snapshot), manifest.input_hash))


def make_report(ready: Ready, run: AgentRun, standby: Standby, *, seconds: float, now: float) -> AssessmentReport:
    """Bounds what is missing and puts names on the answer.

    Args:
        ready: the question.
        run: what the agents answered.
        standby: last good losses.
        seconds: that the agents took.
        now: seconds of a monotonic clock.

    Returns:
        The report, its explanation checked to the last unit.

    Raises:
        ExplanationGap: the contributions do not sum to the score.
        AgentError: the joint loss is not finite.
    """
    options, question = ready.options, ready.question
    answered, flags = _answered(ready, run, standby, now)
    uncertainty = measure_uncertainty(
        run.evaluation.joint, question.scenarios, options.confidence, options.levels, options.horizon_days
    )
    worst = worst_scenarios(
        question.inputs,
        question.scenarios,
        run.evaluation,
        dates=ready.prepared.factors.dates if isinstance(options.generator, Windowed) else None,
        horizon_days=options.horizon_days,
        count=options.num_worst,
    )
    held = question.inputs
    report = compose_report(
        ready.snapshot,
        ready.prepared,
        find(held, value_base(held.portfolio, held.market), ready.prepared.labels, ready.snapshot),
        question.scenarios,
        run.evaluation,
        uncertainty,
        dataclasses.replace(ready.manifest, seconds=seconds),
        levels=options.levels,
        worst=worst,
        answered=answered,
    )
    report.flags = (*report.flags, *flags)
    report.explain("agent")
    width = report.upper_bound - report.score
    standby.remember(ready.view, run, question.scenarios.weight, width if np.isfinite(width) else 0.0, ready.book, now)
    return report


def warm_failure_path(ready: Ready, standby: Standby, now: float) -> None:
    """Compiles what only a failure needs, so that no failure waits for a compiler.

    Args:
        ready: any question of the usual shape.
        standby: last good losses, with this view in them.
        now: seconds of a monotonic clock.
    """
    charges = standby.charges(ready.view, ready.options.confidence, ready.book, now)
    _bound(ready, np.zeros(len(LossAgent), bool), charges, np.asarray(0.0))


def _answered(ready: Ready, run: AgentRun, standby: Standby, now: float) -> tuple[Answered | None, tuple[str, ...]]:
    names, lost = [agent.name.lower() for agent in LossAgent], failures(run)
    if not lost:
        return None, ()
    unexplained = tuple((names[agent], run.unexplained[agent]) for agent in LossAgent if run.unexplained[agent])
    flags = [
        f"UNEXPLAINED: {names[agent]} gave a loss without its explanation ({lost[agent].value})"
        for agent in lost
        if run.present[agent]
    ]
    if all(run.present):
        return Answered(unexplained=unexplained), tuple(flags)
    charges = standby.charges(ready.view, ready.options.confidence, ready.book, now)
    flags.append(_standby_flag(charges))
    return (
        Answered(
            present=run.present,
            reasons=tuple((names[agent], lost[agent].value) for agent in LossAgent if not run.present[agent]),
            bound=_bound(ready, np.asarray(run.present), charges, np.asarray(run.evaluation.joint.expected_shortfall)),
            unexplained=unexplained,
        ),
        tuple(flags),
    )


def _bound(ready: Ready, present: np.ndarray, charges: Charges, shortfall: np.ndarray) -> MissingBound:
    dtype = ready.question.scenarios.weight.dtype
    own, interaction = charges.own.astype(dtype), charges.interaction.astype(dtype)
    capital = np.asarray(ready.question.inputs.capital)
    margin = np.asarray(charges.margin, dtype)
    return _missing_bound(shortfall.astype(dtype), own, interaction, present, capital, margin)


_missing_bound = jax.jit(missing_bound)


def _standby_flag(charges: Charges) -> str:
    if not charges.known:
        return "STANDBY_NONE: nothing bounds what is missing"
    rescaled = ", rescaled to a book that has grown since" if charges.rescaled else ""
    return f"STANDBY_STALE: bounded by losses {charges.age_seconds:.0f} s old{rescaled}"


def _gross(snapshot: Snapshot) -> float:
    """Gross size of the book by its input prices; NaN if a price is missing."""
    exposures = snapshot.credit_exposures
    lent = float(exposures["current_exposure"].abs().sum()) if len(exposures) else 0.0
    held = input_value(snapshot).abs()
    return float(held.sum(skipna=False)) + lent if len(held) else lent
