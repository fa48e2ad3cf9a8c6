"""Variance swaps on an asset."""

from typing import ClassVar

from jaxtyping import Array, Float, Int

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms, DiscountPoints


class VarianceSwap(AbstractTerms):
    """Receives the realised variance of an asset and pays the strike's, at maturity; one unit per 1.00 of variance.

    Attributes:
        asset: index of the underlying asset.
        currency: index of the asset's currency.
        surface: index of the volatility surface.
        discount: unique (curve, expiry) pairs.
        point: index of each contract's pair in `discount`.
        strike: volatility strike, per square-root year.
        expiry: years; at or below 0 the contract is worth what it settles at.
        total_time: years from the first to the last day that variance is counted on.
        past_variance: realised so far, as a sum: squared volatility times years elapsed.
        multiplier: amount paid per 1.00 of variance, in the asset's currency.
    """

    kind: ClassVar[str] = "variance_swap"
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
    total_time: Float[Array, "contracts"]
    past_variance: Float[Array, "contracts"]
    multiplier: Float[Array, "contracts"]
