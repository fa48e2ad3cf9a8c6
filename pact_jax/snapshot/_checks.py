"""What one table must say given the others: grids, terms of each kind, names that several tables share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from jaxtyping import Bool

from pact_jax.dates import DayCount
from pact_jax.errors import UnknownName

from ._schema import KIND_COLUMNS, SCOPES_WITHOUT_NAME
from ._table_spec import Findings

_EQUITY_KINDS = ("stock", "european_option", "forward", "future")


@dataclass(eq=False)
class Context:
    """What has been read when a table is checked.

    Attributes:
        valuation_date: Date of the market, None if it could not be read.
        reporting_currency: Currency of capital and reports.
        tables: Tables read so far.
        known: Values that other tables may refer to, per `table.column`; under `declared:table.column` also those of
            rows that were rejected.
        factor_names: Abstract factors of a linear book.
    """

    valuation_date: date | None
    reporting_currency: str
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    factor_names: tuple[str, ...] = ()

    def names(self, key: str) -> frozenset[str]:
        """The known values of one `table.column`."""
        return self.known.get(key, frozenset())

    def declared(self, key: str) -> frozenset[str]:
        """The values of one `table.column`, those of rejected rows included."""
        return self.known.get(f"declared:{key}", frozenset())

    @property
    def drivers(self) -> frozenset[str]:
        """What a credit driver may be: an asset, an exchange rate or an abstract factor."""
        rates = {f"FX:{name}" for name in self.names("currencies.currency") - {self.reporting_currency}}
        return self.names("assets.asset") | rates | set(self.factor_names)


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
    """A surface belongs to an asset or to an exchange rate, and is a full grid of the usual shape."""
    allowed = context.names("assets.asset") | {name for name in context.drivers if name.startswith("FX:")}
    wrong = ~frame["surface"].isin(list(allowed)).to_numpy()
    declared = context.declared("assets.asset") | {f"FX:{name}" for name in context.declared("currencies.currency")}
    lost = wrong & frame["surface"].isin(list(declared - {f"FX:{context.reporting_currency}"})).to_numpy()
    findings.rows(
        lost, "surface", frame["surface"], "belongs to an underlying that is itself rejected", "mend that row"
    )
    wrong &= ~lost
    rule = "is neither an asset nor FX:CURRENCY of a foreign currency"
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


def check_positions(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """Each kind has its terms, its surface, its hazard curve and a maturity that is still to come."""
    if "value" in frame:
        return  # linear positions have no terms
    for kind, columns in KIND_COLUMNS.items():
        of_kind = (frame["kind"] == kind).to_numpy()
        for column in columns:
            empty = of_kind & _is_empty(frame[column])
            findings.rows(empty, column, frame["position_id"], f"a {kind} needs {column}", f"fill {column}")
    _check_currency_of_position(frame, findings, context)
    _check_surface(frame, findings, context)
    _check_maturity(frame, findings, context)
    _check_bond_terms(frame, findings, context)


def _is_empty(values: pd.Series) -> Bool[np.ndarray, "positions"]:
    return (values == "").to_numpy() if values.dtype == object else values.isna().to_numpy()


def fill_position_currency(frame: pd.DataFrame, assets: pd.DataFrame, reporting_currency: str) -> pd.DataFrame:
    """Write out the currencies that follow from other columns: that of the asset, and the sold one of FX forwards."""
    frame = frame.copy()
    of_asset = frame["asset"].map(dict(zip(assets.get("asset", ()), assets.get("currency", ()), strict=True)))
    follows = frame["kind"].isin(_EQUITY_KINDS) & (frame["currency"] == "") & of_asset.notna()
    frame["currency"] = frame["currency"].mask(follows, of_asset).astype(object)
    sold = (frame["kind"] == "fx_forward") & (frame["currency_2"] == "")
    frame["currency_2"] = frame["currency_2"].mask(sold, reporting_currency).astype(object)
    return frame


def _check_currency_of_position(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    assets = context.tables["assets"]
    own = frame["asset"].map(dict(zip(assets["asset"], assets["currency"], strict=True)))
    given = frame["kind"].isin(_EQUITY_KINDS) & (frame["currency"] != "") & own.notna()
    wrong = (given & (frame["currency"] != own)).to_numpy()
    rule = "is not the currency of the asset"
    findings.rows(wrong, "currency", frame["currency"], rule, "leave it empty: it follows from the asset")
    reporting = ((frame["kind"] == "fx_option") & (frame["currency"] == context.reporting_currency)).to_numpy()
    rule = "is the reporting currency: an FX option is on a foreign one"
    findings.rows(reporting, "currency", frame["currency"], rule, "name the foreign currency")
    other = frame["currency_2"].replace("", context.reporting_currency)
    same = ((frame["kind"] == "fx_forward") & (frame["currency"] == other)).to_numpy()
    rule = "is bought and sold at once"
    findings.rows(same, "currency_2", frame["currency"], rule, "give two different currencies")


def _check_surface(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    surfaces = list(context.names("vols.surface"))
    named = frame["asset"].where(frame["kind"] != "fx_option", "FX:" + frame["currency"])
    option = frame["kind"].isin(("european_option", "fx_option")) & ~named.isin(("", "FX:"))
    missing = (option & ~named.isin(surfaces)).to_numpy()
    rule = "an option needs an implied-volatility surface of this name"
    findings.rows(missing, "asset", named, rule, "add the surface to vols")


def _check_maturity(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    if context.valuation_date is None:
        return
    expired = (frame["maturity"] <= pd.Timestamp(context.valuation_date)).to_numpy()
    rule = f"has expired: the valuation date is {context.valuation_date}"
    findings.rows(expired, "maturity", frame["maturity"], rule, "remove the position or settle it first")


def _check_bond_terms(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    bond = (frame["kind"] == "bond").to_numpy()
    frequency = frame["frequency"]
    wrong = bond & (frequency.notna() & ~frequency.isin((1.0, 2.0, 4.0))).to_numpy()
    findings.rows(
        wrong, "frequency", frequency, "must be 1, 2 or 4", "coupons per year; 1 with coupon 0 for a zero bond"
    )
    unknown = [name for name in frame.loc[bond, "day_count"].unique() if not _is_day_count(name)]
    if unknown:
        mend = f"use one of: {', '.join(count.value for count in DayCount)}"
        wrong = bond & frame["day_count"].isin(unknown).to_numpy()
        findings.rows(wrong, "day_count", frame["day_count"], "is no known day count", mend)
    marked = bond & (frame["issuer"].isin(list(context.names("issuers.issuer")))).to_numpy()
    wrong = marked & ~frame["issuer"].isin(list(context.names("hazards.issuer"))).to_numpy()
    rule = "issues a marked bond and has no hazard rates"
    findings.rows(
        wrong, "issuer", frame["issuer"], rule, "add it to hazards; leave issuer empty for a bond free of default"
    )


def _is_day_count(name: str) -> bool:
    try:
        DayCount.parse(name)
    except UnknownName:
        return False
    return True


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
