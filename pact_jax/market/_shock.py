"""A shock to the market: what changes, how it is applied, and which part of it is kept."""

import enum
from collections.abc import Iterable, Mapping

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._state import MarketState


class FactorGroup(enum.Enum):
    """The groups that market risk is explained by."""

    SPOT = "spot"
    RATES = "rates"
    VOL = "vol"
    FX = "fx"
    SPREAD = "spread"
    FACTOR = "factor"


class VolDynamics(enum.Enum):
    """What stays put when the spot moves: the volatility at a strike, or at a moneyness."""

    STICKY_STRIKE = "sticky_strike"
    STICKY_MONEYNESS = "sticky_moneyness"


class MarketShock(eqx.Module):
    """The shockable part of `MarketState`; a leaf that is None is not shocked and is never tiled over scenarios.

    Log shocks, `x -> x exp(shock)`: spot, fx, vol_level, implied_vol, hazard_rate, half_spread, adv. Additive ones:
    zero_rate (decimal per year) and factor.

    Attributes:
        spot: log return of each asset in its own currency.
        fx: log return of each currency against the reporting currency.
        zero_rate: change of each node.
        vol_level: log change of a whole surface.
        implied_vol: log change of each node of a surface.
        hazard_rate: log change of a whole hazard curve.
        half_spread: log change.
        adv: log change.
        factor: change of abstract risk factors.
        vol_dynamics: which volatility an option sees after the spot moved.
    """

    spot: Float[Array, "assets"] | None = None
    fx: Float[Array, "currencies"] | None = None
    zero_rate: Float[Array, "curves tenors"] | None = None
    vol_level: Float[Array, "surfaces"] | None = None
    implied_vol: Float[Array, "surfaces expiries strikes"] | None = None
    hazard_rate: Float[Array, "issuers"] | None = None
    half_spread: Float[Array, "assets"] | None = None
    adv: Float[Array, "assets"] | None = None
    factor: Float[Array, "factors"] | None = None
    vol_dynamics: VolDynamics = eqx.field(static=True, default=VolDynamics.STICKY_STRIKE)

    def only(self, groups: Iterable[FactorGroup]) -> "MarketShock":
        """The same shock with every other group of factors left at its base level.

        Example:
            >>> MarketShock(spot=jnp.zeros(2), fx=jnp.zeros(1)).only([FactorGroup.FX]).spot is None
            True
        """
        kept = {name for group in groups for name in _LEAVES[group]}
        leaves = {name: getattr(self, name) if name in kept else None for name in _SHOCKED}
        return MarketShock(**leaves, vol_dynamics=self.vol_dynamics)

    def scaled(self, factor: Mapping[FactorGroup, Float[Array, ""]]) -> "MarketShock":
        """The same shock with the leaves of each named group multiplied by a number; a factor of 0 is no shock.

        Example:
            >>> half = MarketShock(fx=jnp.ones(1)).scaled({FactorGroup.FX: jnp.asarray(0.5)})
            >>> float(half.fx[0])
            0.5
        """
        by_leaf = {name: value for group, value in factor.items() for name in _LEAVES[group]}
        leaves = {name: getattr(self, name) for name in _SHOCKED}
        for name, value in by_leaf.items():
            if leaves[name] is not None:
                leaves[name] = leaves[name] * value
        return MarketShock(**leaves, vol_dynamics=self.vol_dynamics)


_LEAVES: dict[FactorGroup, tuple[str, ...]] = {
    FactorGroup.SPOT: ("spot",),
    FactorGroup.RATES: ("zero_rate",),
    FactorGroup.VOL: ("vol_level", "implied_vol"),
    FactorGroup.FX: ("fx",),
    FactorGroup.SPREAD: ("hazard_rate",),
    FactorGroup.FACTOR: ("factor",),
}
_SHOCKED = (
    "spot",
    "fx",
    "zero_rate",
    "vol_level",
    "implied_vol",
    "hazard_rate",
    "half_spread",
    "adv",
    "factor",
)
_ADDITIVE = ("zero_rate", "factor")


def apply_shock(market: MarketState, shock: MarketShock) -> MarketState:
    """The market after a shock: `x exp(s)` for levels, `x + s` for rates and abstract factors.

    Under sticky strike the volatility at an absolute strike stays; under sticky moneyness the strikes of a surface
    move with the spot of its underlying, so the volatility at a given K/S stays.

    Args:
        market: base state.
        shock: one scenario.

    Returns:
        The shocked state, of the same shapes.

    Example:
        >>> from pact_jax.market import example_market
        >>> market = example_market()
        >>> round(float(apply_shock(market, MarketShock(spot=jnp.log(jnp.full(1, 1.1)))).spot[0]), 6)
        110.0
    """
    changed: dict[str, Array] = {}
    for name in _SHOCKED:
        move = getattr(shock, name)
        if move is None:
            continue
        level = getattr(market, name)
        if move.ndim < level.ndim:
            move = move[:, None]
        changed[name] = level + move if name in _ADDITIVE else level * jnp.exp(move)
    if _moves_strikes(shock):
        changed["vol_log_strike"] = market.vol_log_strike + _underlying_move(market, shock)[:, None, None]
    if not changed:
        return market
    names = tuple(changed)
    return eqx.tree_at(lambda m: [getattr(m, n) for n in names], market, [changed[n] for n in names])


def moved_leaves(shock: MarketShock) -> tuple[str, ...]:
    """Names of the leaves of `MarketState` that a shock moves."""
    names = tuple(name for name in _SHOCKED if getattr(shock, name) is not None)
    return (*names, "vol_log_strike") if _moves_strikes(shock) else names


def _moves_strikes(shock: MarketShock) -> bool:
    sticky = shock.vol_dynamics is VolDynamics.STICKY_STRIKE
    return not sticky and (shock.spot is not None or shock.fx is not None)


def _underlying_move(market: MarketState, shock: MarketShock) -> Float[Array, "surfaces"]:
    spot = jnp.zeros_like(market.spot) if shock.spot is None else shock.spot
    fx = jnp.zeros_like(market.fx) if shock.fx is None else shock.fx
    return jnp.concatenate([spot, fx])[market.vol_underlying]
