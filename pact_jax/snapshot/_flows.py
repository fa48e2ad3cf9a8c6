"""Flows -> unique points and amounts on them: each state is stored, and valued, once."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

from dataclasses import dataclass, field

import numpy as np

from pact_jax.instruments import CashPoints, GrowthPoints, LinearFlows

from ._capacity import capacity, padded
from ._contract_axes import Axes
from ._distinct import distinct_rows
from ._legs import Periods, accrual, leg_periods
from ._rows import Rows

FLOAT_DAY_COUNT = "ACT/360"
FLOAT_FREQUENCY = 4.0


def unique_rows(*columns: np.ndarray) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Columns of the distinct rows, padded to a capacity, and which one each row is."""
    place, code = distinct_rows(columns)
    return tuple(padded(column[place], capacity(len(place))) for column in columns), code


def merged_flows(point: np.ndarray, contract: np.ndarray, amount: np.ndarray) -> LinearFlows:
    """One flow for each contract and point, its amounts added up, padded with amounts of 0."""
    # One integer a pair: contracts first, then points.
    width = int(point.max(initial=0)) + 1
    pair = contract.astype(np.int64, copy=False) * width + point
    # Flows come leg by leg in this order already, and a stable sort only has to merge the legs.
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    first = np.diff(pair, prepend=-1) != 0
    pairs = pair[first]
    total = np.bincount(np.cumsum(first) - 1, weights=amount[order], minlength=len(pairs))
    length = capacity(len(pairs))
    return LinearFlows(padded(pairs % width, length, 0), padded(pairs // width, length, 0), padded(total, length, 0.0))


@dataclass(eq=False)
class CashLeg:
    """Amounts paid at times, collected flow by flow.

    Attributes:
        contract: which contract, one array an addition.
        time: payment times in years.
        amount: amounts per unit of the contract.
    """

    contract: list[np.ndarray] = field(default_factory=list)
    time: list[np.ndarray] = field(default_factory=list)
    amount: list[np.ndarray] = field(default_factory=list)

    def add(self, contract: np.ndarray, time: np.ndarray, amount: np.ndarray) -> None:
        """Adds one amount a flow."""
        self.contract.append(contract)
        self.time.append(time)
        self.amount.append(amount)


def place_cash(legs: list[CashLeg], currency: np.ndarray, curve: np.ndarray) -> tuple[CashPoints, list[LinearFlows]]:
    """Puts several legs on the same unique payments.

    Args:
        legs: amounts and times.
        currency: currency of each contract.
        curve: discount curve of each contract.

    Returns:
        The payments, and the flows of each leg on them.
    """
    sizes = [sum(map(len, leg.contract)) for leg in legs]
    contract = np.concatenate([part for leg in legs for part in leg.contract])
    time = np.concatenate([part for leg in legs for part in leg.time])
    amount = np.concatenate([part for leg in legs for part in leg.amount])
    unique, code = unique_rows(currency[contract], curve[contract], time)
    ends = np.cumsum(sizes)[:-1]
    parts = [np.split(array, ends) for array in (code, contract, amount)]
    return CashPoints(*unique), [merged_flows(*part) for part in zip(*parts, strict=True)]


@dataclass(frozen=True, eq=False)
class FloatLeg:
    """A floating leg: periods still to pay, with the curves they are read from.

    Attributes:
        periods: the periods.
        accrual: year fraction of each.
        currency: currency of each contract.
        curve: discount curve of each contract.
        forward_curve: forward curve of each contract.
    """

    periods: Periods
    accrual: np.ndarray
    currency: np.ndarray
    curve: np.ndarray
    forward_curve: np.ndarray


def float_leg(rows: Rows, axes: Axes) -> FloatLeg:
    """The floating leg of swaps, caps and swaptions, of one unit of each."""
    currency, frequency = rows.words("currency"), rows.numbers("float_frequency", empty=FLOAT_FREQUENCY)
    periods = leg_periods(rows.dates("maturity"), rows.dates("start"), frequency, axes.valuation_date)
    curve = currency.index_in(axes.curve_of)
    named = rows.words("forward_curve").index_in(axes.curve, missing=-1)
    return FloatLeg(
        periods=periods,
        accrual=accrual(periods, rows.words("float_day_count").or_else(FLOAT_DAY_COUNT), frequency),
        currency=currency.index_in(axes.currency),
        curve=curve,
        forward_curve=np.where(named < 0, curve, named),
    )


def place_float(
    leg: FloatLeg, cash: CashLeg, notional: np.ndarray, fixing: np.ndarray, compounded: np.ndarray
) -> tuple[GrowthPoints, LinearFlows]:
    """Adds a floating leg: to `cash` where a discount factor says it all, else to points of its own.

    A period to come pays `P_f(s)/P_f(e) - 1`; on the discount curve itself that is worth `P(s) - P(e)`. An overnight
    rate that has compounded to `g` since the period began pays `(1 + g)/P_f(e) - 1`.

    Args:
        leg: the periods.
        cash: takes what is linear in discount factors.
        notional: of each contract.
        fixing: rate of the running period of each contract; not read where no period has begun.
        compounded: growth so far in the running period of an overnight rate; NaN for a term rate.

    Returns:
        Unique floating periods on other curves, and the notionals on them.
    """
    periods, of = leg.periods, leg.periods.contract
    face, overnight = notional[of], periods.has_begun & ~np.isnan(compounded)[of]
    begun = periods.has_begun & ~overnight
    grown = face * np.where(overnight, 1.0 + compounded[of], 1.0)
    same = (leg.forward_curve == leg.curve)[of] & ~begun
    other = ~same & ~begun
    cash.add(of[begun], periods.end_time[begun], (face * fixing[of] * leg.accrual)[begun])
    cash.add(of[same], periods.start_time[same], grown[same])
    cash.add(of[~begun], periods.end_time[~begun], -face[~begun])
    points, code = growth_points(leg, other)
    return points, merged_flows(code, of[other], grown[other])


def growth_points(leg: FloatLeg, chosen: np.ndarray) -> tuple[GrowthPoints, np.ndarray]:
    """Unique floating periods among the chosen ones, and which one each is."""
    of = leg.periods.contract[chosen]
    keys = (leg.currency[of], leg.curve[of], leg.forward_curve[of])
    times = (leg.periods.start_time[chosen], leg.periods.end_time[chosen])
    unique, code = unique_rows(*keys, *times)
    return GrowthPoints(*unique), code
