"""A dated book of stocks, with names that a page or a terminal must not act on, small enough to check with NumPy."""

from functools import cache

import numpy as np
import pandas as pd

from pact_jax import AssessmentReport, Historical, MonteCarlo, Snapshot, assess
from pact_jax.assessment import market_views, worst_market_moves
from pact_jax.snapshot import make_snapshot

HOSTILE = "<script>alert('P')</script>"
HOSTILE_DESK = '"><img src=x onerror=alert(1)>'
QUANTITY = {HOSTILE: 300.0, "P2": -100.0, "P3": 250.0}
ASSET = {HOSTILE: "ACME", "P2": "BETA", "P3": "BETA"}
SPOT = {"ACME": 50.0, "BETA": 20.0}
NUM_DATES = 120


def history() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    steps = 0.02 * rng.standard_normal((NUM_DATES, 2)) @ np.array([[1.0, 0.4], [0.0, 0.9]])
    paths = np.cumsum(steps, axis=0)
    levels = np.array([SPOT["ACME"], SPOT["BETA"]]) * np.exp(paths - paths[-1])
    dates = pd.bdate_range(end="2022-12-28", periods=NUM_DATES, name="date")
    return pd.DataFrame(levels, index=dates, columns=["spot:ACME", "spot:BETA"])


@cache
def stocks() -> Snapshot:
    desks = ["equity", HOSTILE_DESK, "equity"]
    positions = {
        "position_id": list(QUANTITY),
        "desk": desks,
        "kind": "stock",
        "quantity": list(QUANTITY.values()),
        "asset": [ASSET[name] for name in QUANTITY],
        "price": [50.0, 20.0, 20.0],
    }
    limits = {
        "limit_id": ["L1", "L2", "L3", "L4"],
        "measure": ["score", "var_99", "liquidity_coverage", "expected_shortfall"],
        "scope": ["total", "total", "total", "desk:equity"],
        "limit": [0.9, 1.0, 1.0, 5_000.0],
        "direction": ["max", "max", "min", "max"],
    }
    tables = {
        "curves": pd.DataFrame({"curve": ["USD"], "tenor": [1.0], "zero_rate": [0.03]}),
        "currencies": pd.DataFrame({"currency": ["USD"], "fx": [1.0], "curve": ["USD"]}),
        "assets": pd.DataFrame({"asset": list(SPOT), "currency": "USD", "spot": list(SPOT.values())}),
        "positions": pd.DataFrame(positions),
        "limits": pd.DataFrame(limits),
        "history": history(),
        "sources": pd.DataFrame({"table": ["all"], "kind": ["illustrative"], "note": ["<i>invented</i>"]}),
    }
    scalars = {
        "portfolio_id": "stocks & co",
        "valuation_date": "2022-12-28",
        "reporting_currency": "USD",
        "capital": 20_000.0,
        "description": "Stocks <b>only</b>",
    }
    return make_snapshot(tables, scalars)


@cache
def report() -> AssessmentReport:
    return assess(stocks(), generator=MonteCarlo(500), num_worst=4)


@cache
def views() -> pd.DataFrame:
    return market_views(stocks(), generators=(Historical(), MonteCarlo(500)))


@cache
def worst() -> pd.DataFrame:
    return worst_market_moves(stocks(), count=4, size=500)


def losses(horizon: int) -> np.ndarray:
    """Loss of every overlapping window, by the definition."""
    levels = history().to_numpy()
    move = levels[horizon:] / levels[:-horizon] - 1.0
    spot = np.array([SPOT["ACME"], SPOT["BETA"]])
    held = np.array([QUANTITY[HOSTILE], QUANTITY["P2"] + QUANTITY["P3"]])
    return -(move * spot) @ held
