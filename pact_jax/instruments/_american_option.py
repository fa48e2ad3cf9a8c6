"""American options on an asset."""

from typing import ClassVar

from pact_jax.market import FactorGroup

from ._asset_option import AssetOption
from ._terms import AbstractTerms


class AmericanOption(AbstractTerms):
    """Calls and puts that can be exercised on any day up to expiry.

    Attributes:
        option: asset, strike, expiry, side.
    """

    kind: ClassVar[str] = "american_option"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (
        FactorGroup.SPOT,
        FactorGroup.RATES,
        FactorGroup.VOL,
        FactorGroup.FX,
    )

    option: AssetOption
