"""The host door of what-if: a book remembered once, then trades added, removed or resized at the cost of the trade."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ._assess import check_arguments, precision, to_device
from ._pipeline import DEFAULT_CONFIDENCE, DEFAULT_LEVELS, evaluate
from .assessment import Generator, MonteCarlo, generate_noted
from .errors import ArgumentError
from .instruments import Portfolio, PositionGroup
from .revaluation import BookScenarios, WhatIf, remember_book, what_if
from .snapshot import SCALAR_NAMES, TABLE_NAMES, Snapshot, make_snapshot, prepare

_NOT_COVERED = "defaults, liquidation cost and funding of the trade: the market loss of the trade is what changes"


@dataclass(frozen=True, eq=False, repr=False)
class WhatIfReport:
    """A book with a trade, beside the book as it is.

    Attributes:
        measures: by confidence level: VaR and ES before and after, `incremental` (ES after minus before, by full
            recomputation), `contribution` (the trade's part of the ES after) and `standalone` ES of the trade.
        limits: limits on total score, ES and VaR: value before and after (point estimates), headroom after, and whether
            it is kept.
        score_before: ES over capital, at the level of the score.
        score_after: the same with the trade.
        value: present value of the trade, reporting currency.
        pnl: P&L of the trade in each scenario.
        not_covered: what is not in these numbers.
    """

    measures: pd.DataFrame
    limits: pd.DataFrame
    score_before: float
    score_after: float
    value: float
    pnl: np.ndarray
    not_covered: tuple[str, ...]

    def __repr__(self) -> str:
        broken = int((~self.limits["kept"]).sum()) if len(self.limits) else 0
        return (
            f"WhatIfReport: score {self.score_before:.6f} -> {self.score_after:.6f}, trade worth {self.value:,.2f}, "
            f"{broken} of {len(self.limits)} limits broken"
        )


@dataclass(frozen=True, eq=False, repr=False)
class WhatIfBook:
    """A book with its scenarios and losses remembered; each trade costs its own repricing.

    Attributes:
        snapshot: what is held and known.
        confidence: level of the score.
        levels: levels of the values at risk.
        horizon_days: business days of the scenarios.
        memory: shocked markets and joint losses.
    """

    snapshot: Snapshot
    confidence: float
    levels: tuple[float, ...]
    horizon_days: int
    memory: BookScenarios

    def resize(self, change: Mapping[str, float]) -> WhatIfReport:
        """The book with other quantities of positions that it holds.

        Args:
            change: quantity to add to each position, by position id; minus its quantity removes it.

        Returns:
            Measures before and after.

        Raises:
            ArgumentError: a position that the book does not hold, or a change that is not a finite number.
        """
        held = self.snapshot.positions
        unknown = sorted(set(change) - set(held["position_id"]))
        if unknown or not change:
            mend = "use position ids of the snapshot"
            raise ArgumentError(f"positions {unknown[:5]} are not in the book", where="resize", mend=mend)
        if not all(np.isfinite(list(change.values()))):
            raise ArgumentError("a change of quantity is not finite", where="resize", mend="give numbers")
        rows = held[held["position_id"].isin(list(change))]
        return self._report(rows.assign(quantity=[float(change[name]) for name in rows["position_id"]]))

    def remove(self, position_ids: Iterable[str]) -> WhatIfReport:
        """The book without some positions.

        Args:
            position_ids: what to remove.

        Returns:
            Measures before and after.
        """
        names = set(position_ids)
        held = self.snapshot.positions.set_index("position_id")["quantity"].to_dict()
        return self.resize({name: -float(held.get(name, np.nan)) for name in names})

    def add(self, positions: pd.DataFrame) -> WhatIfReport:
        """The book with new positions, checked as any input is.

        Args:
            positions: rows of the positions table.

        Returns:
            Measures before and after.

        Raises:
            SnapshotError: a row is wrong; every fault is listed.
        """
        # What names desks or positions of the book says nothing of the new rows.
        others = [name for name in TABLE_NAMES if name not in ("limits", "credit_exposures", "cash_flows")]
        tables = {name: getattr(self.snapshot, name) for name in others} | {"positions": positions}
        scalars = {name: getattr(self.snapshot, name) for name in SCALAR_NAMES}
        known = {name: value for name, value in scalars.items() if value is not None}
        return self._report(make_snapshot(tables, known).positions)

    def _report(self, rows: pd.DataFrame) -> WhatIfReport:
        prepared = prepare(dataclasses.replace(self.snapshot, positions=rows), horizon_days=self.horizon_days)
        with precision(float32=False):
            groups = tuple(_without_bucket(group) for group in prepared.inputs.portfolio.groups)
            trade = Portfolio(groups, num_desks=0, num_buckets=0)
            trade = to_device(trade, jnp.dtype(jnp.float64))
            result = jax.tree.map(np.asarray, what_if(self.memory, trade))
        if int(result.status):
            mend = "check the market data and the terms that the trade is priced from"
            raise ArgumentError("the trade's P&L is not finite in some scenario", where="what_if", mend=mend)
        measures = _measures((self.confidence, *self.levels), result)
        capital = self.snapshot.capital
        return WhatIfReport(
            measures=measures,
            limits=self._limits(measures),
            score_before=float(measures["es_before"].iloc[0]) / capital,
            score_after=float(measures["es_after"].iloc[0]) / capital,
            value=float(result.value),
            pnl=result.pnl,
            not_covered=(_NOT_COVERED,),
        )

    def _limits(self, measures: pd.DataFrame) -> pd.DataFrame:
        capital, first = self.snapshot.capital, measures.iloc[0]
        known = {
            "score": (first["es_before"] / capital, first["es_after"] / capital),
            "expected_shortfall": (first["es_before"], first["es_after"]),
        }
        for level, row in measures.iloc[1:].iterrows():
            known["var_" + f"{100 * float(str(level)):g}".replace(".", "_")] = (row["var_before"], row["var_after"])
        limits = self.snapshot.limits
        if not len(limits):
            return pd.DataFrame(columns=["limit_id", "measure", "limit", "before", "after", "headroom", "kept"])
        mine = limits[limits["measure"].isin(list(known)) & (limits["scope"] == "total")]
        pairs = np.array([known[name] for name in mine["measure"]], float).reshape(-1, 2)
        sign = np.where(mine["direction"] == "min", -1.0, 1.0)
        headroom = sign * (mine["limit"].to_numpy(float) - pairs[:, 1])
        table = mine[["limit_id", "measure", "limit"]].assign(before=pairs[:, 0], after=pairs[:, 1], headroom=headroom)
        return table.assign(kept=headroom >= 0.0).reset_index(drop=True)


def what_if_book(
    snapshot: Snapshot,
    *,
    generator: Generator | None = None,
    horizon_days: int = 10,
    confidence: float = DEFAULT_CONFIDENCE,
    levels: tuple[float, ...] = DEFAULT_LEVELS,
    seed: int = 0,
) -> WhatIfBook:
    """Remembers a book's scenarios and joint losses, so that trades can be tried on it.

    The joint loss is the one that `assess` scores with the same arguments. A trade changes its market loss.

    Args:
        snapshot: what is held and known.
        generator: `MonteCarlo(10_000)` by default.
        horizon_days: business days, 1 to 20.
        confidence: level of the score's expected shortfall.
        levels: levels of the values at risk.
        seed: seed of every random number.

    Returns:
        The book, with `resize`, `remove` and `add`.

    Raises:
        ArgumentError: an argument out of its range, or a book of sensitivities.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> what_if_book(load_desk()).resize({"P00001": -100.0}).measures  # doctest: +SKIP
    """
    generator = MonteCarlo() if generator is None else generator
    check_arguments(horizon_days, confidence, levels, generator)
    if snapshot.linear is not None:
        mend = "supply positions and market data"
        raise ArgumentError("a book of sensitivities has no contracts to trade", where="what_if_book", mend=mend)
    prepared = prepare(snapshot, horizon_days=horizon_days)
    with precision(float32=False):
        dtype = jnp.dtype(jnp.float64)
        inputs = to_device(prepared.inputs, dtype)
        scenarios, _ = generate_noted(generator, prepared, inputs.market, horizon_days=horizon_days, seed=seed)
        joint = evaluate(inputs, scenarios, confidence, levels=levels).joint
        wanted = jnp.asarray((confidence, *levels), dtype)
        memory = remember_book(inputs.market, scenarios.shock, joint.loss, scenarios.weight, wanted)
    return WhatIfBook(snapshot, confidence, tuple(levels), horizon_days, memory)


def _without_bucket(group: PositionGroup) -> PositionGroup:
    return dataclasses.replace(group, book_bucket=None)


def _measures(levels: tuple[float, ...], result: WhatIf) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "var_before": result.before.value_at_risk,
            "var_after": result.after.value_at_risk,
            "es_before": result.before.expected_shortfall,
            "es_after": result.after.expected_shortfall,
            "incremental": result.incremental,
            "contribution": result.contribution,
            "standalone": result.standalone.expected_shortfall,
        },
        index=pd.Index(levels, name="confidence"),
    )
