"""The ladder, certified by full revaluation of its tail, beside vectorised NumPy full revaluation.

`run(smoke)` returns rows {name, size, ours_s, peer, peer_s, ratio, accuracy, compile_s}. Ours includes building and
evaluating the ladders and verifying tail scenarios in full; accuracy is the certified error as a fraction of the VaR,
and a certificate that does not hold raises. Sorting the book into ladders is done once a book and has its own row.
The last rows are whole assessments, in which the tails are revalued in full: accuracy is that of the score.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable

import jax
import numpy as np
from scipy.special import ndtr

from benchmarks.bench_assess import _base_vol, _numpy_pnl, _option_book
from pact_jax import AssessmentReport, MonteCarlo, assess
from pact_jax.datasets import load_desk
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState
from pact_jax.revaluation import PnlVectors, RevaluationMode, ladder_vectors, plan_ladders

LEVEL = 0.975


def run(smoke: bool) -> list[dict]:
    with jax.enable_x64(True):
        if smoke:
            return _rows(200, 512, rates=True, verify=None, repeats=2, numpy_scenarios=4) + [_assessment(60, 512, 2)]
        rows = _rows(10_000, 10_000, rates=False, verify=None, repeats=7, numpy_scenarios=32)
        rows += _rows(10_000, 10_000, rates=True, verify=None, repeats=7, numpy_scenarios=32)
        rows += _rows(1_000_000, 10_000, rates=False, verify=32, repeats=3, numpy_scenarios=2)
        rows += _rows(1_000_000, 100_000, rates=False, verify=32, repeats=3, numpy_scenarios=2)
        return [*rows, _assessment(10_000, 10_000, 7), _assessment(10_000, 50_000, 3)]


def _rows(contracts: int, scenarios: int, *, rates: bool, verify: int | None, repeats: int, numpy_scenarios: int):
    portfolio, market, shock = _option_book(contracts, scenarios)
    if not rates:
        shock = dataclasses.replace(shock, zero_rate=None)
    peer = _numpy_pnl if rates else _numpy_spot_vol
    peer_s = min(_seconds(lambda: peer(portfolio, market, shock, numpy_scenarios)) for _ in range(3))
    plan_ladders(portfolio, market, shock)
    plan_s = min(_seconds(lambda: plan_ladders(portfolio, market, shock)) for _ in range(2))
    planned = plan_ladders(portfolio, market, shock)

    def ours() -> PnlVectors:
        return ladder_vectors(portfolio, market, shock, confidence=LEVEL, planned=planned, verify=verify)

    started = time.perf_counter()
    result = ours()
    first = time.perf_counter() - started
    if result.mode is not RevaluationMode.LADDER or result.certificate is None:
        raise AssertionError(f"the certificate did not hold: {result.certificate}")
    seconds = statistics.median(_seconds(ours) for _ in range(repeats))
    error = result.certificate.value_at_risk_error / result.certificate.value_at_risk
    moved = "spot, vol and rates" if rates else "spot and vol"
    name = f"ladder, {contracts:,} options x {scenarios:,} scenarios, {moved}, {result.certificate.verified} verified"
    label = f"NumPy + scipy ndtr full revaluation, {numpy_scenarios} scenarios scaled"
    scaled = peer_s * scenarios / numpy_scenarios
    row = {"size": contracts * scenarios, "peer": label, "peer_s": scaled}
    return [
        {"name": name, "ours_s": seconds, "ratio": scaled / seconds, "accuracy": error, "compile_s": first - seconds}
        | row,
        {"name": f"sorting {contracts:,} options into ladders, once a book", "size": contracts, "ours_s": plan_s}
        | {"peer": "", "peer_s": None, "ratio": None, "accuracy": None, "compile_s": 0.0},
    ]


def _assessment(size: int, scenarios: int, repeats: int) -> dict:
    """The whole call by ladder beside the whole call by full revaluation: the same score, one after the other."""
    snapshot, generator = load_desk(num_positions=size), MonteCarlo(scenarios)

    def by(mode: RevaluationMode) -> AssessmentReport:
        return assess(snapshot, generator=generator, revaluation=mode)

    started = time.perf_counter()
    ladder = by(RevaluationMode.LADDER)
    first, full = time.perf_counter() - started, by(RevaluationMode.FULL)
    if ladder.manifest.revaluation != RevaluationMode.LADDER.value:
        raise AssertionError(f"the certificate did not hold: {ladder.flags}")
    pairs = [
        [_seconds(lambda m=m: by(m)) for m in (RevaluationMode.LADDER, RevaluationMode.FULL)] for _ in range(repeats)
    ]
    ours, peer = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {
        "name": f"warm assessment by ladder of {size:,} positions, {scenarios:,} scenarios, float64, whole call",
        "size": size,
        "ours_s": ours,
        "peer": "the same by full revaluation",
        "peer_s": peer,
        "ratio": peer / ours,
        "accuracy": abs(ladder.score / full.score - 1.0),
        "compile_s": first - ours,
    }


def _numpy_spot_vol(portfolio: Portfolio, market: MarketState, shock: MarketShock, count: int) -> np.ndarray:
    """P&L of the first scenarios by vectorised NumPy, with all that no scenario moves taken out of the loop."""
    group = portfolio.groups[0]
    terms, state = jax.tree.map(np.asarray, group.terms), jax.tree.map(np.asarray, market)
    vol = np.asarray(_base_vol(group.terms, market)) * np.sqrt(terms.expiry)
    discount = np.exp(-np.interp(terms.expiry, state.curve_time, state.zero_rate[0]) * terms.expiry)
    carry = np.exp(-state.dividend_yield[terms.asset] * terms.expiry)
    strike, sign, quantity = terms.strike * discount, np.where(terms.is_call, 1.0, -1.0), np.asarray(group.quantity)

    def value(spot: np.ndarray, level: np.ndarray) -> float:
        prepaid, total = spot[terms.asset] * carry, vol * level[terms.surface]
        d1 = np.log(prepaid / strike) / total + 0.5 * total
        return float(quantity @ (sign * (prepaid * ndtr(sign * d1) - strike * ndtr(sign * (d1 - total)))))

    spots = state.spot * np.exp(np.asarray(shock.spot[:count]))
    levels = state.vol_level * np.exp(np.asarray(shock.vol_level[:count]))
    base = value(state.spot, state.vol_level)
    return np.array([value(spot, level) for spot, level in zip(spots, levels, strict=True)]) - base


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


if __name__ == "__main__":
    print(np.array(run(smoke=True)))
