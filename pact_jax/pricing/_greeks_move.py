"""Absolute moves of the market's factors: the directions that Greeks are derivatives along."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.market import MarketState, VolDynamics


class FactorVector(eqx.Module):
    """One number for every market factor: a direction of absolute moves, or the gradient of a value.

    As a gradient each leaf is in the reporting currency per unit of the factor's move; as a direction a leaf that is
    None does not move.

    Attributes:
        spot: price of the asset in its own currency.
        fx: reporting currency per unit of the currency; that of the reporting currency is 1 by definition, so its
            move is ignored and its gradient 0.
        zero_rate: per year, decimal (a basis point is 1e-4).
        hazard_rate: per year, decimal.
        implied_vol: of each surface node with the surface's level applied, decimal (a vol point is 0.01).
        factor: abstract risk factors.
    """

    spot: Float[Array, "assets"] | None = None
    fx: Float[Array, "currencies"] | None = None
    zero_rate: Float[Array, "curves tenors"] | None = None
    hazard_rate: Float[Array, "issuers hazard_tenors"] | None = None
    implied_vol: Float[Array, "surfaces expiries strikes"] | None = None
    factor: Float[Array, "factors"] | None = None


def no_move(market: MarketState) -> FactorVector:
    """The direction in which every factor moves by 0, in the shapes of a market.

    Args:
        market: gives the shapes and dtypes.

    Returns:
        Zeros, none of them None.

    Example:
        >>> from pact_jax.market import example_market
        >>> no_move(example_market()).spot.tolist()
        [0.0]
    """
    return FactorVector(
        spot=jnp.zeros_like(market.spot),
        fx=jnp.zeros_like(market.fx),
        zero_rate=jnp.zeros_like(market.zero_rate),
        hazard_rate=jnp.zeros_like(market.hazard_rate),
        implied_vol=jnp.zeros_like(market.implied_vol),
        factor=jnp.zeros_like(market.factor),
    )


def move_market(
    market: MarketState, move: FactorVector, vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE
) -> MarketState:
    """The market after absolute moves, `x -> x + move`.

    Under sticky moneyness the strikes of a surface move with the spot (or exchange rate) of its underlying.

    Args:
        market: base state.
        move: absolute moves.
        vol_dynamics: what the surface does when its underlying moves.

    Returns:
        The moved state, of the same shapes.

    Example:
        >>> from pact_jax.market import example_market
        >>> float(move_market(example_market(), FactorVector(spot=jnp.full(1, 2.5))).spot[0])
        102.5
    """
    moved: dict[str, Array] = {}
    if move.spot is not None:
        moved["spot"] = market.spot + move.spot
    if move.fx is not None:
        moved["fx"] = market.fx + move.fx.at[0].set(0.0)
    if move.zero_rate is not None:
        moved["zero_rate"] = market.zero_rate + move.zero_rate
    if move.hazard_rate is not None:
        moved["hazard_rate"] = market.hazard_rate + move.hazard_rate
    if move.implied_vol is not None:
        # The level multiplies the nodes, so a node's move is divided by it to arrive whole.
        moved["implied_vol"] = market.implied_vol + move.implied_vol / market.vol_level[:, None, None]
    if move.factor is not None:
        moved["factor"] = market.factor + move.factor
    if vol_dynamics is VolDynamics.STICKY_MONEYNESS and ("spot" in moved or "fx" in moved):
        returns = [
            jnp.log(moved.get(name, level) / level) for name, level in (("spot", market.spot), ("fx", market.fx))
        ]
        moved["vol_log_strike"] = market.vol_log_strike + jnp.concatenate(returns)[market.vol_underlying][:, None, None]
    names = tuple(moved)
    if not names:
        return market
    return eqx.tree_at(lambda m: [getattr(m, name) for name in names], market, [moved[name] for name in names])
