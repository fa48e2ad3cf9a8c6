"""Scenario sets of the generators that draw from a law with the covariance of the history, or a given one."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError
from pact_jax.instruments import Portfolio
from pact_jax.scenarios import (
    ScenarioPlan,
    ScenarioSet,
    Sequence,
    check_horizon,
    factor_model_scenarios,
    fit_degrees_of_freedom,
    gaussian_scenarios,
    low_rank,
    moves_covariance,
    overlapping_moves,
    quasi_scenarios,
    student_t_scenarios,
)
from pact_jax.snapshot import RiskFactors

from ._draw_importance import draw_importance
from ._draw_windows import levels_of
from ._generator import FactorModel, ImportanceSampled, MonteCarlo, QuasiMonteCarlo, StudentT

Law = MonteCarlo | StudentT | FactorModel | QuasiMonteCarlo | ImportanceSampled


def draw_moves(
    generator: Law, factors: RiskFactors, plan: ScenarioPlan, portfolio: Portfolio | None
) -> tuple[ScenarioSet, list[str]]:
    """Draws from a law with the covariance of the history's moves over the horizon, with what had to be assumed.

    Args:
        generator: which kind.
        factors: with a history, or with the correlation of a book of sensitivities.
        plan: layout, market, drivers, horizon and seed.
        portfolio: the positions, for a generator that looks at them.

    Returns:
        The set and notes.

    Raises:
        ArgumentError: the history does not hold what the generator needs.
    """
    if factors.correlation is not None:
        given = jnp.asarray(factors.correlation, plan.market.spot.dtype)
        return _from_covariance(generator, given, plan, portfolio)
    levels, notes = levels_of(factors, plan), []
    check_horizon(levels.shape[0], plan.horizon_days)
    num_windows, num_factors = levels.shape[0] - plan.horizon_days, levels.shape[1]
    if num_windows <= num_factors:
        what = (
            "the residuals of the factor model make it regular"
            if isinstance(generator, FactorModel)
            else ("moves stay within the range of the windows")
        )
        notes.append(f"{num_windows} windows for {num_factors} factors: the covariance is singular; {what}")
    is_log = jnp.asarray(plan.layout.is_log)
    if isinstance(generator, StudentT) and generator.degrees_of_freedom is None:
        found = float(fit_degrees_of_freedom(overlapping_moves(levels, is_log, plan.horizon_days)))
        notes.append(f"{found:.2f} degrees of freedom, estimated from the moves of the history")
        generator = dataclasses.replace(generator, degrees_of_freedom=found)
    covariance = moves_covariance(levels, is_log, horizon_days=plan.horizon_days)
    scenarios, more = _from_covariance(generator, covariance, plan, portfolio)
    return scenarios, notes + more


def _from_covariance(
    generator: Law, covariance: Float[Array, "factors factors"], plan: ScenarioPlan, portfolio: Portfolio | None
) -> tuple[ScenarioSet, list[str]]:
    count = generator.num_scenarios
    if isinstance(generator, MonteCarlo):
        return gaussian_scenarios(covariance, plan, num_scenarios=count), []
    if isinstance(generator, ImportanceSampled):
        assert portfolio is not None  # a generator that reads the book is given it
        return draw_importance(generator, covariance, portfolio, plan)
    if isinstance(generator, QuasiMonteCarlo):
        runs = generator.num_randomisations
        scenarios = quasi_scenarios(
            covariance, plan, num_scenarios=count, num_randomisations=runs, sequence=Sequence(generator.sequence)
        )
        return scenarios, [f"standard errors and the bound are the spread over {runs} randomisations"]
    if isinstance(generator, FactorModel):
        scenarios = factor_model_scenarios(covariance, plan, num_common=generator.num_factors, num_scenarios=count)
        share = float(low_rank(covariance, generator.num_factors).explained)
        return scenarios, [f"{generator.num_factors} common factors carry {share:.0%} of the variance of the moves"]
    if generator.degrees_of_freedom is None:
        raise ArgumentError(
            "a book of sensitivities has no history to estimate degrees of freedom from",
            where="StudentT.degrees_of_freedom",
            mend="give them, such as StudentT(degrees_of_freedom=4.0)",
        )
    return student_t_scenarios(
        covariance, plan, degrees_of_freedom=generator.degrees_of_freedom, num_scenarios=count
    ), []
