"""Interest-rate swaps: a fixed against a floating leg, as amounts on discount factors and floating periods."""

from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, Int

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms


class CashPoints(eqx.Module):
    """Unique (currency, curve, time) of a group: one unit of a currency paid at one time.

    Attributes:
        currency: index of the currency paid.
        curve: index of the discount curve.
        time: years.
    """

    currency: Int[Array, "points"]
    curve: Int[Array, "points"]
    time: Float[Array, "points"]


class GrowthPoints(eqx.Module):
    """Unique floating periods of a group whose forward curve is not the discount curve.

    One unit of each pays `P_f(start) / P_f(end)` at the end: principal and interest of one period.

    Attributes:
        currency: index of the currency paid.
        curve: index of the discount curve.
        forward_curve: index of the curve that forwards are read from.
        start: start of the period, years, not negative.
        end: end of the period and payment time, years.
    """

    currency: Int[Array, "points"]
    curve: Int[Array, "points"]
    forward_curve: Int[Array, "points"]
    start: Float[Array, "points"]
    end: Float[Array, "points"]


class LinearFlows(eqx.Module):
    """Contracts as sums of amounts on points; an amount of 0 pads.

    Attributes:
        point: index of each flow's point.
        contract: index of each flow's contract.
        amount: units of the point's currency per unit of the contract.
    """

    point: Int[Array, "flows"]
    contract: Int[Array, "flows"]
    amount: Float[Array, "flows"]


class Swap(AbstractTerms):
    """Fixed-for-floating swaps, one unit paying the fixed rate on its face.

    A floating period on the discount curve itself is `P(start) - P(end)`, so it needs no point of its own; its flows,
    those of the fixed leg and those already fixed are merged by payment time.

    Attributes:
        cash: unique payments.
        growth: unique floating periods on other forward curves.
        cash_flows: amounts on `cash`.
        growth_flows: amounts on `growth`.
        currency: index of each swap's currency.
    """

    kind: ClassVar[str] = "swap"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.RATES, FactorGroup.FX)

    cash: CashPoints
    growth: GrowthPoints
    cash_flows: LinearFlows
    growth_flows: LinearFlows
    currency: Int[Array, "contracts"]
