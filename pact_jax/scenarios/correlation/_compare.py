"""How estimators of covariance do on days that they have not seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError

from .._factor_model import low_rank
from ._estimate import ewma_covariance, sample_covariance
from ._nearest import nearest_correlation
from ._rank import kendall_covariance, spearman_covariance
from ._shrinkage import constant_correlation_shrinkage, identity_shrinkage

Estimator = Callable[[Float[Array, "dates factors"]], Float[Array, "factors factors"]]
_INDEFINITE = 1e-10


@dataclass(frozen=True)
class EstimatorScore:
    """Means over all windows of one estimator; NaN where a window's estimate was singular.

    Attributes:
        name: of the estimator.
        log_score: mean Gaussian log density of a day not seen, per factor; higher is better.
        minimum_variance_volatility: daily volatility realised by the fully invested portfolio that the estimate holds
            to have the least; lower is better.
        correlation_error: root mean square difference from the correlations of the days not seen, over pairs.
        condition: median condition number of the estimated correlation.
        repaired: windows whose estimate was indefinite and was replaced by the nearest correlation.
        windows: how many windows.
    """

    name: str
    log_score: float
    minimum_variance_volatility: float
    correlation_error: float
    condition: float
    repaired: int
    windows: int


def standard_estimators(num_common: int = 3, decay: float = 0.97) -> dict[str, Estimator]:
    """The estimators of this package under their usual names.

    Args:
        num_common: common factors of the low-rank model.
        decay: of EWMA.

    Returns:
        Functions of moves, in a fixed order.
    """
    return {
        "sample": sample_covariance,
        "ewma": partial(ewma_covariance, decay=decay),
        "ledoit_wolf_identity": lambda moves: identity_shrinkage(moves).covariance,
        "ledoit_wolf_constant_correlation": lambda moves: constant_correlation_shrinkage(moves).covariance,
        "kendall": kendall_covariance,
        "spearman": spearman_covariance,
        "factor_model": lambda moves: low_rank(sample_covariance(moves), num_common).covariance,
    }


def compare_estimators(
    moves: Float[np.ndarray, "dates factors"],
    estimators: Mapping[str, Estimator],
    *,
    window: int,
    ahead: int,
) -> tuple[EstimatorScore, ...]:
    """Estimates on each window of the past, judged on the days that follow it; windows step by `ahead`.

    Args:
        moves: daily moves in date order, without gaps.
        estimators: functions of a window's moves.
        window: days that an estimate rests on.
        ahead: days not seen that it is judged on, at least 2.

    Returns:
        One score an estimator, in order.

    Raises:
        ArgumentError: the history does not hold one window and the days ahead of it.
    """
    starts = range(0, moves.shape[0] - window - ahead + 1, ahead)
    if not starts or window < 2 or ahead < 2:
        raise ArgumentError(
            f"{moves.shape[0]} days do not hold a window of {window} and {ahead} days ahead",
            where="compare_estimators",
            mend="ask for shorter windows of at least 2 days or supply a longer history",
        )
    still = [
        start
        for start in starts
        for part in (slice(0, window), slice(window, window + ahead))
        if _constant(moves[start:][part])
    ]
    if still:
        raise ArgumentError(
            f"a factor does not move within the window from row {still[0]}",
            where="compare_estimators",
            mend="leave the factor out: it has no correlation there",
        )
    return tuple(_score(name, jax.jit(make), moves, starts, window, ahead) for name, make in estimators.items())


def _constant(moves: Float[np.ndarray, "dates factors"]) -> bool:
    return bool((moves == moves[:1]).all(axis=0).any())


def _score(
    name: str, make: Estimator, moves: Float[np.ndarray, "dates factors"], starts: range, window: int, ahead: int
) -> EstimatorScore:
    size, rows, repaired = moves.shape[1], [], 0
    pair = np.triu_indices(size, 1)
    for start in starts:
        future = moves[start + window : start + window + ahead]
        covariance = np.asarray(make(jnp.asarray(moves[start : start + window])), dtype=np.float64)
        scale = np.sqrt(np.diag(covariance))
        correlation = covariance / np.outer(scale, scale)
        if np.linalg.eigvalsh(correlation)[0] < -_INDEFINITE * size:
            correlation, repaired = nearest_correlation(correlation), repaired + 1
        rows.append(_judge(correlation, scale, future, pair))
    log_score, square, error, condition = np.array(rows).T
    return EstimatorScore(
        name=name,
        log_score=float(log_score.mean()),
        minimum_variance_volatility=float(np.sqrt(square.mean())),
        correlation_error=float(np.sqrt(error.mean())),
        condition=float(np.median(condition)),
        repaired=repaired,
        windows=len(rows),
    )


def _judge(
    correlation: Float[np.ndarray, "factors factors"],
    scale: Float[np.ndarray, "factors"],
    future: Float[np.ndarray, "dates factors"],
    pair: tuple[np.ndarray, np.ndarray],
) -> Float[np.ndarray, "4"]:
    """Log score, squared move of the minimum-variance portfolio, squared correlation error, condition number."""
    size, values = len(scale), np.linalg.eigvalsh(correlation)
    realised = np.mean((np.corrcoef(future.T)[pair] - correlation[pair]) ** 2)
    if values[0] <= _INDEFINITE * size:
        return np.array([np.nan, np.nan, realised, np.inf])
    standard = future / scale
    distance = np.einsum("ti,ij,tj->t", standard, np.linalg.inv(correlation), standard)
    constant = size * np.log(2.0 * np.pi) + np.log(values).sum() + 2.0 * np.log(scale).sum()
    weight = np.linalg.solve(correlation * np.outer(scale, scale), np.ones(size))
    held = future @ (weight / weight.sum())
    log_score = -0.5 * (constant + distance.mean()) / size
    return np.array([log_score, np.mean(held**2), realised, values[-1] / values[0]])
