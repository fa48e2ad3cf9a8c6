"""Bonds: fixed cash flows, with or without an issuer that can default."""

from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, Int

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms


class RiskyPoints(eqx.Module):
    """Unique payments contingent on survival: the states that the value of bonds and credit swaps is linear in.

    Attributes:
        currency: index of the currency paid.
        curve: index of the discount curve.
        issuer: index of the issuer, -1 for none.
        start: time until which the issuer has to survive, years: the payment time, or for what is paid on default
            within a period the two ends of that period; 0 where survival does not matter.
        end: payment time, or end of the period, years.
    """

    currency: Int[Array, "points"]
    curve: Int[Array, "points"]
    issuer: Int[Array, "points"]
    start: Float[Array, "points"]
    end: Float[Array, "points"]


class Bond(AbstractTerms):
    """Fixed-coupon and zero bonds, as cash flows on unique points; one unit is one bond.

    A flow pays `amount` at its point's `end` if the issuer survives until its `start`. Recovery of face R, settled at
    the end t_k of the period of default, is linear in the same states, because
    `P(t_k) [Q(t_{k-1}) - Q(t_k)]` is the difference of two of them: a coupon c becomes `c - R` on (t_k, t_k) and R on
    (t_{k-1}, t_k).

    Attributes:
        points: unique states.
        flow_point: index of each flow's point.
        flow_contract: index of each flow's contract.
        amount: paid, in the bond's currency, per bond.
        currency: index of each bond's currency.
        recovery: amount recovered per bond if the issuer defaults, in its currency (recovery rate x face).
    """

    kind: ClassVar[str] = "bond"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.RATES, FactorGroup.FX, FactorGroup.SPREAD)

    points: RiskyPoints
    flow_point: Int[Array, "flows"]
    flow_contract: Int[Array, "flows"]
    amount: Float[Array, "flows"]
    currency: Int[Array, "contracts"]
    recovery: Float[Array, "contracts"]
