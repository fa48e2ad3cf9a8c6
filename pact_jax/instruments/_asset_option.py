"""What every option on one asset says, whatever its payoff."""

import equinox as eqx
from jaxtyping import Array, Bool, Float, Int

from ._terms import DiscountPoints


class AssetOption(eqx.Module):
    """Terms that options on one asset share; held by the kinds that add their own payoff.

    Attributes:
        asset: index of the underlying asset.
        currency: index of the asset's currency.
        surface: index of the volatility surface.
        discount: unique (curve, expiry) pairs.
        point: index of each contract's pair in `discount`.
        strike: in the asset's currency, positive; the volatility is read there.
        expiry: years; at or below 0 the contract is worth what it settles at.
        is_call: true for a call.
        multiplier: units of the asset per contract.
    """

    asset: Int[Array, "contracts"]
    currency: Int[Array, "contracts"]
    surface: Int[Array, "contracts"]
    discount: DiscountPoints
    point: Int[Array, "contracts"]
    strike: Float[Array, "contracts"]
    expiry: Float[Array, "contracts"]
    is_call: Bool[Array, "contracts"]
    multiplier: Float[Array, "contracts"]
