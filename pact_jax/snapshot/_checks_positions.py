"""What a position must say given its kind and the other tables."""

from functools import cache

import numpy as np
import pandas as pd
from jaxtyping import Bool

from ._checks_rates import check_rate_terms
from ._context import Context
from ._fixings import AVERAGES, FIXING_FREQUENCIES, WEEKDAYS
from ._kinds import ASSET_KINDS, KINDS, RATE_OPTION_KINDS, RATE_SURFACE, TWO_ASSET_KINDS, Underlying
from ._rows import words_of
from ._table_spec import Findings

_OWN_COLUMNS = (
    "start",
    "expiry",
    "forward_curve",
    "float_frequency",
    "float_day_count",
    "spread",
    "fixing",
    "compounded",
    "surface",
    "vol_model",
    "displacement",
    "payout",
    "cash",
    "barrier",
    "barrier_type",
    "rebate",
    "averaging",
    "first_fixing",
    "fixing_frequency",
    "past_average",
    "past_volatility",
    "asset_2",
    "weight_2",
    "correlation",
)
"""Columns without a default that only some kinds read."""


def check_positions(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    """Each kind has its terms, its surface, its hazard curve and a maturity that is still to come."""
    if "value" in frame:
        return  # linear positions have no terms
    _check_required(frame, findings)
    _check_unread(frame, findings)
    _check_currency_of_position(frame, findings, context)
    _check_surface(frame, findings, context)
    _check_maturity(frame, findings, context)
    _check_strike(frame, findings)
    check_rate_terms(frame, findings, context)
    _check_hazard(frame, findings, context)
    _check_averaging(frame, findings, context)
    _check_variance(frame, findings, context)
    _check_second_asset(frame, findings, context)


def _check_required(frame: pd.DataFrame, findings: Findings) -> None:
    """Every term that a kind needs is there, and its side is one that it has."""
    kind_of, side = words_of(frame["kind"].to_numpy()), frame["option_type"]
    empty = cache(lambda column: _is_empty(frame[column]))
    for name, kind in KINDS.items():
        if name not in kind_of.names:
            continue
        of_kind = kind_of.among(name)
        for column in kind.required:
            lacking = of_kind & empty(column)
            findings.rows(lacking, column, frame["position_id"], f"a {name} needs {column}", f"fill {column}")
        if kind.sides:
            wrong = of_kind & ~empty("option_type") & ~side.isin(kind.sides).to_numpy()
            rule = f"is no side of a {name}"
            findings.rows(wrong, "option_type", side, rule, f"use one of: {', '.join(kind.sides)}")


def _check_unread(frame: pd.DataFrame, findings: Findings) -> None:
    """A term that the kind does not read must not be taken for one that counts."""
    kind_of = words_of(frame["kind"].to_numpy())
    for column in _OWN_COLUMNS:
        readers = [name for name, kind in KINDS.items() if column in (*kind.required, *kind.optional)]
        unread = ~kind_of.among("", *readers) & ~_is_empty(frame[column])
        rule = f"is not read by this kind: {column} belongs to {', '.join(readers)}"
        findings.rows(unread, column, frame[column], rule, "clear the cell or mend the kind")


def _is_empty(values: pd.Series) -> Bool[np.ndarray, "positions"]:
    return (values == "").to_numpy() if values.dtype == object else values.isna().to_numpy()


def fill_position_currency(frame: pd.DataFrame, assets: pd.DataFrame, reporting_currency: str) -> pd.DataFrame:
    """Write out the currencies that follow from other columns: that of the asset, and the sold one of FX forwards."""
    frame = frame.copy()
    of_asset = frame["asset"].map(dict(zip(assets.get("asset", ()), assets.get("currency", ()), strict=True)))
    follows = frame["kind"].isin(ASSET_KINDS) & (frame["currency"] == "") & of_asset.notna()
    frame["currency"] = frame["currency"].mask(follows, of_asset).astype(object)
    sold = (frame["kind"] == "fx_forward") & (frame["currency_2"] == "")
    frame["currency_2"] = frame["currency_2"].mask(sold, reporting_currency).astype(object)
    return frame


def _check_currency_of_position(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    assets = context.tables["assets"]
    own = frame["asset"].map(dict(zip(assets["asset"], assets["currency"], strict=True)))
    given = frame["kind"].isin(ASSET_KINDS) & (frame["currency"] != "") & own.notna()
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
    with_vol = {name: kind.on for name, kind in KINDS.items() if kind.has_vol}
    on = frame["kind"].map(with_vol)
    named = frame["asset"].where(on != Underlying.CURRENCY_PAIR, "FX:" + frame["currency"])
    missing = ((on.notna() & (on != Underlying.MONEY)) & ~named.isin(("", "FX:")) & ~named.isin(surfaces)).to_numpy()
    rule = "an option needs an implied-volatility surface of this name"
    findings.rows(missing, "asset", named, rule, "add the surface to vols")
    foreign = ((frame["surface"] != "") & ~frame["surface"].str.fullmatch(RATE_SURFACE)).to_numpy()
    rule = "is no surface of rates: its strikes are log-moneyness"
    findings.rows(foreign, "surface", frame["surface"], rule, "name a surface RATE:NAME, whose strikes are rates")


def _check_maturity(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    if context.valuation_date is None:
        return
    expired = (frame["maturity"] <= pd.Timestamp(context.valuation_date)).to_numpy()
    rule = f"has expired: the valuation date is {context.valuation_date}"
    findings.rows(expired, "maturity", frame["maturity"], rule, "remove the position or settle it first")


def _check_strike(frame: pd.DataFrame, findings: Findings) -> None:
    lowest = -frame["displacement"].fillna(0.0).where(frame["kind"].isin(RATE_OPTION_KINDS), 0.0)
    lowest = lowest.mask((frame["vol_model"] == "bachelier") | (frame["kind"] == "spread_option"), -np.inf)
    wrong = (frame["strike"] <= lowest).to_numpy()
    findings.rows(wrong, "strike", frame["strike"], "must be > 0", "a lognormal level is; a rate needs a displacement")


def _check_hazard(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    marked = frame["kind"].isin(("bond", "cds")) & frame["issuer"].isin(list(context.names("issuers.issuer")))
    wrong = marked.to_numpy() & ~frame["issuer"].isin(list(context.names("hazards.issuer"))).to_numpy()
    rule = "issues a marked bond and has no hazard rates"
    findings.rows(
        wrong, "issuer", frame["issuer"], rule, "add it to hazards; leave issuer empty for a bond free of default"
    )
    covered = ((frame["kind"] == "cds") & (frame["counterparty"] != "")).to_numpy()
    rule = "is not assessed: a cds is booked to the default of its reference entity alone"
    mend = "clear it, and give the exposure to the counterparty in credit_exposures"
    findings.rows(covered, "counterparty", frame["counterparty"], rule, mend)


def _check_averaging(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    asian = (frame["kind"] == "asian_option").to_numpy()
    if not asian.any():
        return
    wrong = asian & ~_is_empty(frame["averaging"]) & ~frame["averaging"].isin(AVERAGES).to_numpy()
    rule = "is an average without a price"
    mend = f"use {' or '.join(AVERAGES)}, or carry the position as supplied sensitivities"
    findings.rows(wrong, "averaging", frame["averaging"], rule, mend)
    frequency = frame["fixing_frequency"]
    wrong = asian & (frequency.notna() & ~frequency.isin(FIXING_FREQUENCIES)).to_numpy()
    mend = f"fixings per year: {', '.join(map(str, FIXING_FREQUENCIES))}; {WEEKDAYS} is every weekday"
    findings.rows(wrong, "fixing_frequency", frequency, "is no fixing frequency", mend)
    first, last = frame["first_fixing"], frame["maturity"]
    findings.rows(
        asian & (first > last).to_numpy(), "first_fixing", first, "is after maturity", "name the first fixing"
    )
    weekend = asian & (frequency == WEEKDAYS).to_numpy() & ~np.is_busday(last.to_numpy().astype("datetime64[D]"))
    findings.rows(weekend, "maturity", last, "is no weekday: nothing fixes on it", "name the last fixing's date")
    if context.valuation_date is None:
        return
    begun = asian & (first <= pd.Timestamp(context.valuation_date)).to_numpy()
    rule = "averaging has begun and the mean so far is not known"
    unknown = begun & _is_empty(frame["past_average"])
    findings.rows(unknown, "past_average", frame["position_id"], rule, "give the mean of the past fixings")
    early = asian & ~begun & ~_is_empty(frame["past_average"])
    rule = "is a mean of fixings before the first one"
    findings.rows(early, "past_average", frame["past_average"], rule, "clear it: averaging has not begun")


def _check_variance(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    swap = (frame["kind"] == "variance_swap").to_numpy()
    if context.valuation_date is None or not swap.any():
        return
    today, start = pd.Timestamp(context.valuation_date), frame["start"]
    later = swap & (start > today).to_numpy()
    rule = "is to come: a variance swap that starts later is not priced"
    findings.rows(later, "start", start, rule, "leave it out until it starts, or carry it as supplied sensitivities")
    begun = swap & (start < today).to_numpy()
    unknown = begun & _is_empty(frame["past_volatility"])
    rule = "has counted variance since its start, and how much is not known"
    findings.rows(unknown, "past_volatility", frame["position_id"], rule, "give the volatility realised so far")
    early = swap & ~begun & ~_is_empty(frame["past_volatility"])
    rule = "is a volatility realised before the start"
    findings.rows(early, "past_volatility", frame["past_volatility"], rule, "clear it, or give the start")


def _check_second_asset(frame: pd.DataFrame, findings: Findings, context: Context) -> None:
    two = frame["kind"].isin(TWO_ASSET_KINDS).to_numpy() & ~_is_empty(frame["asset_2"])
    if not two.any():
        return
    second, assets = frame["asset_2"], context.tables["assets"]
    missing = two & ~second.isin(list(context.names("vols.surface"))).to_numpy()
    rule = "an option needs an implied-volatility surface of this name"
    findings.rows(missing, "asset_2", second, rule, "add the surface to vols")
    same = two & (second == frame["asset"]).to_numpy()
    findings.rows(same, "asset_2", second, "is the first asset again", "name another asset, or use a european_option")
    currency = dict(zip(assets["asset"], assets["currency"], strict=True))
    own, other = frame["asset"].map(currency), second.map(currency)
    foreign = two & (own.notna() & other.notna() & (own != other)).to_numpy()
    rule = "is in another currency than the first asset: what converts it (a quanto) is not priced"
    mend = "carry the position as supplied sensitivities"
    findings.rows(foreign, "asset_2", second, rule, mend)
