"""Leaves of the explanation: agent, desk, item, factor, and the one apportionment that makes them add up exactly."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pact_jax.consensus import CREDIT_FACTORS, LIQUIDITY_FACTORS, Contribution, apportion
from pact_jax.revaluation import FACTOR_GROUPS
from pact_jax.snapshot import Labels

LEVELS: dict[str, list[str]] = {
    "agent": ["agent"],
    "desk": ["agent", "desk"],
    "position": ["agent", "desk", "item"],
    "factor": ["agent", "desk", "item", "factor"],
}
"""Columns of the explanation at each level; each level is an exact sum of the next."""

UNALLOCATED = "unallocated"
_NAMELESS = np.array([UNALLOCATED], dtype=object)


def leaf_table(contribution: Contribution, labels: Labels, unallocated: dict[str, float] | None = None) -> pd.DataFrame:
    """One row a leaf that is not exactly 0, in a fixed order.

    Args:
        contribution: shares of the score.
        labels: names of positions and exposures.
        unallocated: charge of each missing agent, by name.

    Returns:
        Columns agent, desk, item, factor, contribution (share of capital).
    """
    held, desk = labels.position_id, labels.position_desk
    exposures, exposure_desk = (np.array(names, dtype=object) for names in (labels.exposures, labels.exposure_desk))
    of_exposures = np.asarray(contribution.credit_exposure)[: len(exposures)]
    blocks = [
        _Block("market", desk, held, [group.value for group in FACTOR_GROUPS], contribution.market),
        _Block("credit", desk, held, CREDIT_FACTORS, contribution.credit_position),
        _Block("credit", exposure_desk, exposures, CREDIT_FACTORS, of_exposures),
        _Block("liquidity", desk, held, LIQUIDITY_FACTORS, contribution.liquidity),
        _Block("liquidity", _NAMELESS, np.array(["funding"], dtype=object), ["funding"], contribution.funding),
        _Block("interaction", desk, held, ["default x stressed value"], contribution.default_interaction),
        _Block("interaction", desk, held, ["liquidation x stressed price"], contribution.liquidation_interaction),
        *(_Block(agent, _NAMELESS, _NAMELESS, [UNALLOCATED], charge) for agent, charge in (unallocated or {}).items()),
    ]
    columns = [np.concatenate(parts) for parts in zip(*(block.columns() for block in blocks), strict=True)]
    return pd.DataFrame(dict(zip(("agent", "desk", "item", "factor", "contribution"), columns, strict=True)))


class _Block(NamedTuple):
    """Shares of one agent for items x factors."""

    agent: str
    desk: np.ndarray
    item: np.ndarray
    factors: Sequence[str]
    values: ArrayLike

    def columns(self) -> tuple[np.ndarray, ...]:
        """Agent, desk, item, factor and share of every row, zeros left out."""
        values = np.asarray(self.values, dtype=np.float64).reshape(len(self.item), len(self.factors))
        row, column = np.nonzero(values)
        agent, factor = np.full(len(row), self.agent, dtype=object), np.array(list(self.factors), dtype=object)[column]
        return agent, self.desk[row], self.item[row], factor, values[row, column]


def with_units(leaves: pd.DataFrame, score: float, *, computed_in: str = "float64") -> pd.DataFrame:
    """Adds `contribution_units`: whole units of 1e-12 of capital that sum exactly, by largest remainders.

    Args:
        leaves: what `leaf_table` returned.
        score: the number explained, as computed apart from the leaves.
        computed_in: floating type of the run.

    Returns:
        The leaves with their units.

    Raises:
        ExplanationGap: the leaves do not sum to the score.
    """
    keys = leaves["agent"] + "/" + leaves["desk"] + "/" + leaves["item"] + "/" + leaves["factor"]
    units = apportion(leaves["contribution"].to_numpy(), keys.tolist(), score, computed_in=computed_in).units
    return leaves.assign(contribution_units=units)


def explain(leaves: pd.DataFrame, level: str) -> pd.DataFrame:
    """Sums leaves to a level, largest contribution first.

    Args:
        leaves: leaves with units.
        level: agent, desk, position or factor.

    Returns:
        One row a group; `contribution` sums to the score to rounding, `contribution_units` exactly.
    """
    columns = LEVELS[level]
    table = leaves.groupby(columns, sort=True, as_index=False)[["contribution", "contribution_units"]].sum()
    total = table["contribution"].sum()
    table["share"] = table["contribution"] / total if total else np.nan
    order = table["contribution"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)
