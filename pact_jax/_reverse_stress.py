"""The host doors to reverse stress: the most plausible ways to lose an amount, and the worst of what is plausible."""

from dataclasses import dataclass
from statistics import NormalDist

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from ._assess import precision, to_device
from ._stress import incomplete
from .errors import ArgumentError
from .revaluation import MoveLoss, value_base
from .scenarios import ReverseStress, check_horizon, moves_covariance
from .scenarios import reverse_stress as solve
from .scenarios import worst_case as climb
from .snapshot import Prepared, Snapshot, prepare

_MAX_HORIZON = 20


@dataclass(frozen=True, eq=False)
class ReverseStressReport:
    """Distinct shocks that lose a given amount, the most plausible first; market losses of the marked positions.

    Attributes:
        solutions: one row a shock: `distance` in standard deviations (Mahalanobis), `gaussian_probability` of a loss
            beyond the plane that touches there (first order), `loss`, `kkt_residual` (0 where no shock nearby is as
            plausible and loses as much), `desk:NAME`; reporting currency, positive is a loss.
        moves: one row a factor: `move` (log return or change), `standard_deviation`, then a column a solution.
        flags: what was assumed or left out, in words.
        reporting_currency: of the losses.
    """

    solutions: pd.DataFrame
    moves: pd.DataFrame
    flags: tuple[str, ...]
    reporting_currency: str

    def __repr__(self) -> str:
        first = self.solutions.iloc[0]
        return (
            f"ReverseStressReport: {first['loss']:,.0f} {self.reporting_currency} is lost at {first['distance']:.2f} "
            f"standard deviations ({len(self.solutions)} distinct shocks)"
        )


@dataclass(frozen=True, eq=False)
class WorstCaseReport:
    """The largest market loss found among moves within a Mahalanobis distance.

    Attributes:
        loss: of the marked positions, reporting currency, positive is a loss.
        distance: of the moves, standard deviations; below `radius` where the worst lies inside.
        radius: of the ellipsoid searched.
        kkt_residual: 0 where no move nearby within the ellipsoid loses more.
        by_desk: the loss by desk.
        moves: one row a factor: `move` (log return or change), `standard_deviation`, `worst_case`.
        flags: what was assumed or left out, in words.
        reporting_currency: of the losses.
    """

    loss: float
    distance: float
    radius: float
    kkt_residual: float
    by_desk: pd.Series
    moves: pd.DataFrame
    flags: tuple[str, ...]
    reporting_currency: str

    def __repr__(self) -> str:
        return (
            f"WorstCaseReport: {self.loss:,.0f} {self.reporting_currency} is the worst within {self.radius:g} standard "
            f"deviations (KKT residual {self.kkt_residual:.1e})"
        )


def reverse_stress(
    snapshot: Snapshot, *, loss: float, horizon_days: int = 10, num_starts: int = 8, seed: int = 0
) -> ReverseStressReport:
    """The most plausible moves of the factors that lose a given amount, by full revaluation in float64.

    Least Mahalanobis distance under the covariance of the history's own H-day moves (of a book of sensitivities: its
    correlation), subject to the loss of the marked positions; no defaults, no liquidation cost. Several starts find
    several ways to lose; that none is more plausible is not proven.

    Args:
        snapshot: what is held and known.
        loss: amount to lose, reporting currency, positive.
        horizon_days: H of the covariance, business days, 1 to 20; a book of sensitivities has its own.
        num_starts: starting points of the search.
        seed: seed of the random starting directions.

    Returns:
        The shocks, with their losses and optimality residuals.

    Raises:
        ArgumentError: an argument outside its range, too little history, or a loss that the book cannot make.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> reverse_stress(load_desk(), loss=5e6).solutions  # doctest: +SKIP
    """
    if not loss > 0.0 or not (isinstance(horizon_days, int) and 1 <= horizon_days <= _MAX_HORIZON):
        raise ArgumentError(
            f"loss {loss!r}, horizon_days {horizon_days!r}",
            where="reverse_stress",
            mend=f"give a positive amount and 1 to {_MAX_HORIZON} business days",
        )
    prepared = prepare(snapshot, horizon_days=horizon_days)
    with precision(float32=False):
        book = _book(prepared)
        covariance, note = _covariance(prepared, horizon_days)
        found = solve(book, covariance, loss, num_starts=num_starts, seed=seed)
        by_desk = np.asarray(_by_desk(book, found.shock))
        deviation = np.sqrt(np.diag(np.asarray(covariance)))
        found = jax.tree.map(np.asarray, found)
    return ReverseStressReport(
        solutions=_solutions(found, by_desk, prepared),
        moves=_moves(found.shock, deviation, prepared),
        flags=(*note, *incomplete(snapshot)),
        reporting_currency=snapshot.reporting_currency,
    )


def worst_case(
    snapshot: Snapshot, *, radius: float, horizon_days: int = 10, num_starts: int = 8, seed: int = 0
) -> WorstCaseReport:
    """The largest market loss among moves within a Mahalanobis distance, by full revaluation in float64.

    Under the covariance of the history's own H-day moves (of a book of sensitivities: its correlation). Several starts
    are climbed from; that nothing within the ellipsoid is worse is not proven.

    Args:
        snapshot: what is held and known.
        radius: Mahalanobis distance, standard deviations; positive.
        horizon_days: H of the covariance, business days, 1 to 20; a book of sensitivities has its own.
        num_starts: starting points of the search, at least 3.
        seed: seed of the random starting directions.

    Returns:
        The loss, its moves and its optimality residual.

    Raises:
        ArgumentError: an argument outside its range, or too little history.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> worst_case(load_desk(), radius=3.0)  # doctest: +SKIP
    """
    if not (isinstance(horizon_days, int) and 1 <= horizon_days <= _MAX_HORIZON):
        raise ArgumentError(
            f"horizon_days {horizon_days!r}", where="worst_case", mend=f"give 1 to {_MAX_HORIZON} business days"
        )
    prepared = prepare(snapshot, horizon_days=horizon_days)
    with precision(float32=False):
        book = _book(prepared)
        covariance, note = _covariance(prepared, horizon_days)
        found = climb(book, covariance, radius, num_starts=num_starts, seed=seed)
        by_desk = np.asarray(_by_desk(book, found.shock[None]))[0]
        deviation = np.sqrt(np.diag(np.asarray(covariance)))
        found = jax.tree.map(np.asarray, found)
    desks = prepared.labels.desks
    return WorstCaseReport(
        loss=float(found.loss),
        distance=float(found.distance),
        radius=float(radius),
        kkt_residual=float(found.kkt_residual),
        by_desk=pd.Series(by_desk[: len(desks)], index=pd.Index(desks, name="desk"), name="loss"),
        moves=_moves(found.shock[None], deviation, prepared, "worst_case"),
        flags=(*note, *incomplete(snapshot)),
        reporting_currency=snapshot.reporting_currency,
    )


def _book(prepared: Prepared) -> MoveLoss:
    dtype = jnp.dtype(jnp.float64)
    held = (prepared.inputs.portfolio, prepared.inputs.market)
    portfolio, market = to_device(held, dtype)
    return MoveLoss(portfolio, market, value_base(portfolio, market), prepared.factors.layout)


@jax.jit
def _by_desk(book: MoveLoss, shock: Float[Array, "scenarios factors"]) -> Float[Array, "scenarios desks"]:
    return jax.lax.map(book.by_desk, shock)


def _covariance(prepared: Prepared, horizon_days: int) -> tuple[Float[Array, "factors factors"], tuple[str, ...]]:
    if prepared.factors.correlation is not None:
        return jnp.asarray(prepared.factors.correlation), ()
    num_dates, num_factors = prepared.factors.levels.shape
    check_horizon(num_dates, horizon_days)
    note = (
        (f"ASSUMED: {num_dates - horizon_days} windows for {num_factors} factors: only moves within their range",)
        if num_dates - horizon_days <= num_factors
        else ()
    )
    is_log = jnp.asarray(prepared.factors.layout.is_log)
    return moves_covariance(jnp.asarray(prepared.factors.levels), is_log, horizon_days=horizon_days), note


def _solutions(found: ReverseStress, by_desk: np.ndarray, prepared: Prepared) -> pd.DataFrame:
    normal = NormalDist()
    frame = pd.DataFrame(
        {
            "distance": found.distance,
            "gaussian_probability": [normal.cdf(-float(d)) for d in found.distance],
            "loss": found.loss,
            "kkt_residual": found.kkt_residual,
        },
        index=pd.RangeIndex(1, len(found.distance) + 1, name="solution"),
    )
    for k, desk in enumerate(prepared.labels.desks):
        frame[f"desk:{desk}"] = by_desk[:, k]
    return frame


def _moves(shocks: np.ndarray, deviation: np.ndarray, prepared: Prepared, name: str = "solution_{}") -> pd.DataFrame:
    kind = np.where(prepared.factors.layout.is_log, "log return", "change")
    frame = pd.DataFrame(
        {"move": kind, "standard_deviation": deviation}, index=pd.Index(prepared.labels.factors, name="factor")
    )
    for k, shock in enumerate(shocks):
        frame[name.format(k + 1)] = shock
    return frame
