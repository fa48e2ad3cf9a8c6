"""Stress tests: named scenarios through full revaluation."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Array, Float, UInt32

from pact_jax._program import program
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState, VolDynamics
from pact_jax.scenarios import StressShocks, spot_vol_grid

from ._full import revalue

_TILE = 32
"""Named stresses are few: a tile of the usual width would be mostly padding."""


@dataclasses.dataclass(frozen=True, eq=False)
class StressTest:
    """Profit and loss of the marked positions under named stresses; no defaults, no ageing, no liquidation cost.

    Attributes:
        stress: the scenarios, with their sources, dates and what they do not cover.
        pnl: by scenario and desk, reporting currency, negative is a loss.
        status: bits of `Status` for each scenario.
    """

    stress: StressShocks
    pnl: Float[Array, "scenarios desks"]
    status: UInt32[Array, "scenarios"]

    @property
    def total(self) -> dict[str, float]:
        """P&L of the whole book by scenario name."""
        return dict(zip(self.stress.names, np.asarray(self.pnl).sum(axis=1).tolist(), strict=True))


def stress_test(portfolio: Portfolio, market: MarketState, stress: StressShocks) -> StressTest:
    """P&L by desk under named stresses, by full revaluation.

    Args:
        portfolio: the positions.
        market: the base state.
        stress: what `stress_shocks` built for this market.

    Returns:
        P&L by scenario and desk.

    Example:
        >>> import jax.numpy as jnp
        >>> from pact_jax.instruments import Stock, position_group
        >>> from pact_jax.market import example_market
        >>> from pact_jax.scenarios import HYPOTHETICAL_STRESSES, FactorNames, stress_shocks
        >>> zero = jnp.zeros(1, int)
        >>> shares = position_group(Stock(zero, zero), jnp.full(1, 10.0))
        >>> book, market = Portfolio((shares,), num_desks=1, num_buckets=0), example_market()
        >>> falls = [s for s in HYPOTHETICAL_STRESSES if s.name == "equity -20%"]
        >>> built = stress_shocks(falls, market, FactorNames(assets=("A",)))
        >>> round(stress_test(book, market, built).total["equity -20%"], 6)
        -200.0
    """
    pnl, status = _revalue(portfolio, market, stress.shock)
    return StressTest(stress, pnl, status)


def spot_vol_pnl(
    portfolio: Portfolio,
    market: MarketState,
    spot_moves: Sequence[float],
    vol_moves: Sequence[float],
    *,
    vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE,
) -> Float[Array, "spot_scenarios vol_scenarios desks"]:
    """P&L by desk on a grid of relative spot and volatility moves, by full revaluation.

    Args:
        portfolio: the positions.
        market: the base state.
        spot_moves: relative changes of all spots, -0.1 for a fall of 10 %.
        vol_moves: relative changes of all volatilities.
        vol_dynamics: what a surface does when its underlying moves.

    Returns:
        One row a spot move, one column a volatility move.
    """
    shock = spot_vol_grid(market, spot_moves, vol_moves, vol_dynamics=vol_dynamics)
    pnl, _ = _revalue(portfolio, market, shock)
    return pnl.reshape(len(spot_moves), len(vol_moves), portfolio.num_desks)


@program(static_argnames=("tile",))
def _revalue(
    portfolio: Portfolio, market: MarketState, shock: MarketShock, *, tile: int = _TILE
) -> tuple[Float[Array, "scenarios desks"], UInt32[Array, "scenarios"]]:
    result = revalue(portfolio, market, shock, tile=tile)
    return result.pnl, result.status
