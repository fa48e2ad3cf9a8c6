"""Measures beside the score that limits may be set on: expected loss, concentration, liquidity coverage."""

from dataclasses import dataclass

import jax
import numpy as np
import pandas as pd

from pact_jax._pipeline import RiskInputs
from pact_jax._program import program
from pact_jax.credit import concentration, expected_losses, obligor_exposure, severities
from pact_jax.liquidity import liquidity_coverage
from pact_jax.revaluation import PortfolioBase
from pact_jax.snapshot import Labels, Snapshot


@dataclass(frozen=True, eq=False)
class Findings:
    """What the credit and liquidity books say without scenarios.

    Attributes:
        expected_loss: over one year, reporting currency.
        names: exposure of each obligor, share of tier-1 capital, sector, large or not.
        sectors: exposure share of each sector.
        name_hhi: Herfindahl index of names.
        liquidity_coverage: buffer over net outflows of 30 days, NaN where not supplied.
    """

    expected_loss: float
    names: pd.DataFrame
    sectors: pd.DataFrame
    name_hhi: float
    liquidity_coverage: float

    @property
    def single_name_concentration(self) -> float:
        """Largest exposure to one name over tier-1 capital."""
        return float(self.names["share_of_tier1"].max()) if len(self.names) else 0.0

    @property
    def sector_concentration(self) -> float:
        """Largest share of one sector in all exposures."""
        return float(self.sectors["share"].max()) if len(self.sectors) else 0.0


@program(small=True)
def _credit_numbers(
    inputs: RiskInputs, base: PortfolioBase, group: jax.Array, tier1: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    severity = severities(inputs.credit, inputs.portfolio, inputs.market, base=base)
    exposure = obligor_exposure(inputs.credit, inputs.portfolio, severity)
    spread = concentration(exposure, group, group.shape[0], tier1)
    loss = expected_losses(inputs.credit, severity, inputs.portfolio.num_desks)
    return exposure, spread.single_name, spread.name_hhi, loss.total


def find(inputs: RiskInputs, base: PortfolioBase, labels: Labels, snapshot: Snapshot) -> Findings:
    """Expected loss, concentration and coverage of a prepared snapshot.

    Args:
        inputs: arrays on the device.
        base: the book at the base market.
        labels: names.
        snapshot: sectors and cash flows.

    Returns:
        The findings.
    """
    sector_of = (
        dict(zip(snapshot.issuers["issuer"], snapshot.issuers["sector"], strict=True)) if len(snapshot.issuers) else {}
    )
    sector = [sector_of.get(name, "") or "unclassified" for name in labels.obligors]
    kinds = sorted(set(sector))
    place, count = {name: k for k, name in enumerate(kinds)}, len(sector)
    group = np.zeros(inputs.credit.pd.shape[0], np.int64)
    group[:count] = [place[name] for name in sector]
    tier1 = snapshot.capital if snapshot.tier1_capital is None else snapshot.tier1_capital
    exposure, share, hhi, loss = jax.device_get(_credit_numbers(inputs, base, group, np.float64(tier1)))
    exposure, share = exposure[:count], share[:count]
    largest = _largest_first(exposure)
    names = pd.DataFrame(
        {
            "obligor": [labels.obligors[at] for at in largest],
            "sector": [sector[at] for at in largest],
            "exposure": exposure[largest],
            "share_of_tier1": share[largest],
            "large": share[largest] > 0.10,
        }
    )
    by_sector = pd.Series(exposure).groupby(group[:count]).sum().to_numpy()
    total = by_sector.sum()
    part = by_sector / total if total else 0.0 * by_sector
    largest = _largest_first(part)
    sectors = pd.DataFrame(
        {"sector": [kinds[at] for at in largest], "exposure": by_sector[largest], "share": part[largest]}
    )
    return Findings(
        expected_loss=float(loss),
        names=names,
        sectors=sectors,
        name_hhi=float(hhi),
        liquidity_coverage=_coverage(snapshot),
    )


def _largest_first(values: np.ndarray) -> np.ndarray:
    return pd.Series(values).sort_values(ascending=False).index.to_numpy()


def _coverage(snapshot: Snapshot) -> float:
    if snapshot.cash_buffer is None or not len(snapshot.cash_flows):
        return float("nan")
    dates = snapshot.cash_flows["date"].to_numpy().astype("datetime64[D]")
    day = (dates - np.datetime64(snapshot.valuation_date, "D")).astype(np.int64)
    amount = snapshot.cash_flows["amount"].to_numpy(float)
    return float(liquidity_coverage(day, amount, np.float64(snapshot.cash_buffer)))
