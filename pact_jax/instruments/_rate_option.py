"""Options on interest rates: caps, floors and European swaptions."""

from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Bool, Float, Int

from pact_jax.market import FactorGroup

from ._swap import CashPoints, GrowthPoints, LinearFlows
from ._terms import AbstractTerms


class RateVolTerms(eqx.Module):
    """What options on rates say of their volatility and payoff.

    Attributes:
        surface: index of the volatility surface, whose strike axis holds rates.
        strike: rate, per year.
        is_call: true for caps and payer swaptions.
        is_normal: true if the volatility is Bachelier's, in absolute rate; false if lognormal.
        displacement: added to rate and strike under a lognormal volatility.
    """

    surface: Int[Array, "contracts"]
    strike: Float[Array, "contracts"]
    is_call: Bool[Array, "contracts"]
    is_normal: Bool[Array, "contracts"]
    displacement: Float[Array, "contracts"]


class CapFloor(AbstractTerms):
    """Caps and floors as their caplets and floorlets, paid at the end of each period.

    Attributes:
        option: volatility and payoff.
        currency: index of each contract's currency.
        period: unique floating periods.
        flow_period: index of each caplet's period.
        flow_contract: index of each caplet's contract.
        flow_accrual: year fraction of each caplet.
        flow_fixing_time: years to the fixing; at or below 0 the rate is that of the curve, or `flow_fixing`.
        flow_fixing: rate that is already fixed; not read where `flow_is_fixed` is false.
        flow_is_fixed: true for a period that has begun.
        flow_notional: amount that interest is paid on, in the contract's currency; 0 pads.
    """

    kind: ClassVar[str] = "cap_floor"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.RATES, FactorGroup.VOL, FactorGroup.FX)

    option: RateVolTerms
    currency: Int[Array, "contracts"]
    period: GrowthPoints
    flow_period: Int[Array, "flows"]
    flow_contract: Int[Array, "flows"]
    flow_accrual: Float[Array, "flows"]
    flow_fixing_time: Float[Array, "flows"]
    flow_fixing: Float[Array, "flows"]
    flow_is_fixed: Bool[Array, "flows"]
    flow_notional: Float[Array, "flows"]


class Swaption(AbstractTerms):
    """European options to enter a swap, settled by the swap.

    Attributes:
        option: volatility and payoff; a call is the right to pay the fixed rate.
        currency: index of each contract's currency.
        expiry: years to exercise.
        cash: unique payments.
        growth: unique floating periods on other forward curves.
        float_cash_flows: the floating leg's amounts on `cash`, per unit of the contract.
        float_growth_flows: the floating leg's amounts on `growth`.
        annuity_flows: face times year fraction of each fixed payment, on `cash`.
    """

    kind: ClassVar[str] = "swaption"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.RATES, FactorGroup.VOL, FactorGroup.FX)

    option: RateVolTerms
    currency: Int[Array, "contracts"]
    expiry: Float[Array, "contracts"]
    cash: CashPoints
    growth: GrowthPoints
    float_cash_flows: LinearFlows
    float_growth_flows: LinearFlows
    annuity_flows: LinearFlows
