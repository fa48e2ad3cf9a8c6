"""Shares."""

from typing import ClassVar

from jaxtyping import Array, Int

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms


class Stock(AbstractTerms):
    """Shares of an asset: one unit is one share.

    Attributes:
        asset: index of the asset.
        currency: index of the asset's currency.
    """

    kind: ClassVar[str] = "stock"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.SPOT, FactorGroup.FX)

    asset: Int[Array, "contracts"]
    currency: Int[Array, "contracts"]
