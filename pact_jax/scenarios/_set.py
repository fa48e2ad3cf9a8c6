"""A set of scenarios: shocks, weights, counters and systematic drivers."""

import enum

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

from pact_jax.market import MarketShock


class Sampling(enum.Enum):
    """How scenarios depend on each other, which decides the standard error that fits them."""

    INDEPENDENT = "independent"
    OVERLAPPING = "overlapping"
    RANDOMISED = "randomised"


class ScenarioSet(eqx.Module):
    """Equally shaped shocks over a horizon, with what every agent needs to tell one scenario from another.

    Shocks are instantaneous: no ageing, carry or rebalancing within the horizon.

    Attributes:
        shock: every leaf with a leading scenarios axis.
        weight: probability of each scenario; importance weights are likelihood ratios over the number of scenarios,
            whose sum is 1 in expectation only.
        index: counter of every random number of the scenario.
        systematic: standard-normal score of each driver's return in the scenario.
        horizon_days: business days.
        seed: seed of the random numbers that later stages draw (defaults).
        sampling: independent draws, overlapping history in date order, or independent randomisations of a point set.
        num_randomisations: of RANDOMISED sampling, equally long runs of scenarios one after the other, each by itself
            a sample of the whole law and independent of the others; 1 otherwise.
    """

    shock: MarketShock
    weight: Float[Array, "scenarios"]
    index: UInt32[Array, "scenarios"]
    systematic: Float[Array, "scenarios drivers"]
    horizon_days: Float[Array, ""]
    seed: Int[Array, ""]
    sampling: Sampling = eqx.field(static=True)
    num_randomisations: int = eqx.field(static=True, default=1)

    @property
    def num_scenarios(self) -> int:
        """Number of scenarios, padding excluded."""
        return self.weight.shape[0]


def equal_weights(num_scenarios: int, dtype: jnp.dtype) -> Float[Array, "scenarios"]:
    """The weight 1/n for each of n scenarios.

    Args:
        num_scenarios: n, at least 1.
        dtype: floating dtype.

    Returns:
        n equal weights.
    """
    return jnp.full((num_scenarios,), 1.0 / num_scenarios, dtype)
