"""The host door to stress tests: a snapshot and named scenarios in, labelled losses out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from ._assess import precision, to_device
from ._status import Status
from .errors import ArgumentError
from .market import VolDynamics
from .revaluation import spot_vol_pnl, stress_test
from .scenarios import (
    STRESS_LIBRARY,
    FactorHistory,
    FactorNames,
    HistoricalWindow,
    StressScenario,
    StressShocks,
    check_horizon,
    overlapping_moves,
    propagate_stresses,
    stress_shocks,
)
from .scenarios.correlation import constant_correlation_shrinkage
from .snapshot import Prepared, Snapshot, prepare


@dataclass(frozen=True, eq=False)
class StressReport:
    """Losses of the marked positions under named stresses; instantaneous, no defaults, no liquidation cost.

    Attributes:
        losses: one row a scenario: `kind` (historical or hypothetical), `start` and `end` of the window of a historical
            one, `loss` of the book, `desk:NAME` of each desk, `status`, `source`; reporting currency, positive is a
            loss.
        not_covered: factors that a scenario should move and does not, by scenario.
        refused: why a scenario could not be built, by scenario.
        flags: what the losses leave out, in words.
        reporting_currency: of the losses.
    """

    losses: pd.DataFrame
    not_covered: dict[str, tuple[str, ...]]
    refused: dict[str, str]
    flags: tuple[str, ...]
    reporting_currency: str

    def __repr__(self) -> str:
        worst = self.losses["loss"].idxmax()
        return (
            f"StressReport: {len(self.losses)} scenarios, {len(self.refused)} refused; worst {worst}: "
            f"{self.losses['loss'].max():,.0f} {self.reporting_currency}"
        )


def stress(
    snapshot: Snapshot,
    scenarios: Sequence[StressScenario] = STRESS_LIBRARY,
    *,
    propagate: bool = False,
    horizon_days: int = 10,
    vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE,
) -> StressReport:
    """Losses by desk under named stresses, by full revaluation in float64.

    Without propagation the factors that a hypothetical stress does not name stay at base. With it they move by their
    conditional mean given those that it names, under the covariance of the history's own H-day moves (shrunk towards
    one correlation), so that a fall of all shares brings the usual rise of volatilities with it.

    Args:
        snapshot: what is held and known; historical scenarios need its history.
        scenarios: named stresses; the library of the package by default.
        propagate: move what hypothetical stresses do not name; needs a history.
        horizon_days: H of that covariance, business days.
        vol_dynamics: what a surface does when its underlying moves.

    Returns:
        Losses, and everything that a scenario does not cover.

    Raises:
        ArgumentError: no scenario could be built, names are repeated, the history is too short to propagate by, or
            the book is one of sensitivities, whose factors no scenario names.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> stress(load_desk()).losses[["loss", "source"]]  # doctest: +SKIP
    """
    if snapshot.linear is not None:
        _refuse_sensitivities("stress")
    prepared = prepare(snapshot, horizon_days=1)
    with precision(float32=False):
        dtype = jnp.dtype(jnp.float64)
        portfolio, market = to_device((prepared.inputs.portfolio, prepared.inputs.market), dtype)
        shocks = stress_shocks(
            scenarios, market, factor_names(prepared), history=factor_history(prepared), vol_dynamics=vol_dynamics
        )
        notes: tuple[str, ...] = ()
        if propagate:
            shocks, notes = propagate_stresses(
                shocks, _covariance(prepared, horizon_days), prepared.factors.layout, market
            )
            notes = (f"ASSUMED: hypothetical stresses propagated by {horizon_days}-day covariance", *notes)
        tested = stress_test(portfolio, market, shocks)
        loss, status = -np.asarray(tested.pnl), np.asarray(tested.status)
    kinds = {one.name: isinstance(one.definition, HistoricalWindow) for one in scenarios}
    return StressReport(
        losses=_frame(shocks, loss, status, prepared, kinds),
        not_covered={name: missing for name, missing in zip(shocks.names, shocks.not_covered, strict=True) if missing},
        refused=dict(shocks.refused),
        flags=(*notes, *incomplete(snapshot)),
        reporting_currency=snapshot.reporting_currency,
    )


def stress_grid(
    snapshot: Snapshot,
    spot_moves: Sequence[float] = (-0.3, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2),
    vol_moves: Sequence[float] = (-0.25, 0.0, 0.25, 0.5, 1.0),
    *,
    vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE,
) -> pd.DataFrame:
    """Losses on a grid of relative moves of all spots and of all volatilities, by full revaluation in float64.

    Args:
        snapshot: what is held and known; its history is not needed.
        spot_moves: relative changes of every asset, -0.1 for a fall of 10 %; exchange rates stay.
        vol_moves: relative changes of every surface.
        vol_dynamics: what a surface does when its underlying moves.

    Returns:
        Loss of the marked positions: one row a spot move, one column a volatility move; reporting currency, positive
        is a loss. `attrs` name the currency, the dynamics and what is left out.

    Raises:
        ArgumentError: a move of -1 or less, none at all, or a book of sensitivities.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> stress_grid(load_desk()).round(-3)  # doctest: +SKIP
    """
    if snapshot.linear is not None:
        _refuse_sensitivities("stress_grid")
    if not len(spot_moves) or not len(vol_moves):
        raise ArgumentError("the grid is empty", where="stress_grid", mend="give at least one spot and one vol move")
    prepared = prepare(snapshot, horizon_days=1)
    with precision(float32=False):
        dtype = jnp.dtype(jnp.float64)
        held = (prepared.inputs.portfolio, prepared.inputs.market)
        portfolio, market = to_device(held, dtype)
        pnl = np.asarray(spot_vol_pnl(portfolio, market, spot_moves, vol_moves, vol_dynamics=vol_dynamics))
    rows, columns = pd.Index(spot_moves, name="spot"), pd.Index(vol_moves, name="vol")
    grid = pd.DataFrame(-pnl.sum(axis=2), index=rows, columns=columns)
    about = {"currency": snapshot.reporting_currency, "vol_dynamics": vol_dynamics.value}
    grid.attrs.update(about | {"flags": incomplete(snapshot)})
    return grid


def _refuse_sensitivities(where: str) -> NoReturn:
    raise ArgumentError(
        "a book of sensitivities has abstract factors, which no stress scenario names",
        where=where,
        mend="use reverse_stress, or supply positions and market data",
    )


def incomplete(snapshot: Snapshot) -> tuple[str, ...]:
    """What a stress of a snapshot leaves out because its rows were rejected, in words.

    Args:
        snapshot: the input.

    Returns:
        Flags, none for a whole snapshot.
    """
    count = len(snapshot.rejected)
    return (f"INCOMPLETE: {count} rows rejected; their losses are not in these numbers",) if count else ()


def _frame(
    shocks: StressShocks, loss: np.ndarray, status: np.ndarray, prepared: Prepared, kinds: dict[str, bool]
) -> pd.DataFrame:
    desks = prepared.labels.desks
    window = [("", "") if dates is None else dates for dates in shocks.window]
    frame = pd.DataFrame(
        {
            "kind": ["historical" if kinds[name] else "hypothetical" for name in shocks.names],
            "start": [dates[0] for dates in window],
            "end": [dates[1] for dates in window],
            "loss": loss.sum(axis=1),
        },
        index=pd.Index(shocks.names, name="scenario"),
    )
    for k, desk in enumerate(desks):
        frame[f"desk:{desk}"] = loss[:, k]
    frame["status"] = [Status(int(bits)).describe() for bits in status]
    frame["source"] = list(shocks.sources)
    return frame


def _covariance(prepared: Prepared, horizon_days: int) -> Float[Array, "factors factors"]:
    check_horizon(len(prepared.factors.levels), horizon_days)
    moves = overlapping_moves(
        jnp.asarray(prepared.factors.levels), jnp.asarray(prepared.factors.layout.is_log), horizon_days
    )
    return constant_correlation_shrinkage(moves).covariance


def factor_names(prepared: Prepared) -> FactorNames:
    """Names of the axes that a stress moves."""
    labels = prepared.labels
    return FactorNames(labels.assets, labels.currencies, labels.curves, labels.surfaces, labels.hazard_issuers)


def factor_history(prepared: Prepared) -> FactorHistory | None:
    """Levels of the factors by date; None where there is no history."""
    if not len(prepared.factors.levels):
        return None
    return FactorHistory(prepared.factors.dates, prepared.factors.levels, prepared.factors.layout)
