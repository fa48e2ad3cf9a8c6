"""What contracts pay for certain or while an issuer survives, for kinds whose positions may be merged by date."""

from functools import singledispatch
from typing import Any, NamedTuple

from jaxtyping import Array, Float, Int

from pact_jax.instruments import Bond, FxForward, Swap


class FixedPayments(NamedTuple):
    """One payment a state, worth `amount X P(end) Q(start)` in the reporting currency.

    P is the discount factor, Q the survival probability, X the exchange rate.

    Attributes:
        amount: paid per unit of the state, in its currency; None for one.
        currency: index of the currency paid.
        curve: index of the discount curve.
        end: payment time, years; a date that has passed counts as today.
        issuer: index of the issuer that has to survive, -1 for none; None where no payment has one.
        start: time until which it has to survive, years.
        flow: contract and state of each flow, for kinds whose states are not their contracts.
    """

    amount: Float[Array, "states"] | None
    currency: Int[Array, "states"]
    curve: Int[Array, "states"]
    end: Float[Array, "states"]
    issuer: Int[Array, "states"] | None = None
    start: Float[Array, "states"] | None = None
    flow: tuple[Int[Array, "flows"], Int[Array, "flows"]] | None = None


@singledispatch
def fixed_payments(terms: Any) -> tuple[FixedPayments, ...] | None:
    """The payments that the states of a kind are, leg by leg, for kinds that are nothing else.

    Args:
        terms: contracts of one kind.

    Returns:
        Legs whose values sum to those of the states; None for kinds that are not fixed payments.
    """
    return None


@fixed_payments.register
def _bond(terms: Bond) -> tuple[FixedPayments, ...]:
    points = terms.points
    flow = (terms.flow_contract, terms.flow_point)
    return (FixedPayments(None, points.currency, points.curve, points.end, points.issuer, points.start, flow),)


@fixed_payments.register
def _fx_forward(terms: FxForward) -> tuple[FixedPayments, ...]:
    curve, time = terms.discount.curve, terms.discount.time
    bought, sold = terms.bought_point, terms.sold_point
    return (
        FixedPayments(None, terms.bought, curve[bought], time[bought]),
        FixedPayments(-terms.strike, terms.sold, curve[sold], time[sold]),
    )


@fixed_payments.register
def _swap(terms: Swap) -> tuple[FixedPayments, ...] | None:
    if terms.growth.end.shape[0]:  # periods on another forward curve pay what that curve says
        return None
    cash = terms.cash
    flow = (terms.cash_flows.contract, terms.cash_flows.point)
    return (FixedPayments(None, cash.currency, cash.curve, cash.time, flow=flow),)
