"""Generator objects -> scenario sets of a prepared snapshot, with what had to be assumed."""

import dataclasses
import hashlib
from typing import NamedTuple

import jax
import numpy as np

from pact_jax.errors import ArgumentError
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketState
from pact_jax.scenarios import ScenarioPlan, ScenarioSet, scale_root_time
from pact_jax.snapshot import Prepared, RiskFactors

from ._draw_law import draw_moves
from ._draw_notes import history_notes
from ._draw_windows import draw_windows
from ._generator import BlockBootstrap, Drawn, Generator, ImportanceSampled, RootTime, Windowed, reads_book


def generate(
    generator: Generator, prepared: Prepared, market: MarketState, *, horizon_days: int, seed: int
) -> ScenarioSet:
    """Scenarios of a prepared snapshot.

    Args:
        generator: which kind.
        prepared: history or correlation, and where each factor sits.
        market: the base state on the device.
        horizon_days: H business days.
        seed: seed of every random number.

    Returns:
        The set.

    Raises:
        ArgumentError: a book without risk factors; a linear book has no history to replay, or the history does not
            hold what the generator needs.
    """
    return generate_noted(generator, prepared, market, horizon_days=horizon_days, seed=seed)[0]


def generate_noted(
    generator: Generator, prepared: Prepared, market: MarketState, *, horizon_days: int, seed: int
) -> tuple[ScenarioSet, Prepared]:
    """Scenarios, and the snapshot with what their making had to assume added to its assumptions.

    Args:
        generator: which kind.
        prepared: history or correlation, and where each factor sits.
        market: the base state on the device.
        horizon_days: H business days.
        seed: seed of every random number.

    Returns:
        The set and the snapshot with its notes.

    Raises:
        ArgumentError: as for `generate`.
    """
    portfolio = jax.device_put(prepared.inputs.portfolio) if reads_book(generator) else None
    drawn = draw(generator, prepared.factors, market, horizon_days=horizon_days, seed=seed, portfolio=portfolio)
    return drawn.scenarios, noted(prepared, drawn)


class DrawnScenarios(NamedTuple):
    """A scenario set and what its making had to assume, in words."""

    scenarios: ScenarioSet
    notes: tuple[str, ...]


def draw(
    generator: Generator,
    factors: RiskFactors,
    market: MarketState,
    *,
    horizon_days: int,
    seed: int,
    portfolio: Portfolio | None = None,
) -> DrawnScenarios:
    """Scenarios of the factors: for most generators before the positions are prepared.

    Noted are: factors that never move, missing dates, factors that follow others by a day, fewer windows than factors,
    the number of windows that age weights are worth, degrees of freedom that were estimated, GARCH fits that did not
    converge, and root-time scaling.

    Args:
        generator: which kind.
        factors: history or correlation, and where each factor sits.
        market: the base state on the device.
        horizon_days: H business days.
        seed: seed of every random number.
        portfolio: the positions on the device; for a generator of which `reads_book` is true.

    Returns:
        The set and notes.

    Raises:
        ArgumentError: as for `generate`.
    """
    if not factors.layout.columns:
        raise ArgumentError(
            "the book has no risk factor, so there is nothing to draw scenarios of",
            where="generator",
            mend="name at least one, such as the index, rate or sector factor that drives the exposures",
        )
    one_day = isinstance(generator, RootTime)
    inner = generator.generator if isinstance(generator, RootTime) else generator
    plan = ScenarioPlan(
        factors.layout,
        market,
        driver_columns=factors.driver_columns,
        horizon_days=1 if one_day else horizon_days,
        seed=seed,
    )
    scenarios, notes = _make(inner, factors, plan, portfolio)
    if one_day:
        scenarios = scale_root_time(scenarios, horizon_days)
        notes.append(f"one-day moves times the root of {horizon_days} days (root-time scaling)")
    return DrawnScenarios(scenarios, tuple(notes))


def noted(prepared: Prepared, drawn: DrawnScenarios) -> Prepared:
    """A prepared snapshot whose assumptions say how its scenarios were made."""
    said = (*prepared.labels.assumptions, *(f"scenarios: {note}" for note in drawn.notes))
    return dataclasses.replace(prepared, labels=dataclasses.replace(prepared.labels, assumptions=said))


def set_id(generator: Generator, prepared: Prepared, *, horizon_days: int, seed: int) -> str:
    """Hash of generator, seed, horizon and the data of the set: importance sampling also looks at the positions."""
    digest = hashlib.sha256(repr((generator, horizon_days, seed, prepared.factors.names)).encode())
    digest.update(prepared.factors.levels.tobytes())
    if prepared.factors.correlation is not None:
        digest.update(prepared.factors.correlation.tobytes())
    if isinstance(generator, ImportanceSampled):
        for leaf in jax.tree.leaves((prepared.inputs.portfolio, prepared.inputs.market)):
            digest.update(np.asarray(leaf).tobytes())
    return digest.hexdigest()


def _make(
    generator: Windowed | Drawn, factors: RiskFactors, plan: ScenarioPlan, portfolio: Portfolio | None
) -> tuple[ScenarioSet, list[str]]:
    replays = isinstance(generator, Windowed | BlockBootstrap)
    if replays and factors.correlation is not None:
        raise ArgumentError(
            "a book of sensitivities has no history",
            where="generator",
            mend="use MonteCarlo(): shocks are standard normal with the correlation that was given",
        )
    made = draw_windows(generator, factors, plan) if replays else draw_moves(generator, factors, plan, portfolio)
    return made[0], history_notes(factors, plan.horizon_days) + made[1]
