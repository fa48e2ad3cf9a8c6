"""A set of curves and the quotes that determine them, as arrays: fair quotes as a function of the zero rates."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

from ..errors import ArgumentError
from ._curve import ZeroCurve
from ._interpolation import Interpolation, log_discount
from ._quotes import QuoteTerms, check_square


class CurveProblem(eqx.Module):
    """Quoted instruments on a set of curves, with every (curve, time) and every floating period listed once.

    Attributes:
        node_time: node times of each curve, years.
        date_time: times at which each curve is read, years.
        float_start: row in the concatenated dates of each distinct growth period's start.
        float_end: of its end.
        float_pay: of its payment (on the discount curve).
        float_weight: weight of each growth period in each quote.
        fixed_accrual: year fraction that each quote's fixed leg pays at each of the concatenated dates.
        node_quote: quote that determines each node, curve after curve.
        is_level: 1 for quotes that are rates, 0 for spreads.
        interpolation: method of each curve.
    """

    node_time: tuple[Float[Array, "_"], ...]  # curves differ in their number of nodes and dates
    date_time: tuple[Float[Array, "_"], ...]
    float_start: Int[Array, "float_dates"]
    float_end: Int[Array, "float_dates"]
    float_pay: Int[Array, "float_dates"]
    float_weight: Float[Array, "contracts float_dates"]
    fixed_accrual: Float[Array, "contracts all_dates"]
    node_quote: Int[Array, "tenors"]
    is_level: Float[Array, "contracts"]
    interpolation: tuple[Interpolation, ...] = eqx.field(static=True)


def curve_problem(terms: Sequence[QuoteTerms], interpolation: Sequence[Interpolation]) -> CurveProblem:
    """Lay out quoted instruments for a joint calibration: one curve per interpolation, one node per quote.

    Args:
        terms: quoted instruments, in the order of the quotes.
        interpolation: method of each curve.

    Returns:
        The problem; quotes are given to `calibrate_curves` in the order of `terms`.

    Raises:
        ArgumentError: a curve without quotes, two quotes with one node, a node not after time 0, an unknown curve.

    Example:
        >>> from pact_jax.curves import deposit_terms
        >>> problem = curve_problem([deposit_terms(0.0, 1.0, 1.0)], [Interpolation.LINEAR_ZERO])
        >>> problem.node_time[0].tolist()
        [1.0]
    """
    curves = len(interpolation)
    for index, term in enumerate(terms):
        used = {*term.float_curve.tolist(), term.discount_curve, term.pillar_curve}
        if not used <= set(range(curves)):
            raise ArgumentError(
                f"quote {index} uses curves {sorted(used)}", "curve_problem", f"there are {curves} curves"
            )
    order = check_square(terms, curves)
    times, row = _date_rows(terms, curves)
    start, end, pay, weight = _floating(terms, row)
    accrual = np.zeros((len(terms), sum(t.size for t in times)))
    for index, term in enumerate(terms):
        curve = np.full(term.fixed_time.size, term.discount_curve)
        np.add.at(accrual[index], row(curve, term.fixed_time), term.fixed_accrual)
    return CurveProblem(
        node_time=tuple(jnp.asarray([terms[i].pillar_time for i in mine]) for mine in order),
        date_time=tuple(jnp.asarray(t) for t in times),
        float_start=jnp.asarray(start),
        float_end=jnp.asarray(end),
        float_pay=jnp.asarray(pay),
        float_weight=jnp.asarray(weight),
        fixed_accrual=jnp.asarray(accrual),
        node_quote=jnp.asarray(np.concatenate(order)),
        is_level=jnp.asarray([0.0 if t.is_spread else 1.0 for t in terms]),
        interpolation=tuple(interpolation),
    )


def _floating(terms: Sequence[QuoteTerms], row) -> tuple[np.ndarray, ...]:
    """Distinct growth periods (start, end and payment rows) and the weight of each in each quote."""
    periods: dict[tuple[int, int, int], int] = {}
    entries = []
    for index, term in enumerate(terms):
        paid_on = np.full(term.float_pay.size, term.discount_curve)
        starts, ends = row(term.float_curve, term.float_start), row(term.float_curve, term.float_end)
        rows = zip(starts.tolist(), ends.tolist(), row(paid_on, term.float_pay).tolist(), strict=True)
        for period, size in zip(rows, term.float_weight, strict=True):
            entries.append((index, periods.setdefault(period, len(periods)), size))
    weight = np.zeros((len(terms), len(periods)))
    for index, period, size in entries:
        weight[index, period] += size
    return *np.asarray(list(periods), int).T, weight


def _date_rows(terms: Sequence[QuoteTerms], curves: int):
    """The distinct times of each curve, and the function from (curve, time) to rows of their concatenation."""
    asked: list[list[np.ndarray]] = [[np.zeros(1)] for _ in range(curves)]
    for term in terms:
        for curve in range(curves):
            mine = term.float_curve == curve
            asked[curve] += [term.float_start[mine], term.float_end[mine]]
        asked[term.discount_curve] += [term.float_pay, term.fixed_time]
    times = [np.unique(np.concatenate(parts)) for parts in asked]
    offset = np.concatenate([[0], np.cumsum([t.size for t in times])])

    def row(curve: np.ndarray, time: np.ndarray) -> np.ndarray:
        pairs = zip(curve, time, strict=True)
        return np.array([offset[c] + np.searchsorted(times[c], t) for c, t in pairs], int)

    return times, row


def fair_quotes(problem: CurveProblem, zero_rates: Float[Array, "tenors"]) -> Float[Array, "contracts"]:
    """Quotes at which every instrument is worth nothing on the given curves.

    Args:
        problem: instruments.
        zero_rates: node values, curve after curve, continuously compounded per year.

    Returns:
        Fair rate or spread of each instrument.
    """
    curves = split_curves(problem, zero_rates)
    log_discounts = jnp.concatenate(
        [log_discount(c.time, c.zero_rate, t, c.interpolation) for c, t in zip(curves, problem.date_time, strict=True)]
    )
    growth = jnp.expm1(log_discounts[problem.float_start] - log_discounts[problem.float_end])
    discounts = jnp.exp(log_discounts)
    floating = jnp.matmul(problem.float_weight, growth * discounts[problem.float_pay], precision=lax.Precision.HIGHEST)
    return floating / jnp.matmul(problem.fixed_accrual, discounts, precision=lax.Precision.HIGHEST)


def split_curves(problem: CurveProblem, zero_rates: Float[Array, "tenors"]) -> tuple[ZeroCurve, ...]:
    """The curves whose node values are concatenated in `zero_rates`."""
    sizes = np.cumsum([0, *(time.shape[0] for time in problem.node_time)])
    return tuple(
        ZeroCurve(time, zero_rates[low:high], method)
        for time, low, high, method in zip(problem.node_time, sizes, sizes[1:], problem.interpolation, strict=False)
    )
