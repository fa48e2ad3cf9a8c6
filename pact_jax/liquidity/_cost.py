"""Cost of selling within the horizon: half-spread and square-root impact on the net quantity."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState
from pact_jax.pricing import delivered_asset, held_quantity

from ._book import LiquidityBook


class UnitCost(eqx.Module):
    """Cost per unit of net quantity of each asset in one scenario, reporting currency, signed as the net quantity.

    Attributes:
        spread: half-spread at base prices.
        impact: market impact at base prices.
        stressed: extra cost of both at the scenario's prices instead of base ones.
    """

    spread: Float[Array, "assets"]
    impact: Float[Array, "assets"]
    stressed: Float[Array, "assets"]


class AssetHolding(eqx.Module):
    """Units of an asset that each position delivers one for one (shares, forwards, futures).

    Attributes:
        asset: index of the asset, -1 for positions of other kinds.
        units: signed units of it, 0 for other kinds.
    """

    asset: Int[Array, "positions"]
    units: Float[Array, "positions"]

    def net(self, num_assets: int) -> Float[Array, "assets"]:
        """Net units of each asset over all desks."""
        return self.by_desk(jnp.zeros_like(self.asset), 1, num_assets)[0]

    def by_desk(self, desk: Int[Array, "positions"], num_desks: int, num_assets: int) -> Float[Array, "desks assets"]:
        """Net units of each asset by desk."""
        target = jnp.where(self.asset >= 0, self.asset, num_assets)
        return jnp.zeros((num_desks, num_assets), self.units.dtype).at[desk, target].add(self.units, mode="drop")


def asset_holding(portfolio: Portfolio) -> AssetHolding:
    """What every position holds of which asset; options, bonds and the rest have no liquidation cost here.

    Args:
        portfolio: the positions.

    Returns:
        Asset and units of each position.
    """
    assets, units = [], []
    for group in portfolio.groups:
        delivered = delivered_asset(group.terms)
        held = held_quantity(group)
        if delivered is None:
            assets.append(jnp.full_like(group.contract, -1))
            units.append(jnp.zeros_like(held))
        else:
            assets.append(delivered.asset[group.contract].astype(group.contract.dtype))
            units.append(held * delivered.units[group.contract].astype(held.dtype))
    return AssetHolding(jnp.concatenate(assets), jnp.concatenate(units))


def unit_cost(
    book: LiquidityBook,
    net_quantity: Float[Array, "assets"],
    price: Float[Array, "assets"],
    market: MarketState,
    shock: MarketShock,
    horizon_days: Float[Array, ""],
) -> UnitCost:
    """Cost of selling the fraction phi of each net quantity within the horizon, per unit of net quantity.

    `c(Q) = |phi Q| P [ h + Y sigma sqrt(|phi Q| / (H V)) ]` with the scenario's half-spread h, daily volatility sigma
    (moved with the surface of the same index where there is one) and volume V; `c(Q)/Q` is 0 at Q = 0.

    Args:
        book: fraction, coefficient, volatilities.
        net_quantity: Q of each asset.
        price: base price in the reporting currency.
        market: the base state.
        shock: one scenario.
        horizon_days: H.

    Returns:
        Costs per unit of net quantity.

    References:
        R. Almgren, C. Thum, E. Hauptmann, H. Li, Direct estimation of equity market impact (2005); B. Toth et al.,
        Anomalous price impact and the critical nature of liquidity in financial markets (2011).
    """
    half_spread = _moved(market.half_spread, shock.half_spread)
    volume = jnp.where(book.supplied, _moved(market.adv, shock.adv), 1.0)
    sold = book.fraction * jnp.abs(net_quantity)
    moving = sold > 0.0
    rate = jnp.where(moving, sold, 1.0) / (horizon_days * volume)
    impact = book.impact_coefficient * _daily_vol(book, shock) * jnp.sqrt(rate)
    active = jnp.where(book.supplied & moving, book.fraction * jnp.sign(net_quantity) * price, 0.0)
    spread_cost = active * jnp.where(book.supplied, half_spread, 0.0)
    impact_cost = active * jnp.where(moving, impact, 0.0)
    return UnitCost(spread_cost, impact_cost, _price_move(book, shock) * (spread_cost + impact_cost))


def funding_shortfall(book: LiquidityBook) -> Float[Array, ""]:
    """Net outflow within the horizon that the liquid buffer does not meet, at least 0."""
    return jnp.maximum(book.net_outflow - book.cash_buffer, 0.0)


def _daily_vol(book: LiquidityBook, shock: MarketShock) -> Float[Array, "assets"]:
    if shock.vol_level is None or shock.vol_level.shape[0] == 0:
        return book.daily_vol
    move = shock.vol_level[jnp.maximum(book.surface, 0)]
    return book.daily_vol * jnp.where(book.surface >= 0, jnp.exp(move), 1.0)


def _price_move(book: LiquidityBook, shock: MarketShock) -> Float[Array, "assets"]:
    """Relative change of each price in the reporting currency."""
    log_move = jnp.zeros_like(book.daily_vol)
    if shock.spot is not None:
        log_move = log_move + shock.spot
    if shock.fx is not None:
        log_move = log_move + shock.fx[book.currency]
    return jnp.expm1(log_move)


def _moved(level: Float[Array, "assets"], move: Float[Array, "assets"] | None) -> Float[Array, "assets"]:
    return level if move is None else level * jnp.exp(move)
