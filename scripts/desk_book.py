"""The illustrative book: what five desks hold, to whom the bank lends, its funding ladder and its limits."""

from datetime import date

import numpy as np
import pandas as pd
from desk_market import HAZARD_TENORS, INDEX, Market

from pact_jax.snapshot import TABLES

VALUATION = date(2022, 12, 28)
CAPITAL = 80e6
TIER1 = 75e6
CASH_BUFFER = 8e6

# issuer: rating, recovery-consistent hazard level. Ratings and hazards are illustrative.
LISTED = {
    "AAPL": ("AA+", 0.0045),
    "AMD": ("A-", 0.0120),
    "BAC": ("A-", 0.0140),
    "BBY": ("BBB+", 0.0170),
    "CVX": ("AA-", 0.0060),
    "GE": ("BBB+", 0.0165),
    "JPM": ("A-", 0.0120),
    "KO": ("A+", 0.0065),
    "MSFT": ("AAA", 0.0035),
    "PFE": ("A+", 0.0070),
    "RRC": ("BB", 0.0420),
    "XOM": ("AA-", 0.0060),
}
HAZARD_SHAPE = dict(zip(HAZARD_TENORS, (0.70, 0.90, 1.10, 1.25), strict=True))

# borrower: sector, rating, one-year pd (None: from the rating), lgd (None: the standard assumption), driver
BORROWERS = {
    "Alder Foods": ("Consumer Staples", "BBB", None, 0.40, "KO"),
    "Ashgrove Stores": ("Consumer Discretionary", "BB", None, None, "BBY"),
    "Basalt Mining": ("Materials", "BB-", 0.0140, 0.45, "SP500"),
    "Beacon Shipping": ("Industrials", "B+", None, 0.35, "GE"),
    "Birch Paper": ("Materials", "BB+", None, None, "SP500"),
    "Brightwater Utilities": ("Utilities", "A-", None, 0.35, "SP500"),
    "Cairn Pharma": ("Health Care", "BBB+", None, 0.45, "MRK"),
    "Calder Engineering": ("Industrials", "BBB-", None, None, "GE"),
    "Cobalt Software": ("Information Technology", "BB", 0.0090, 0.60, "MSFT"),
    "Copperfield Homes": ("Real Estate", "BB-", None, 0.30, "HD"),
    "Drumlin Farms": ("Consumer Staples", "BB+", None, None, "PG"),
    "Eastgate Hotels": ("Consumer Discretionary", "B", None, 0.40, "SP500"),
    "Elmwood Clinics": ("Health Care", "BBB", None, None, "UNH"),
    "Fairhaven Ports": ("Industrials", "BBB+", None, 0.35, "GE"),
    "Fenland Energy": ("Energy", "BB-", 0.0160, 0.45, "XOM"),
    "Garnet Chips": ("Information Technology", "BB+", None, None, "AMD"),
    "Glenmore Spirits": ("Consumer Staples", "A-", None, 0.45, "KO"),
    "Granite Cement": ("Materials", "BBB-", None, None, "SP500"),
    "Harrow Leasing": ("Financials", "BBB", 0.0030, 0.45, "BAC"),
    "Hazel Data Centres": ("Real Estate", "BBB-", None, 0.30, "MSFT"),
    "Ironbridge Steel": ("Materials", "B+", None, 0.45, "GE"),
    "Juniper Diagnostics": ("Health Care", "BB", None, None, "JNJ"),
    "Kestrel Airways": ("Industrials", "B", 0.0390, 0.40, "SP500"),
    "Larch Insurance": ("Financials", "A", None, 0.45, "JPM"),
    "Lowland Gas": ("Energy", "BBB", None, None, "CVX"),
    "Marlowe Media": ("Consumer Discretionary", "BB-", None, None, "SP500"),
    "Millrace Water": ("Utilities", "A", None, 0.35, "SP500"),
    "Northmoor Rail": ("Industrials", "A-", None, 0.35, "GE"),
    "Oakfield Motors": ("Consumer Discretionary", "BB+", None, 0.45, "HD"),
    "Orchard Retail": ("Consumer Staples", "BBB", None, None, "WMT"),
    "Pennine Power": ("Utilities", "BBB+", None, 0.40, "SP500"),
    "Quarry Hill Estates": ("Real Estate", "BB", None, 0.30, "HD"),
    "Redstone Oilfield": ("Energy", "B+", 0.0280, 0.45, "RRC"),
    "Saltmarsh Biotech": ("Health Care", "B+", None, 0.60, "LLY"),
    "Tamarack Telecom": ("Information Technology", "BBB-", None, None, "SP500"),
    "Westray Drilling": ("Energy", "B", None, 0.50, "RRC"),
}
BANKS = {
    "Harbour Bank": ("A+", "JPM"),
    "Keystone Bank": ("A", "BAC"),
    "Lindgren Bank": ("A-", "SP500"),
    "Moorgate Bank": ("BBB+", "SP500"),
    "Stanhope Bank": ("AA-", "JPM"),
    "Talbot Bank": ("A", "BAC"),
}
# counterparty: exposure, rating, pd, lgd, ccf, undrawn, driver
EXPOSURES = {
    "Anchor Clearing": (4.2e6, "AA-", None, 0.45, 1.0, None, "JPM"),
    "Bellhouse Prime Brokerage": (3.1e6, "A", None, 0.45, 1.0, None, "BAC"),
    "Castellan Repo": (2.4e6, "A-", None, 0.25, 1.0, None, "SP500"),
    "Dunmore Trade Finance": (1.6e6, "BBB", 0.0022, None, 0.5, 3.0e6, "SP500"),
    "Ennis Receivables": (2.0e6, "BBB-", None, None, 0.75, 1.5e6, "SP500"),
    "Foxley Factoring": (1.2e6, "BB+", None, 0.50, 1.0, None, "SP500"),
}


def issuers(market: Market) -> pd.DataFrame:
    """Obligors: listed bond issuers, borrowers and FX counterparties; no loading is given, so all are estimated."""
    sectors = dict(zip(market.assets["asset"], market.assets["sector"], strict=True))
    rows = [(name, sectors[name], rating, None, 0.60, INDEX, None) for name, (rating, _) in LISTED.items()]
    rows += [
        (name, sector, rating, pd_, lgd, driver, None) for name, (sector, rating, pd_, lgd, driver) in BORROWERS.items()
    ]
    rows += [(name, "Financials", rating, None, 0.45, driver, None) for name, (rating, driver) in BANKS.items()]
    frame = pd.DataFrame(rows, columns=list(TABLES["issuers"].column_names))
    return frame.astype({"pd": float, "lgd": float, "loading": float})


def hazards() -> pd.DataFrame:
    """Hazard curves of the listed issuers."""
    rows = [
        (name, tenor, round(level * shape, 8))
        for name, (_, level) in LISTED.items()
        for tenor, shape in HAZARD_SHAPE.items()
    ]
    return pd.DataFrame(rows, columns=["issuer", "tenor", "hazard_rate"])


def positions(market: Market, rng: np.random.Generator) -> pd.DataFrame:
    """All positions, without prices."""
    spot = dict(zip(market.assets["asset"], market.assets["spot"], strict=True))
    fx = dict(zip(market.currencies["currency"], market.currencies["fx"], strict=True))
    rows = [*_equity(spot, rng), *_index_options(rng), *_stock_options(spot, rng)]
    rows += [*_fx_forwards(fx, rng), *_fx_options(fx, rng), *_governments(), *_corporates(rng), *_loans(rng)]
    prefix = {"equity": "EQ", "equity_derivatives": "ED", "fx": "FX", "rates_credit": "RC", "lending": "LN"}
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["desk"]] = counts.get(row["desk"], 0) + 1
        row["position_id"] = f"{prefix[row['desk']]}-{counts[row['desk']]:04d}"
    return pd.DataFrame(rows)


def _equity(spot: dict[str, float], rng: np.random.Generator) -> list[dict]:
    names = [name for name in spot if name != INDEX]
    short = {"BBY", "GE", "RRC", "PFE", "AMD", "KO"}
    rows = []
    for name in names:
        value = rng.uniform(1.5e6, 5.0e6) * (-0.6 if name in short else 1.0)
        rows.append({"desk": "equity", "kind": "stock", "asset": name, "quantity": round(value / spot[name], -2)})
    for maturity, strike, quantity in (("2023-03-17", 3812.25, -95), ("2023-06-16", 3843.75, -40)):
        terms = {"strike": strike, "maturity": maturity, "multiplier": 50, "quantity": quantity}
        rows.append({"desk": "equity", "kind": "future", "asset": INDEX, **terms})
    for name, maturity, ratio, quantity in (("JPM", "2023-06-16", 1.02, 15_000), ("XOM", "2023-09-15", 0.98, -20_000)):
        terms = {"strike": round(spot[name] * ratio, 2), "maturity": maturity, "quantity": quantity}
        rows.append({"desk": "equity", "kind": "forward", "asset": name, **terms})
    return rows


def _option(asset: str, option_type: str, strike: float, maturity: str, quantity: float) -> dict:
    terms = {
        "option_type": option_type,
        "strike": strike,
        "maturity": maturity,
        "multiplier": 100,
        "quantity": quantity,
    }
    return {"desk": "equity_derivatives", "kind": "european_option", "asset": asset, **terms}


def _index_options(rng: np.random.Generator) -> list[dict]:
    rows = []
    for maturity in ("2023-01-20", "2023-03-17", "2023-06-16", "2023-12-15"):
        for strike in (3200.0, 3400.0, 3600.0, 3700.0, 3800.0, 3900.0, 4000.0, 4200.0, 4400.0):
            option_type = "put" if strike < 3800.0 else "call"
            # Puts are sold further out than they are bought, as a desk that earns the premium does.
            sign = -1.0 if strike in (3200.0, 3400.0, 4200.0) else rng.choice([-1.0, 1.0])
            rows.append(_option(INDEX, option_type, strike, maturity, sign * float(rng.integers(10, 60))))
    return rows


def _stock_options(spot: dict[str, float], rng: np.random.Generator) -> list[dict]:
    rows = []
    for name in ("AAPL", "AMD", "BAC", "CVX", "HD", "JNJ", "JPM", "LLY", "MSFT", "PG", "UNH", "WMT", "XOM"):
        step = 5.0 if spot[name] > 100.0 else 1.0
        for maturity in ("2023-03-17", "2023-09-15"):
            for option_type, ratio in (("put", 0.9), ("call", 1.08)):
                strike = step * round(spot[name] * ratio / step)
                size = round(rng.uniform(2e5, 9e5) / (100.0 * spot[name]))
                rows.append(_option(name, option_type, strike, maturity, float(max(size, 1) * rng.choice([-1, 1]))))
    return rows


def _fx_forwards(fx: dict[str, float], rng: np.random.Generator) -> list[dict]:
    banks, rows = list(BANKS), []
    months = ("2023-01-30", "2023-03-28", "2023-06-28", "2023-12-28")
    for at in range(20):
        currency = [name for name in fx if name != "USD"][at % 7]
        quantity = round(rng.uniform(1.5e6, 9e6) / fx[currency], -4) * rng.choice([-1.0, 1.0])
        strike = float(f"{fx[currency] * rng.uniform(0.98, 1.025):.5g}")
        rows.append(_fx("fx_forward", currency, quantity, strike, months[at % 4], banks[at % 6]))
    rows[4] |= {"currency": "EUR", "currency_2": "GBP", "strike": 0.876, "quantity": 3e6}
    rows[11] |= {"currency": "EUR", "currency_2": "CHF", "strike": 0.991, "quantity": -2.5e6}
    return rows


def _fx(kind: str, currency: str, quantity: float, strike: float, maturity: str, counterparty: str) -> dict:
    terms = {"currency": currency, "quantity": float(quantity), "strike": strike, "maturity": maturity}
    return {"desk": "fx", "kind": kind, **terms, "counterparty": counterparty}


def _fx_options(fx: dict[str, float], rng: np.random.Generator) -> list[dict]:
    banks, rows = list(BANKS), []
    for at, currency in enumerate(("EUR", "GBP", "JPY", "CHF", "CAD", "AUD") * 4):
        ratio = (0.95, 0.99, 1.02, 1.06)[at // 6]
        quantity = round(rng.uniform(1e6, 6e6) / fx[currency], -4) * rng.choice([-1.0, 1.0])
        strike = float(f"{fx[currency] * ratio:.4g}")
        maturity = ("2023-03-28", "2023-06-28", "2023-12-28")[at % 3]
        row = _fx("fx_option", currency, quantity, strike, maturity, banks[(at + at // 6) % 6])
        rows.append({**row, "option_type": "put" if ratio < 1.0 else "call"})
    return rows


def _governments() -> list[dict]:
    table = (
        *(("USD", "2024-12-15", 0.0400, 2, 120_000), ("USD", "2026-06-15", 0.0350, 2, -60_000)),
        *(("USD", "2027-11-15", 0.0413, 2, 90_000), ("USD", "2029-08-15", 0.0275, 2, 50_000)),
        *(("USD", "2032-11-15", 0.0413, 2, -70_000), ("USD", "2042-08-15", 0.0338, 2, 25_000)),
        *(("USD", "2052-05-15", 0.0288, 2, 15_000), ("USD", "2023-09-15", 0.0000, 1, 150_000)),
        *(("EUR", "2024-03-14", 0.0000, 1, 80_000), ("EUR", "2027-10-15", 0.0130, 1, -45_000)),
        *(("EUR", "2032-08-15", 0.0170, 1, 40_000), ("EUR", "2048-08-15", 0.0125, 1, 12_000)),
        *(("GBP", "2025-01-22", 0.0163, 2, 30_000), ("GBP", "2032-01-26", 0.0425, 2, -20_000)),
        *(("GBP", "2046-07-22", 0.0350, 2, 10_000), ("JPY", "2027-12-20", 0.0020, 2, 5_000_000)),
        ("JPY", "2042-09-20", 0.0110, 2, -1_500_000),
    )
    return [_bond(*row, "ACT/ACT ICMA", "") for row in table]


def _bond(
    currency: str, maturity: str, coupon: float, frequency: int, quantity: float, count: str, issuer: str
) -> dict:
    terms = {"maturity": maturity, "coupon": coupon, "frequency": frequency, "day_count": count, "quantity": quantity}
    return {"desk": "rates_credit", "kind": "bond", "currency": currency, **terms, "issuer": issuer}


def _corporates(rng: np.random.Generator) -> list[dict]:
    rows = []
    for at, (name, (_, hazard)) in enumerate(LISTED.items()):
        for maturity in ("2025-05-15", "2028-02-15", "2033-09-15")[: 3 if at % 2 == 0 else 2]:
            coupon = round(0.0425 + 0.6 * hazard + rng.uniform(-0.01, 0.005), 4)
            quantity = round(rng.uniform(6_000, 22_000), -3) * (-1.0 if rng.uniform() < 0.15 else 1.0)
            rows.append(_bond("USD", maturity, coupon, 2, quantity, "30/360", name))
    return rows


def _loans(rng: np.random.Generator) -> list[dict]:
    rows = []
    names = list(BORROWERS)
    for at, name in enumerate([*names, *names[3::9]]):
        currency, rate = (("USD", 1.0), ("USD", 1.0), ("USD", 1.0), ("EUR", 0.94), ("GBP", 0.83))[at % 5]
        amount = round(rng.lognormal(np.log(2.8e6), 0.5) * rate, -5)
        amount = min(amount, 4.8e6 * rate) if name != "Larch Insurance" else 6.9e6
        if at >= len(names):  # a second loan to the same borrower is a small one
            amount = round(0.4 * amount, -5)
        undrawn = round(amount * rng.uniform(0.1, 0.5), -5) if at % 3 == 0 else None
        terms = {"currency": currency, "issuer": name, "outstanding": amount, "quantity": 1.0}
        drawn = {"undrawn": undrawn, "ccf": 0.4 if undrawn else None}
        rows.append({"desk": "lending", "kind": "loan", **terms, **drawn})
    return rows


def credit_exposures() -> pd.DataFrame:
    """Exposures given as amounts."""
    rows = [
        (name, amount, "credit", pd_, rating, lgd, ccf, undrawn, driver)
        for name, (amount, rating, pd_, lgd, ccf, undrawn, driver) in EXPOSURES.items()
    ]
    return pd.DataFrame(rows, columns=list(TABLES["credit_exposures"].column_names))


def cash_flows(rng: np.random.Generator) -> pd.DataFrame:
    """Ninety days of contractual and behavioural flows."""
    days = pd.bdate_range("2022-12-29", "2023-03-28")
    rows = []
    for at, day in enumerate(days):
        rows.append((day, round(rng.uniform(0.75e6, 1.40e6), -3), "contractual_inflow", "lending"))
        rows.append((day, -round(rng.uniform(0.35e6, 0.85e6), -3), "contractual_outflow", "treasury"))
        if at % 5 == 4:
            rows.append((day, -round(rng.uniform(0.8e6, 1.9e6), -3), "deposit_runoff", "treasury"))
        if at % 10 == 7:
            rows.append((day, -round(rng.uniform(0.6e6, 1.6e6), -3), "committed_line", "lending"))
        if at % 21 == 6:
            rows.append((day, -round(rng.uniform(7e6, 9e6), -3), "wholesale_maturity", "treasury"))
            rows.append((day, round(rng.uniform(2.5e6, 4.5e6), -3), "bond_coupons", "rates_credit"))
    return pd.DataFrame(rows, columns=["date", "amount", "category", "desk"])
