"""Scenario sets of the generators that replay or resample the history."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError
from pact_jax.scenarios import (
    ScenarioPlan,
    ScenarioSet,
    VolatilityFilter,
    age_weighted_scenarios,
    block_bootstrap_scenarios,
    filter_history,
    filtered_historical_scenarios,
    historical_scenarios,
)
from pact_jax.snapshot import RiskFactors

from ._draw_notes import listed
from ._generator import AgeWeighted, BlockBootstrap, FilteredHistorical, Historical

_MOST_RESIDUAL = 100.0
_MIN_GARCH_DAYS = 250
# A tail of 2.5 % then holds 40 windows: below that no error of dependent history has kept its promise.
_FEW_WINDOWS = 1_600.0


def draw_windows(
    generator: Historical | AgeWeighted | FilteredHistorical | BlockBootstrap, factors: RiskFactors, plan: ScenarioPlan
) -> tuple[ScenarioSet, list[str]]:
    """Moves as they happened: weighted, filtered or put together from blocks, with what had to be assumed.

    Args:
        generator: which kind.
        factors: with a history.
        plan: layout, market, drivers, horizon and seed.

    Returns:
        The set and notes.

    Raises:
        ArgumentError: the history does not hold what the generator needs.
    """
    levels = levels_of(factors, plan)
    if isinstance(generator, Historical):
        return historical_scenarios(levels, plan), []
    if isinstance(generator, FilteredHistorical):
        return _filtered(generator, levels, factors, plan)
    if isinstance(generator, AgeWeighted):
        scenarios = age_weighted_scenarios(levels, plan, decay=generator.decay)
        worth = 1.0 / float(jnp.sum(scenarios.weight**2))
        note = f"age weights with a decay of {generator.decay:g} are worth {worth:.0f} equal windows"
        unreliable = " (too few: standard errors and bounds of the tail are unreliable)" if worth < _FEW_WINDOWS else ""
        return scenarios, [note + unreliable]
    scenarios = block_bootstrap_scenarios(
        levels, plan, num_scenarios=generator.num_scenarios, block_days=generator.block_days
    )
    return scenarios, ["standard errors are those of the draws from the history, not of the history itself"]


def _filtered(
    generator: FilteredHistorical, levels: Float[Array, "dates factors"], factors: RiskFactors, plan: ScenarioPlan
) -> tuple[ScenarioSet, list[str]]:
    kind = VolatilityFilter(generator.filter)
    if kind is VolatilityFilter.GARCH and levels.shape[0] <= _MIN_GARCH_DAYS:
        raise ArgumentError(
            f"{levels.shape[0]} dates are too few to fit GARCH to",
            where="FilteredHistorical",
            mend=f"supply more than {_MIN_GARCH_DAYS} dates, or use FilteredHistorical('ewma')",
        )
    history = filter_history(levels, jnp.asarray(plan.layout.is_log), volatility=kind, decay=generator.decay)
    largest = np.asarray(jnp.max(jnp.abs(history.residual), axis=0))
    still = [f"{factors.names[k]} ({largest[k]:.0f})" for k in np.flatnonzero(largest > _MOST_RESIDUAL)]
    if still:
        raise ArgumentError(
            f"moves of more than {_MOST_RESIDUAL:.0f} of their own volatilities in {listed(still)}",
            where="FilteredHistorical",
            mend="a series that stood still has no volatility to filter by: mend or leave out the factor, or use "
            "Historical()",
        )
    notes = []
    if not bool(jnp.all(history.converged)):
        names = [factors.names[k] for k in np.flatnonzero(~np.asarray(history.converged))]
        notes.append(f"no GARCH fit, EWMA with a decay of {generator.decay:g} instead: {listed(names)}")
    return filtered_historical_scenarios(history, plan), notes


def levels_of(factors: RiskFactors, plan: ScenarioPlan) -> Float[Array, "dates factors"]:
    """The history in the precision of the run."""
    return jnp.asarray(factors.levels, plan.market.spot.dtype)
