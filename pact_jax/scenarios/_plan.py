"""What every generator needs beside its own law: where the factors sit, what is shocked, how far, with which seed."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Int

from pact_jax.market import MarketState

from ._layout import ShockLayout


class ScenarioPlan(eqx.Module):
    """What is common to all generators.

    Attributes:
        layout: where each column of a history, or row of a covariance, sits in a shock.
        market: the state that the shocks will be applied to; gives the shapes.
        driver_columns: column of each systematic driver.
        horizon_days: H business days.
        seed: seed of the market and default draws.

    Example:
        >>> from pact_jax.market import example_market
        >>> from pact_jax.scenarios import FactorColumn, ShockLeaf
        >>> layout = ShockLayout((FactorColumn(ShockLeaf.SPOT, 0),))
        >>> plan = ScenarioPlan(layout, example_market(), driver_columns=jnp.zeros(1, int), horizon_days=10, seed=7)
        >>> plan.horizon_days, int(plan.seed)
        (10, 7)
    """

    layout: ShockLayout = eqx.field(static=True)
    market: MarketState
    driver_columns: Int[Array, "drivers"] = eqx.field(converter=jnp.asarray)
    horizon_days: int
    seed: Int[Array, ""] = eqx.field(converter=jnp.asarray, default=0)
