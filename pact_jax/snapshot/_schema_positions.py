"""The columns of the positions table."""

from typing import Final

from ._kinds import KIND_COLUMNS, KINDS
from ._table_spec import Column, Table

OPTION_TYPES: Final = tuple(dict.fromkeys(side for kind in KINDS.values() for side in kind.sides))
BARRIER_TYPES: Final = ("up_in", "up_out", "down_in", "down_out")
PAYOUTS: Final = ("cash", "asset")

POSITIONS = Table(
    "positions",
    "one position",
    (
        Column("position_id", "text", "identifier", required=True),
        Column("desk", "text", "desk that holds it", required=True),
        Column("kind", "text", "kind of contract", required=True, allowed=tuple(KIND_COLUMNS)),
        Column("quantity", "number", "units held, signed", required=True),
        Column(
            "currency",
            "text",
            "currency of its amounts; the foreign (bought) one for FX; empty for equity kinds: the asset's",
            refers_to="currencies.currency",
        ),
        Column("asset", "text", "underlying", refers_to="assets.asset"),
        Column(
            "issuer",
            "text",
            "bond issuer, borrower or reference entity; empty for a bond: free of default",
            refers_to="issuers.issuer",
        ),
        Column("counterparty", "text", "counterparty of an OTC contract", refers_to="issuers.issuer"),
        Column("option_type", "text", "side of an option", allowed=OPTION_TYPES),
        Column(
            "strike",
            "number",
            "strike or delivery price, above 0 (of any sign for a spread option); last settlement price of a future; "
            "currency_2 per currency for FX; for options on rates a rate, decimal",
        ),
        Column("maturity", "date", "last date of the contract"),
        Column("multiplier", "number", "units of the underlying per contract", default=1.0, above=0.0),
        Column("coupon", "number", "coupon, fixed rate or premium per year, decimal of face"),
        Column("frequency", "number", "coupons or fixed payments per year: 1, 2 or 4"),
        Column("day_count", "text", "day count of the coupons or of the fixed leg", default="30/360"),
        Column("face", "number", "face amount of one unit", default=100.0, above=0.0),
        Column("outstanding", "number", "drawn amount of a loan, own currency", at_least=0.0),
        Column("undrawn", "number", "undrawn commitment, own currency", at_least=0.0),
        Column("ccf", "number", "credit conversion factor of the undrawn part", at_least=0.0, at_most=2.0),
        Column("lgd", "number", "loss given default of this position; empty: the issuer's", at_least=0.0, at_most=1.0),
        Column(
            "currency_2",
            "text",
            "currency sold in an FX forward; empty: the reporting currency",
            refers_to="currencies.currency",
        ),
        Column("payout", "text", "what a digital option pays: cash (default) or the asset", allowed=PAYOUTS),
        Column("cash", "number", "cash that a digital option pays per unit of the multiplier; empty: 1", above=0.0),
        Column("barrier", "number", "barrier level, own currency", above=0.0),
        Column("barrier_type", "text", "side of the spot, and what a touch does", allowed=BARRIER_TYPES),
        Column(
            "rebate",
            "number",
            "paid at the touch (out) or at maturity if never touched (in), per unit of the multiplier; empty: 0",
            at_least=0.0,
        ),
        Column(
            "past_volatility",
            "number",
            "volatility realised since the start of a variance swap, per square-root year",
            at_least=0.0,
        ),
        Column(
            "start",
            "date",
            "first day of a swap or cap (empty: begun long ago, or at expiry for a swaption) or of counting variance "
            "(empty: today)",
        ),
        Column("expiry", "date", "exercise date of a swaption"),
        Column(
            "forward_curve",
            "text",
            "curve that floating rates are read from; empty: the currency's discount curve",
            refers_to="curves.curve",
        ),
        Column("float_frequency", "number", "floating payments per year: 1, 2, 4 or 12; empty: 4"),
        Column("float_day_count", "text", "day count of the floating leg; empty: ACT/360"),
        Column("spread", "number", "spread over the floating rate per year, decimal; empty: 0"),
        Column("fixing", "number", "term rate of the floating period that has begun, decimal"),
        Column(
            "compounded",
            "number",
            "growth so far of an overnight rate in the floating period that has begun, decimal: 0.004 for 0.4 %",
            above=-1.0,
        ),
        Column(
            "surface",
            "text",
            "volatility surface of an option on rates: RATE:NAME; it stays at its strikes",
            refers_to="vols.surface",
        ),
        Column(
            "vol_model", "text", "what its volatility means; empty: black (lognormal)", allowed=("black", "bachelier")
        ),
        Column("displacement", "number", "added to rate and strike under black; empty: 0", at_least=0.0),
        Column("averaging", "text", "mean of an average-price option: geometric or arithmetic"),
        Column("first_fixing", "date", "date of the first fixing of an average"),
        Column("fixing_frequency", "number", "fixings per year: 250 (every weekday), 52, 12, 4, 2 or 1"),
        Column(
            "past_average",
            "number",
            "mean, of the same kind, of the fixings up to and including the valuation date",
            above=0.0,
        ),
        Column("asset_2", "text", "second underlying of a spread or basket option", refers_to="assets.asset"),
        Column("weight_2", "number", "units of asset_2 per unit of asset; empty: 1", above=0.0),
        Column(
            "correlation",
            "number",
            "correlation of the log returns of asset and asset_2 up to maturity; no scenario moves it",
            at_least=-1.0,
            at_most=1.0,
        ),
        Column(
            "price",
            "number",
            "input price, checked against the base value; own currency, per unit of the underlying for options, "
            "forwards and futures, per unit held for the others (bonds: dirty); FX kinds: currency_2 per unit of "
            "currency; empty: none",
            literal_nan_refused=True,
        ),
    ),
    unique=("position_id",),
)
_LINEAR_COLUMNS = (
    Column("position_id", "text", "identifier", required=True),
    Column("desk", "text", "desk that holds it", default="trading"),
    Column("kind", "text", "linear", default="linear", allowed=("linear",)),
    Column("quantity", "number", "1", default=1.0),
    Column("value", "number", "value, reporting currency, signed", required=True),
)
LINEAR_POSITIONS: Final = Table(
    "positions",
    "one position known by its sensitivities",
    (*_LINEAR_COLUMNS, *(c for c in POSITIONS.columns if c.name not in {own.name for own in _LINEAR_COLUMNS})),
    unique=("position_id",),
)
"""Positions of a linear book: `value` and, empty, the columns of every other kind."""
