"""Credit default swaps on one reference entity."""

from typing import ClassVar

from jaxtyping import Array, Float, Int

from pact_jax.market import FactorGroup

from ._bond import RiskyPoints
from ._swap import LinearFlows
from ._terms import AbstractTerms


class Cds(AbstractTerms):
    """Credit default swaps, one unit buying protection on its face; identical standard dates share their states.

    Attributes:
        interval: unique intervals of default time: from a payment or curve node to the next.
        premium: unique premium payments: survival is asked until `start`, the payment is at `end`.
        protection_flows: face times loss given default, less the premium accrued at an interval's start, on `interval`.
        accrual_flows: minus the premium that accrues within an interval, on its first moment.
        premium_flows: minus the premiums, on `premium`.
        currency: index of each contract's currency.
        claim: received per unit on an immediate default: face times loss given default, less accrued premium.
    """

    kind: ClassVar[str] = "cds"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.RATES, FactorGroup.FX, FactorGroup.SPREAD)

    interval: RiskyPoints
    premium: RiskyPoints
    protection_flows: LinearFlows
    accrual_flows: LinearFlows
    premium_flows: LinearFlows
    currency: Int[Array, "contracts"]
    claim: Float[Array, "contracts"]
