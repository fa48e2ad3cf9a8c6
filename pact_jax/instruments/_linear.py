"""Positions known only by their sensitivities to abstract factors."""

from typing import ClassVar

from jaxtyping import Array, Float

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms


class LinearExposure(AbstractTerms):
    """Positions supplied as a value and its sensitivities: P&L = sum over factors of sensitivity x shock.

    Attributes:
        value: value at the base, reporting currency.
        sensitivity: change of value per unit of each factor, reporting currency.
    """

    kind: ClassVar[str] = "linear"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.FACTOR,)

    value: Float[Array, "contracts"]
    sensitivity: Float[Array, "contracts factors"]
