"""Curves: joint calibration with its quote Jacobian, and a book of swaps with ladders, against QuantLib loops.

`run(smoke)` returns rows {name, size, ours_s, peer, peer_s, ratio, accuracy, compile_s}. The peer recalibrates once
per bumped quote; the Jacobian here comes from the implicit function theorem. Where the peer runs a part of the book
only, its valuation time (not its calibrations) is scaled up linearly and the row's peer says so.
"""

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import QuantLib as ql

from pact_jax.curves import (
    CurveProblem,
    Interpolation,
    calibrate_curves,
    curve_problem,
    discount_factor,
    quote_jacobian,
)
from pact_jax.curves._problem import split_curves
from pact_jax.dates import DayCount, add_months, year_fraction
from pact_jax.pricing.rates import forward_growth
from tests.curves.eur_market import TODAY, dual_market, quantlib_curves

BUMP = 1e-6


def run(smoke: bool) -> list[dict]:
    with jax.enable_x64(True):
        terms, quotes = dual_market()
        problem = curve_problem(terms, [Interpolation.LOG_LINEAR_DISCOUNT] * 2)
        swaps, peer_swaps = (200, 20) if smoke else (10_000, 100)
        repeats = 3 if smoke else 9
        return [
            _calibration(problem, quotes, repeats),
            _batch_calibration(problem, quotes, 8 if smoke else 256, repeats),
            _book(problem, quotes, swaps, peer_swaps, repeats),
        ]


def _timed(function: Callable, *arguments, repeats: int) -> tuple[float, float, object]:
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


def _row(name, size, ours, peer, peer_s, accuracy, compile_s) -> dict:
    return {
        "name": name,
        "size": size,
        "ours_s": ours,
        "peer": peer,
        "peer_s": peer_s,
        "ratio": peer_s / ours,
        "accuracy": accuracy,
        "compile_s": compile_s,
    }


def _peer_zero_rates(curves, node_times) -> np.ndarray:
    rates = [
        c.zeroRate(float(t), ql.Continuous).rate() for c, times in zip(curves, node_times, strict=True) for t in times
    ]
    return np.array(rates)


def _peer_jacobian(quotes: np.ndarray, node_times) -> tuple[np.ndarray, np.ndarray]:
    handles, *curves = quantlib_curves(ql, quotes, "PiecewiseLogLinearDiscount")
    base = _peer_zero_rates(curves, node_times)
    columns = []
    for handle, quote in zip(handles, quotes, strict=True):
        handle.setValue(float(quote + BUMP))
        columns.append((_peer_zero_rates(curves, node_times) - base) / BUMP)
        handle.setValue(float(quote))
    return base, np.stack(columns, axis=1)


def _calibration(problem: CurveProblem, quotes: np.ndarray, repeats: int) -> dict:
    @jax.jit
    def solve(quote):
        zero_rates = calibrate_curves(problem, quote).zero_rates
        return zero_rates, quote_jacobian(problem, zero_rates)

    ours, compile_s, (zero_rates, jacobian) = _timed(solve, jnp.asarray(quotes), repeats=repeats)
    node_times = [np.asarray(t) for t in problem.node_time]
    samples = []
    for _ in range(3):
        begin = time.perf_counter()
        base, bumped = _peer_jacobian(quotes, node_times)
        samples.append(time.perf_counter() - begin)
    # The bumped Jacobian is good to the solver's 1e-12 over the bump only.
    assert np.abs(bumped - np.asarray(jacobian)).max() < 1e-3
    accuracy = float(np.abs(base - np.asarray(zero_rates)).max())
    size = f"2 curves, {quotes.size} quotes"
    peer_s = statistics.median(samples)
    return _row("calibration + quote Jacobian", size, ours, "QuantLib bootstrap + bumps", peer_s, accuracy, compile_s)


def _batch_calibration(problem: CurveProblem, quotes: np.ndarray, markets: int, repeats: int) -> dict:
    moved = quotes + np.random.default_rng(0).normal(0.0, 0.003, (markets, 1))
    solve = jax.jit(jax.vmap(lambda q: calibrate_curves(problem, q).zero_rates))
    ours, compile_s, zero_rates = _timed(solve, jnp.asarray(moved), repeats=repeats)
    node_times = [np.asarray(t) for t in problem.node_time]
    handles, *curves = quantlib_curves(ql, quotes, "PiecewiseLogLinearDiscount")
    peers = []
    begin = time.perf_counter()
    for row in moved:
        for handle, quote in zip(handles, row, strict=True):
            handle.setValue(float(quote))
        peers.append(_peer_zero_rates(curves, node_times))
    peer_s = time.perf_counter() - begin
    accuracy = float(np.abs(np.array(peers) - np.asarray(zero_rates)).max())
    return _row("calibration of many markets", f"{markets} markets", ours, "QuantLib loop", peer_s, accuracy, compile_s)


def _random_swaps(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    start = TODAY + rng.integers(2, 700, count)
    return start, rng.integers(1, 26, count), rng.uniform(0.0, 0.06, count)


def _time(days: np.ndarray) -> np.ndarray:
    return year_fraction(TODAY, days, DayCount.ACT_365F)


def _book_arrays(count: int):
    """Flows of payer swaps on distinct states: fixed payment dates, then floating periods; weights by flow."""
    start, years, rate = _random_swaps(count)
    fixed_swap = np.repeat(np.arange(count), years)
    fixed_index = np.concatenate([np.arange(1, n + 1) for n in years])
    fixed_end = add_months(start[fixed_swap], 12 * fixed_index)
    fixed_begin = add_months(start[fixed_swap], 12 * (fixed_index - 1))
    float_swap = np.repeat(np.arange(count), 4 * years)
    float_index = np.concatenate([np.arange(4 * n) for n in years])
    begin = add_months(start[float_swap], 3 * float_index)
    end = add_months(start[float_swap], 3 * (float_index + 1))
    dates, fixed_state = np.unique(fixed_end, return_inverse=True)
    periods, float_state = np.unique(np.stack([begin, end], axis=1), axis=0, return_inverse=True)
    swap = np.concatenate([fixed_swap, float_swap])
    order = np.argsort(swap, kind="stable")
    state = np.concatenate([fixed_state, dates.size + float_state.ravel()])[order]
    accrual = year_fraction(fixed_begin, fixed_end, DayCount.ACT_365F)
    weight = np.concatenate([-rate[fixed_swap] * accrual, np.ones(float_swap.size)])[order]
    return (jnp.asarray(_time(dates)), *map(jnp.asarray, _time(periods).T)), tuple(
        map(jnp.asarray, (swap[order], state, weight))
    )


def _book(problem: CurveProblem, quotes: np.ndarray, count: int, peer_count: int, repeats: int) -> dict:
    times, flows = _book_arrays(count)

    def states(zero_rates, times):
        fixed, begin, end = times
        discount, projection = split_curves(problem, zero_rates)
        growth = forward_growth(discount_factor(projection, begin), discount_factor(projection, end))
        return jnp.concatenate([discount_factor(discount, fixed), growth * discount_factor(discount, end)])

    @jax.jit
    def value_and_ladder(quote, times, flows):
        swap, state, weight = flows
        zero_rates = calibrate_curves(problem, quote).zero_rates
        to_quotes = jax.jacfwd(states)(zero_rates, times) @ quote_jacobian(problem, zero_rates)
        table = jnp.concatenate([states(zero_rates, times)[:, None], to_quotes], axis=1)
        rows = weight[:, None] * table[state]
        total = jax.ops.segment_sum(rows, swap, num_segments=count, indices_are_sorted=True)
        return total[:, 0], total[:, 1:]

    ours, compile_s, (value, ladder) = _timed(value_and_ladder, jnp.asarray(quotes), times, flows, repeats=repeats)
    curves_s, swaps_s, peer_value, peer_ladder = _peer_book(quotes, count, peer_count)
    peer_s = curves_s + swaps_s * count / peer_count
    assert np.abs(np.asarray(ladder)[:peer_count] - peer_ladder).max() < 1e-3
    accuracy = float(np.abs(np.asarray(value)[:peer_count] - peer_value).max())
    peer = f"QuantLib loop over {peer_count}, scaled" if peer_count < count else "QuantLib loop"
    name = "swaps: calibration, value and quote ladder of each"
    size = f"{count} swaps x {quotes.size} quotes"
    return _row(name, size, ours, peer, peer_s, accuracy, compile_s)


def _peer_book(quotes: np.ndarray, count: int, peer_count: int) -> tuple[float, float, np.ndarray, np.ndarray]:
    handles, discount, projection = quantlib_curves(ql, quotes, "PiecewiseLogLinearDiscount")
    basis = ql.Actual365Fixed()
    curve = ql.YieldTermStructureHandle(projection)
    index = ql.IborIndex(
        "X", ql.Period("3M"), 0, ql.EURCurrency(), ql.NullCalendar(), ql.Unadjusted, False, basis, curve
    )
    engine = ql.DiscountingSwapEngine(ql.YieldTermStructureHandle(discount))
    swaps = []
    for start, years, rate in zip(*(part[:peer_count] for part in _random_swaps(count)), strict=True):
        begin = ql.Date(int(start.astype(np.int64)) + 25569)
        end = begin + ql.Period(int(years), ql.Years)
        legs = [
            ql.Schedule(
                begin,
                end,
                ql.Period(p),
                ql.NullCalendar(),
                ql.Unadjusted,
                ql.Unadjusted,
                ql.DateGeneration.Forward,
                False,
            )
            for p in ("1Y", "3M")
        ]
        swap = ql.VanillaSwap(ql.Swap.Payer, 1.0, legs[0], float(rate), basis, legs[1], index, 0.0, basis)
        swap.setPricingEngine(engine)
        swaps.append(swap)
    clock = [0.0, 0.0]

    def values() -> np.ndarray:
        begin = time.perf_counter()
        for built in (discount, projection):
            built.discount(1.0)  # curves are built when they are first asked
        middle = time.perf_counter()
        found = np.array([swap.NPV() for swap in swaps])
        clock[0] += middle - begin
        clock[1] += time.perf_counter() - middle
        return found

    value, ladder = values(), []
    for handle, quote in zip(handles, quotes, strict=True):
        handle.setValue(float(quote + BUMP))
        ladder.append((values() - value) / BUMP)
        handle.setValue(float(quote))
    return clock[0], clock[1], value, np.stack(ladder, axis=1)


if __name__ == "__main__":
    import sys

    for row in run("--smoke" in sys.argv):
        print(row)
