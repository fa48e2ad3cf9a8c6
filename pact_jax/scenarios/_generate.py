"""Scenario generators: history as it happened, and Gaussian Monte Carlo with the history's covariance."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax.errors import ArgumentError
from pact_jax.market import MarketState
from pact_jax.sampling import Stream, counter_normals

from ._layout import ShockLayout
from ._set import Sampling, ScenarioSet, equal_weights
from ._systematic import normal_score


def overlapping_moves(
    levels: Float[Array, "dates factors"], is_log: Bool[Array, "factors"], horizon_days: int
) -> Float[Array, "scenarios factors"]:
    """Moves of every factor over each window of `horizon_days` business days, windows overlapping.

    `log(x[t+H] / x[t])` for levels and `x[t+H] - x[t]` for rates.

    Args:
        levels: one row a business day, ascending; levels that move by log return are positive.
        is_log: which columns move by log return.
        horizon_days: H, at least 1.

    Returns:
        One row for each end date: `dates - H` rows.

    Raises:
        ArgumentError: fewer than H + 2 dates.

    Example:
        >>> overlapping_moves(jnp.asarray([[1.0], [2.0], [4.0], [7.0]]), jnp.zeros(1, bool), 2)[:, 0].tolist()
        [3.0, 5.0]
    """
    _check_horizon(levels.shape[0], horizon_days)
    start, end = levels[:-horizon_days], levels[horizon_days:]
    ratio = jnp.where(is_log[None, :], end / jnp.where(is_log[None, :], start, 1.0), 1.0)
    return jnp.where(is_log[None, :], jnp.log(ratio), end - start)


def historical_scenarios(
    levels: Float[Array, "dates factors"],
    layout: ShockLayout,
    market: MarketState,
    *,
    horizon_days: int,
    driver_columns: Int[Array, "drivers"],
    seed: int = 0,
) -> ScenarioSet:
    """Every overlapping move of the history, equally weighted, in date order.

    Args:
        levels: factor levels, one row a business day.
        layout: where each column sits in a shock.
        market: the state that the shocks will be applied to; gives the shapes.
        horizon_days: H business days.
        driver_columns: column of each systematic driver.
        seed: seed of the default draws that will use this set.

    Returns:
        One scenario for each window, sampling OVERLAPPING.

    Raises:
        ArgumentError: too few dates for the horizon.
    """
    _check_horizon(levels.shape[0], horizon_days)
    return _historical(levels, market, driver_columns, jnp.asarray(seed), layout=layout, horizon_days=horizon_days)


def monte_carlo_scenarios(
    levels: Float[Array, "dates factors"],
    layout: ShockLayout,
    market: MarketState,
    *,
    horizon_days: int,
    num_scenarios: int,
    driver_columns: Int[Array, "drivers"],
    seed: int = 0,
) -> ScenarioSet:
    """Gaussian moves with the covariance of the history's overlapping H-day moves and mean zero.

    The covariance is that of H-day moves themselves, so no square-root-of-time rule is involved. Numbers come from
    counters: scenario i is the same whatever the number of scenarios, the chunk or the device.

    Args:
        levels: factor levels, one row a business day.
        layout: where each column sits in a shock.
        market: the state that the shocks will be applied to; gives the shapes.
        horizon_days: H business days.
        num_scenarios: how many scenarios.
        driver_columns: column of each systematic driver.
        seed: seed of the market and default draws.

    Returns:
        Independent scenarios, equally weighted.

    Raises:
        ArgumentError: too few dates for the horizon, or fewer than one scenario.
    """
    _check_horizon(levels.shape[0], horizon_days)
    return gaussian_scenarios(
        _covariance(levels, jnp.asarray(layout.is_log), horizon_days=horizon_days),
        layout,
        market,
        horizon_days=horizon_days,
        num_scenarios=num_scenarios,
        driver_columns=driver_columns,
        seed=seed,
    )


def gaussian_scenarios(
    covariance: Float[Array, "factors factors"],
    layout: ShockLayout,
    market: MarketState,
    *,
    horizon_days: int,
    num_scenarios: int,
    driver_columns: Int[Array, "drivers"],
    seed: int = 0,
) -> ScenarioSet:
    """Gaussian moves with a given covariance over the horizon and mean zero.

    Args:
        covariance: of the factors' moves over the whole horizon; positive semi-definite (checked at the host door).
        layout: where each column sits in a shock.
        market: the state that the shocks will be applied to; gives the shapes.
        horizon_days: H business days, as a label of the set.
        num_scenarios: how many scenarios.
        driver_columns: column of each systematic driver.
        seed: seed of the market and default draws.

    Returns:
        Independent scenarios, equally weighted.

    Raises:
        ArgumentError: fewer than one scenario.
    """
    if num_scenarios < 1:
        raise ArgumentError(f"num_scenarios is {num_scenarios}", where="gaussian_scenarios", mend="ask for at least 1")
    return _gaussian(
        covariance,
        market,
        driver_columns,
        jnp.asarray(seed),
        layout=layout,
        horizon_days=horizon_days,
        num_scenarios=num_scenarios,
    )


@partial(jax.jit, static_argnames="horizon_days")
def _covariance(
    levels: Float[Array, "dates factors"], is_log: Bool[Array, "factors"], *, horizon_days: int
) -> Float[Array, "factors factors"]:
    moves = overlapping_moves(levels, is_log, horizon_days)
    centred = moves - jnp.mean(moves, axis=0, keepdims=True)
    return jnp.matmul(centred.T, centred, precision=jax.lax.Precision.HIGHEST) / (moves.shape[0] - 1)


@partial(jax.jit, static_argnames=("layout", "horizon_days"))
def _historical(
    levels: Float[Array, "dates factors"],
    market: MarketState,
    driver_columns: Int[Array, "drivers"],
    seed: Int[Array, ""],
    *,
    layout: ShockLayout,
    horizon_days: int,
) -> ScenarioSet:
    moves = overlapping_moves(levels, jnp.asarray(layout.is_log), horizon_days)
    return _scenario_set(moves, layout, market, horizon_days, driver_columns, seed, Sampling.OVERLAPPING)


@partial(jax.jit, static_argnames=("layout", "horizon_days", "num_scenarios"))
def _gaussian(
    covariance: Float[Array, "factors factors"],
    market: MarketState,
    driver_columns: Int[Array, "drivers"],
    seed: Int[Array, ""],
    *,
    layout: ShockLayout,
    horizon_days: int,
    num_scenarios: int,
) -> ScenarioSet:
    scale = jnp.sqrt(jnp.diagonal(covariance))
    unit = jnp.where(scale > 0.0, scale, 1.0)
    # The symmetric root of the correlation: it exists where the covariance is singular, does not depend on the signs
    # of the eigenvectors, and is not spoilt by rates and spots differing by orders of magnitude in scale.
    values, vectors = jnp.linalg.eigh(covariance / (unit[:, None] * unit[None, :]))
    half = vectors * jnp.sqrt(jnp.maximum(values, 0.0))[None, :]
    index = jnp.arange(num_scenarios, dtype=jnp.uint32)
    normals = counter_normals(seed, Stream.MARKET, index, covariance.shape[0], dtype=covariance.dtype)
    root = jnp.matmul(half, vectors.T, precision=jax.lax.Precision.HIGHEST)
    moves = jnp.matmul(normals, root, precision=jax.lax.Precision.HIGHEST) * scale[None, :]
    return _scenario_set(moves, layout, market, horizon_days, driver_columns, seed, Sampling.INDEPENDENT)


def _check_horizon(num_dates: int, horizon_days: int) -> None:
    if not 1 <= horizon_days <= num_dates - 2:
        raise ArgumentError(
            f"a horizon of {horizon_days} business days needs at least {horizon_days + 2} dates, got {num_dates}",
            where="history",
            mend="supply a longer history or ask for a shorter horizon",
        )


def _scenario_set(
    moves: Float[Array, "scenarios factors"],
    layout: ShockLayout,
    market: MarketState,
    horizon_days: int,
    driver_columns: Int[Array, "drivers"],
    seed: Int[Array, ""],
    sampling: Sampling,
) -> ScenarioSet:
    num_scenarios, dtype = moves.shape[0], moves.dtype
    weight = equal_weights(num_scenarios, dtype)
    systematic = jax.vmap(lambda column: normal_score(moves[:, column], weight), out_axes=1)(driver_columns)
    return ScenarioSet(
        shock=layout.to_shock(moves, market),
        weight=weight,
        index=jnp.arange(num_scenarios, dtype=jnp.uint32),
        systematic=systematic,
        horizon_days=jnp.asarray(float(horizon_days), dtype),
        seed=seed,
        sampling=sampling,
    )
