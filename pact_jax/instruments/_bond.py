"""Bonds: fixed cash flows, with or without an issuer that can default."""

from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, Int

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms


class RiskyPoints(eqx.Module):
    """Unique (currency, curve, issuer, period) of a group: the states that every bond's value is linear in.

    Attributes:
        currency: index of the currency paid.
        curve: index of the discount curve.
        issuer: index of the issuer, -1 for none.
        start: start of the period, years (0 for the first one): a default in the period is settled at its end.
        end: end of the period and payment time, years.
    """

    currency: Int[Array, "points"]
    curve: Int[Array, "points"]
    issuer: Int[Array, "points"]
    start: Float[Array, "points"]
    end: Float[Array, "points"]


class Bond(AbstractTerms):
    """Fixed-coupon and zero bonds, as cash flows on unique points; one unit is one bond.

    A flow pays `amount` at the end of its period if the issuer survived until then, and `recovery_amount` at the end
    of the period if the issuer defaulted within it (recovery of face).

    Attributes:
        points: unique states.
        flow_point: index of each flow's point.
        flow_contract: index of each flow's contract.
        amount: paid on survival, in the bond's currency, per bond.
        recovery_amount: paid on default within the period, in the bond's currency, per bond.
        currency: index of each bond's currency.
        recovery: amount recovered per bond if the issuer defaults, in its currency (recovery rate x face).
    """

    kind: ClassVar[str] = "bond"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.RATES, FactorGroup.FX, FactorGroup.SPREAD)

    points: RiskyPoints
    flow_point: Int[Array, "flows"]
    flow_contract: Int[Array, "flows"]
    amount: Float[Array, "flows"]
    recovery_amount: Float[Array, "flows"]
    currency: Int[Array, "contracts"]
    recovery: Float[Array, "contracts"]
