"""The tables of a snapshot as data: readers, writers, checks and the documentation are all driven by this list."""

from typing import Final

from pact_jax.credit import ONE_YEAR_DEFAULT_RATE

from ._schema_positions import POSITIONS
from ._table_spec import Column, Table

RATINGS: Final[tuple[str, ...]] = tuple(ONE_YEAR_DEFAULT_RATE)
"""Ratings of obligors that have not defaulted, best first."""

TIERS: Final = ("automatic", "human", "executive")
DIRECTIONS: Final = ("max", "min")
SCOPES_WITHOUT_NAME: Final = ("total",)
SOURCE_KINDS: Final = ("real", "derived", "illustrative")

_ASSETS = Table(
    "assets",
    "one underlying with a spot price",
    (
        Column("asset", "text", "name of the underlying", required=True),
        Column("currency", "text", "currency of its price", required=True, refers_to="currencies.currency"),
        Column("spot", "number", "price, own currency", required=True, above=0.0),
        Column("dividend_yield", "number", "continuous dividend yield per year, decimal", default=0.0),
        Column(
            "half_spread", "number", "half the bid-ask spread relative to the price; empty: not supplied", at_least=0.0
        ),
        Column("adv", "number", "average daily volume, units per day; empty: not supplied", above=0.0),
        Column("sector", "text", "sector"),
    ),
    unique=("asset",),
)
_CURRENCIES = Table(
    "currencies",
    "one currency: its exchange rate and its discount curve",
    (
        Column("currency", "text", "ISO code", required=True),
        Column("fx", "number", "reporting currency per 1 unit; 1 for the reporting currency", required=True, above=0.0),
        Column("curve", "text", "name of its discount curve", required=True, refers_to="curves.curve"),
    ),
    unique=("currency",),
    required=True,
)
_CURVES = Table(
    "curves",
    "one node of a zero curve; every curve has the same tenors",
    (
        Column("curve", "text", "name of the curve", required=True),
        Column("tenor", "number", "years", required=True, above=0.0),
        Column(
            "zero_rate", "number", "continuously compounded zero rate, decimal", required=True, above=-0.2, below=2.0
        ),
    ),
    unique=("curve", "tenor"),
    required=True,
)
_VOLS = Table(
    "vols",
    "one node of an implied-volatility surface; a full grid per surface, all surfaces of one shape",
    (
        Column(
            "surface",
            "text",
            "asset name, FX:EUR for EUR against the reporting currency, or RATE:NAME for options on rates",
            required=True,
        ),
        Column("expiry", "number", "years", required=True, above=0.0),
        Column(
            "log_moneyness",
            "number",
            "log(strike / forward); for RATE surfaces the strike itself, decimal per year",
            required=True,
        ),
        Column(
            "implied_vol", "number", "volatility per square-root year, decimal", required=True, above=0.0, below=10.0
        ),
    ),
    unique=("surface", "expiry", "log_moneyness"),
)
_ISSUERS = Table(
    "issuers",
    "one obligor: borrower, bond issuer or counterparty",
    (
        Column("issuer", "text", "name of the obligor", required=True),
        Column("sector", "text", "sector"),
        Column("rating", "text", "rating, used where pd is empty", allowed=RATINGS),
        Column("pd", "number", "one-year default probability; empty: from the rating", at_least=0.0, at_most=1.0),
        Column(
            "lgd", "number", "loss given default; empty: 0.45, reported as an assumption", at_least=0.0, at_most=1.0
        ),
        Column("driver", "text", "asset or FX:EUR whose return drives its credit; empty: none"),
        Column("loading", "number", "loading on the driver; empty: estimated or regulatory", at_least=0.0, below=1.0),
    ),
    unique=("issuer",),
)
_HAZARDS = Table(
    "hazards",
    "one node of a hazard curve; needed by the issuers of marked risky bonds, same tenors for all",
    (
        Column("issuer", "text", "obligor", required=True, refers_to="issuers.issuer"),
        Column(
            "tenor", "number", "years; the hazard holds from the previous tenor to this one", required=True, above=0.0
        ),
        Column("hazard_rate", "number", "forward hazard rate per year, decimal", required=True, at_least=0.0),
    ),
    unique=("issuer", "tenor"),
)
_CREDIT_EXPOSURES = Table(
    "credit_exposures",
    "one exposure given as an amount; EAD = ccf x current_exposure, with undrawn current_exposure + ccf x undrawn",
    (
        Column("counterparty", "text", "obligor", required=True),
        Column("current_exposure", "number", "exposure now, reporting currency", required=True, at_least=0.0),
        Column("desk", "text", "desk it is booked to", default="credit"),
        Column("pd", "number", "one-year default probability; empty: from the rating", at_least=0.0, at_most=1.0),
        Column("rating", "text", "rating, used where pd is empty", allowed=RATINGS),
        Column(
            "lgd", "number", "loss given default; empty: 0.45, reported as an assumption", at_least=0.0, at_most=1.0
        ),
        Column("ccf", "number", "credit conversion factor", default=1.0, at_least=0.0, at_most=2.0),
        Column("undrawn", "number", "undrawn commitment, reporting currency; empty: none", at_least=0.0),
        Column("credit_driver", "text", "asset, FX:EUR or risk factor that drives its credit; empty: none"),
    ),
    unique=("counterparty",),
)
_CASH_FLOWS = Table(
    "cash_flows",
    "one cash flow of the funding ladder",
    (
        Column("date", "date", "date of the flow, after the valuation date", required=True),
        Column("amount", "number", "reporting currency, inflows positive", required=True),
        Column(
            "category",
            "text",
            "contractual_inflow, contractual_outflow, deposit_runoff, committed_line or any other name",
            required=True,
        ),
        Column("desk", "text", "desk"),
    ),
)
_LIMITS = Table(
    "limits",
    "one limit on one measure of the report",
    (
        Column("limit_id", "text", "identifier", required=True),
        Column("measure", "text", "name of the measure, such as score, var_99 or liquidity_coverage", required=True),
        Column("scope", "text", "total, desk:NAME, agent:NAME or issuer:NAME", default="total"),
        Column("limit", "number", "the limit, in the measure's unit", required=True),
        Column("direction", "text", "max: may not exceed, min: may not fall below", default="max", allowed=DIRECTIONS),
        Column("warning", "number", "share of the limit that warns", default=0.8, above=0.0, at_most=1.0),
        Column("tier", "text", "who is alerted", default="human", allowed=TIERS),
    ),
    unique=("limit_id",),
)
_SOURCES = Table(
    "sources",
    "what is real, derived and illustrative; printed by the report",
    (
        Column("table", "text", "table", required=True),
        Column("column_or_row", "text", "columns or rows the note is about"),
        Column("kind", "text", "real, derived or illustrative", required=True, allowed=SOURCE_KINDS),
        Column("note", "text", "where it comes from"),
    ),
)

TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        _CURVES,
        _CURRENCIES,
        _ASSETS,
        _VOLS,
        _ISSUERS,
        _HAZARDS,
        POSITIONS,
        _CREDIT_EXPOSURES,
        _CASH_FLOWS,
        _LIMITS,
        _SOURCES,
    )
}
"""Every table but `history`, whose columns are named after the factors; each after the tables that it refers to."""

SCALARS: Final[tuple[Column, ...]] = (
    Column("portfolio_id", "text", "name of the portfolio", required=True),
    Column("valuation_date", "date", "date of the market", required=True),
    Column("reporting_currency", "text", "currency of capital, limits and reports", required=True),
    Column("capital", "number", "own funds or allocated budget, reporting currency", required=True, above=0.0),
    Column("tier1_capital", "number", "base of concentration measures; null: capital", above=0.0),
    Column("cash_buffer", "number", "liquid buffer, reporting currency; null: not supplied", at_least=0.0),
    Column(
        "funding_penalty_rate", "number", "cost per unit of funding shortfall", default=0.0, at_least=0.0, at_most=1.0
    ),
    Column(
        "liquidation_fraction",
        "number",
        "share of net quantities sold within the horizon",
        default=0.1,
        at_least=0.0,
        at_most=1.0,
    ),
    Column("participation_cap", "number", "largest share of daily volume traded", default=0.2, above=0.0, at_most=1.0),
    Column("impact_coefficient", "number", "coefficient of the square-root impact", default=1.0, at_least=0.0),
    Column("description", "text", "free text printed by the report"),
)
"""Scalars of `snapshot.json`."""

HISTORY_FACTORS: Final[dict[str, tuple[str, str]]] = {
    "spot": ("spot:ASSET", "spot price, own currency"),
    "fx": ("fx:CURRENCY", "reporting currency per 1 unit"),
    "zero": ("zero:CURVE:TENOR", "zero rate of one curve node, decimal; tenor as in curves, such as zero:USD:0.25"),
    "vol": ("vol:SURFACE", "level of the whole surface, such as vol:FX:EUR"),
    "hazard": ("hazard:ISSUER", "level of the whole hazard curve"),
    "half_spread": ("half_spread:ASSET", "half the bid-ask spread, relative"),
    "adv": ("adv:ASSET", "average daily volume"),
}
"""Factor keys of `history`: how a column is named, and the level that it holds."""
