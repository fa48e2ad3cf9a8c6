"""Named measures of an assessment, each with its scope, unit and standard error."""

import numpy as np
import pandas as pd

from pact_jax.consensus import LossAgent
from pact_jax.snapshot import Labels

from ._findings import Findings
from ._uncertainty import Uncertainty


def measure_table(
    score: float,
    upper_bound: float,
    uncertainty: Uncertainty,
    findings: Findings,
    labels: Labels,
    levels: tuple[float, ...],
    capital: float,
    present: tuple[bool, ...],
) -> pd.DataFrame:
    """All measures that limits can name.

    Args:
        score: S as reported.
        upper_bound: U of the score.
        uncertainty: estimates and errors; rows are total, agents, desks.
        findings: measures without scenarios.
        labels: names of desks.
        levels: levels of the values at risk.
        capital: K.
        present: which agents answered; the measures of the others are NaN.

    Returns:
        Columns measure, scope, value, standard_error, bound, unit; standard_error is NaN where there is no sampling.
    """
    scopes = ["total", *(f"agent:{agent.name.lower()}" for agent in LossAgent), *(f"desk:{d}" for d in labels.desks)]
    known = [True, *present, *([True] * len(labels.desks))]
    shortfall = np.asarray(uncertainty.expected_shortfall)
    shortfall_error = np.asarray(uncertainty.expected_shortfall_error)
    rows: list[tuple[str, str, float, float, float, str]] = []
    for k, scope in enumerate(scopes):
        gone = float("nan") if not known[k] else 1.0
        es, error = gone * float(shortfall[k]), gone * float(shortfall_error[k])
        if scope == "total":
            rows.append(("score", scope, score, error / capital, upper_bound, "share of capital"))
            rows.append(("expected_shortfall", scope, es, error, float(uncertainty.upper_bound), "reporting currency"))
        else:
            rows.append(("score", scope, es / capital, error / capital, np.nan, "share of capital"))
            rows.append(("expected_shortfall", scope, es, error, np.nan, "reporting currency"))
        for j, level in enumerate(levels):
            value = gone * float(np.asarray(uncertainty.value_at_risk)[j, k])
            value_error = gone * float(np.asarray(uncertainty.value_at_risk_error)[j, k])
            rows.append((level_name(level), scope, value, value_error, np.nan, "reporting currency"))
    for name, value, unit in (
        ("expected_loss", findings.expected_loss, "reporting currency, one year"),
        ("single_name_concentration", findings.single_name_concentration, "share of tier-1 capital"),
        ("sector_concentration", findings.sector_concentration, "share of exposure"),
        ("name_hhi", findings.name_hhi, "index"),
        ("liquidity_coverage", findings.liquidity_coverage, "buffer / net outflow of 30 days"),
    ):
        rows.append((name, "total", value, np.nan, np.nan, unit))
    for obligor, share in zip(findings.names["obligor"], findings.names["share_of_tier1"], strict=True):
        rows.append(
            ("single_name_concentration", f"issuer:{obligor}", float(share), np.nan, np.nan, "share of tier-1 capital")
        )
    table = pd.DataFrame(rows, columns=["measure", "scope", "value", "standard_error", "bound", "unit"])
    # Where no bound of its own is known, the normal one is used.
    normal = table["value"] + 1.6448536269514722 * table["standard_error"]
    table["bound"] = table["bound"].fillna(normal)
    return table


def level_name(level: float) -> str:
    """Name of a value at risk: `var_95`, `var_99`, `var_97_5`."""
    return "var_" + f"{100 * level:g}".replace(".", "_")
