"""A small complete snapshot folder to edit: one position of each kind, and a page that explains every column."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pact_jax.snapshot import SCALARS, TABLES, make_snapshot, schema_markdown

from ._write import write_snapshot

VALUATION = "2024-06-28"
_DATES = 520
_ZERO_RATES = {
    "USD": {0.25: 0.052, 1.0: 0.049, 5.0: 0.041, 10.0: 0.040},
    "EUR": {0.25: 0.036, 1.0: 0.033, 5.0: 0.026, 10.0: 0.026},
}
_EXPIRIES = (0.25, 1.0)
_SMILE = {-0.2: 1.20, -0.1: 1.08, 0.0: 1.00, 0.1: 0.95, 0.2: 0.93}
_RATE_SURFACE = "RATE:USD"
_RATE_SMILE = {0.02: 0.38, 0.03: 0.34, 0.04: 0.31, 0.05: 0.29, 0.06: 0.28}
_SURFACES = {"INDEX": 0.16, "ACME": 0.28, "FX:EUR": 0.07}


def write_template(folder: str | PathLike[str], *, force: bool = False) -> Path:
    """Write an example snapshot folder to start from; every figure in it is invented.

    Args:
        folder: Where; made if it is not there.
        force: Overwrite files that are there.

    Returns:
        The folder, which `read_snapshot` reads as it stands.

    Raises:
        PactError: A file is there already and `force` is false.
    """
    snapshot = make_snapshot(_tables(), _scalars())
    path = write_snapshot(snapshot, folder, force=force)
    (path / "README.md").write_text(schema_markdown(), encoding="utf-8")
    return path


def _scalars() -> dict[str, object]:
    given = {
        "portfolio_id": "template",
        "valuation_date": VALUATION,
        "reporting_currency": "USD",
        "capital": 5_000_000.0,
        "cash_buffer": 500_000.0,
        "funding_penalty_rate": 0.05,
        "description": "Template: every figure is invented",
    }
    return {column.name: given[column.name] for column in SCALARS if column.name in given}


def _rows(table: str, *rows: Mapping[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(TABLES[table].column_names), dtype=object)


def _tables() -> dict[str, pd.DataFrame]:
    return {
        "curves": _long(("curve", "tenor", "zero_rate"), _ZERO_RATES),
        "currencies": pd.DataFrame({"currency": ["USD", "EUR"], "fx": [1.0, 1.07], "curve": ["USD", "EUR"]}),
        "assets": _assets(),
        "vols": _vols(),
        "issuers": _issuers(),
        "hazards": _long(("issuer", "tenor", "hazard_rate"), {"ACME": {1.0: 0.010, 5.0: 0.016}}),
        "positions": _positions(),
        "history": _history(),
        "credit_exposures": _rows(
            "credit_exposures",
            {
                "counterparty": "Clearer",
                "current_exposure": 150_000.0,
                "rating": "A",
                "lgd": 0.45,
                "credit_driver": "INDEX",
            },
        ),
        "cash_flows": _cash_flows(),
        "limits": _limits(),
        "sources": _rows("sources", {"table": "all", "kind": "illustrative", "note": "the template is invented"}),
    }


def _vols() -> pd.DataFrame:
    """Smiles over log-moneyness, and one over strikes for options on rates."""
    rows = [(s, t, k, round(v * f, 6)) for s, v in _SURFACES.items() for t in _EXPIRIES for k, f in _SMILE.items()]
    rows += [(_RATE_SURFACE, t, k, vol) for t in _EXPIRIES for k, vol in _RATE_SMILE.items()]
    return pd.DataFrame(rows, columns=["surface", "expiry", "log_moneyness", "implied_vol"])


def _long(columns: tuple[str, str, str], values: dict[str, dict[float, float]]) -> pd.DataFrame:
    rows = [(name, node, value) for name, nodes in values.items() for node, value in nodes.items()]
    return pd.DataFrame(rows, columns=list(columns))


def _assets() -> pd.DataFrame:
    usual = {"currency": "USD", "dividend_yield": 0.015, "half_spread": 0.0003}
    return _rows(
        "assets",
        usual | {"asset": "INDEX", "spot": 5_000.0, "adv": 500_000.0, "sector": "Index"},
        usual | {"asset": "ACME", "spot": 80.0, "adv": 2_000_000.0, "sector": "Industrials"},
    )


def _issuers() -> pd.DataFrame:
    return _rows(
        "issuers",
        {"issuer": "ACME", "sector": "Industrials", "rating": "BBB", "lgd": 0.6, "driver": "INDEX"},
        {"issuer": "Borrower", "sector": "Energy", "pd": 0.012, "driver": "INDEX", "loading": 0.4},
        {"issuer": "Dealer", "sector": "Financials", "rating": "A", "lgd": 0.45, "driver": "INDEX"},
    )


def _positions() -> pd.DataFrame:
    option = {"option_type": "put", "maturity": "2024-12-20"}
    over_the_counter = {"desk": "fx", "counterparty": "Dealer", "currency": "EUR"}
    bond = {"desk": "rates", "kind": "bond", "currency": "USD", "frequency": 2}
    rows = (
        {"desk": "equity", "kind": "stock", "asset": "ACME", "quantity": 12_000, "price": 80.0},
        {
            "desk": "equity",
            "kind": "european_option",
            "asset": "INDEX",
            "strike": 4_800.0,
            "quantity": 3,
            "multiplier": 100,
        }
        | option,
        {
            "desk": "equity",
            "kind": "european_option",
            "asset": "ACME",
            "strike": 75.0,
            "quantity": -40,
            "multiplier": 100,
        }
        | option,
        {
            "desk": "equity",
            "kind": "future",
            "asset": "INDEX",
            "strike": 5_060.0,
            "maturity": "2024-09-20",
            "quantity": -2,
        }
        | {"multiplier": 50},
        {
            "desk": "equity",
            "kind": "forward",
            "asset": "ACME",
            "strike": 81.0,
            "maturity": "2024-12-20",
            "quantity": 2_000,
        },
        bond | {"maturity": "2030-05-15", "coupon": 0.04, "quantity": 8_000},
        bond | {"maturity": "2028-03-15", "coupon": 0.055, "quantity": 5_000, "issuer": "ACME"},
        over_the_counter | {"kind": "fx_forward", "strike": 1.08, "maturity": "2024-12-20", "quantity": 400_000},
        over_the_counter
        | {"kind": "fx_option", "option_type": "call", "strike": 1.10, "maturity": "2025-03-20", "quantity": -250_000},
        {
            "desk": "lending",
            "kind": "loan",
            "currency": "USD",
            "issuer": "Borrower",
            "outstanding": 400_000.0,
            "quantity": 1,
        }
        | {"undrawn": 100_000.0, "ccf": 0.4},
        *_asset_options(),
        *_rates_and_credit(),
        *_averages_and_pairs(),
    )
    return _rows("positions", *({"position_id": f"T{at:02d}"} | row for at, row in enumerate(rows, start=1)))


def _asset_options() -> tuple[dict[str, Any], ...]:
    option: dict[str, Any] = {
        "desk": "equity",
        "asset": "ACME",
        "strike": 80.0,
        "maturity": "2024-12-20",
        "multiplier": 100,
    }
    return (
        option | {"kind": "american_option", "option_type": "put", "quantity": 15},
        option | {"kind": "digital_option", "option_type": "call", "quantity": -10, "payout": "cash", "cash": 5.0},
        option
        | {"kind": "barrier_option", "option_type": "call", "quantity": 10}
        | {"barrier": 65.0, "barrier_type": "down_out", "rebate": 1.0},
        option
        | {"kind": "asian_option", "option_type": "call", "quantity": 20}
        | {"averaging": "geometric", "first_fixing": "2024-07-19", "fixing_frequency": 52},
        {"desk": "equity", "kind": "variance_swap", "asset": "INDEX", "strike": 0.17, "maturity": "2024-12-20"}
        | {"quantity": 1, "multiplier": 250_000},
    )


def _averages_and_pairs() -> tuple[dict[str, Any], ...]:
    option: dict[str, Any] = {"desk": "equity", "asset": "INDEX", "option_type": "call", "maturity": "2024-12-20"}
    pair = option | {"asset_2": "ACME", "correlation": 0.6}
    return (
        option
        | {"kind": "asian_option", "quantity": 2, "strike": 5_000.0, "multiplier": 10}
        | {"averaging": "arithmetic", "first_fixing": "2024-07-19", "fixing_frequency": 12},
        pair | {"kind": "spread_option", "quantity": 3, "strike": 100.0, "weight_2": 60.0, "multiplier": 10},
        pair | {"kind": "basket_option", "quantity": -3, "strike": 9_900.0, "weight_2": 60.0, "multiplier": 10},
    )


def _rates_and_credit() -> tuple[dict[str, Any], ...]:
    rates: dict[str, Any] = {"desk": "rates", "currency": "USD", "maturity": "2029-06-28"}
    option: dict[str, Any] = {"strike": 0.04, "surface": _RATE_SURFACE, "vol_model": "black"}
    return (
        rates | {"kind": "swap", "coupon": 0.041, "frequency": 2, "quantity": 20_000, "counterparty": "Dealer"},
        rates | option | {"kind": "cap_floor", "option_type": "cap", "quantity": 5_000, "float_frequency": 4},
        rates
        | option
        | {"kind": "swaption", "option_type": "payer", "expiry": "2025-06-30", "frequency": 2, "quantity": -5_000},
        {"desk": "credit", "kind": "cds", "currency": "USD", "issuer": "ACME", "coupon": 0.01, "quantity": 10_000}
        | {"maturity": "2029-06-20"},
    )


def _cash_flows() -> pd.DataFrame:
    flows = (
        ("2024-07-05", 120_000.0, "contractual_inflow"),
        ("2024-07-12", -260_000.0, "contractual_outflow"),
        ("2024-07-19", -90_000.0, "deposit_runoff"),
        ("2024-07-31", 150_000.0, "contractual_inflow"),
        ("2024-08-30", -70_000.0, "committed_line"),
    )
    return pd.DataFrame(flows, columns=["date", "amount", "category"])


def _limits() -> pd.DataFrame:
    return _rows(
        "limits",
        {"limit_id": "L1", "measure": "score", "limit": 0.2, "tier": "executive"},
        {"limit_id": "L2", "measure": "var_99", "limit": 600_000.0},
        {"limit_id": "L3", "measure": "single_name_concentration", "limit": 0.1},
        {"limit_id": "L4", "measure": "liquidity_coverage", "limit": 1.0, "direction": "min"},
    )


def _history() -> pd.DataFrame:
    """Random walks that end at today's levels: replace them by real ones."""
    rng = np.random.default_rng(7)
    dates = pd.bdate_range(end=VALUATION, periods=_DATES, name="date")
    market = rng.standard_normal(_DATES)
    own = rng.standard_normal((_DATES, 8))
    ends = {"spot:INDEX": 5_000.0, "spot:ACME": 80.0, "fx:EUR": 1.07}
    ends |= {f"vol:{name}": vol for name, vol in _SURFACES.items()} | {"hazard:ACME": 0.013}
    sizes = (0.010, 0.018, 0.005, 0.05, 0.04, 0.03, 0.03)
    betas = (1.0, 0.6, 0.1, -0.7, -0.5, -0.2, -0.4)
    columns = {}
    for at, (name, end) in enumerate(ends.items()):
        steps = sizes[at] * (betas[at] * market + np.sqrt(1.0 - betas[at] ** 2) * own[:, at])
        path = np.cumsum(steps) if name[:4] in ("spot", "fx:E") else _reverting(steps)
        columns[name] = (end * np.exp(path - path[-1])).round(6)
    shift = _reverting(0.0006 * (0.2 * market + 0.98 * own[:, 7]))
    for curve, rates in _ZERO_RATES.items():
        for tenor, rate in rates.items():
            columns[f"zero:{curve}:{tenor:g}"] = (rate + (shift - shift[-1]) * (1.0 if curve == "USD" else 0.7)).round(
                6
            )
    return pd.DataFrame(columns, index=dates)


def _reverting(steps: np.ndarray) -> np.ndarray:
    path = np.zeros_like(steps)
    for at in range(1, len(steps)):
        path[at] = 0.97 * path[at - 1] + steps[at]
    return path
