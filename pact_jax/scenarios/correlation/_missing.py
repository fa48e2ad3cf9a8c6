"""Histories with gaps: dropped openly, or estimated pair by pair and repaired openly; never filled in silence."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from pact_jax.errors import ArgumentError, CorrelationError

from ._nearest import nearest_correlation

_MIN_PAIRS = 3
_INDEFINITE = 1e-10


@dataclass(frozen=True, eq=False)
class Gaps:
    """What dropping incomplete rows cost.

    Attributes:
        kept: rows that stayed.
        dropped: number of rows that did not.
        missing: number of missing cells of each factor.
    """

    kept: Bool[np.ndarray, "dates"]
    dropped: int
    missing: Float[np.ndarray, "factors"]


@dataclass(frozen=True, eq=False)
class PairwiseCorrelation:
    """A correlation whose pairs rest on different dates.

    Attributes:
        correlation: positive semi-definite.
        pairs: dates that each pair rests on.
        smallest_eigenvalue: before any repair.
        repair_distance: Frobenius distance that the repair moved it by; 0 without.
    """

    correlation: Float[np.ndarray, "factors factors"]
    pairs: Float[np.ndarray, "factors factors"]
    smallest_eigenvalue: float
    repair_distance: float


def complete_moves(
    levels: Float[np.ndarray, "dates factors"], is_log: Bool[np.ndarray, "factors"]
) -> tuple[Float[np.ndarray, "dates factors"], Gaps]:
    """Moves between consecutive dates on which every factor has a level: the others are dropped and counted.

    A move then spans a gap, and is longer than a day there; it is never split or filled in.

    Args:
        levels: one row a date; NaN where missing.
        is_log: which columns move by log return.

    Returns:
        Moves, and what was dropped.

    Raises:
        ArgumentError: fewer than three complete rows.
    """
    kept = np.asarray(np.isfinite(levels).all(axis=1))
    gaps = Gaps(kept, int((~kept).sum()), (~np.isfinite(levels)).sum(axis=0).astype(float))
    if kept.sum() < _MIN_PAIRS:
        worst = int(np.argmax(gaps.missing))
        raise ArgumentError(
            f"{int(kept.sum())} dates have a level of every factor; column {worst} lacks most",
            where="complete_moves",
            mend="drop the factors with most gaps, or estimate pair by pair",
        )
    whole = levels[kept]
    scaled = np.where(is_log, np.log(np.where(is_log, whole, 1.0)), whole)
    return np.diff(scaled, axis=0), gaps


def pairwise_correlation(moves: Float[np.ndarray, "dates factors"], *, repair: bool = False) -> PairwiseCorrelation:
    """Correlation of each pair over the dates that both have, which need not be a correlation as a whole.

    Args:
        moves: one row a date; NaN where missing.
        repair: take the nearest correlation if it is indefinite, and record the distance.

    Returns:
        The matrix, and what it rests on.

    Raises:
        ArgumentError: a pair has fewer than three dates in common, or a factor does not move on them.
        CorrelationError: it is indefinite, and no repair was asked for.
    """
    held = np.isfinite(moves)
    count = held.astype(float).T @ held.astype(float)
    value = np.where(held, moves, 0.0)
    total = value.T @ held  # sum of the row's factor over the dates of the pair
    square = (value**2).T @ held
    enough = np.maximum(count, 1.0)
    variance = square / enough - (total / enough) ** 2
    if count.min() < _MIN_PAIRS or variance.min() <= 0.0:
        row, column = np.unravel_index(int(np.argmin(np.where(count < _MIN_PAIRS, -1.0, variance))), count.shape)
        raise ArgumentError(
            f"columns {row} and {column} have {int(count[row, column])} dates in common, or do not move on them",
            where="pairwise_correlation",
            mend="drop one of them or supply more history",
        )
    covariance = value.T @ value / enough - (total / enough) * (total / enough).T
    matrix = covariance / np.sqrt(variance * variance.T)
    np.fill_diagonal(matrix, 1.0)
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest >= -_INDEFINITE * len(matrix):
        return PairwiseCorrelation(matrix, count, smallest, 0.0)
    if not repair:
        raise CorrelationError(
            f"pairwise estimates are not a correlation: smallest eigenvalue {smallest:.6g}",
            where="pairwise_correlation",
            mend="use dates that all factors have (complete_moves), or repair=True for the nearest correlation",
        )
    nearest = nearest_correlation(matrix)
    return PairwiseCorrelation(nearest, count, smallest, float(np.linalg.norm(nearest - matrix)))
