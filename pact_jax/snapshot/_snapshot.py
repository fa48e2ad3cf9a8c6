"""Everything known at the valuation time, on the host: what is held, the market, its history, capital and limits."""

from dataclasses import dataclass, field, fields
from datetime import date

import numpy as np
import pandas as pd
from jaxtyping import Float

from pact_jax.errors import RowProblem


@dataclass(frozen=True)
class RejectedRow(RowProblem):
    """One input row that was left out of the run, and what it was worth where that is known.

    A row with several faults is one rejected row, its rules joined: sums over rejected rows count nothing twice.

    Attributes:
        table: Table of the row (`positions`, `credit_exposures`, ...).
        key: Identifier of the row (position id, counterparty, ...); empty if the row has none.
        market_value: Signed value in the reporting currency from the row's own input price, NaN if unknown.
        notional: Size >= 0 in the reporting currency, NaN if unknown.
    """

    table: str = ""
    key: str = ""
    market_value: float = float("nan")
    notional: float = float("nan")


@dataclass(frozen=True, eq=False)
class LinearBook:
    """Positions known only by their sensitivities to named factors with standard normal shocks.

    Attributes:
        factor_names: Names of the factors, the column order of the arrays.
        correlation: Correlation of the shocks over the horizon; symmetric, unit diagonal, positive semi-definite.
        sensitivity: P&L per unit of position value and unit of shock; rows follow the `linear` rows of `positions`.
        horizon_days: Business days that one unit of shock stands for; None if the payload does not say.
        repair_distance: Frobenius distance between the correlation that was given and the repaired one; 0 unless a
            repair was asked for and needed.
    """

    factor_names: tuple[str, ...]
    correlation: Float[np.ndarray, "factors factors"]
    sensitivity: Float[np.ndarray, "positions factors"]
    horizon_days: int | None = None
    repair_distance: float = 0.0


def _frame() -> pd.DataFrame:
    return pd.DataFrame()


@dataclass(frozen=True, eq=False, repr=False)
class Snapshot:
    """One portfolio with its market, history, exposures, capital and limits at one valuation date.

    Make one with `make_snapshot`, `pact_jax.io.read_snapshot`, `pact_jax.io.snapshot_from_dict` or
    `pact_jax.datasets.load_desk`: they check every cell. The columns of each table are listed by `TABLES`.
    The index of a table is the row number in the file it came from (header = row 1).

    Attributes:
        portfolio_id: Name of the portfolio.
        valuation_date: Date of the market; maturities on or before it have expired.
        reporting_currency: Currency of capital, limits and every reported amount.
        capital: Own funds or allocated budget that scores are measured against; > 0, reporting currency.
        tier1_capital: Base of the concentration measures; None means `capital`.
        cash_buffer: Liquid buffer, reporting currency; None means not supplied.
        funding_penalty_rate: Cost of one unit of funding shortfall over the horizon (0.05 = 5 %).
        liquidation_fraction: Share of every net quantity that is sold within the horizon, in [0, 1].
        participation_cap: Largest share of daily volume that may be traded, in (0, 1].
        impact_coefficient: Coefficient of the square-root impact, >= 0.
        description: Free text printed by the report.
        assets: Underlyings with a spot price.
        currencies: FX rates into the reporting currency and the discount curve of each currency.
        curves: Zero rates, long format.
        vols: Implied volatilities, long format.
        issuers: Obligors: borrowers, bond issuers and counterparties.
        hazards: Hazard rates of marked issuers, long format.
        positions: What is held.
        history: Levels of the risk factors by date.
        credit_exposures: Exposures to counterparties given as amounts.
        cash_flows: Contractual and behavioural cash flows of the funding ladder.
        limits: Limits that the compliance reviewer checks.
        sources: What is real, derived and illustrative.
        linear: Sensitivities of the `linear` positions; None if the book has none.
        rejected: Rows left out (only with `on_reject="report"`); a run with any is INCOMPLETE.
        rows_in: Data rows supplied per table, rejected ones included.
    """

    portfolio_id: str
    valuation_date: date
    reporting_currency: str
    capital: float
    tier1_capital: float | None = None
    cash_buffer: float | None = None
    funding_penalty_rate: float = 0.0
    liquidation_fraction: float = 0.1
    participation_cap: float = 0.2
    impact_coefficient: float = 1.0
    description: str = ""
    assets: pd.DataFrame = field(default_factory=_frame)
    currencies: pd.DataFrame = field(default_factory=_frame)
    curves: pd.DataFrame = field(default_factory=_frame)
    vols: pd.DataFrame = field(default_factory=_frame)
    issuers: pd.DataFrame = field(default_factory=_frame)
    hazards: pd.DataFrame = field(default_factory=_frame)
    positions: pd.DataFrame = field(default_factory=_frame)
    history: pd.DataFrame = field(default_factory=_frame)
    credit_exposures: pd.DataFrame = field(default_factory=_frame)
    cash_flows: pd.DataFrame = field(default_factory=_frame)
    limits: pd.DataFrame = field(default_factory=_frame)
    sources: pd.DataFrame = field(default_factory=_frame)
    linear: LinearBook | None = None
    rejected: tuple[RejectedRow, ...] = ()
    rows_in: dict[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        desks = self.positions["desk"].nunique() if len(self.positions) else 0
        lines = [
            f"Snapshot {self.portfolio_id!r} on {self.valuation_date}: "
            f"{len(self.positions)} positions on {desks} desks, capital {self.capital:,.0f} {self.reporting_currency}"
        ]
        sizes = [f"{len(getattr(self, name))} {name}" for name in TABLE_NAMES if name not in ("positions", "history")]
        lines.append("  " + ", ".join(sizes))
        if len(self.history):
            first, last = self.history.index[0], self.history.index[-1]
            span = f"{first:%Y-%m-%d} .. {last:%Y-%m-%d}"
            lines.append(f"  history of {self.history.shape[1]} factors on {len(self.history)} dates, {span}")
        if self.rejected:
            lines.append(f"  INCOMPLETE: {len(self.rejected)} rows rejected")
        return "\n".join(lines)


TABLE_NAMES: tuple[str, ...] = (
    "curves",
    "currencies",
    "assets",
    "vols",
    "issuers",
    "hazards",
    "positions",
    "credit_exposures",
    "cash_flows",
    "limits",
    "sources",
    "history",
)
"""Tables of a snapshot, each after the tables that it refers to."""

SCALAR_NAMES: tuple[str, ...] = tuple(
    f.name for f in fields(Snapshot) if f.name not in (*TABLE_NAMES, "linear", "rejected", "rows_in")
)
"""Scalars of a snapshot, as they stand in `snapshot.json`."""
