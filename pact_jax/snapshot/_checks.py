"""What one table must say given the others: grids, terms of each kind, names that several tables share."""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
from jaxtyping import Bool

from ._checks_positions import check_positions
from ._context import Context
from ._kinds import RATE_SURFACE
from ._schema import SCOPES_WITHOUT_NAME
from ._table_spec import Findings


def check_curves(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """Every curve stands on the same tenors."""
    _same_nodes(frame, findings, "curve", "tenor")


def check_hazards(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """Every hazard curve stands on the same tenors."""
    _same_nodes(frame, findings, "issuer", "tenor")


def _same_nodes(frame: pd.DataFrame, findings: Findings, name: str, node: str) -> None:
    """Compare every curve with the set of nodes that most curves have."""
    if frame.empty:
        return
    sets = frame.groupby(name, sort=False)[node].agg(lambda nodes: tuple(sorted(nodes.dropna())))
    usual = sets.value_counts(sort=True).index[0]
    for key in sets.index[[value != usual for value in sets]]:
        at = int(np.flatnonzero((frame[name] == key).to_numpy())[0])
        lacking = [f"{value:g}" for value in usual if value not in sets[key]]
        surplus = [f"{value:g}" for value in sets[key] if value not in usual]
        parts = [f"lacks {', '.join(lacking)}" if lacking else "", f"has {', '.join(surplus)}" if surplus else ""]
        rule = f"has not the {node}s of the others: it {' and '.join(part for part in parts if part)}"
        findings.row(at, name, str(key), rule, f"give every {name} the same {node}s")


def check_currencies(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """The rate of the reporting currency is 1."""
    own = (frame["currency"] == context.reporting_currency).to_numpy()
    wrong = own & (frame["fx"].to_numpy() != 1.0)
    findings.rows(wrong, "fx", frame["fx"], "must be 1 for the reporting currency", "fx is reporting currency per unit")


def check_vols(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """A surface belongs to an asset, to an exchange rate or to rates, and is a full grid of the usual shape."""
    allowed = context.names("assets.asset") | {name for name in context.drivers if name.startswith("FX:")}
    of_rates = frame["surface"].str.fullmatch(RATE_SURFACE).to_numpy(bool)
    wrong = ~of_rates & ~frame["surface"].isin(list(allowed)).to_numpy()
    declared = context.declared("assets.asset") | {f"FX:{name}" for name in context.declared("currencies.currency")}
    lost = wrong & frame["surface"].isin(list(declared - {f"FX:{context.reporting_currency}"})).to_numpy()
    findings.rows(
        lost, "surface", frame["surface"], "belongs to an underlying that is itself rejected", "mend that row"
    )
    wrong &= ~lost
    rule = "is neither an asset nor FX:CURRENCY of a foreign currency nor RATE:NAME"
    findings.rows(wrong, "surface", frame["surface"], rule, "name the surface after its underlying")
    if frame.empty:
        return
    groups = frame.groupby("surface", sort=False)
    shapes = pd.DataFrame({"expiries": groups["expiry"].nunique(), "rows": groups.size()})
    per_expiry = frame.groupby(["surface", "expiry"], sort=False).size().groupby("surface", sort=False)
    ragged = per_expiry.nunique() > 1
    usual = shapes[~ragged].value_counts()
    for key in shapes.index:
        shape = tuple(shapes.loc[key])
        if ragged[key]:
            rule = "has not the same number of strikes at every expiry"
        elif shape != usual.index[0]:
            rule = f"has {shape[0]} expiries and {shape[1]} nodes where most surfaces have {usual.index[0]}"
        else:
            continue
        at = int(np.flatnonzero((frame["surface"] == key).to_numpy())[0])
        findings.row(at, "surface", str(key), rule, "give a full grid, of one shape for all surfaces")


def check_issuers(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """A default probability can be found, and a loading has a driver."""
    _check_default_probability(frame, "issuer", findings, np.ones(len(frame), dtype=bool))
    _check_driver(frame, "driver", findings, context)
    wrong = (frame["loading"].notna() & (frame["driver"] == "")).to_numpy()
    rule = "is a loading on no driver"
    findings.rows(wrong, "loading", frame["loading"], rule, "name the driver, or leave the loading empty")


def _check_default_probability(
    frame: pd.DataFrame, key: str, findings: Findings, concerned: Bool[np.ndarray, "positions"]
) -> None:
    none = concerned & (frame["pd"].isna() & (frame["rating"] == "")).to_numpy()
    findings.rows(none, "pd", frame[key], "has neither pd nor rating", "give one of the two")


def _check_driver(frame: pd.DataFrame, column: str, findings: Findings, context: Context) -> None:
    wrong = ((frame[column] != "") & ~frame[column].isin(list(context.drivers))).to_numpy()
    mend = "name an asset, FX:CURRENCY or a risk factor; leave it empty for none"
    findings.rows(wrong, column, frame[column], "is no known driver", mend)


def check_credit_exposures(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """Nothing is counted twice, and a default probability can be found."""
    known = frame["counterparty"].isin(list(context.names("issuers.issuer"))).to_numpy()
    again = known & ~(frame["pd"].isna() & (frame["rating"] == "") & (frame["credit_driver"] == "")).to_numpy()
    mend = "leave pd, rating and credit_driver empty here: they are those of issuers"
    findings.rows(again, "counterparty", frame["counterparty"], "is described in issuers already", mend)
    _check_default_probability(frame, "counterparty", findings, ~known)
    _check_driver(frame, "credit_driver", findings, context)
    positions = context.tables["positions"]
    if "counterparty" not in positions:
        return
    held = set(positions["counterparty"]) | set(positions.loc[positions["kind"] == "loan", "issuer"])
    twice = frame["counterparty"].isin(list(held - {""})).to_numpy()
    rule = "is also the counterparty or borrower of a position: its exposure would count twice"
    mend = "keep it in one place: leave this row out, or clear the counterparty of those positions"
    findings.rows(twice, "counterparty", frame["counterparty"], rule, mend)


def check_cash_flows(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """Flows lie after the valuation date."""
    if context.valuation_date is None:
        return
    past = (frame["date"] <= pd.Timestamp(context.valuation_date)).to_numpy()
    rule = f"is not after the valuation date {context.valuation_date}"
    findings.rows(past, "date", frame["date"], rule, "remove what is already settled")


def check_limits(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """A scope names a desk, agent or issuer that exists."""
    # A limit on a desk whose rows were all rejected still stands: dropping it could only look better.
    desks = [context.declared(f"{table}.desk") for table in ("positions", "credit_exposures", "cash_flows")]
    names = {
        "desk": frozenset().union(*desks),
        "agent": frozenset({"market", "credit", "liquidity"}),
        "issuer": context.declared("issuers.issuer") | context.declared("credit_exposures.counterparty"),
    }
    for at, scope in enumerate(frame["scope"]):
        word, colon, name = scope.partition(":")
        if scope in SCOPES_WITHOUT_NAME or (colon and name in names.get(word, ())):
            continue
        if colon and word in names:
            mend = f"use one of: {', '.join(sorted(names[word])[:12]) or '(there are none)'}"
            findings.row(at, "scope", scope, f"names no {word} of this snapshot", mend)
        else:
            findings.row(at, "scope", scope, "is no scope", "use total, desk:NAME, agent:NAME or issuer:NAME")


CHECKS: Final[dict[str, Callable[[pd.DataFrame, Findings, Context], None]]] = {
    "curves": check_curves,
    "currencies": check_currencies,
    "vols": check_vols,
    "issuers": check_issuers,
    "hazards": check_hazards,
    "positions": check_positions,
    "credit_exposures": check_credit_exposures,
    "cash_flows": check_cash_flows,
    "limits": check_limits,
}
"""The check of each table that has one."""
