"""Present value of forwards and futures on assets."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import Forward
from pact_jax.market import MarketState, discount_factor

from ._value import DeliveredAsset, delivered_asset, state_values


@state_values.register
def forward_value(terms: Forward, market: MarketState) -> Float[Array, "contracts"]:
    """Value of one contract in the reporting currency.

    `X m (S e^{-qT} - K P(T))` for a forward; for a future, margined daily, the same without discounting,
    `X m (S e^{-qT} / P(T) - K)`.

    Args:
        terms: the forwards and futures.
        market: the state of the world.

    Returns:
        Value per contract; after maturity, that of settlement at the spot.
    """
    time = jnp.maximum(terms.maturity, 0.0)
    discount = discount_factor(market, terms.discount.curve, jnp.maximum(terms.discount.time, 0.0))[terms.point]
    prepaid = market.spot[terms.asset] * jnp.exp(-market.dividend_yield[terms.asset] * time)
    value = (prepaid - terms.strike * discount) / jnp.where(terms.margined, discount, 1.0)
    return value * terms.multiplier * market.fx[terms.currency]


@delivered_asset.register
def forward_delivers(terms: Forward) -> DeliveredAsset:
    """One contract is its multiplier in units of its asset."""
    return DeliveredAsset(terms.asset, terms.multiplier)
