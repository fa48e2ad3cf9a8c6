"""Market quotes that curves are built from, as terms in year fractions, resolved once on the host.

Every linear instrument has the same form: a floating leg of forward-looking growth `P(start)/P(end) - 1`, over a fixed
leg. Its fair quote is

    sum_j weight_j (P_c(j)(start_j) / P_c(j)(end_j) - 1) P_d(pay_j)  /  sum_i accrual_i P_d(time_i)

with projection curve c(j) and discount curve d. A deposit is one growth period over one accrual, paid at time 0.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Array, Float

from ..errors import ArgumentError


@dataclasses.dataclass(frozen=True, eq=False)
class QuoteTerms:
    """One quoted instrument (host).

    Attributes:
        float_curve: index of the projection curve of each growth period.
        float_start: start of each growth period, years.
        float_end: its end, years.
        float_pay: when it is paid, years (0 where the quote is a plain rate).
        float_weight: its sign and size; 1 for an ordinary leg.
        fixed_time: payment times of the fixed leg, years.
        fixed_accrual: its year fractions.
        discount_curve: index of the discount curve.
        pillar_curve: index of the curve that this quote determines.
        pillar_time: the last time on that curve that the quote depends on, years: its node.
        is_spread: whether the quote is a spread between floating legs (small) and not a rate.
    """

    float_curve: np.ndarray
    float_start: np.ndarray
    float_end: np.ndarray
    float_pay: np.ndarray
    float_weight: np.ndarray
    fixed_time: np.ndarray
    fixed_accrual: np.ndarray
    discount_curve: int
    pillar_curve: int
    pillar_time: float
    is_spread: bool = False


def deposit_terms(start: float, end: float, accrual: float, *, curve: int = 0) -> QuoteTerms:
    """A deposit or a forward rate agreement: the simple rate of one period on one curve.

    Args:
        start: start of the period, years from the valuation date.
        end: end of the period, years.
        accrual: year fraction of the period.
        curve: index of the curve that the rate belongs to.

    Returns:
        Terms whose quote is the simple rate.

    Raises:
        ArgumentError: the period is empty, starts before the valuation date or has no positive accrual.

    Example:
        >>> deposit_terms(0.0, 0.25, 90 / 360).pillar_time
        0.25
    """
    if not 0.0 <= start < end or not accrual > 0.0:
        raise ArgumentError(
            f"rate period {start}..{end} with accrual {accrual}",
            "deposit_terms",
            "give 0 <= start < end and accrual > 0",
        )
    one = np.ones(1)
    return QuoteTerms(
        np.array([curve]), start * one, end * one, 0.0 * one, one, 0.0 * one, accrual * one, curve, curve, float(end)
    )


def futures_rate(price: Float[Array, "..."], convexity: Float[Array, "..."]) -> Float[Array, "..."]:
    """Forward rate of an interest-rate future: `(100 - price)/100 - convexity`.

    Args:
        price: futures price, per 100.
        convexity: futures rate minus forward rate, decimal per year, given by the caller.

    Returns:
        Forward rate, the quote of `deposit_terms` over the future's period.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(futures_rate(jnp.asarray(95.0), jnp.asarray(0.0005))), 6)
        0.0495
    """
    return (100.0 - price) / 100.0 - convexity


def swap_terms(
    fixed_time: np.ndarray,
    fixed_accrual: np.ndarray,
    float_start: np.ndarray,
    float_end: np.ndarray,
    float_pay: np.ndarray,
    *,
    projection: int,
    discount: int,
) -> QuoteTerms:
    """A vanilla or overnight-indexed swap, quoted by its fair fixed rate.

    An overnight-indexed leg compounds to `P(start)/P(end) - 1` over each of its payment periods, so it has one growth
    period per payment, on the overnight curve.

    Args:
        fixed_time: payment times of the fixed leg, years.
        fixed_accrual: its year fractions.
        float_start: start of each floating period, years.
        float_end: end of each floating period, years.
        float_pay: payment time of each floating period, years.
        projection: index of the curve of the floating rate.
        discount: index of the discount curve.

    Returns:
        Terms whose quote is the fair fixed rate. The node lies at the last time on the projection curve.

    Raises:
        ArgumentError: legs are empty or of unequal lengths, or a period is not in order.

    Example:
        >>> times = np.asarray([1.0, 2.0])
        >>> swap_terms(times, np.ones(2), times - 1.0, times, times, projection=0, discount=0).pillar_time
        2.0
    """
    fixed_time, fixed_accrual = _leg("fixed leg", fixed_time, fixed_accrual)
    float_start, float_end, float_pay = _leg("floating leg", float_start, float_end, float_pay)
    if (float_start < 0.0).any() or (float_end <= float_start).any():
        raise ArgumentError("a floating period is empty or starts before time 0", "swap_terms", "order the periods")
    pillar = max(float_end.max(), fixed_time.max(), float_pay.max()) if projection == discount else float_end.max()
    return QuoteTerms(
        np.full(float_start.size, projection),
        float_start,
        float_end,
        float_pay,
        np.ones(float_start.size),
        fixed_time,
        fixed_accrual,
        discount,
        projection,
        float(pillar),
    )


def basis_swap_terms(paid: QuoteTerms, received: QuoteTerms, *, pillar_curve: int) -> QuoteTerms:
    """A basis swap, quoted by the spread on the fixed dates of `received` that makes both floating legs equal.

    Args:
        paid: swap whose floating leg is paid without spread.
        received: swap whose floating leg is received plus the spread; its fixed leg says when the spread is paid.
        pillar_curve: index of the curve that the quote determines.

    Returns:
        Terms whose quote is the fair spread.

    Raises:
        ArgumentError: the legs are discounted on different curves, or neither is on `pillar_curve`.
    """
    if paid.discount_curve != received.discount_curve:
        raise ArgumentError("the two legs have different discount curves", "basis_swap_terms", "use one discount curve")
    joined = {
        name: np.concatenate([getattr(paid, name), getattr(received, name)])
        for name in ("float_curve", "float_start", "float_end", "float_pay")
    }
    on_pillar = joined["float_curve"] == pillar_curve
    if not on_pillar.any():
        raise ArgumentError(
            f"no leg is on curve {pillar_curve}", "basis_swap_terms", "give the curve of one of the legs"
        )
    return QuoteTerms(
        **joined,
        float_weight=np.concatenate([paid.float_weight, -received.float_weight]),
        fixed_time=received.fixed_time,
        fixed_accrual=received.fixed_accrual,
        discount_curve=received.discount_curve,
        pillar_curve=pillar_curve,
        pillar_time=float(joined["float_end"][on_pillar].max()),
        is_spread=True,
    )


def _leg(name: str, *columns: np.ndarray) -> tuple[np.ndarray, ...]:
    arrays = tuple(np.atleast_1d(np.asarray(column, float)) for column in columns)
    if len({a.shape for a in arrays}) != 1 or arrays[0].ndim != 1 or not arrays[0].size:
        raise ArgumentError(f"columns of shapes {[a.shape for a in arrays]}", name, "give equal, non-empty columns")
    if not all(np.isfinite(a).all() for a in arrays):
        raise ArgumentError("a time or accrual is not finite", name, "resolve all dates to year fractions first")
    return arrays


def check_square(terms: Sequence[QuoteTerms], curves: int) -> list[np.ndarray]:
    """Quotes of each curve in the order of their nodes; refuses repeated nodes and curves without quotes."""
    order = []
    for curve in range(curves):
        mine = np.array([i for i, term in enumerate(terms) if term.pillar_curve == curve], int)
        times = np.array([terms[i].pillar_time for i in mine])
        if not mine.size:
            raise ArgumentError(f"curve {curve} has no quote", "curve_problem", "add a quote or leave the curve out")
        mine, times = mine[np.argsort(times, kind="stable")], np.sort(times)
        same = np.flatnonzero(np.diff(times) <= 1e-9)
        if same.size or times[0] <= 0.0:
            where = times[same[0]] if same.size else times[0]
            raise ArgumentError(
                f"curve {curve}: node at {where:.6f} years is repeated or not after time 0",
                "curve_problem",
                "leave out one of the quotes that end there",
            )
        order.append(mine)
    return order
