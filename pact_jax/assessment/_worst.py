"""The worst scenarios of an assessment, with their dates and what drove them."""

import jax.numpy as jnp
import numpy as np
import pandas as pd

from pact_jax._pipeline import Evaluation, RiskInputs
from pact_jax.agents import attribute_market
from pact_jax.revaluation import FACTOR_GROUPS
from pact_jax.scenarios import ScenarioSet


def worst_scenarios(
    inputs: RiskInputs,
    scenarios: ScenarioSet,
    evaluation: Evaluation,
    *,
    dates: np.ndarray | None,
    horizon_days: int,
    count: int = 10,
) -> pd.DataFrame:
    """The largest joint losses, split by agent and, for the market, by group of factors (exact Shapley).

    Args:
        inputs: arrays on the device.
        scenarios: the set.
        evaluation: its evaluation.
        dates: dates of the history for a historical set, None otherwise.
        horizon_days: H; a historical scenario ends H business days after it starts.
        count: how many.

    Returns:
        One row a scenario, worst first, in the reporting currency; losses positive.
    """
    loss = np.asarray(evaluation.joint.loss)
    worst = np.argsort(-loss, kind="stable")[:count]
    rows = []
    for scenario in worst:
        one = jnp.zeros_like(scenarios.weight).at[int(scenario)].set(1.0)
        none = jnp.zeros((one.shape[0], inputs.portfolio.num_buckets), one.dtype)
        split = attribute_market(inputs.portfolio, inputs.market, scenarios.shock, one, none)
        by_factor = -np.asarray(jnp.sum(split.by_factor, axis=0))
        agents = np.asarray(evaluation.joint.agent_loss[scenario])
        row: dict[str, object] = {"scenario": int(scenario)}
        if dates is not None:
            row["start"], row["end"] = dates[scenario], dates[scenario + horizon_days]
        row["loss"] = float(loss[scenario])
        row.update(market=float(agents[0]), credit=float(agents[1]), liquidity=float(agents[2]))
        row["interaction"] = float(evaluation.joint.interaction_loss[scenario])
        row.update({f"market_{g.value}": float(x) for g, x in zip(FACTOR_GROUPS, by_factor, strict=True) if x != 0.0})
        drivers = sorted(zip(by_factor, FACTOR_GROUPS, strict=True), key=lambda pair: -pair[0])
        row["driver"] = drivers[0][1].value
        rows.append(row)
    return pd.DataFrame(rows).fillna(0.0)
