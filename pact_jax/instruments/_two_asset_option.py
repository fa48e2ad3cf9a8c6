"""Options on two assets of one currency: spreads and baskets."""

from typing import ClassVar

from jaxtyping import Array, Bool, Float, Int

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms, DiscountPoints


class TwoAssetOption(AbstractTerms):
    """Calls and puts on `asset + weight_2 asset_2`, settled at expiry; a spread has a negative weight.

    Attributes:
        asset: index of the first asset.
        asset_2: index of the second asset, of the same currency.
        currency: index of their currency.
        surface: index of the first asset's volatility surface.
        surface_2: index of the second asset's.
        discount: unique (curve, expiry) pairs.
        point: index of each contract's pair in `discount`.
        weight_2: units of the second asset per unit of the first; negative for a spread.
        correlation: of the two log returns up to expiry; a term of the contract that no scenario moves.
        strike: of the sum, in the assets' currency; of any sign for a spread.
        expiry: years; at or below 0 the contract is worth what it settles at.
        is_call: true for a call.
        multiplier: units of the first asset per contract.
    """

    kind: ClassVar[str] = "two_asset_option"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (
        FactorGroup.SPOT,
        FactorGroup.RATES,
        FactorGroup.VOL,
        FactorGroup.FX,
    )

    asset: Int[Array, "contracts"]
    asset_2: Int[Array, "contracts"]
    currency: Int[Array, "contracts"]
    surface: Int[Array, "contracts"]
    surface_2: Int[Array, "contracts"]
    discount: DiscountPoints
    point: Int[Array, "contracts"]
    weight_2: Float[Array, "contracts"]
    correlation: Float[Array, "contracts"]
    strike: Float[Array, "contracts"]
    expiry: Float[Array, "contracts"]
    is_call: Bool[Array, "contracts"]
    multiplier: Float[Array, "contracts"]
