"""Leaves of the explanation: agent, desk, item, factor, and the one apportionment that makes them add up exactly."""

from collections.abc import Sequence

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


def leaf_table(contribution: Contribution, labels: Labels, unallocated: dict[str, float] | None = None) -> pd.DataFrame:
    """One row a leaf that is not exactly 0, in a fixed order.

    Args:
        contribution: shares of the score.
        labels: names of positions and exposures.
        unallocated: charge of each missing agent, by name.

    Returns:
        Columns agent, desk, item, factor, contribution (share of capital).
    """
    held = np.asarray(labels.position_id, dtype=object)
    desk = np.asarray(labels.position_desk, dtype=object)
    names = [group.value for group in FACTOR_GROUPS]
    exposures = np.array(labels.exposures, dtype=object)
    exposure_desk = np.array(labels.exposure_desk, dtype=object)
    num_exposures = len(exposures)

    parts = [
        _block("market", desk, held, names, np.asarray(contribution.market)),
        _block("credit", desk, held, CREDIT_FACTORS, np.asarray(contribution.credit_position)),
        _block(
            "credit", exposure_desk, exposures, CREDIT_FACTORS, np.asarray(contribution.credit_exposure)[:num_exposures]
        ),
        _block("liquidity", desk, held, LIQUIDITY_FACTORS, np.asarray(contribution.liquidity)),
        _block("liquidity", np.array([UNALLOCATED]), np.array(["funding"]), ["funding"], contribution.funding),
        _block(
            "interaction",
            desk,
            held,
            ["default x stressed value"],
            np.asarray(contribution.default_interaction)[:, None],
        ),
        _block(
            "interaction",
            desk,
            held,
            ["liquidation x stressed price"],
            np.asarray(contribution.liquidation_interaction)[:, None],
        ),
    ]
    for agent, charge in (unallocated or {}).items():
        parts.append(_block(agent, np.array([UNALLOCATED]), np.array([UNALLOCATED]), [UNALLOCATED], charge))
    return pd.concat(parts, ignore_index=True)


def _block(agent: str, desk: np.ndarray, item: np.ndarray, factors: Sequence[str], values: ArrayLike) -> pd.DataFrame:
    """Rows of one agent for items x factors, zeros left out."""
    values = np.asarray(values, dtype=np.float64).reshape(len(item), len(factors))
    row, column = np.nonzero(values)
    return pd.DataFrame(
        {
            "agent": agent,
            "desk": desk[row],
            "item": item[row],
            "factor": np.array(list(factors), dtype=object)[column],
            "contribution": values[row, column],
        }
    )


def with_units(leaves: pd.DataFrame, score: float) -> pd.DataFrame:
    """Adds `contribution_units`: whole units of 1e-12 of capital that sum exactly, by largest remainders.

    Args:
        leaves: what `leaf_table` returned.
        score: the number explained, as computed apart from the leaves.

    Returns:
        The leaves with their units.

    Raises:
        ExplanationGap: the leaves do not sum to the score.
    """
    keys = leaves["agent"] + "/" + leaves["desk"] + "/" + leaves["item"] + "/" + leaves["factor"]
    units = apportion(leaves["contribution"].to_numpy(), keys.tolist(), score).units
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
