"""Loss vectors of an assessment on the host."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np
import pandas as pd

from pact_jax._pipeline import Evaluation
from pact_jax.consensus import LossAgent
from pact_jax.scenarios import ScenarioSet


@dataclass(frozen=True, eq=False, repr=False)
class Losses:
    """Loss vectors on the host; positive is a loss, reporting currency.

    Attributes:
        total: joint loss of each scenario.
        by_agent: scenarios x agents.
        interaction: what agents lose together beyond their sum.
        by_desk: scenarios x desks; funding belongs to none.
        weight: probability of each scenario.
        tail_weight: weight of each scenario in the expected shortfall.
    """

    total: np.ndarray
    by_agent: np.ndarray
    interaction: np.ndarray
    by_desk: np.ndarray
    weight: np.ndarray
    tail_weight: np.ndarray

    def frame(self, desks: Sequence[str]) -> pd.DataFrame:
        """The vectors as one table.

        Args:
            desks: names of the desks, in the order of `by_desk`.

        Returns:
            One row a scenario: `loss`, `agent:NAME`, `interaction`, `desk:NAME`, `weight`, `tail_weight`.
        """
        columns: dict[str, np.ndarray] = {"loss": self.total}
        columns |= {f"agent:{agent.name.lower()}": self.by_agent[:, int(agent)] for agent in LossAgent}
        columns["interaction"] = self.interaction
        columns |= {f"desk:{desk}": self.by_desk[:, k] for k, desk in enumerate(desks)}
        columns |= {"weight": self.weight, "tail_weight": self.tail_weight}
        return pd.DataFrame(columns).rename_axis("scenario")


def losses_of(evaluation: Evaluation, scenarios: ScenarioSet) -> Losses:
    """The loss vectors of an evaluation, brought to the host.

    Args:
        evaluation: the pure story's answer.
        scenarios: the set that it was evaluated on.

    Returns:
        The vectors.
    """
    joint = evaluation.joint
    losses = (joint.loss, joint.agent_loss, joint.interaction_loss, joint.desk_loss)
    return Losses(*jax.device_get((*losses, scenarios.weight, joint.tail_weight)))
