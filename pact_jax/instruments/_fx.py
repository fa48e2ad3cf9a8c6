"""Currency forwards and options."""

from typing import ClassVar

from jaxtyping import Array, Bool, Float, Int

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms, DiscountPoints


class FxForward(AbstractTerms):
    """Exchange of one unit of the bought currency against `strike` units of the sold one at maturity.

    Attributes:
        bought: index of the bought currency.
        sold: index of the sold currency.
        discount: unique (curve, maturity) pairs.
        bought_point: index of the bought leg's pair in `discount`.
        sold_point: index of the sold leg's pair in `discount`.
        strike: sold currency per one unit of the bought one.
    """

    kind: ClassVar[str] = "fx_forward"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.RATES, FactorGroup.FX)

    bought: Int[Array, "contracts"]
    sold: Int[Array, "contracts"]
    discount: DiscountPoints
    bought_point: Int[Array, "contracts"]
    sold_point: Int[Array, "contracts"]
    strike: Float[Array, "contracts"]


class FxOption(AbstractTerms):
    """European options to exchange one unit of a foreign currency for `strike` units of the reporting currency.

    Attributes:
        currency: index of the foreign currency.
        surface: index of the volatility surface of the pair.
        discount: unique (curve, expiry) pairs.
        foreign_point: index of the foreign curve's pair in `discount`.
        domestic_point: index of the reporting currency's pair in `discount`.
        strike: reporting currency per one unit of the foreign one, positive.
        expiry: years; at or below 0 the contract is worth its intrinsic value.
        is_call: true for the right to buy the foreign currency.
    """

    kind: ClassVar[str] = "fx_option"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.RATES, FactorGroup.VOL, FactorGroup.FX)

    currency: Int[Array, "contracts"]
    surface: Int[Array, "contracts"]
    discount: DiscountPoints
    foreign_point: Int[Array, "contracts"]
    domestic_point: Int[Array, "contracts"]
    strike: Float[Array, "contracts"]
    expiry: Float[Array, "contracts"]
    is_call: Bool[Array, "contracts"]
