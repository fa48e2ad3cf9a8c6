"""Credit default swaps: protection, premium and accrual on default, fair spread, upfront, hazards from quotes."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.curves import RootStatus, ZeroCurve, implicit_root, log_discount_factor, log_survival_probability

from ._cds_terms import CdsTerms


class CdsLegs(NamedTuple):
    """Values of the legs per unit of notional, discounted to the start of the curve.

    Attributes:
        protection: of one paid at default (times loss given default: the protection leg).
        premium: of one per year paid on the premium dates on survival.
        accrual: of one per year accrued since the last premium date, paid at default.
        rebate: of one per year accrued at the valuation date, paid back to a new buyer at settlement.
    """

    protection: Float[Array, "..."]
    premium: Float[Array, "..."]
    accrual: Float[Array, "..."]
    rebate: Float[Array, "..."]


def _mean_decay(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """`(1 - e^-x)/x`: mean of the discounted survival over an interval."""
    small = jnp.abs(x) < 1e-3
    safe = jnp.where(small, 1.0, x)
    # The series keeps the derivatives right at 0, where the closed form has none.
    series = 1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0)))
    return jnp.where(small, series, -jnp.expm1(-safe) / safe)


def _first_moment(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """`(1 - (1 + x) e^-x)/x^2`: mean of u e^(-x u) over 0 < u < 1."""
    small = jnp.abs(x) < 0.1
    safe = jnp.where(small, 1.0, x)
    closed = (-jnp.expm1(-safe) / safe - jnp.exp(-safe)) / safe
    # sum (-x)^k / (k! (k + 2)); the closed form cancels to about eps/x^2.
    tail = 1.0 / 3628800.0 / 12.0
    for factorial, k in ((362880.0, 9), (40320.0, 8), (5040.0, 7), (720.0, 6), (120.0, 5), (24.0, 4), (6.0, 3)):
        tail = 1.0 / (factorial * (k + 2.0)) - x * tail
    series = 0.5 - x * (1.0 / 3.0 - x * (0.125 - x * tail))
    return jnp.where(small, series, closed)


def default_interval(
    log_discount_start: Float[Array, "..."],
    log_discount_end: Float[Array, "..."],
    log_survival_start: Float[Array, "..."],
    log_survival_end: Float[Array, "..."],
    width: Float[Array, "..."],
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    r"""Value of one paid at a default within an interval, and of the years from its start to that default.

    With integrated hazard a, integrated forward rate b and x = a + b: $a\,P_0 Q_0 (1 - e^{-x})/x$ and its first moment,
    exact for a flat hazard and a flat forward rate.

    Args:
        log_discount_start: log discount factor at the start.
        log_discount_end: at the end.
        log_survival_start: log survival probability at the start.
        log_survival_end: at the end.
        width: length of the interval, years.

    Returns:
        The two values.
    """
    hazard = log_survival_start - log_survival_end
    x = hazard + log_discount_start - log_discount_end
    start_value = jnp.exp(log_discount_start + log_survival_start)
    return hazard * start_value * _mean_decay(x), hazard * start_value * width * _first_moment(x)


def cds_legs(
    terms: CdsTerms,
    discount: ZeroCurve,
    hazard_time: Float[Array, "hazard_tenors"],
    hazard_rate: Float[Array, "hazard_tenors"],
) -> CdsLegs:
    r"""Legs of a credit default swap under piecewise-flat hazards and forward rates.

    Over a grid interval with integrated hazard a, integrated forward rate b and x = a + b, protection is
    $a\,P_0 Q_0 (1 - e^{-x})/x$ and the accrual on default its first moment: exact for a log-linear discount curve whose
    nodes are in the grid. Under another interpolation the forward rate is replaced by its mean over each interval; cut
    the grid finer (`node_time` of `cds_terms`) to make that as small as wanted.

    Args:
        terms: the contract.
        discount: risk-free curve.
        hazard_time: years, positive and increasing.
        hazard_rate: forward hazard of each interval, per year.

    Returns:
        The legs, per unit of notional.

    References:
        D. O'Kane and S. Turnbull, Valuation of credit default swaps, Lehman Brothers (2003); ISDA, CDS Standard Model
        (2009).
    """

    def log_survival(time: Float[Array, "..."]) -> Float[Array, "..."]:
        return log_survival_probability(hazard_time, hazard_rate, time)

    log_p, log_q = log_discount_factor(discount, terms.grid_time), log_survival(terms.grid_time)
    width = terms.grid_time[1:] - terms.grid_time[:-1]
    protection, moment = default_interval(log_p[:-1], log_p[1:], log_q[:-1], log_q[1:], width)
    elapsed = terms.grid_time[:-1] - terms.accrual_origin
    accrual = terms.accrual_slope * (elapsed * protection + moment)
    paid = jnp.exp(log_discount_factor(discount, terms.premium_time) + log_survival(terms.premium_survival_time))
    rebate = terms.accrued * jnp.exp(log_discount_factor(discount, terms.settlement_time))
    return CdsLegs(jnp.sum(protection), jnp.sum(terms.premium_accrual * paid), jnp.sum(accrual), rebate)


def midpoint_cds_legs(
    start_time: Float[Array, "dates"],
    end_time: Float[Array, "dates"],
    default_time: Float[Array, "dates"],
    accrual: Float[Array, "dates"],
    accrued: Float[Array, "dates"],
    discount: ZeroCurve,
    hazard_time: Float[Array, "hazard_tenors"],
    hazard_rate: Float[Array, "hazard_tenors"],
) -> CdsLegs:
    """Legs of a credit default swap if default can happen at one time of each premium period only.

    The older market approximation, with the middle of each period: its error is of the order of the squared length.

    Args:
        start_time: start of each premium period from which protection counts, years, not negative.
        end_time: its end, when the premium is paid.
        default_time: when a default in it is settled, usually its middle.
        accrual: its year fraction; 0 pads.
        accrued: year fraction accrued at the default time.
        discount: risk-free curve.
        hazard_time: years, positive and increasing.
        hazard_rate: forward hazard of each interval, per year.

    Returns:
        The legs; nothing is rebated.
    """
    survive_start = jnp.exp(log_survival_probability(hazard_time, hazard_rate, start_time))
    survive_end = jnp.exp(log_survival_probability(hazard_time, hazard_rate, end_time))
    default = survive_start - survive_end
    middle = jnp.exp(log_discount_factor(discount, default_time))
    end = jnp.exp(log_discount_factor(discount, end_time))
    live = jnp.where(accrual == 0.0, 0.0, default * middle)
    premium, on_default = jnp.sum(accrual * end * survive_end), jnp.sum(accrued * live)
    return CdsLegs(jnp.sum(live), premium, on_default, jnp.zeros_like(premium))


def risky_annuity(legs: CdsLegs) -> Float[Array, "..."]:
    """Value of one per year of premium until default or maturity, accrual on default included."""
    return legs.premium + legs.accrual


def cds_par_spread(legs: CdsLegs, recovery: Float[Array, "..."] | float) -> Float[Array, "..."]:
    """Running premium at which a new contract costs nothing: `(1 - R) protection / (risky annuity - rebate)`.

    Args:
        legs: what `cds_legs` returned.
        recovery: recovery rate.

    Returns:
        Fair spread, per year.
    """
    return (1.0 - recovery) * legs.protection / (risky_annuity(legs) - legs.rebate)


def cds_present_value(
    legs: CdsLegs,
    premium: Float[Array, "..."] | float,
    recovery: Float[Array, "..."] | float,
    *,
    is_buyer: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Credit default swap per unit of notional, accrued premium included (dirty).

    Args:
        legs: what `cds_legs` returned.
        premium: running premium of the contract, per year.
        recovery: recovery rate.
        is_buyer: true for the buyer of protection.

    Returns:
        Present value, discounted to the start of the curve.
    """
    value = (1.0 - recovery) * legs.protection - premium * risky_annuity(legs)
    return jnp.where(is_buyer, value, -value)


def cds_upfront(
    terms: CdsTerms,
    legs: CdsLegs,
    discount: ZeroCurve,
    premium: Float[Array, "..."] | float,
    recovery: Float[Array, "..."] | float,
) -> Float[Array, "..."]:
    """Clean upfront that the buyer pays at settlement: the dirty value carried there, plus the accrued premium.

    Args:
        terms: the contract.
        legs: its legs.
        discount: risk-free curve.
        premium: running premium, per year.
        recovery: recovery rate.

    Returns:
        Amount per unit of notional; negative if the buyer receives it.
    """
    value = (1.0 - recovery) * legs.protection - premium * risky_annuity(legs)
    return value * jnp.exp(-log_discount_factor(discount, terms.settlement_time)) + premium * terms.accrued


def calibrate_hazard(
    terms: CdsTerms,
    discount: ZeroCurve,
    hazard_time: Float[Array, "hazard_tenors"],
    spread: Float[Array, "hazard_tenors"],
    recovery: Float[Array, ""] | float,
) -> tuple[Float[Array, "hazard_tenors"], RootStatus]:
    """Piecewise-flat hazards at which every quoted contract is fair; differentiable implicitly.

    Args:
        terms: one contract per hazard, as stacked by `stack_cds_terms`, in order of maturity.
        discount: risk-free curve.
        hazard_time: end of each hazard's interval, the last survival time of its contract, years.
        spread: quoted fair spread of each contract, per year.
        recovery: recovery rate that the quotes assume.

    Returns:
        Hazards, per year, and how the solve ended (residual in spread). A negative hazard is returned as it is: the
        quotes then imply an arbitrage.

    References:
        J. Hull and A. White, Valuing credit default swaps I, J. Derivatives 8 (2000).
    """

    def residual(hazard_rate: Float[Array, "hazard_tenors"]) -> Float[Array, "hazard_tenors"]:
        legs = jax.vmap(cds_legs, in_axes=(0, None, None, None))(terms, discount, hazard_time, hazard_rate)
        return cds_par_spread(legs, recovery) - spread

    return implicit_root(residual, spread / (1.0 - recovery))
