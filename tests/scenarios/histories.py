"""A small market and histories for the generator tests."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from pact_jax.market import MarketState, example_market
from pact_jax.scenarios import FactorColumn, ScenarioPlan, ShockLayout, ShockLeaf

LAYOUT = ShockLayout(
    (
        FactorColumn(ShockLeaf.SPOT, 0),
        FactorColumn(ShockLeaf.SPOT, 1),
        FactorColumn(ShockLeaf.ZERO_RATE, 0, 0),
        FactorColumn(ShockLeaf.ZERO_RATE, 0, 1),
    )
)
DRIVERS = jnp.asarray(np.array([0, 1]))
COVARIANCE = np.array(
    [[4e-4, 1e-4, 1e-6, 0.0], [1e-4, 1e-4, 0.0, 0.0], [1e-6, 0.0, 1e-6, 5e-7], [0.0, 0.0, 5e-7, 1e-6]]
)


def market() -> MarketState:
    """Two assets, one curve of two tenors."""
    return eqx.tree_at(
        lambda m: (m.spot, m.dividend_yield, m.half_spread, m.adv),
        example_market(),
        (jnp.ones(2), jnp.zeros(2), jnp.full(2, 1e-3), jnp.ones(2)),
    )


def plan(horizon_days: int, seed: int = 0) -> ScenarioPlan:
    """The small market with its two drivers."""
    return ScenarioPlan(LAYOUT, market(), driver_columns=DRIVERS, horizon_days=horizon_days, seed=seed)


def levels(num_dates: int = 61, seed: int = 3) -> np.ndarray:
    """Two prices with clustered volatility and two rates."""
    rng = np.random.default_rng(seed)
    size = np.exp(np.cumsum(0.1 * rng.standard_normal((num_dates, 4)), axis=0))
    moves = rng.standard_normal((num_dates, 4)) * size * np.array([0.02, 0.01, 0.001, 0.001])
    path = np.cumsum(moves, axis=0)
    return np.where(LAYOUT.is_log, 100.0 * np.exp(path), 0.02 + path)


def daily(history: np.ndarray) -> np.ndarray:
    """One-day moves by NumPy."""
    return np.diff(np.where(LAYOUT.is_log, np.log(np.where(LAYOUT.is_log, history, 1.0)), history), axis=0)


def moves_of(scenarios) -> np.ndarray:
    """The moves of a set, columns in the order of the layout."""
    return np.concatenate([np.asarray(scenarios.shock.spot), np.asarray(scenarios.shock.zero_rate)[:, 0, :]], axis=1)
