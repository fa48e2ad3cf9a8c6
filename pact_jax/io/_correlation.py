"""A correlation matrix as the payload gives it: checked cell by cell, and repaired only when asked."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from pact_jax.errors import RowProblem
from pact_jax.scenarios.correlation import nearest_correlation

_EXACT = 1e-9
_SMALLEST_EIGENVALUE = -1e-10


@dataclass(frozen=True, eq=False)
class ReadCorrelation:
    """A usable matrix and how far it is from the one that was given (Frobenius norm)."""

    matrix: Float[np.ndarray, "factors factors"]
    repair_distance: float = 0.0


def read_correlation(
    value: object, factors: tuple[str, ...], repair: Literal["higham"] | None
) -> tuple[ReadCorrelation, list[RowProblem]]:
    """Read the matrix, or say what keeps it from being a correlation.

    Args:
        value: Rows in the order of the factors; None if absent.
        factors: Names of the factors.
        repair: `higham` replaces an indefinite matrix by the nearest correlation.

    Returns:
        The matrix (the identity where there is a problem), and the problems.
    """
    size = len(factors)
    unusable = ReadCorrelation(np.eye(size))
    if value is None:
        if size <= 1:
            return unusable, []
        return unusable, [_problem("", "is missing", "give it; the identity matrix says that factors are independent")]
    try:
        matrix = np.array(value, dtype=float)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    if matrix.shape != (size, size):
        shape = " x ".join(map(str, matrix.shape)) if matrix.size else "not a matrix of numbers"
        rule = f"must be {size} x {size}, one row per risk factor"
        return unusable, [_problem(shape, rule, "give a list of rows in the order of risk_factors")]
    problems = _cell_problems(matrix, factors)
    if problems:
        return unusable, problems
    smallest = float(np.linalg.eigvalsh(matrix)[0]) if size else 0.0
    if smallest >= _SMALLEST_EIGENVALUE * size:
        return ReadCorrelation(matrix), []
    if repair == "higham":
        nearest = nearest_correlation(matrix)
        return ReadCorrelation(nearest, float(np.linalg.norm(nearest - matrix))), []
    rule = f"is not positive semi-definite: its smallest eigenvalue is {smallest:.6g}"
    mend = 'estimate all pairs on one set of dates, or pass repair="higham" for the nearest correlation'
    return unusable, [_problem("", rule, mend)]


def _problem(value: str, rule: str, mend: str) -> RowProblem:
    return RowProblem("payload", None, "correlation_matrix", value, rule, mend)


def _cell_problems(matrix: Float[np.ndarray, "factors factors"], factors: tuple[str, ...]) -> list[RowProblem]:
    """The first kind of fault that any cell has, with the first cell and the number of them."""
    with np.errstate(invalid="ignore"):
        cells = (
            (~np.isfinite(matrix), "is not finite", "write a number in [-1, 1]"),
            (np.abs(matrix - matrix.T) > _EXACT, "differs from its mirror image", "a correlation is symmetric"),
            (np.eye(len(factors), dtype=bool) & (np.abs(matrix - 1.0) > _EXACT), "must be 1", "the diagonal is 1"),
            (np.abs(matrix) > 1.0 + _EXACT, "lies outside [-1, 1]", "give correlations, not covariances"),
        )
    for wrong, rule, mend in cells:
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            more = f" ({int(wrong.sum())} cells in all)" if wrong.sum() > 1 else ""
            value = f"({factors[row]}, {factors[column]}) = {matrix[row, column]:g}"
            return [_problem(value, rule + more, mend)]
    return []
