"""Named stresses -> shocks on a leading scenarios axis, with a list of everything they do not cover."""

import dataclasses
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from pact_jax.errors import ArgumentError
from pact_jax.market import MarketShock, MarketState, VolDynamics

from ._layout import ShockLeaf
from ._stress_history import FactorHistory, Moves, historical_moves
from ._stress_scenario import CurrencyMove, FactorNames, GroupMove, HistoricalWindow, StressScenario


@dataclasses.dataclass(frozen=True, eq=False)
class StressShocks:
    """Stresses ready for revaluation; instantaneous, and without defaults.

    Attributes:
        names: of each scenario, in the order of the scenarios axis.
        sources: of each scenario.
        shock: leaves with a leading scenarios axis.
        window: dates that the moves of a historical scenario were taken between, None for a hypothetical one.
        not_covered: factors that a scenario should move and does not: no column in the history, no such name.
        refused: (name, reason) of scenarios that could not be built and are not among `names`.
    """

    names: tuple[str, ...]
    sources: tuple[str, ...]
    shock: MarketShock
    window: tuple[tuple[str, str] | None, ...]
    not_covered: tuple[tuple[str, ...], ...]
    refused: tuple[tuple[str, str], ...]


def stress_shocks(
    scenarios: Sequence[StressScenario],
    market: MarketState,
    names: FactorNames,
    *,
    history: FactorHistory | None = None,
    vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE,
) -> StressShocks:
    """Turns named stresses into shocks; a factor that a stress does not reach is listed, never silently left at 0.

    Args:
        scenarios: for instance `STRESS_LIBRARY`.
        market: base state; gives the shapes.
        names: of the market's axes.
        history: factor levels by date; without it historical scenarios are refused.
        vol_dynamics: what a surface does when its underlying moves.

    Returns:
        Shocks, dates, and what is not covered.

    Raises:
        ArgumentError: no scenario could be built, or names are repeated.

    Example:
        >>> from pact_jax.market import example_market
        >>> from pact_jax.scenarios import HYPOTHETICAL_STRESSES
        >>> names = FactorNames(("A",), ("USD",), ("USD",), ("A",), ("X",))
        >>> built = stress_shocks(HYPOTHETICAL_STRESSES[:1], example_market(), names)
        >>> built.names, built.shock.zero_rate.tolist()
        (('rates +100bp',), [[[0.01, 0.01]]])
    """
    _refuse_repeated([scenario.name for scenario in scenarios])
    built: list[tuple[StressScenario, Moves]] = []
    refused = []
    for scenario in scenarios:
        moves = _moves_of(scenario, market, names, history)
        if isinstance(moves, str):
            refused.append((scenario.name, moves))
        else:
            built.append((scenario, moves))
    if not built:
        listed = "; ".join(f"{name}: {reason}" for name, reason in refused) or "none was asked for"
        raise ArgumentError(
            f"no stress scenario could be built ({listed})",
            where="stress_shocks",
            mend="supply a history that spans the windows, or hypothetical scenarios",
        )
    return StressShocks(
        names=tuple(scenario.name for scenario, _ in built),
        sources=tuple(scenario.source for scenario, _ in built),
        shock=_stack([moves for _, moves in built], market, vol_dynamics),
        window=tuple(moves.window for _, moves in built),
        not_covered=tuple(moves.not_covered for _, moves in built),
        refused=tuple(refused),
    )


def _refuse_repeated(names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ArgumentError(
            f"two scenarios are called {', '.join(repeated)}", where="stress_shocks", mend="rename one of them"
        )


def _moves_of(
    scenario: StressScenario, market: MarketState, names: FactorNames, history: FactorHistory | None
) -> Moves | str:
    """The moves of one scenario, or the reason why there are none."""
    if isinstance(scenario.definition, HistoricalWindow):
        if history is None:
            return "no history was given"
        return historical_moves(scenario.definition, history, market, names)
    moves = Moves()
    missing: list[str] = []
    for part in scenario.definition:
        missing += (
            _move_currency(moves, part, market, names)
            if isinstance(part, CurrencyMove)
            else _move_group(moves, part, market, names)
        )
    if not moves.leaves:
        return f"it moves nothing in this market (not found: {', '.join(missing)})"
    return dataclasses.replace(moves, not_covered=tuple(missing))


def _move_group(moves: Moves, part: GroupMove, market: MarketState, names: FactorNames) -> list[str]:
    known = names.of(part.leaf)
    wanted = part.names or known
    missing = [f"{part.leaf.value}:{name}" for name in wanted if name not in known]
    rows = np.array([known.index(name) for name in wanted if name in known], dtype=int)
    if part.leaf is ShockLeaf.FX:
        rows = rows[rows > 0]  # the reporting currency is 1 by definition
    if not rows.size:
        return missing or [f"{part.leaf.value}: the market has none"]
    target = moves.leaf(part.leaf, market)
    if part.leaf is ShockLeaf.ZERO_RATE:
        years, change = zip(*(part.by_tenor or ((0.0, 0.0),)), strict=True)
        target[rows] += part.change + np.interp(np.asarray(market.curve_time), years, change)[None, :]
    else:
        target[rows] += np.log1p(part.change) if part.leaf.is_log else part.change
    return missing


def _move_currency(moves: Moves, part: CurrencyMove, market: MarketState, names: FactorNames) -> list[str]:
    if part.currency not in names.currencies:
        return [f"fx:{part.currency}"]
    if len(names.currencies) < 2:
        return [f"fx: {part.currency} is the only currency"]
    target = moves.leaf(ShockLeaf.FX, market)
    row = names.currencies.index(part.currency)
    if row == 0:
        # Dearer reporting currency: every other one is worth 1 / (1 + change) of what it was.
        target[1 : len(names.currencies)] -= np.log1p(part.change)
    else:
        target[row] += np.log1p(part.change)
    return []


def _stack(parts: list[Moves], market: MarketState, vol_dynamics: VolDynamics) -> MarketShock:
    dtype = market.spot.dtype
    leaves = {}
    for leaf in ShockLeaf:
        if any(leaf in moves.leaves for moves in parts):
            rows = [moves.leaves[leaf] if leaf in moves.leaves else Moves().leaf(leaf, market) for moves in parts]
            leaves[leaf.value] = jnp.asarray(np.stack(rows), dtype)
    return MarketShock(**leaves, vol_dynamics=vol_dynamics)


def spot_vol_grid(
    market: MarketState,
    spot_moves: Sequence[float],
    vol_moves: Sequence[float],
    *,
    vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE,
) -> MarketShock:
    """Every pair of a relative spot move and a relative volatility move, all assets and surfaces together.

    Args:
        market: base state; gives the shapes.
        spot_moves: relative changes, -0.1 for a fall of 10 %.
        vol_moves: relative changes of volatility levels.
        vol_dynamics: what a surface does when its underlying moves.

    Returns:
        Shocks on a scenarios axis of `len(spot_moves) * len(vol_moves)`, the volatility moves running fastest.

    Example:
        >>> from pact_jax.market import example_market
        >>> spot_vol_grid(example_market(), [-0.1, 0.0, 0.1], [0.0, 0.5]).spot.shape
        (6, 1)
    """
    if min(spot_moves) <= -1.0 or min(vol_moves) <= -1.0:
        raise ArgumentError(
            "a relative change of -1 or less leaves no positive level",
            where="spot_vol_grid",
            mend="give relative changes above -1 (-0.1 is a fall of 10 %)",
        )
    spot, vol = np.meshgrid(np.log1p(spot_moves), np.log1p(vol_moves), indexing="ij")
    dtype = market.spot.dtype
    return MarketShock(
        spot=jnp.asarray(np.repeat(spot.reshape(-1, 1), market.spot.shape[0], axis=1), dtype),
        vol_level=jnp.asarray(np.repeat(vol.reshape(-1, 1), market.vol_level.shape[0], axis=1), dtype),
        vol_dynamics=vol_dynamics,
    )
