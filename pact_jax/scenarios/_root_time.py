"""One-day shocks stretched to a longer horizon: a convention, kept apart from moves over the horizon itself."""

import equinox as eqx
import jax
import jax.numpy as jnp

from ._set import ScenarioSet


def scale_root_time(scenarios: ScenarioSet, horizon_days: int) -> ScenarioSet:
    """The same scenarios with every shock multiplied by the root of `horizon_days / scenarios.horizon_days`.

    Right only for moves that are independent from day to day, with mean zero and one and the same law; moves over the
    horizon itself need none of this. Scores of the drivers stay, because their order does.

    Args:
        scenarios: a set of a shorter horizon.
        horizon_days: H to stretch to.

    Returns:
        A set with the label H.
    """
    target = jnp.asarray(float(horizon_days), scenarios.horizon_days.dtype)
    factor = jnp.sqrt(target / scenarios.horizon_days)
    shock = jax.tree.map(lambda leaf: leaf * factor, scenarios.shock)
    return eqx.tree_at(lambda s: (s.shock, s.horizon_days), scenarios, (shock, target))
