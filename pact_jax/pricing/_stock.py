"""Present value of shares."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import Stock
from pact_jax.market import MarketState

from ._value import DeliveredAsset, delivered_asset, state_values


@state_values.register
def stock_value(terms: Stock, market: MarketState) -> Float[Array, "contracts"]:
    """Price of one share in the reporting currency, `S X`.

    Args:
        terms: the shares.
        market: the state of the world.

    Returns:
        Value per share.
    """
    return market.spot[terms.asset] * market.fx[terms.currency]


@delivered_asset.register
def stock_delivers(terms: Stock) -> DeliveredAsset:
    """One share is one unit of its asset."""
    return DeliveredAsset(terms.asset, jnp.ones(terms.asset.shape))
