"""Generator objects -> scenario sets of a prepared snapshot, with what had to be assumed."""

import dataclasses
import hashlib

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError
from pact_jax.market import MarketState
from pact_jax.scenarios import (
    ScenarioSet,
    VolatilityFilter,
    age_weighted_scenarios,
    block_bootstrap_scenarios,
    check_horizon,
    factor_model_scenarios,
    filter_history,
    filtered_historical_scenarios,
    fit_degrees_of_freedom,
    gaussian_scenarios,
    historical_scenarios,
    low_rank,
    monte_carlo_scenarios,
    moves_covariance,
    overlapping_moves,
    scale_root_time,
    student_t_scenarios,
)
from pact_jax.snapshot import Prepared

from ._generator import (
    AgeWeighted,
    BlockBootstrap,
    Drawn,
    FactorModel,
    FilteredHistorical,
    Generator,
    Historical,
    MonteCarlo,
    RootTime,
    StudentT,
    Windowed,
)

_MOST_RESIDUAL = 100.0
_MIN_GARCH_DAYS = 250
_LISTED = 10
# A tail of 2.5 % then holds 40 windows: below that no error of dependent history has kept its promise.
_FEW_WINDOWS = 1_600.0


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
        ArgumentError: a linear book has no history to replay, or the history does not hold what the generator needs.
    """
    return generate_noted(generator, prepared, market, horizon_days=horizon_days, seed=seed)[0]


def generate_noted(
    generator: Generator, prepared: Prepared, market: MarketState, *, horizon_days: int, seed: int
) -> tuple[ScenarioSet, Prepared]:
    """Scenarios, and the snapshot with what their making had to assume added to its assumptions.

    Noted are: factors that never move, fewer windows than factors, the number of windows that age weights are worth,
    degrees of freedom that were estimated, GARCH fits that did not converge, and root-time scaling.

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
    one_day = isinstance(generator, RootTime)
    inner = generator.generator if isinstance(generator, RootTime) else generator
    scenarios, notes = _make(inner, prepared, market, 1 if one_day else horizon_days, seed)
    if one_day:
        scenarios = scale_root_time(scenarios, horizon_days)
        notes.append(f"one-day moves times the root of {horizon_days} days (root-time scaling)")
    said = (*prepared.labels.assumptions, *(f"scenarios: {note}" for note in notes))
    return scenarios, dataclasses.replace(prepared, labels=dataclasses.replace(prepared.labels, assumptions=said))


def set_id(generator: Generator, prepared: Prepared, *, horizon_days: int, seed: int) -> str:
    """Hash of generator, seed, horizon and the history or correlation that the set is made from."""
    digest = hashlib.sha256(repr((generator, horizon_days, seed, prepared.labels.factors)).encode())
    digest.update(prepared.levels.tobytes())
    if prepared.correlation is not None:
        digest.update(prepared.correlation.tobytes())
    return digest.hexdigest()


def _make(
    generator: Windowed | Drawn, prepared: Prepared, market: MarketState, horizon: int, seed: int
) -> tuple[ScenarioSet, list[str]]:
    if prepared.correlation is not None:
        if isinstance(generator, Windowed | BlockBootstrap):
            raise ArgumentError(
                "a book of sensitivities has no history",
                where="generator",
                mend="use MonteCarlo(): shocks are standard normal with the correlation that was given",
            )
        covariance = jnp.asarray(prepared.correlation, market.spot.dtype)
        return _from_covariance(generator, covariance, prepared, market, horizon, seed)
    notes = _constant_factors(prepared)
    if isinstance(generator, FilteredHistorical):
        scenarios, found = _filtered(generator, prepared, market, horizon, seed)
    elif isinstance(generator, Historical | AgeWeighted | BlockBootstrap):
        scenarios, found = _from_windows(generator, prepared, market, horizon, seed)
    else:
        scenarios, found = _from_moves(generator, prepared, market, horizon, seed)
    return scenarios, notes + found


def _from_windows(
    generator: Historical | AgeWeighted | BlockBootstrap,
    prepared: Prepared,
    market: MarketState,
    horizon: int,
    seed: int,
) -> tuple[ScenarioSet, list[str]]:
    """Moves as they happened, weighted or drawn."""
    levels, drivers = _levels(prepared, market), jnp.asarray(prepared.driver_columns)
    layout = prepared.layout
    if isinstance(generator, Historical):
        return historical_scenarios(levels, layout, market, horizon_days=horizon, driver_columns=drivers, seed=seed), []
    if isinstance(generator, AgeWeighted):
        scenarios = age_weighted_scenarios(
            levels, layout, market, horizon_days=horizon, decay=generator.decay, driver_columns=drivers, seed=seed
        )
        worth = 1.0 / float(jnp.sum(scenarios.weight**2))
        note = f"age weights with a decay of {generator.decay:g} are worth {worth:.0f} equal windows"
        unreliable = " (too few: standard errors and bounds of the tail are unreliable)" if worth < _FEW_WINDOWS else ""
        return scenarios, [note + unreliable]
    scenarios = block_bootstrap_scenarios(
        levels,
        layout,
        market,
        horizon_days=horizon,
        num_scenarios=generator.num_scenarios,
        block_days=generator.block_days,
        driver_columns=drivers,
        seed=seed,
    )
    return scenarios, ["standard errors are those of the draws from the history, not of the history itself"]


def _from_moves(
    generator: MonteCarlo | StudentT | FactorModel,
    prepared: Prepared,
    market: MarketState,
    horizon: int,
    seed: int,
) -> tuple[ScenarioSet, list[str]]:
    """Draws from a law with the covariance of the history's moves over the horizon."""
    levels, notes = _levels(prepared, market), []
    num_windows, num_factors = levels.shape[0] - horizon, levels.shape[1]
    if num_windows <= num_factors:
        what = (
            "the residuals of the factor model make it regular"
            if isinstance(generator, FactorModel)
            else ("moves stay within the range of the windows")
        )
        notes.append(f"{num_windows} windows for {num_factors} factors: the covariance is singular; {what}")
    if isinstance(generator, MonteCarlo):
        return monte_carlo_scenarios(
            levels,
            prepared.layout,
            market,
            horizon_days=horizon,
            num_scenarios=generator.num_scenarios,
            driver_columns=jnp.asarray(prepared.driver_columns),
            seed=seed,
        ), notes
    check_horizon(levels.shape[0], horizon)
    is_log = jnp.asarray(prepared.layout.is_log)
    if isinstance(generator, StudentT) and generator.degrees_of_freedom is None:
        found = float(fit_degrees_of_freedom(overlapping_moves(levels, is_log, horizon)))
        notes.append(f"{found:.2f} degrees of freedom, estimated from the moves of the history")
        generator = dataclasses.replace(generator, degrees_of_freedom=found)
    covariance = moves_covariance(levels, is_log, horizon_days=horizon)
    scenarios, more = _from_covariance(generator, covariance, prepared, market, horizon, seed)
    return scenarios, notes + more


def _from_covariance(
    generator: MonteCarlo | StudentT | FactorModel,
    covariance: Float[Array, "factors factors"],
    prepared: Prepared,
    market: MarketState,
    horizon: int,
    seed: int,
) -> tuple[ScenarioSet, list[str]]:
    drivers, layout = jnp.asarray(prepared.driver_columns), prepared.layout
    if isinstance(generator, MonteCarlo):
        return gaussian_scenarios(
            covariance,
            layout,
            market,
            horizon_days=horizon,
            num_scenarios=generator.num_scenarios,
            driver_columns=drivers,
            seed=seed,
        ), []
    if isinstance(generator, FactorModel):
        scenarios = factor_model_scenarios(
            covariance,
            layout,
            market,
            num_common=generator.num_factors,
            horizon_days=horizon,
            num_scenarios=generator.num_scenarios,
            driver_columns=drivers,
            seed=seed,
        )
        share = float(low_rank(covariance, generator.num_factors).explained)
        return scenarios, [f"{generator.num_factors} common factors carry {share:.0%} of the variance of the moves"]
    if generator.degrees_of_freedom is None:
        raise ArgumentError(
            "a book of sensitivities has no history to estimate degrees of freedom from",
            where="StudentT.degrees_of_freedom",
            mend="give them, such as StudentT(degrees_of_freedom=4.0)",
        )
    return student_t_scenarios(
        covariance,
        layout,
        market,
        degrees_of_freedom=generator.degrees_of_freedom,
        horizon_days=horizon,
        num_scenarios=generator.num_scenarios,
        driver_columns=drivers,
        seed=seed,
    ), []


def _filtered(
    generator: FilteredHistorical, prepared: Prepared, market: MarketState, horizon: int, seed: int
) -> tuple[ScenarioSet, list[str]]:
    levels = _levels(prepared, market)
    kind = VolatilityFilter(generator.filter)
    if kind is VolatilityFilter.GARCH and levels.shape[0] <= _MIN_GARCH_DAYS:
        raise ArgumentError(
            f"{levels.shape[0]} dates are too few to fit GARCH to",
            where="FilteredHistorical",
            mend=f"supply more than {_MIN_GARCH_DAYS} dates, or use FilteredHistorical('ewma')",
        )
    history = filter_history(levels, jnp.asarray(prepared.layout.is_log), volatility=kind, decay=generator.decay)
    largest = np.asarray(jnp.max(jnp.abs(history.residual), axis=0))
    still = [f"{prepared.labels.factors[k]} ({largest[k]:.0f})" for k in np.flatnonzero(largest > _MOST_RESIDUAL)]
    if still:
        raise ArgumentError(
            f"moves of more than {_MOST_RESIDUAL:.0f} of their own volatilities in {_listed(still)}",
            where="FilteredHistorical",
            mend="a series that stood still has no volatility to filter by: mend or leave out the factor, or use "
            "Historical()",
        )
    notes = []
    if not bool(jnp.all(history.converged)):
        names = [prepared.labels.factors[k] for k in np.flatnonzero(~np.asarray(history.converged))]
        notes.append(f"no GARCH fit, EWMA with a decay of {generator.decay:g} instead: {_listed(names)}")
    scenarios = filtered_historical_scenarios(
        history,
        prepared.layout,
        market,
        horizon_days=horizon,
        driver_columns=jnp.asarray(prepared.driver_columns),
        seed=seed,
    )
    return scenarios, notes


def _levels(prepared: Prepared, market: MarketState) -> Float[Array, "dates factors"]:
    """The history in the precision of the run."""
    return jnp.asarray(prepared.levels, market.spot.dtype)


def _constant_factors(prepared: Prepared) -> list[str]:
    never = np.flatnonzero((prepared.levels == prepared.levels[:1]).all(axis=0)) if len(prepared.levels) else []
    names = [prepared.labels.factors[k] for k in never]
    return [f"never move in the history and stay at base: {_listed(names)}"] if names else []


def _listed(names: list[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
