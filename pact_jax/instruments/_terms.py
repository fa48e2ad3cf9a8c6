"""What a kind of contract is: arrays of terms on the contracts axis, and how its gains and losses are booked."""

import enum
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, Int

from pact_jax.market import FactorGroup


class Accounting(enum.Enum):
    """Where a kind's losses arise: marked kinds move with the market, accrual kinds only default."""

    MARKED = "marked"
    ACCRUAL = "accrual"


class AbstractTerms(eqx.Module):
    """Terms of many contracts of one kind, struct-of-arrays on the contracts axis.

    A kind is a final subclass with its arrays, plus a present value registered for it (`pact_jax.pricing`). It knows
    neither a pricing method nor who holds it.

    Attributes:
        kind: name of the kind in tables and reports.
        depends_on: the groups of market factors its value depends on; every other group explains exactly nothing.
        accounting: marked to market, or accrual.
    """

    kind: eqx.AbstractClassVar[str]
    depends_on: eqx.AbstractClassVar[tuple[FactorGroup, ...]]
    accounting: ClassVar[Accounting] = Accounting.MARKED


class DiscountPoints(eqx.Module):
    """Unique (curve, time) pairs of a group: each discount factor is computed once, however many flows use it.

    Attributes:
        curve: index of the curve.
        time: years from the valuation date.
    """

    curve: Int[Array, "points"]
    time: Float[Array, "points"]
