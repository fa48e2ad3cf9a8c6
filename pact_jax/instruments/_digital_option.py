"""Digital options on an asset, decided at expiry."""

from typing import ClassVar

from jaxtyping import Array, Bool, Float

from pact_jax.market import FactorGroup

from ._asset_option import AssetOption
from ._terms import AbstractTerms


class DigitalOption(AbstractTerms):
    """Options that pay a fixed amount, or one unit of the asset, if the asset ends beyond the strike.

    Attributes:
        option: asset, strike, expiry, side.
        cash: amount paid per unit of the multiplier, in the asset's currency; not read where the asset is delivered.
        pays_asset: true if one unit of the asset is delivered instead of the cash.
    """

    kind: ClassVar[str] = "digital_option"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (
        FactorGroup.SPOT,
        FactorGroup.RATES,
        FactorGroup.VOL,
        FactorGroup.FX,
    )

    option: AssetOption
    cash: Float[Array, "contracts"]
    pays_asset: Bool[Array, "contracts"]
