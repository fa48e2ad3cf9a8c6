"""Average-price options on an asset."""

from typing import ClassVar

from jaxtyping import Array, Float

from pact_jax.market import FactorGroup

from ._asset_option import AssetOption
from ._terms import AbstractTerms


class AsianOption(AbstractTerms):
    """Calls and puts on the geometric mean of discrete fixings, settled at expiry.

    Attributes:
        option: asset, strike, expiry, side.
        fixing_time: years to the fixings still to come, ascending.
        fixing_weight: weight of each, `1 / number of all fixings, past ones included`; 0 pads.
        past_log_sum: sum over past fixings of weight times logarithm of the fixing; 0 if there are none.
    """

    kind: ClassVar[str] = "asian_option"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (
        FactorGroup.SPOT,
        FactorGroup.RATES,
        FactorGroup.VOL,
        FactorGroup.FX,
    )

    option: AssetOption
    fixing_time: Float[Array, "contracts dates"]
    fixing_weight: Float[Array, "contracts dates"]
    past_log_sum: Float[Array, "contracts"]


class ArithmeticAsianOption(AbstractTerms):
    """Calls and puts on the arithmetic mean of discrete fixings, settled at expiry.

    Attributes:
        option: asset, strike, expiry, side.
        fixing_time: years to the fixings still to come, ascending.
        fixing_weight: weight of each, `1 / number of all fixings, past ones included`; 0 pads.
        past_sum: sum over past fixings of weight times fixing; 0 if there are none.
    """

    kind: ClassVar[str] = "arithmetic_asian_option"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (
        FactorGroup.SPOT,
        FactorGroup.RATES,
        FactorGroup.VOL,
        FactorGroup.FX,
    )

    option: AssetOption
    fixing_time: Float[Array, "contracts dates"]
    fixing_weight: Float[Array, "contracts dates"]
    past_sum: Float[Array, "contracts"]
