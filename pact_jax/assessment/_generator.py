"""Which scenarios an assessment runs on, as objects: history as it happened, or Monte Carlo."""

import hashlib
from dataclasses import dataclass

import jax.numpy as jnp

from pact_jax.errors import ArgumentError
from pact_jax.market import MarketState
from pact_jax.scenarios import ScenarioSet, gaussian_scenarios, historical_scenarios, monte_carlo_scenarios
from pact_jax.snapshot import Prepared


@dataclass(frozen=True)
class Historical:
    """Every overlapping move of the snapshot's history, equally weighted."""

    @property
    def label(self) -> str:
        """Name in tables."""
        return "historical"


@dataclass(frozen=True)
class MonteCarlo:
    """Gaussian moves with the covariance of the history's own H-day moves.

    Attributes:
        num_scenarios: how many scenarios.
    """

    num_scenarios: int = 10_000

    @property
    def label(self) -> str:
        """Name in tables."""
        return "monte_carlo"


Generator = Historical | MonteCarlo


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
        ArgumentError: a linear book has no history to replay.
    """
    drivers = jnp.asarray(prepared.driver_columns)
    if prepared.correlation is not None:
        if isinstance(generator, Historical):
            raise ArgumentError(
                "a book of sensitivities has no history",
                where="generator",
                mend="use MonteCarlo(): shocks are standard normal with the correlation that was given",
            )
        return gaussian_scenarios(
            jnp.asarray(prepared.correlation, market.spot.dtype),
            prepared.layout,
            market,
            horizon_days=horizon_days,
            num_scenarios=generator.num_scenarios,
            driver_columns=drivers,
            seed=seed,
        )
    levels = jnp.asarray(prepared.levels, market.spot.dtype)
    if isinstance(generator, Historical):
        return historical_scenarios(
            levels, prepared.layout, market, horizon_days=horizon_days, driver_columns=drivers, seed=seed
        )
    return monte_carlo_scenarios(
        levels,
        prepared.layout,
        market,
        horizon_days=horizon_days,
        num_scenarios=generator.num_scenarios,
        driver_columns=drivers,
        seed=seed,
    )


def set_id(generator: Generator, prepared: Prepared, *, horizon_days: int, seed: int) -> str:
    """Hash of generator, seed, horizon and the history or correlation that the set is made from."""
    digest = hashlib.sha256(repr((generator, horizon_days, seed, prepared.labels.factors)).encode())
    digest.update(prepared.levels.tobytes())
    if prepared.correlation is not None:
        digest.update(prepared.correlation.tobytes())
    return digest.hexdigest()
