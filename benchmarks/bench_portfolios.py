"""Historical and volatility-filtered VaR, ES and ES components of a thousand portfolios of five hundred assets.

`run(smoke)` returns rows {name, size, ours_s, peer, peer_s, ratio, accuracy, compile_s}. Ours is composed of public
functions: the tail weights of each portfolio's loss, and components by Euler's theorem from them. The peers return the
same numbers; accuracy is the largest difference relative to the largest number of its kind, and VaR has to be that of
the same order statistic.
"""

import importlib
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.signal import lfilter

from pact_jax.measures import tail_measures, tail_weights_at
from pact_jax.scenarios import filter_history

LEVEL, DECAY = 0.975, 0.94
_SKFOLIO_PORTFOLIOS = 20


class Risk(NamedTuple):
    """VaR and ES of each portfolio, and the ES components of each asset in it."""

    value_at_risk: np.ndarray
    expected_shortfall: np.ndarray
    component: np.ndarray


def run(smoke: bool) -> list[dict]:
    assets, days, portfolios = (20, 260, 10) if smoke else (500, 2_520, 1_000)
    repeats = 2 if smoke else 7
    rng = np.random.default_rng(0)
    # Fat tails, one common factor, volatility that comes and goes.
    swing = np.exp(0.5 * np.sin(np.arange(days) / 60.0))[:, None]
    common, own = rng.standard_t(4, (days, 1)), rng.standard_t(4, (days, assets))
    returns = 0.006 * swing * (0.5 * common + own)
    holding = rng.dirichlet(np.ones(assets), portfolios) * 1e6
    size = assets * days * portfolios
    rows = []
    with jax.enable_x64(True):
        moves, held = jnp.asarray(returns), jnp.asarray(holding)
        levels = jnp.cumsum(jnp.concatenate([jnp.zeros((1, assets)), moves]), axis=0)
        for name, ours, peer in (
            ("historical", lambda: _risk(moves, held), lambda: _numpy_risk(returns, holding)),
            (
                "filtered (EWMA)",
                lambda: _risk(_filtered(levels), held),
                lambda: _numpy_risk(_numpy_filtered(returns), holding),
            ),
        ):

            def call(ours: Callable[[], Risk] = ours) -> Risk:
                return jax.block_until_ready(ours())

            first = _seconds(call)
            ours_s = statistics.median(_seconds(call) for _ in range(repeats))
            seen, wanted = Risk(*map(np.asarray, call())), peer()
            peer_s = min(_seconds(peer) for _ in range(2))
            what = f"{name} VaR, ES and components, {portfolios:,} portfolios x {assets} assets x {days:,} days"
            row = {"name": what, "size": size, "ours_s": ours_s, "compile_s": first - ours_s}
            rows.append(
                row | {"peer": "NumPy", "peer_s": peer_s, "ratio": peer_s / ours_s, "accuracy": _gap(seen, wanted)}
            )
            if name == "historical":
                rows += _skfolio_row(row, returns, holding, seen)
    return rows


@jax.jit
def _risk(moves: jax.Array, held: jax.Array) -> Risk:
    loss = -jnp.matmul(held, moves.T, precision=jax.lax.Precision.HIGHEST)

    def one(own: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        both = tail_measures(own, None, jnp.asarray(LEVEL))
        return both.value_at_risk, both.expected_shortfall, tail_weights_at(own, None, LEVEL, both.value_at_risk)

    var, shortfall, weight = jax.vmap(one)(loss)
    # The loss is linear in what is held: size times the tail mean of a unit's loss.
    component = -held * jnp.matmul(weight, moves, precision=jax.lax.Precision.HIGHEST)
    return Risk(var, shortfall, component)


@jax.jit
def _filtered(levels: jax.Array) -> jax.Array:
    """Moves of each day at tomorrow's volatility."""
    history = filter_history(levels, jnp.zeros(levels.shape[1], bool), decay=DECAY)
    return history.residual * jnp.sqrt(history.variance)[None, :]


def _numpy_risk(returns: np.ndarray, holding: np.ndarray) -> Risk:
    loss = -holding @ returns.T
    days = loss.shape[1]
    mass = days * (1.0 - LEVEL)
    beyond = int(mass)
    ranked = np.argpartition(loss, days - beyond - 1, axis=1)
    at, tail = ranked[:, days - beyond - 1], ranked[:, days - beyond :]
    weight = np.zeros_like(loss)
    np.put_along_axis(weight, tail, 1.0 / mass, axis=1)
    np.put_along_axis(weight, at[:, None], (mass - beyond) / mass, axis=1)
    var = np.take_along_axis(loss, at[:, None], axis=1)[:, 0]
    return Risk(var, (weight * loss).sum(axis=1), -holding * (weight @ returns))


def _numpy_filtered(returns: np.ndarray) -> np.ndarray:
    days = min(75, len(returns))
    weight = 0.94 ** np.arange(days)
    first = weight @ returns[:days] ** 2 / weight.sum()
    after = lfilter([1.0 - DECAY], [1.0, -DECAY], returns**2, axis=0, zi=DECAY * first[None])[0]
    variance = np.concatenate([first[None], after])
    return returns / np.sqrt(variance[:-1]) * np.sqrt(variance[-1])


def _skfolio_row(row: dict, returns: np.ndarray, holding: np.ndarray, seen: Risk) -> list[dict]:
    """VaR and ES by the measures of skfolio, which has no components of them; a part of the portfolios, scaled."""
    try:
        peers = importlib.import_module("skfolio.measures")
    except ImportError:
        return []
    some = holding[:_SKFOLIO_PORTFOLIOS]

    def peer() -> np.ndarray:
        return np.array(
            [[peers.value_at_risk(own, LEVEL), peers.cvar(own, LEVEL)] for own in (returns @ one for one in some)]
        )

    gap = np.abs(peer()[:, 1] / seen.expected_shortfall[: len(some)] - 1.0).max()
    peer_s = min(_seconds(peer) for _ in range(3)) * len(holding) / len(some)
    name = "skfolio, VaR and ES only, portfolio by portfolio"
    return [row | {"peer": name, "peer_s": peer_s, "ratio": peer_s / row["ours_s"], "accuracy": float(gap)}]


def _gap(seen: Risk, wanted: Risk) -> float:
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(seen, wanted, strict=True))


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
