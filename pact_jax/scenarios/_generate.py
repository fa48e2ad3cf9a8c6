"""Scenario generators: history as it happened, and Gaussian Monte Carlo with the history's covariance."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax._typing import IntScalarLike
from pact_jax.market import MarketState
from pact_jax.sampling import Stream, counter_normals

from ._assemble import assemble
from ._layout import ShockLayout
from ._moves import check_count, check_horizon, moves_covariance, overlapping_moves, symmetric_root
from ._set import Sampling, ScenarioSet


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
    check_horizon(levels.shape[0], horizon_days)
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
    check_horizon(levels.shape[0], horizon_days)
    return gaussian_scenarios(
        moves_covariance(levels, jnp.asarray(layout.is_log), horizon_days=horizon_days),
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
    check_count(num_scenarios)
    return _gaussian(
        covariance,
        market,
        driver_columns,
        jnp.asarray(seed),
        horizon_days,
        layout=layout,
        num_scenarios=num_scenarios,
    )


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
    return assemble(moves, layout, market, horizon_days, driver_columns, seed, Sampling.OVERLAPPING)


@partial(jax.jit, static_argnames=("layout", "num_scenarios"))
def _gaussian(
    covariance: Float[Array, "factors factors"],
    market: MarketState,
    driver_columns: Int[Array, "drivers"],
    seed: Int[Array, ""],
    horizon_days: IntScalarLike,
    *,
    layout: ShockLayout,
    num_scenarios: int,
) -> ScenarioSet:
    root, scale = symmetric_root(covariance)
    index = jnp.arange(num_scenarios, dtype=jnp.uint32)
    normals = counter_normals(seed, Stream.MARKET, index, covariance.shape[0], dtype=covariance.dtype)
    moves = jnp.matmul(normals, root, precision=jax.lax.Precision.HIGHEST) * scale[None, :]
    return assemble(moves, layout, market, horizon_days, driver_columns, seed, Sampling.INDEPENDENT)
