"""Yield, duration, convexity and spread of one set of cash flows; amounts of fixed, floating and amortising bonds.

Rates with `periods_per_year = f > 0` are compounded f times a year, `(1 + y/f)^(-f t)`; `f = 0` is continuous.
Times are in years from settlement, in the convention of the yield (for street yields: whole coupon periods over f). Pad
with amounts of 0.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.curves import RootStatus, implicit_root

BASIS_POINT = 1e-4


def bond_cash_flows(
    notional: Float[Array, "dates"], rate: Float[Array, "dates"], accrual: Float[Array, "dates"]
) -> Float[Array, "dates"]:
    """Interest plus principal paid at the end of each period.

    `N_i r_i tau_i + (N_i - N_(i+1))`, and the rest of the notional at the last date. A constant notional is a bullet
    bond, a zero rate a zero bond, forward rates plus a spread a floater, a falling notional an amortising bond.

    Args:
        notional: outstanding during each period.
        rate: coupon rate of each period, per year.
        accrual: year fraction of each period.

    Returns:
        Amount paid at the end of each period, in the currency of the notional.

    Example:
        >>> bond_cash_flows(jnp.full(2, 100.0), jnp.full(2, 0.04), jnp.full(2, 0.5)).tolist()
        [2.0, 102.0]
    """
    after = jnp.concatenate([notional[1:], jnp.zeros_like(notional[:1])])
    return notional * rate * accrual + (notional - after)


def level_payment_notional(rate: Float[Array, "dates"], accrual: Float[Array, "dates"]) -> Float[Array, "dates"]:
    """Outstanding notional, 1 at first, of a bond whose interest and principal together are the same every period.

    Args:
        rate: coupon rate of each period, per year.
        accrual: year fraction of each period.

    Returns:
        Notional during each period, for `bond_cash_flows`.

    Example:
        >>> level_payment_notional(jnp.full(2, 0.10), jnp.ones(2)).round(6).tolist()
        [1.0, 0.52381]
    """
    factor = jnp.cumprod(1.0 / (1.0 + rate * accrual))
    # Balance before payment i is the value of the payments that remain, in proportion to the value of all of them.
    remaining = jnp.cumsum(factor[::-1])[::-1]
    before = jnp.concatenate([jnp.ones_like(factor[:1]), factor[:-1]])
    return remaining / (before * jnp.sum(factor))


def _discount(rate: Float[Array, "..."], time: Float[Array, "..."], periods_per_year: int) -> Float[Array, "..."]:
    if periods_per_year == 0:
        return jnp.exp(-rate * time)
    return jnp.exp(-periods_per_year * time * jnp.log1p(rate / periods_per_year))


def price_from_yield(
    bond_yield: Float[Array, ""], amount: Float[Array, "dates"], time: Float[Array, "dates"], *, periods_per_year: int
) -> Float[Array, ""]:
    r"""Dirty price of cash flows at a yield, $\sum_i a_i (1 + y/f)^{-f t_i}$.

    Args:
        bond_yield: yield per year.
        amount: cash flows.
        time: years from settlement to each of them.
        periods_per_year: compounding frequency f; 0 for continuous.

    Returns:
        Dirty price, in the units of the amounts.

    Example:
        >>> amounts, times = jnp.asarray([2.0, 102.0]), jnp.asarray([0.5, 1.0])
        >>> round(float(price_from_yield(jnp.asarray(0.04), amounts, times, periods_per_year=2)), 10)
        100.0
    """
    return jnp.sum(amount * _discount(bond_yield, time, periods_per_year))


def yield_to_maturity(
    price: Float[Array, ""], amount: Float[Array, "dates"], time: Float[Array, "dates"], *, periods_per_year: int
) -> tuple[Float[Array, ""], RootStatus]:
    """Yield at which cash flows are worth a dirty price; differentiable by the implicit function theorem.

    Args:
        price: dirty price at settlement, positive.
        amount: cash flows, of positive sum.
        time: years from settlement to each of them.
        periods_per_year: compounding frequency; 0 for continuous.

    Returns:
        The yield per year and how the solve ended (residual relative to the price).

    Example:
        >>> amounts, times = jnp.asarray([102.0]), jnp.asarray([0.5])
        >>> found, status = yield_to_maturity(jnp.asarray(98.0), amounts, times, periods_per_year=2)
        >>> round(float(found), 9), bool(status.converged)
        (0.081632653, True)
    """
    # The total return over the average life, which is exact for a single flow.
    total = jnp.sum(amount)
    continuous = jnp.log(total / price) * total / jnp.sum(amount * time)
    guess = continuous if periods_per_year == 0 else periods_per_year * jnp.expm1(continuous / periods_per_year)

    def residual(x):
        return price_from_yield(x[0], amount, time, periods_per_year=periods_per_year)[None] / price - 1.0

    root, status = implicit_root(residual, guess[None])
    return root[0], status


def macaulay_duration(
    bond_yield: Float[Array, ""], amount: Float[Array, "dates"], time: Float[Array, "dates"], *, periods_per_year: int
) -> Float[Array, ""]:
    """Mean time of the cash flows, weighted with their present values at the yield (years)."""
    value = amount * _discount(bond_yield, time, periods_per_year)
    return jnp.sum(value * time) / jnp.sum(value)


def modified_duration(
    bond_yield: Float[Array, ""], amount: Float[Array, "dates"], time: Float[Array, "dates"], *, periods_per_year: int
) -> Float[Array, ""]:
    """Relative fall of the dirty price for a rise of the yield, `-(dP/dy)/P` (years).

    Example:
        >>> amounts, times = jnp.asarray([2.0, 102.0]), jnp.asarray([0.5, 1.0])
        >>> round(float(modified_duration(jnp.asarray(0.04), amounts, times, periods_per_year=2)), 6)
        0.97078
    """
    macaulay = macaulay_duration(bond_yield, amount, time, periods_per_year=periods_per_year)
    return macaulay if periods_per_year == 0 else macaulay / (1.0 + bond_yield / periods_per_year)


def bond_convexity(
    bond_yield: Float[Array, ""], amount: Float[Array, "dates"], time: Float[Array, "dates"], *, periods_per_year: int
) -> Float[Array, ""]:
    """Second derivative of the dirty price in the yield over the price, `P''/P` (years squared)."""
    value = amount * _discount(bond_yield, time, periods_per_year)
    if periods_per_year == 0:
        return jnp.sum(value * time**2) / jnp.sum(value)
    curvature = time * (time + 1.0 / periods_per_year) / (1.0 + bond_yield / periods_per_year) ** 2
    return jnp.sum(value * curvature) / jnp.sum(value)


def basis_point_value(
    bond_yield: Float[Array, ""], amount: Float[Array, "dates"], time: Float[Array, "dates"], *, periods_per_year: int
) -> Float[Array, ""]:
    """Derivative of the dirty price in the yield, per basis point: `-P D 1e-4`, negative for a long bond."""
    value = amount * _discount(bond_yield, time, periods_per_year)
    growth = 1.0 if periods_per_year == 0 else 1.0 + bond_yield / periods_per_year
    return -BASIS_POINT * jnp.sum(value * time) / growth


def price_from_spread(
    spread: Float[Array, ""],
    amount: Float[Array, "dates"],
    time: Float[Array, "dates"],
    discount: Float[Array, "dates"],
    *,
    periods_per_year: int,
) -> Float[Array, ""]:
    """Dirty price with every zero rate of the curve raised by a spread, in the yield's compounding.

    Args:
        spread: zero-volatility spread, per year.
        amount: cash flows.
        time: years to each of them, positive where the amount is not 0.
        discount: discount factors of the curve to each of them.
        periods_per_year: compounding of the spread; 0 for continuous.

    Returns:
        Dirty price.
    """
    safe = jnp.where(time > 0.0, time, 1.0)
    if periods_per_year == 0:
        return jnp.sum(amount * discount * jnp.exp(-spread * time))
    zero = periods_per_year * jnp.expm1(-jnp.log(discount) / (periods_per_year * safe))
    return jnp.sum(amount * _discount(zero + spread, time, periods_per_year))


def z_spread(
    price: Float[Array, ""],
    amount: Float[Array, "dates"],
    time: Float[Array, "dates"],
    discount: Float[Array, "dates"],
    *,
    periods_per_year: int,
) -> tuple[Float[Array, ""], RootStatus]:
    """Spread over the zero curve at which cash flows are worth a dirty price; differentiable implicitly.

    Args:
        price: dirty price, positive.
        amount: cash flows.
        time: years to each of them.
        discount: discount factors of the curve.
        periods_per_year: compounding of the spread; 0 for continuous.

    Returns:
        Spread per year and how the solve ended (residual relative to the price).

    Example:
        >>> curve = jnp.exp(-0.03 * jnp.asarray([1.0]))
        >>> spread, _ = z_spread(jnp.exp(jnp.asarray(-0.05)), jnp.ones(1), jnp.ones(1), curve, periods_per_year=0)
        >>> round(float(spread), 9)
        0.02
    """

    def residual(x):
        value = price_from_spread(x[0], amount, time, discount, periods_per_year=periods_per_year)
        return value[None] / price - 1.0

    root, status = implicit_root(residual, jnp.zeros_like(price)[None])
    return root[0], status
