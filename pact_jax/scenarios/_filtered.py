"""History whose moves are brought to today's volatility."""

import enum
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ._age_weighted import check_decay
from ._assemble import assemble
from ._garch import fit_garch
from ._moves import check_horizon, overlapping_moves
from ._plan import ScenarioPlan
from ._set import Sampling, ScenarioSet
from ._volatility import VarianceRecursion, ewma_recursion, filter_variance, initial_variance


class VolatilityFilter(enum.Enum):
    """How the volatility of each day is estimated from the days before it."""

    EWMA = "ewma"
    GARCH = "garch"


class FilteredHistory(eqx.Module):
    """Daily moves split into volatility and residual, factor by factor.

    Attributes:
        recursion: parameters of each factor.
        converged: false where the likelihood was not maximised, and EWMA stands in; true for factors that never move.
        residual: daily move over the volatility of its day; 0 for a factor that never moves.
        variance: of the day after the history.
    """

    recursion: VarianceRecursion
    converged: Bool[Array, "factors"]
    residual: Float[Array, "dates factors"]
    variance: Float[Array, "factors"]


def filter_history(
    levels: Float[Array, "dates factors"],
    is_log: Bool[Array, "factors"],
    *,
    volatility: VolatilityFilter = VolatilityFilter.EWMA,
    decay: float = 0.94,
) -> FilteredHistory:
    """Volatility of each factor on each day and the residuals that are left.

    Args:
        levels: factor levels, one row a business day.
        is_log: which columns move by log return.
        volatility: EWMA with the given decay, or GARCH(1,1) fitted to each factor; where that fit does not converge
            the factor is filtered by EWMA, and `converged` says so.
        decay: lambda of EWMA.

    Returns:
        Residuals and the variance of tomorrow.

    Raises:
        ArgumentError: too few dates, or a decay outside its range.
    """
    check_horizon(levels.shape[0], 1)
    check_decay(decay)
    return _filter(levels, is_log, jnp.asarray(decay, levels.dtype), volatility=volatility)


def filtered_historical_scenarios(
    history: FilteredHistory,
    plan: ScenarioPlan,
) -> ScenarioSet:
    r"""Every window of H consecutive residuals replayed from today's volatility, which then follows its own recursion.

    $r_h = \sigma_h z_{t+h}$, $\sigma^2_{h+1} = \omega + \alpha r_h^2 + \beta \sigma^2_h$, from tomorrow's variance on;
    the move is the sum over h. For H = 1 that is the move of day t times the volatility of tomorrow over that of day t.
    All factors use the residuals of the same days, so that what happened together happens together. No root of time.

    Args:
        history: what `filter_history` made.
        plan: layout, market, drivers, horizon and seed.

    Returns:
        One scenario for each window in date order, sampling OVERLAPPING. The error of the filter's parameters is not
        in their standard errors.

    Raises:
        ArgumentError: too few dates for the horizon.

    References:
        J. Hull and A. White, Incorporating volatility updating into the historical simulation method for value at
        risk, J. Risk 1 (1998). G. Barone-Adesi, K. Giannopoulos and L. Vosper, VaR without correlations for portfolios
        of derivative securities, J. Futures Markets 19 (1999).
    """
    check_horizon(history.residual.shape[0] + 1, plan.horizon_days)
    return _replay(history, plan, horizon_days=plan.horizon_days)


@partial(jax.jit, static_argnames="volatility")
def _filter(
    levels: Float[Array, "dates factors"],
    is_log: Bool[Array, "factors"],
    decay: Float[Array, ""],
    *,
    volatility: VolatilityFilter,
) -> FilteredHistory:
    moves = overlapping_moves(levels, is_log, 1)
    size = moves.shape[1]
    recursion, converged = ewma_recursion(jnp.full(size, decay)), jnp.ones(size, bool)
    if volatility is VolatilityFilter.GARCH:
        fit = jax.vmap(fit_garch, in_axes=1)(moves)
        recursion = jax.tree.map(lambda new, old: jnp.where(fit.converged, new, old), fit.recursion, recursion)
        converged = fit.converged | jnp.all(moves == 0.0, axis=0)
    initial = jax.vmap(initial_variance, in_axes=1)(moves)
    variance = jax.vmap(filter_variance, in_axes=(1, 0, 0), out_axes=1)(moves, recursion, initial)
    # A factor without variance on a day has not moved on any day before, nor does it on that day.
    moving = variance[:-1] > 0.0
    residual = jnp.where(moving, moves / jnp.sqrt(jnp.where(moving, variance[:-1], 1.0)), 0.0)
    return FilteredHistory(recursion, converged, residual, variance[-1])


@partial(jax.jit, static_argnames="horizon_days")
def _replay(
    history: FilteredHistory,
    plan: ScenarioPlan,
    *,
    horizon_days: int,
) -> ScenarioSet:
    residual, recursion = history.residual, history.recursion
    count = residual.shape[0] - horizon_days + 1

    def day(
        h: int, state: tuple[Float[Array, "scenarios factors"], Float[Array, "scenarios factors"]]
    ) -> tuple[Float[Array, "scenarios factors"], Float[Array, "scenarios factors"]]:
        variance, total = state
        move = jnp.sqrt(variance) * jax.lax.dynamic_slice_in_dim(residual, h, count)
        after = recursion.omega[None, :] + recursion.alpha[None, :] * move**2 + recursion.beta[None, :] * variance
        return after, total + move

    today = jnp.broadcast_to(history.variance[None, :], (count, residual.shape[1]))
    _, moves = jax.lax.fori_loop(0, horizon_days, day, (today, jnp.zeros_like(today)))
    return assemble(moves, plan, Sampling.OVERLAPPING)
