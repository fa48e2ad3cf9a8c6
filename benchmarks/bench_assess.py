"""The whole assessment, and European full revaluation beside NumPy and a QuantLib loop.

`run(smoke)` returns rows {name, size, ours_s, peer, peer_s, ratio, accuracy, compile_s}. The peer of an assessment is
the time stated for the system that this library replaces (420 / 1,850 / 3,200 ms for 1,000 / 5,000 / 10,000
positions), on a machine we do not know: an anchor, not a comparison on equal terms.
"""

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import ndtr

from pact_jax import MonteCarlo, assess
from pact_jax.agents import MarketObservation, observe_market
from pact_jax.assessment import AssessmentReport
from pact_jax.datasets import load_desk
from pact_jax.instruments import DiscountPoints, EuropeanOption, Portfolio, position_group
from pact_jax.market import MarketShock, MarketState, base_implied_vol
from pact_jax.revaluation import RevaluationMode

STATED_S = {1_000: 0.42, 5_000: 1.85, 10_000: 3.2}


def run(smoke: bool) -> list[dict]:
    sizes, scenarios = ((300,), 512) if smoke else ((1_000, 5_000, 10_000), 10_000)
    rows = [_assessment(size, scenarios, 2 if smoke else 7, RevaluationMode.FULL) for size in sizes]
    rows.append(_assessment(sizes[-1], scenarios, 2 if smoke else 7, RevaluationMode.LADDER))
    books = ((200, 512),) if smoke else ((1_000, 10_000), (5_000, 10_000), (10_000, 10_000), (10_000, 100_000))
    for contracts, scenarios in books:
        rows += _revaluation(contracts, scenarios, 2 if smoke else 5)
    return rows


def _assessment(size: int, scenarios: int, repeats: int, mode: RevaluationMode) -> dict:
    snapshot = load_desk(num_positions=size)

    def call() -> AssessmentReport:
        return assess(snapshot, generator=MonteCarlo(scenarios), revaluation=mode)

    first = _seconds(call)
    # The whole call: preparing the tables, hashing them and composing the report are part of it.
    warm = statistics.median(_seconds(call) for _ in range(repeats))
    report = call()
    assert report.manifest.revaluation == mode.value, report.flags
    gap = abs(report.leaves["contribution"].sum() / report.score - 1.0)
    stated = STATED_S.get(size)
    return {
        "name": f"warm assessment of {size:,} positions, {scenarios:,} scenarios, float64, {mode.value}, whole call",
        "size": size,
        "ours_s": warm,
        "peer": "stated by the system it replaces" if stated else "",
        "peer_s": stated,
        "ratio": stated / warm if stated else None,
        "accuracy": float(gap),
        "compile_s": first - warm,
    }


def _revaluation(contracts: int, scenarios: int, repeats: int) -> list[dict]:
    with jax.enable_x64(True):
        portfolio, market, shock = _option_book(contracts, scenarios)

        def call() -> MarketObservation:
            # The base valuation is part of it, and both cores are at work, as in an assessment.
            return jax.block_until_ready(observe_market(portfolio, market, shock))

        first = _seconds(call)
        pnl = -np.asarray(call().loss)[:, 0]
        ours = statistics.median(_seconds(call) for _ in range(repeats))
        numpy_s = min(_seconds(lambda: _numpy_pnl(portfolio, market, shock, 64)) for _ in range(3)) * scenarios / 64
        numpy_pnl = _numpy_pnl(portfolio, market, shock, 64)
    evaluations = contracts * scenarios
    error = float(np.max(np.abs(pnl[:64] - numpy_pnl)) / np.std(pnl))
    common = {"size": evaluations, "ours_s": ours, "compile_s": first - ours, "accuracy": error}
    name = f"{contracts:,} European options x {scenarios:,} scenarios, full revaluation, float64"
    rows = [
        {
            "name": name,
            "peer": "NumPy + scipy ndtr, vector over positions, 64 scenarios scaled",
            "peer_s": numpy_s,
            "ratio": numpy_s / ours,
            **common,
        }
    ]
    quantlib_s = _quantlib_seconds(1_000)
    if quantlib_s is not None:
        scaled = quantlib_s * evaluations
        rows.append(
            {"name": name, "peer": "QuantLib loop, 1,000 repricings scaled", "peer_s": scaled, "ratio": scaled / ours}
            | common
        )
    return rows


def _option_book(contracts: int, scenarios: int) -> tuple[Portfolio, MarketState, MarketShock]:
    """Distinct options on 100 assets with a surface each, one curve, 40 expiries; spot, vol and rates shocked."""
    rng = np.random.default_rng(0)
    num_assets, expiries = 100, np.linspace(0.05, 3.0, 40)
    nodes = np.linspace(-0.5, 0.5, 5)
    spot = rng.uniform(50.0, 150.0, num_assets)
    market = MarketState(
        spot=jnp.asarray(spot),
        dividend_yield=jnp.asarray(rng.uniform(0.0, 0.03, num_assets)),
        half_spread=jnp.zeros(num_assets),
        adv=jnp.ones(num_assets),
        fx=jnp.ones(1),
        curve_time=jnp.asarray([0.25, 1.0, 5.0]),
        zero_rate=jnp.asarray([[0.03, 0.035, 0.04]]),
        hazard_time=jnp.ones(1),
        hazard_rate=jnp.zeros((1, 1)),
        vol_expiry=jnp.broadcast_to(jnp.asarray([0.25, 1.0, 2.0]), (num_assets, 3)),
        vol_log_strike=jnp.asarray(np.log(spot)[:, None, None] + np.broadcast_to(nodes, (num_assets, 3, 5))),
        vol_underlying=jnp.arange(num_assets),
        implied_vol=jnp.asarray(rng.uniform(0.15, 0.5, (num_assets, 3, 5))),
        vol_level=jnp.ones(num_assets),
        factor=jnp.zeros(1),
    )
    asset = rng.integers(0, num_assets, contracts)
    point = rng.integers(0, len(expiries), contracts)
    terms = EuropeanOption(
        asset=jnp.asarray(asset),
        currency=jnp.zeros(contracts, int),
        surface=jnp.asarray(asset),
        discount=DiscountPoints(jnp.zeros(len(expiries), int), jnp.asarray(expiries)),
        point=jnp.asarray(point),
        strike=jnp.asarray(spot[asset] * np.exp(rng.uniform(-0.3, 0.3, contracts))),
        expiry=jnp.asarray(expiries[point]),
        is_call=jnp.asarray(rng.random(contracts) < 0.5),
        multiplier=jnp.ones(contracts),
    )
    group = position_group(terms, jnp.asarray(rng.normal(size=contracts)))
    shock = MarketShock(
        spot=jnp.asarray(0.05 * rng.normal(size=(scenarios, num_assets))),
        vol_level=jnp.asarray(0.1 * rng.normal(size=(scenarios, num_assets))),
        zero_rate=jnp.asarray(0.002 * rng.normal(size=(scenarios, 1, 3))),
    )
    return Portfolio((group,), num_desks=1, num_buckets=0), market, shock


def _numpy_pnl(portfolio: Portfolio, market: MarketState, shock: MarketShock, count: int) -> np.ndarray:
    """P&L of the first scenarios by vectorised NumPy: one vector over positions a scenario."""
    group = portfolio.groups[0]
    terms = jax.tree.map(np.asarray, group.terms)
    assert isinstance(terms, EuropeanOption)
    state = jax.tree.map(np.asarray, market)
    vol = np.asarray(_base_vol(group.terms, market))
    sign = np.where(terms.is_call, 1.0, -1.0)
    root = np.sqrt(terms.expiry)

    def value(spot: np.ndarray, level: np.ndarray, zero_rate: np.ndarray) -> float:
        zero = np.interp(terms.expiry, state.curve_time, zero_rate[0])
        discount = np.exp(-zero * terms.expiry)
        prepaid = spot[terms.asset] * np.exp(-state.dividend_yield[terms.asset] * terms.expiry)
        total = vol * level[terms.surface] * root
        d1 = np.log(prepaid / (terms.strike * discount)) / total + 0.5 * total
        price = sign * (prepaid * ndtr(sign * d1) - terms.strike * discount * ndtr(sign * (d1 - total)))
        return float(np.asarray(group.quantity) @ price)

    base = value(state.spot, state.vol_level, state.zero_rate)
    moved = [
        value(
            state.spot * np.exp(np.asarray(shock.spot[k])),
            state.vol_level * np.exp(np.asarray(shock.vol_level[k])),
            state.zero_rate + np.asarray(shock.zero_rate[k]),
        )
        for k in range(count)
    ]
    return np.array(moved) - base


def _base_vol(terms: EuropeanOption, market: MarketState) -> jax.Array:
    return base_implied_vol(market, terms.surface, terms.expiry, jnp.log(terms.strike))


def _quantlib_seconds(count: int) -> float | None:
    """Seconds of one repricing with a quote update in QuantLib from Python; None without it."""
    try:
        import QuantLib as ql
    except ImportError:
        return None
    today = ql.Date(28, 12, 2022)
    ql.Settings.instance().evaluationDate = today
    spot, vol, rate = ql.SimpleQuote(100.0), ql.SimpleQuote(0.2), ql.SimpleQuote(0.03)
    day_count, calendar = ql.Actual365Fixed(), ql.NullCalendar()
    process = ql.BlackScholesProcess(
        ql.QuoteHandle(spot),
        ql.YieldTermStructureHandle(ql.FlatForward(today, ql.QuoteHandle(rate), day_count)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, calendar, ql.QuoteHandle(vol), day_count)),
    )
    option = ql.VanillaOption(
        ql.PlainVanillaPayoff(ql.Option.Call, 100.0), ql.EuropeanExercise(today + ql.Period(1, ql.Years))
    )
    option.setPricingEngine(ql.AnalyticEuropeanEngine(process))

    def loop() -> None:
        for k in range(count):
            spot.setValue(100.0 + 0.001 * k)
            vol.setValue(0.2 + 1e-6 * k)
            option.NPV()

    return min(_seconds(loop) for _ in range(3)) / count


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
