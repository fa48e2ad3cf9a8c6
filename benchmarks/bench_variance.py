"""Variance of VaR and ES far out: plain Monte Carlo, Sobol points, a lattice, importance sampling and strata.

`run(smoke)` returns rows {name, size, ours_s, peer, peer_s, ratio, accuracy, compile_s, variance_ratio, spread,
stated_error}. Every method values the same book in full in the same number of scenarios, over many seeds. `ours_s` is
one run: making the scenarios (delta and gamma of the book included), revaluation and measures. `variance_ratio` is the
variance of plain Monte Carlo over that of the method, at the same number of scenarios; `peer_s` the time in which plain
Monte Carlo would reach the method's error, so that `ratio` holds at equal cost in time. `spread` and `stated_error` are
the standard deviation over seeds and the root mean square of the standard errors that the runs state, both relative to
the measure; `accuracy` is the distance of the mean over seeds from that of all weighted runs, relative too.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from pact_jax.assessment import ImportanceSampled
from pact_jax.assessment._draw_importance import draw_importance
from pact_jax.instruments import DiscountPoints, EuropeanOption, Portfolio, position_group
from pact_jax.market import MarketState
from pact_jax.measures import independent_standard_error, randomised_standard_error, tail_measures
from pact_jax.revaluation import revalue
from pact_jax.scenarios import (
    FactorColumn,
    Sampling,
    ScenarioPlan,
    ScenarioSet,
    Sequence,
    ShockLayout,
    ShockLeaf,
    gaussian_scenarios,
    quasi_scenarios,
)

FAR, USUAL, ASSETS = 0.999, 0.975, 10
MEASURES = ("value_at_risk", "expected_shortfall")


def run(smoke: bool) -> list[dict]:
    with jax.enable_x64(True):
        if smoke:
            return _rows("mixed", FAR, 50, 512, 4, seeds=3)
        cases = [(book, FAR) for book in ("mixed", "short", "hedged")] + [("mixed", USUAL), ("hedged", USUAL)]
        return [row for book, level in cases for row in _rows(book, level, 2_000, 8_192, 16, seeds=30)]


def _rows(book: str, level: float, contracts: int, count: int, runs: int, *, seeds: int) -> list[dict]:
    portfolio, market, covariance, layout = _book(book, contracts)
    value = jax.jit(revalue)

    def once(draw: Callable[[ScenarioPlan], ScenarioSet], seed: int) -> np.ndarray:
        plan = ScenarioPlan(layout, market, driver_columns=jnp.zeros(0, int), horizon_days=10, seed=seed)
        scenarios = draw(plan)
        loss = -value(portfolio, market, scenarios.shock).pnl[:, 0]
        if scenarios.sampling is Sampling.RANDOMISED:
            return np.asarray(_randomised(loss, scenarios.weight, level, num_randomisations=runs))
        return np.asarray(_independent(loss, scenarios.weight, level))

    methods = _methods(covariance, portfolio, level, count, runs)
    first = {name: _timed(lambda draw=draw: once(draw, 0))[1] for name, draw in methods.items()}
    # In turn, so that what else the machine does falls on all alike. Plain Monte Carlo, with which all are compared,
    # runs three times as often: its variance has to be known best.
    runs_of = {name: [] for name in methods}
    for seed in range(seeds):
        for name, draw in methods.items():
            runs_of[name].append(_timed(lambda draw=draw, seed=seed: once(draw, seed)))
        for more in (1, 2):
            runs_of["plain"].append(_timed(lambda at=seed + more * seeds: once(methods["plain"], at)))
    found = {name: np.array([values for values, _ in timed]) for name, timed in runs_of.items()}
    seconds = {name: statistics.median(spent for _, spent in timed) for name, timed in runs_of.items()}
    return [
        _row(f"{level:.1%}, {name}, {book} book, {contracts:,} options x {count:,} scenarios", name, at, found, seconds)
        | {"size": contracts * count, "compile_s": max(first[name] - seconds[name], 0.0)}
        for at in range(len(MEASURES))
        for name in methods
    ]


def _row(title: str, name: str, at: int, found: dict[str, np.ndarray], seconds: dict[str, float]) -> dict:
    estimate, error = found[name][:, at], found[name][:, len(MEASURES) + at]
    reference = float(np.mean(found["importance and strata"][:, at]))
    variance_ratio = float(np.var(found["plain"][:, at], ddof=1) / np.var(estimate, ddof=1))
    needed = seconds["plain"] * variance_ratio
    return {
        "name": f"{MEASURES[at]} at {title}",
        "ours_s": seconds[name],
        "peer": "plain Monte Carlo until it has the same error",
        "peer_s": needed,
        "ratio": needed / seconds[name],
        "accuracy": abs(float(estimate.mean()) / reference - 1.0),
        "variance_ratio": variance_ratio,
        "spread": float(estimate.std(ddof=1)) / abs(reference),
        "stated_error": float(np.sqrt(np.mean(error**2))) / abs(reference),
    }


def _methods(
    covariance: jax.Array, portfolio: Portfolio, level: float, count: int, runs: int
) -> dict[str, Callable[[ScenarioPlan], ScenarioSet]]:
    def quasi(sequence: Sequence) -> Callable[[ScenarioPlan], ScenarioSet]:
        return lambda plan: quasi_scenarios(
            covariance, plan, num_scenarios=count, num_randomisations=runs, sequence=sequence
        )

    def importance(stratified: bool) -> Callable[[ScenarioPlan], ScenarioSet]:
        generator = ImportanceSampled(count, level, stratified, runs)
        return lambda plan: draw_importance(generator, covariance, portfolio, plan)[0]

    return {
        "plain": lambda plan: gaussian_scenarios(covariance, plan, num_scenarios=count),
        "Sobol": quasi(Sequence.SOBOL),
        "lattice": quasi(Sequence.LATTICE),
        "importance": importance(stratified=False),
        "importance and strata": importance(stratified=True),
    }


@jax.jit
def _independent(loss: jax.Array, weight: jax.Array, level: float) -> jax.Array:
    both = tail_measures(loss, weight, level)
    error = independent_standard_error(loss, weight, level, measured=both)
    return jnp.stack([both.value_at_risk, both.expected_shortfall, error.value_at_risk, error.expected_shortfall])


@partial(jax.jit, static_argnames="num_randomisations")
def _randomised(loss: jax.Array, weight: jax.Array, level: float, *, num_randomisations: int) -> jax.Array:
    both = tail_measures(loss, weight, level)
    error = randomised_standard_error(loss, weight, level, num_randomisations=num_randomisations, measured=both)
    return jnp.stack([both.value_at_risk, both.expected_shortfall, error.value_at_risk, error.expected_shortfall])


def _book(kind: str, contracts: int) -> tuple[Portfolio, MarketState, jax.Array, ShockLayout]:
    """Options of up to two years on ten correlated assets whose volatilities rise when they fall.

    "mixed" is long and short at random, "short" sells most of what it trades, "hedged" sells straddles: its tail lies
    on both sides.
    """
    rng = np.random.default_rng(0)
    expiries, nodes = np.linspace(0.1, 2.0, 20), np.linspace(-0.5, 0.5, 5)
    spot = rng.uniform(50.0, 150.0, ASSETS)
    market = MarketState(
        spot=jnp.asarray(spot),
        dividend_yield=jnp.zeros(ASSETS),
        half_spread=jnp.zeros(ASSETS),
        adv=jnp.ones(ASSETS),
        fx=jnp.ones(1),
        curve_time=jnp.asarray([0.25, 1.0, 5.0]),
        zero_rate=jnp.full((1, 3), 0.03),
        hazard_time=jnp.ones(1),
        hazard_rate=jnp.zeros((1, 1)),
        vol_expiry=jnp.broadcast_to(jnp.asarray([0.25, 1.0, 2.0]), (ASSETS, 3)),
        vol_log_strike=jnp.asarray(np.log(spot)[:, None, None] + np.broadcast_to(nodes, (ASSETS, 3, 5))),
        vol_underlying=jnp.arange(ASSETS),
        implied_vol=jnp.asarray(rng.uniform(0.2, 0.4, (ASSETS, 3, 5))),
        vol_level=jnp.ones(ASSETS),
        factor=jnp.zeros(1),
    )
    asset, point = rng.integers(0, ASSETS, contracts), rng.integers(0, len(expiries), contracts)
    call, strike = rng.random(contracts) < 0.5, spot[asset] * np.exp(rng.uniform(-0.3, 0.3, contracts))
    quantity = rng.normal(size=contracts)
    if kind == "short":
        quantity = -np.abs(quantity) * np.where(rng.random(contracts) < 0.85, 1.0, -1.0)
    if kind == "hedged":  # a call and a put each of the same strike near the money, sold
        half = contracts // 2
        asset, point = (np.concatenate([x[:half], x[:half]]) for x in (asset, point))
        strike = spot[asset] * np.exp(0.03)
        call, quantity = np.arange(2 * half) < half, -np.abs(np.concatenate([quantity[:half], quantity[:half]]))
    total = len(asset)
    terms = EuropeanOption(
        asset=jnp.asarray(asset),
        currency=jnp.zeros(total, int),
        surface=jnp.asarray(asset),
        discount=DiscountPoints(jnp.zeros(len(expiries), int), jnp.asarray(expiries)),
        point=jnp.asarray(point),
        strike=jnp.asarray(strike),
        expiry=jnp.asarray(expiries[point]),
        is_call=jnp.asarray(call),
        multiplier=jnp.ones(total),
    )
    group = position_group(terms, jnp.asarray(quantity))
    columns = [FactorColumn(leaf, k) for leaf in (ShockLeaf.SPOT, ShockLeaf.VOL_LEVEL) for k in range(ASSETS)]
    return Portfolio((group,), 1, 0), market, jnp.asarray(_covariance()), ShockLayout(tuple(columns))


def _covariance() -> np.ndarray:
    """Ten-day moves: spots of 6 % with correlation 0.4, volatilities of 12 % that fall by half of what spots rise."""
    equal = np.full((ASSETS, ASSETS), 0.4) + 0.6 * np.eye(ASSETS)
    across = -0.5 * equal
    correlation = np.block([[equal, across], [across, equal]])
    deviation = np.repeat([0.06, 0.12], ASSETS)
    return correlation * np.outer(deviation, deviation)


def _timed(function: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    started = time.perf_counter()
    return function(), time.perf_counter() - started


if __name__ == "__main__":
    for row in run(smoke=True):
        print(row["name"], f"{row['variance_ratio']:.1f}")
