"""Greeks of an option book: per position, per factor, and their cost in prices; QuantLib and bumping as peers.

`run(smoke)` returns rows {name, size, ours_s, peer, peer_s, ratio, accuracy, compile_s}; `ratio` is peer_s / ours_s.
For the two rows whose peer is our own price, 1 / ratio is the cost of the derivatives in prices. QuantLib prices a
sample of the book, one contract at a time on one core, and its time is scaled up linearly (the row's peer says so).
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import QuantLib as ql

from pact_jax.instruments import DiscountPoints, EuropeanOption, Portfolio, position_group
from pact_jax.market import MarketState
from pact_jax.pricing import (
    FactorVector,
    factor_gradient,
    greeks,
    hessian_vector_product,
    move_market,
    no_move,
    present_value,
)

NUM_ASSETS, NUM_DATES = 50, 60
RATE, DIVIDEND, VOL = 0.03, 0.01, 0.25


def run(smoke: bool) -> list[dict]:
    with jax.enable_x64(True):
        size, sample, repeats = (2_000, 100, 3) if smoke else (100_000, 2_000, 9)
        portfolio, market = option_book(size)
        first = _timed(lambda p, m: greeks(p, m, second_order=False), portfolio, market, repeats=repeats)
        full = _timed(greeks, portfolio, market, repeats=repeats)
        price = _timed(jax.jit(present_value), portfolio, market, repeats=repeats)
        gradient = _timed(jax.jit(factor_gradient), portfolio, market, repeats=repeats)
        direction = FactorVector(spot=jnp.ones(NUM_ASSETS), implied_vol=0.01 * jnp.ones_like(market.implied_vol))
        curvature = _timed(jax.jit(hessian_vector_product), portfolio, market, direction, repeats=repeats)
        bumped = _timed(_bump_ladder, portfolio, market, repeats=repeats)
        peer_s, errors = _quantlib(portfolio, market, full[2], sample)
        scaled = f"QuantLib loop, value and 5 Greeks, {sample} of {size} scaled"
        bump_error = float(jnp.max(jnp.abs(full[2].by_position.delta - bumped[2][0])))
        slope = float(jnp.max(jnp.abs(full[2].by_factor.spot - gradient[2].spot)))
        return [
            _row("first-order Greeks and factor gradient", size, first, scaled, peer_s * size / sample, errors),
            _row("all Greeks and factor gradient", size, full, scaled, peer_s * size / sample, errors),
            _row("all Greeks and factor gradient", size, full, "bump and revalue, 15 prices", bumped[0], bump_error),
            _row("factor gradient", size, gradient, "our price", price[0], slope),
            _row("Hessian-vector product", size, curvature, "our price", price[0], 0.0),
        ]


def option_book(size: int) -> tuple[Portfolio, MarketState]:
    """Calls and puts on many assets, expiring on common dates; flat market, so that the peer needs no surface."""
    rng = np.random.default_rng(7)
    asset, date = rng.integers(0, NUM_ASSETS, size), rng.integers(0, NUM_DATES, size)
    days = np.linspace(20, 1100, NUM_DATES).astype(int)
    spot = rng.uniform(20.0, 400.0, NUM_ASSETS)
    index, expiry = jnp.asarray(asset), jnp.asarray(days[date] / 365.0)
    grid = np.log(spot)[:, None, None] + np.linspace(-0.6, 0.6, 9)[None, None, :] * np.ones((NUM_ASSETS, 5, 1))
    market = MarketState(
        spot=jnp.asarray(spot),
        dividend_yield=jnp.full(NUM_ASSETS, DIVIDEND),
        half_spread=jnp.full(NUM_ASSETS, 1e-4),
        adv=jnp.ones(NUM_ASSETS),
        fx=jnp.ones(1),
        curve_time=jnp.asarray([0.25, 1.0, 2.0, 5.0]),
        zero_rate=jnp.full((1, 4), RATE),
        hazard_time=jnp.ones(1),
        hazard_rate=jnp.zeros((1, 1)),
        vol_expiry=jnp.asarray(np.tile([0.1, 0.5, 1.0, 2.0, 3.0], (NUM_ASSETS, 1))),
        vol_log_strike=jnp.asarray(grid),
        vol_underlying=jnp.arange(NUM_ASSETS),
        implied_vol=jnp.full((NUM_ASSETS, 5, 9), VOL),
        vol_level=jnp.ones(NUM_ASSETS),
        factor=jnp.zeros(1),
    )
    zero = jnp.zeros(size, int)
    terms = EuropeanOption(
        asset=index,
        currency=zero,
        surface=index,
        discount=DiscountPoints(jnp.zeros(NUM_DATES, int), jnp.asarray(days / 365.0)),
        point=jnp.asarray(date),
        strike=jnp.asarray(spot[asset] * np.exp(rng.normal(0.0, 0.2, size))),
        expiry=expiry,
        is_call=jnp.asarray(rng.random(size) < 0.5),
        multiplier=jnp.ones(size),
    )
    group = position_group(terms, jnp.ones(size))
    return Portfolio((group,), num_desks=1, num_buckets=0), market


@jax.jit
def _bump_ladder(portfolio: Portfolio, market: MarketState) -> tuple[jax.Array, ...]:
    """Central differences: delta, gamma, vega, volga, vanna, rho, theta's directions, as a system without AD does."""
    still = no_move(market)
    spot, vol, rate = 1e-3 * market.spot, jnp.full_like(market.implied_vol, 1e-4), jnp.full_like(market.zero_rate, 1e-6)

    def at(**moves: jax.Array) -> jax.Array:
        leaves = {name: getattr(still, name) for name in ("spot", "implied_vol", "zero_rate")} | moves
        return present_value(portfolio, move_market(market, FactorVector(**leaves)))

    terms: Any = portfolio.groups[0].terms
    own = spot[terms.asset]
    base = at()
    ladder = [
        (at(spot=spot) - at(spot=-spot)) / (2 * own),
        (at(spot=spot) - 2 * base + at(spot=-spot)) / own**2,
        (at(implied_vol=vol) - at(implied_vol=-vol)) / 2e-4,
        (at(implied_vol=vol) - 2 * base + at(implied_vol=-vol)) / 1e-8,
        (at(zero_rate=rate) - at(zero_rate=-rate)) / 2e-6,
        sum(s * v * at(spot=s * spot, implied_vol=v * vol) for s in (1, -1) for v in (1, -1)) / (4e-4 * own),
    ]
    return tuple(ladder)


def _quantlib(portfolio: Portfolio, market: MarketState, found, sample: int) -> tuple[float, float]:
    """Seconds for the sample, and the largest difference of value, delta, gamma, vega or rho, relative to the spot."""
    terms: Any = portfolio.groups[0].terms
    today = ql.Date(22, 11, 2023)
    ql.Settings.instance().evaluationDate = today
    act = ql.Actual365Fixed()
    quote = ql.SimpleQuote(100.0)
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(quote),
        ql.YieldTermStructureHandle(ql.FlatForward(today, DIVIDEND, act)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, RATE, act)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), VOL, act)),
    )
    engine = ql.AnalyticEuropeanEngine(process)
    options = []
    spot = np.asarray(market.spot)[np.asarray(terms.asset[:sample])]
    days = np.round(np.asarray(terms.expiry[:sample]) * 365).astype(int)
    for k in range(sample):
        kind = ql.Option.Call if terms.is_call[k] else ql.Option.Put
        payoff = ql.PlainVanillaPayoff(kind, float(terms.strike[k]))
        option = ql.VanillaOption(payoff, ql.EuropeanExercise(today + int(days[k])))
        option.setPricingEngine(engine)
        options.append(option)
    rows = []
    begin = time.perf_counter()
    for k, option in enumerate(options):
        quote.setValue(float(spot[k]))
        rows.append((option.NPV(), option.delta(), option.gamma(), option.vega(), option.rho(), option.theta()))
    seconds = time.perf_counter() - begin
    reference = np.array(rows)[:, :5]
    fields = ("present_value", "delta", "gamma", "vega", "rho")
    ours = np.stack([np.asarray(getattr(found.by_position, name))[:sample] for name in fields], axis=1)
    return seconds, float(np.max(np.abs(ours - reference) / spot[:, None]))


def _timed(function: Callable, *arguments, repeats: int) -> tuple[float, float, Any]:
    """Median run time, time of the first call beyond it (tracing and compiling), result."""
    begin = time.perf_counter()
    result = jax.block_until_ready(function(*arguments))
    first = time.perf_counter() - begin
    samples = []
    for _ in range(repeats):
        begin = time.perf_counter()
        jax.block_until_ready(function(*arguments))
        samples.append(time.perf_counter() - begin)
    median = statistics.median(samples)
    return median, first - median, result


def _row(name: str, size: int, timed: tuple, peer: str, peer_s: float, accuracy: float) -> dict:
    return {
        "name": name,
        "size": size,
        "ours_s": timed[0],
        "peer": peer,
        "peer_s": peer_s,
        "ratio": peer_s / timed[0],
        "accuracy": accuracy,
        "compile_s": timed[1],
    }


if __name__ == "__main__":
    for row in run(smoke=False):
        print(row)
