"""Forwards and futures on an asset."""

from typing import ClassVar

from jaxtyping import Array, Bool, Float, Int

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms, DiscountPoints


class Forward(AbstractTerms):
    """Forwards and futures on an asset; a future is margined daily, so its value is not discounted.

    Attributes:
        asset: index of the underlying asset.
        currency: index of the asset's currency.
        discount: unique (curve, maturity) pairs.
        point: index of each contract's pair in `discount`.
        strike: delivery price, or the last settlement price of a future, in the asset's currency.
        maturity: years.
        margined: true for a future.
        multiplier: units of the asset per contract.
    """

    kind: ClassVar[str] = "forward"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.SPOT, FactorGroup.RATES, FactorGroup.FX)

    asset: Int[Array, "contracts"]
    currency: Int[Array, "contracts"]
    discount: DiscountPoints
    point: Int[Array, "contracts"]
    strike: Float[Array, "contracts"]
    maturity: Float[Array, "contracts"]
    margined: Bool[Array, "contracts"]
    multiplier: Float[Array, "contracts"]
