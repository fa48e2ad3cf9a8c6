"""The usual market views side by side: value at risk and expected shortfall by horizon and by kind of scenarios."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from pact_jax._program import program
from pact_jax._typing import IntScalarLike
from pact_jax.agents import observe_market
from pact_jax.errors import ArgumentError
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState
from pact_jax.measures import OrderStatistic, default_lag
from pact_jax.revaluation import FACTOR_GROUPS, TILE
from pact_jax.scenarios import Sampling, ScenarioSet
from pact_jax.snapshot import Snapshot, prepare

from ._draw import generate
from ._generator import Generator, Historical, MonteCarlo
from ._loss_frames import quantile_by_rule
from ._measures import level_name
from ._uncertainty import Tails, estimate_tails
from ._worst import factor_losses


def market_views(
    snapshot: Snapshot,
    horizons: Sequence[int] = (1, 10),
    generators: Sequence[Generator] = (Historical(), MonteCarlo(10_000)),
    levels: Sequence[float] = (0.95, 0.99),
    *,
    confidence: float = 0.975,
    seed: int = 0,
    quantile_rule: OrderStatistic = OrderStatistic.EXCEEDANCE,
) -> pd.DataFrame:
    """VaR and ES of the market agent for each horizon, the generators side by side.

    Every horizon has its own moves: overlapping H-day returns of the history, or Gaussian moves with their covariance;
    nothing is scaled by the root of time. Runs in float64.

    Args:
        snapshot: what is held and known.
        horizons: business days.
        generators: kinds of scenarios, each of another kind or size.
        levels: quantile levels of the values at risk.
        confidence: quantile level of the expected shortfall.
        seed: seed of the Monte Carlo scenarios.
        quantile_rule: which order statistic is called the value at risk, to reproduce what another system prints; the
            shortfall is the same under all.

    Returns:
        One row a horizon and measure: `horizon_days`, `measure`, `confidence`, `unit`; then for each generator `NAME`,
        `NAME_standard_error` (that of independent draws, or of overlapping history) and `NAME_scenarios`. Losses are
        positive, in the reporting currency.

    Raises:
        ArgumentError: the history is too short for a horizon, two generators have one label, a linear book is asked
            for history or for a horizon that is not its own, or another rule is asked of unequal weights.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> market_views(load_desk())  # doctest: +SKIP
    """
    _check(snapshot, horizons, generators, (*levels, confidence))
    # Neither the positions nor the market depend on the horizon, so that one preparation serves all.
    prepared = prepare(snapshot, horizon_days=horizons[0])
    with jax.enable_x64(True):
        portfolio, market = jax.device_put((prepared.inputs.portfolio, prepared.inputs.market))
        sets = {
            (horizon, generator.label): generate(generator, prepared, market, horizon_days=horizon, seed=seed)
            for horizon in horizons
            for generator in generators
        }
        # All sets are brought to one size: one compiled revaluation serves them all, that of an assessment if it has
        # as many scenarios.
        size = max(scenarios.num_scenarios for scenarios in sets.values())
        tails = {
            view: _tails(portfolio, market, scenarios, size, (*levels, confidence), view[0], quantile_rule)
            for view, scenarios in sets.items()
        }
        counts = {view: scenarios.num_scenarios for view, scenarios in sets.items()}
    names = [generator.label for generator in generators]
    rows = [row for horizon in horizons for row in _rows(horizon, names, tails, counts, levels, confidence)]
    frame = pd.DataFrame(rows)
    frame.attrs["quantile_rule"] = quantile_rule.name
    return frame


def worst_market_moves(
    snapshot: Snapshot, *, horizon_days: int = 10, count: int = 10, size: int = 10_000
) -> pd.DataFrame:
    """The dates of the history whose moves would cost the market book most today, with what drove the loss.

    Windows overlap, so that neighbouring dates often belong to one episode; of windows that overlap only the worst is
    listed. Runs in float64.

    Args:
        snapshot: what is held and known; with a history.
        horizon_days: H business days.
        count: how many.
        size: scenarios to compile for, that of an assessment of this process; larger if the history is longer.

    Returns:
        Worst first: `start`, `end`, `loss`, the loss by group of factors (exact Shapley) and the largest as `driver`;
        reporting currency.

    Raises:
        ArgumentError: there is no history, or it is too short.
    """
    prepared = prepare(snapshot, horizon_days=horizon_days)
    with jax.enable_x64(True):
        portfolio, market = jax.device_put((prepared.inputs.portfolio, prepared.inputs.market))
        scenarios = generate(Historical(), prepared, market, horizon_days=horizon_days, seed=0)
        shock = _filled(scenarios, max(size, scenarios.num_scenarios))
        by_desk = observe_market(portfolio, market, shock, tile=TILE, mesh=None).loss
        loss = np.asarray(by_desk).sum(axis=1)[: scenarios.num_scenarios]
        rows = []
        for at in _separate(loss, horizon_days, count):
            by_factor = factor_losses(portfolio, market, shock, at)
            row: dict[str, object] = {
                "start": prepared.factors.dates[at],
                "end": prepared.factors.dates[at + horizon_days],
            }
            row["loss"] = float(loss[at])
            row |= {group.value: float(x) for group, x in zip(FACTOR_GROUPS, by_factor, strict=True)}
            row["driver"] = FACTOR_GROUPS[int(np.argmax(by_factor))].value
            rows.append(row)
    return pd.DataFrame(rows)


def _separate(loss: Float[np.ndarray, "scenarios"], horizon: int, count: int) -> list[int]:
    """The largest losses, none of whose windows overlap."""
    free = np.ones(len(loss), dtype=bool)
    chosen: list[int] = []
    for at in np.argsort(-loss, kind="stable"):
        if len(chosen) == count:
            break
        if free[at]:
            chosen.append(int(at))
            free[max(at - horizon + 1, 0) : at + horizon] = False
    return chosen


def _rows(
    horizon: int,
    names: list[str],
    tails: dict[tuple[int, str], Tails],
    counts: dict[tuple[int, str], int],
    levels: Sequence[float],
    confidence: float,
) -> list[dict[str, object]]:
    rows = []
    for at, level in enumerate((*levels, confidence)):
        shortfall = at == len(levels)
        measure = "expected_shortfall" if shortfall else level_name(level)
        row: dict[str, object] = {"horizon_days": horizon, "measure": measure, "confidence": level}
        row["unit"] = "reporting currency"
        for name in names:
            found = tails[horizon, name]
            value = found.expected_shortfall if shortfall else found.value_at_risk
            error = found.expected_shortfall_error if shortfall else found.value_at_risk_error
            row[name] = float(value[0, at])
            row[f"{name}_standard_error"] = float(error[0, at])
            row[f"{name}_scenarios"] = counts[horizon, name]
        rows.append(row)
    return rows


def _tails(
    portfolio: Portfolio,
    market: MarketState,
    scenarios: ScenarioSet,
    size: int,
    levels: tuple[float, ...],
    horizon: int,
    rule: OrderStatistic,
) -> Tails:
    count = scenarios.num_scenarios
    # Called as `evaluate` calls it, tile and all: the same program, not one compiled again.
    loss = observe_market(portfolio, market, _filled(scenarios, size), tile=TILE, mesh=None).loss
    # What fills up to the common size weighs nothing, so that one program serves every horizon.
    weight = np.zeros(size, loss.dtype)
    weight[:count] = np.asarray(scenarios.weight)
    lag = default_lag(count, horizon)
    if scenarios.sampling is Sampling.RANDOMISED:  # its runs are of one length, and what fills up belongs to none
        loss, weight = loss[:count], weight[:count]
    found = _estimate(
        loss,
        weight,
        np.asarray(levels, loss.dtype),
        lag,
        sampling=scenarios.sampling,
        num_randomisations=scenarios.num_randomisations,
    )
    found = jax.tree.map(np.asarray, found)
    if rule is OrderStatistic.EXCEEDANCE:
        return found
    total = np.asarray(loss).sum(axis=1)
    printed = [[quantile_by_rule(total, np.asarray(weight), level, rule) for level in levels]]
    return eqx.tree_at(lambda tails: tails.value_at_risk, found, np.array(printed))


def _filled(scenarios: ScenarioSet, size: int) -> MarketShock:
    """The shocks, repeated from the start up to a size; whoever asks drops the losses of the repeated ones."""
    count = scenarios.num_scenarios
    if count == size:
        return scenarios.shock
    fill = np.arange(size) % count
    return jax.device_put(jax.tree.map(lambda leaf: np.asarray(leaf)[fill], scenarios.shock))


@program(static_argnames=("sampling", "num_randomisations"))
def _estimate(
    loss: Float[Array, "scenarios desks"],
    weight: Float[Array, "scenarios"],
    levels: Float[Array, "levels"],
    lag: IntScalarLike,
    *,
    sampling: Sampling,
    num_randomisations: int,
) -> Tails:
    rows = jnp.sum(loss, axis=1)[:, None]
    return estimate_tails(rows, weight, levels, sampling=sampling, lag=lag, num_randomisations=num_randomisations)


def _check(
    snapshot: Snapshot, horizons: Sequence[int], generators: Sequence[Generator], levels: tuple[float, ...]
) -> None:
    labels = [generator.label for generator in generators]
    if not horizons or not generators or len(set(labels)) < len(labels):
        raise ArgumentError(
            f"horizons {tuple(horizons)}, generators {tuple(labels)}",
            where="market_views",
            mend="give at least one horizon, and generators of different kinds",
        )
    for level in levels:
        if not 0.5 <= level < 1.0:
            raise ArgumentError(
                f"{level!r} is no confidence level", where="market_views", mend="give the quantile level, such as 0.975"
            )
    own = snapshot.linear.horizon_days if snapshot.linear is not None else None
    if own is not None and any(horizon != own for horizon in horizons):
        raise ArgumentError(
            f"the shocks of this book of sensitivities span {own} business days",
            where="market_views",
            mend=f"ask for horizons=({own},): they are not scaled to another one",
        )
