"""European options on an asset."""

from typing import ClassVar

from jaxtyping import Array, Bool, Float, Int

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms, DiscountPoints


class EuropeanOption(AbstractTerms):
    """European calls and puts on an asset, settled at expiry in the asset's currency.

    Attributes:
        asset: index of the underlying asset.
        currency: index of the asset's currency.
        surface: index of the volatility surface.
        discount: unique (curve, expiry) pairs.
        point: index of each contract's pair in `discount`.
        strike: in the asset's currency, positive.
        expiry: years; at or below 0 the contract is worth its intrinsic value.
        is_call: true for a call.
        multiplier: units of the asset per contract.
    """

    kind: ClassVar[str] = "european_option"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (
        FactorGroup.SPOT,
        FactorGroup.RATES,
        FactorGroup.VOL,
        FactorGroup.FX,
    )

    asset: Int[Array, "contracts"]
    currency: Int[Array, "contracts"]
    surface: Int[Array, "contracts"]
    discount: DiscountPoints
    point: Int[Array, "contracts"]
    strike: Float[Array, "contracts"]
    expiry: Float[Array, "contracts"]
    is_call: Bool[Array, "contracts"]
    multiplier: Float[Array, "contracts"]
