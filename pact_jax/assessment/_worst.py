"""The worst scenarios of an assessment, with their dates and what drove them."""

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float

from pact_jax._pipeline import Evaluation, RiskInputs
from pact_jax.agents import attribute_market
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState
from pact_jax.revaluation import FACTOR_GROUPS, TILE
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
    if not count:
        return pd.DataFrame()
    joint = evaluation.joint
    loss, agent_loss, interaction = (np.asarray(x) for x in (joint.loss, joint.agent_loss, joint.interaction_loss))
    worst = np.argsort(-loss, kind="stable")[:count]
    rows = []
    for scenario in worst:
        by_factor = factor_losses(inputs.portfolio, inputs.market, scenarios.shock, int(scenario))
        agents = agent_loss[scenario]
        row: dict[str, object] = {"scenario": int(scenario)}
        if dates is not None:
            row["start"], row["end"] = dates[scenario], dates[scenario + horizon_days]
        row["loss"] = float(loss[scenario])
        row.update(market=float(agents[0]), credit=float(agents[1]), liquidity=float(agents[2]))
        row["interaction"] = float(interaction[scenario])
        row.update({f"market_{g.value}": float(x) for g, x in zip(FACTOR_GROUPS, by_factor, strict=True) if x != 0.0})
        drivers = sorted(zip(by_factor, FACTOR_GROUPS, strict=True), key=lambda pair: -pair[0])
        row["driver"] = drivers[0][1].value
        rows.append(row)
    return pd.DataFrame(rows).fillna(0.0)


def factor_losses(
    portfolio: Portfolio, market: MarketState, shock: MarketShock, scenario: int
) -> Float[np.ndarray, "factors"]:
    """Loss of the market book in one scenario by group of factors (exact Shapley), in the order of `FACTOR_GROUPS`.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis.
        scenario: which one.

    Returns:
        Reporting currency; losses positive.
    """
    count = jax.tree.leaves(shock)[0].shape[0]
    one = np.zeros(count, market.spot.dtype)
    one[scenario] = 1.0
    none = np.zeros((count, portfolio.num_buckets), one.dtype)
    # Called as `evaluate` calls it, tile and all: the same program, not one compiled again.
    split = attribute_market(portfolio, market, shock, *jax.device_put((one, none)), tile=TILE)
    return -np.asarray(split.by_factor).sum(axis=0)
