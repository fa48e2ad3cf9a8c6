"""Named measures of an assessment, each with its scope, unit and standard error."""

import jax
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
    known = jax.device_get(uncertainty)
    scopes = ["total", *(f"agent:{agent.name.lower()}" for agent in LossAgent), *(f"desk:{d}" for d in labels.desks)]
    answered = np.where([True, *present, *([True] * len(labels.desks))], 1.0, np.nan)
    estimate = np.vstack([known.expected_shortfall, known.value_at_risk])[:, : len(scopes)] * answered
    error = np.vstack([known.expected_shortfall_error, known.value_at_risk_error])[:, : len(scopes)] * answered
    # One scope after the other: its score, its shortfall, its values at risk.
    value = np.vstack([estimate[:1] / capital, estimate]).T
    standard_error = np.vstack([error[:1] / capital, error]).T
    bound = np.full(value.shape, np.nan)
    value[0, 0], bound[0, :2] = score, (upper_bound, known.upper_bound)
    names = ["score", "expected_shortfall", *map(level_name, levels)]
    units = ["share of capital", *["reporting currency"] * (len(names) - 1)]
    others = _unsampled(findings)
    none = np.full(len(others), np.nan)
    value, standard_error = np.append(value, [row[2] for row in others]), np.append(standard_error, none)
    bound = np.append(bound, none)
    return pd.DataFrame(
        {
            "measure": [*names * len(scopes), *(row[0] for row in others)],
            "scope": [*(scope for scope in scopes for _ in names), *(row[1] for row in others)],
            "value": value,
            "standard_error": standard_error,
            # Where no bound of its own is known, the normal one is used.
            "bound": np.where(np.isnan(bound), value + 1.6448536269514722 * standard_error, bound),
            "unit": [*units * len(scopes), *(row[3] for row in others)],
        }
    )


def _unsampled(findings: Findings) -> list[tuple[str, str, float, str]]:
    """Measures that rest on no scenario: measure, scope, value, unit."""
    share = "share of tier-1 capital"
    names, shares = (findings.names[column].tolist() for column in ("obligor", "share_of_tier1"))
    return [
        ("expected_loss", "total", findings.expected_loss, "reporting currency, one year"),
        ("single_name_concentration", "total", findings.single_name_concentration, share),
        ("sector_concentration", "total", findings.sector_concentration, "share of exposure"),
        ("name_hhi", "total", findings.name_hhi, "index"),
        ("liquidity_coverage", "total", findings.liquidity_coverage, "buffer / net outflow of 30 days"),
        *(("single_name_concentration", f"issuer:{n}", x, share) for n, x in zip(names, shares, strict=True)),
    ]


def level_name(level: float) -> str:
    """Name of a value at risk: `var_95`, `var_99`, `var_97_5`."""
    return "var_" + f"{100 * level:g}".replace(".", "_")
