"""Single-barrier options on an asset, watched continuously."""

from typing import ClassVar

from jaxtyping import Array, Bool, Float

from pact_jax.market import FactorGroup

from ._asset_option import AssetOption
from ._terms import AbstractTerms


class BarrierOption(AbstractTerms):
    """European calls and puts that start or end when the asset touches a level.

    A spot at or beyond the barrier counts as touched now; a contract that was touched in the past is the European
    option (in), or nothing (out), and is not entered as a barrier option.

    Attributes:
        option: asset, strike, expiry, side.
        barrier: level, in the asset's currency, positive.
        rebate: paid at the touch (out), or at expiry if never touched (in), per unit of the multiplier; not negative.
        is_up: true for a barrier above the spot.
        is_in: true for knock-in, false for knock-out.
    """

    kind: ClassVar[str] = "barrier_option"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (
        FactorGroup.SPOT,
        FactorGroup.RATES,
        FactorGroup.VOL,
        FactorGroup.FX,
    )

    option: AssetOption
    barrier: Float[Array, "contracts"]
    rebate: Float[Array, "contracts"]
    is_up: Bool[Array, "contracts"]
    is_in: Bool[Array, "contracts"]
