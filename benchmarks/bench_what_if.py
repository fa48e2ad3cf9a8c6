"""One trade against a stored book, beside repricing the whole book with it.

`run(smoke)` returns rows {name, size, ours_s, peer, peer_s, ratio, accuracy, compile_s}; accuracy is the largest
difference of a scenario's loss to that of the whole book repriced, as a fraction of the VaR.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.bench_assess import _option_book
from pact_jax.instruments import DiscountPoints, EuropeanOption, Portfolio, PositionGroup, position_group
from pact_jax.measures import tail_measures
from pact_jax.revaluation import remember_book, revalue, what_if

LEVELS = (0.975, 0.99)


def run(smoke: bool) -> list[dict]:
    with jax.enable_x64(True):
        return [_row(200, 512, 3)] if smoke else [_row(10_000, 10_000, 200)]


def _row(contracts: int, scenarios: int, repeats: int) -> dict:
    portfolio, market, shock = _option_book(contracts, scenarios)
    levels = jnp.asarray(LEVELS)

    @jax.jit
    def whole(book: Portfolio) -> tuple:
        loss = -jnp.sum(revalue(book, market, shock).pnl, axis=1)
        return loss, tail_measures(loss, None, levels)

    book = remember_book(market, shock, whole(portfolio)[0], None, levels)
    trade, larger = _resized(portfolio, 7, 2.5)
    started = time.perf_counter()
    result = jax.block_until_ready(what_if(book, trade))
    first = time.perf_counter() - started
    seconds = statistics.median(_seconds(lambda: jax.block_until_ready(what_if(book, trade))) for _ in range(repeats))
    peer_s = statistics.median(_seconds(lambda: jax.block_until_ready(whole(larger))) for _ in range(3))
    loss, measures = whole(larger)
    error = np.max(np.abs(np.asarray(book.loss - result.pnl - loss))) / float(measures.value_at_risk[0])
    return {
        "name": f"what-if: one option on {contracts:,} options, {scenarios:,} scenarios, VaR and ES at 2 levels",
        "size": scenarios,
        "ours_s": seconds,
        "peer": "our full revaluation of the changed book",
        "peer_s": peer_s,
        "ratio": peer_s / seconds,
        "accuracy": float(error),
        "compile_s": first - seconds,
    }


def _resized(portfolio: Portfolio, row: int, by: float) -> tuple[PositionGroup, Portfolio]:
    """The change of one position as a trade of its own, and the book with it."""
    group = portfolio.groups[0]
    terms = group.terms
    assert isinstance(terms, EuropeanOption)
    zero, pick = jnp.zeros(1, int), slice(row, row + 1)
    names = ("asset", "currency", "surface", "strike", "expiry", "is_call", "multiplier")
    own = {name: getattr(terms, name)[pick] for name in names}
    at = DiscountPoints(terms.discount.curve[terms.point[pick]], terms.expiry[pick])
    contract = EuropeanOption(**own, discount=at, point=zero)
    trade = position_group(contract, jnp.full(1, by))
    larger = dataclasses.replace(group, quantity=group.quantity.at[row].add(by))
    return trade, dataclasses.replace(portfolio, groups=(larger,))


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
