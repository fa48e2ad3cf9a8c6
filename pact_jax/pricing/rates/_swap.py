"""Linear rate and currency contracts on discount factors: deposits, FRAs, swaps, currency forwards.

One floating period pays its growth times the notional: `growth = P(start)/P(end) - 1` on the projection curve for a
forward-looking or compounded overnight rate still to come, or the rate times the accrual once it is fixed. A spread
adds `spread * accrual` to it. All values are per unit of notional.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def forward_growth(start_discount: Float[Array, "..."], end_discount: Float[Array, "..."]) -> Float[Array, "..."]:
    """Growth of one unit over a floating period, `P(start)/P(end) - 1`, on the projection curve."""
    return (start_discount - end_discount) / end_discount


def overnight_growth(
    fixing: Float[Array, "dates"],
    accrual: Float[Array, "dates"],
    now_discount: Float[Array, ""],
    end_discount: Float[Array, ""],
) -> Float[Array, ""]:
    """Growth over an overnight-indexed period that has begun: fixings compounded, then the curve.

    Args:
        fixing: overnight rates published so far, per year; 0 pads.
        accrual: year fraction that each of them earns; 0 pads.
        now_discount: overnight curve's discount factor to the end of the last fixing's day.
        end_discount: its discount factor to the end of the period.

    Returns:
        `prod(1 + r_i tau_i) P(now)/P(end) - 1`.

    Example:
        >>> rates, days = jnp.full(2, 0.036), jnp.full(2, 1 / 360)
        >>> round(float(overnight_growth(rates, days, jnp.asarray(1.0), jnp.asarray(1.0))), 9)
        0.00020001
    """
    # Summed logs keep the digits of small overnight growth.
    return jnp.expm1(jnp.sum(jnp.log1p(fixing * accrual)) + jnp.log(now_discount / end_discount))


def annuity(accrual: Float[Array, "dates"], discount: Float[Array, "dates"]) -> Float[Array, ""]:
    """Value of one per year paid on the dates of a leg; 0 accruals pad."""
    return jnp.sum(accrual * discount)


def deposit_present_value(
    rate: Float[Array, "..."],
    accrual: Float[Array, "..."],
    start_discount: Float[Array, "..."],
    end_discount: Float[Array, "..."],
) -> Float[Array, "..."]:
    """Deposit made at the start and repaid with interest at the end, to the depositor.

    `(1 + r tau) P(end) - P(start)`; a start discount of 0 stands for a deposit already made.
    """
    return (1.0 + rate * accrual) * end_discount - start_discount


def fra_present_value(
    fixed_rate: Float[Array, "..."],
    forward_rate: Float[Array, "..."],
    accrual: Float[Array, "..."],
    start_discount: Float[Array, "..."],
) -> Float[Array, "..."]:
    r"""Forward rate agreement settled at the start of its period, to the payer of the fixed rate.

    $P(s)\,\tau (F - K)/(1 + F \tau)$. With different projection and discount curves this neglects the convexity between
    their rates, which is of the order of the variance of their basis.

    Args:
        fixed_rate: contract rate K, per year.
        forward_rate: forward rate F of the period, per year.
        accrual: year fraction of the period.
        start_discount: discount factor to the start of the period, when it settles.

    Returns:
        Present value per unit of notional.

    Example:
        >>> value = fra_present_value(jnp.asarray(0.03), jnp.asarray(0.04), jnp.asarray(0.25), jnp.asarray(0.98))
        >>> round(float(value), 9)
        0.002425743
    """
    return start_discount * accrual * (forward_rate - fixed_rate) / (1.0 + forward_rate * accrual)


def swap_par_rate(
    fixed_accrual: Float[Array, "dates"],
    fixed_discount: Float[Array, "dates"],
    float_growth: Float[Array, "float_dates"],
    float_discount: Float[Array, "float_dates"],
) -> Float[Array, ""]:
    """Fixed rate at which a vanilla or overnight-indexed swap is worth nothing.

    Args:
        fixed_accrual: year fractions of the fixed leg; 0 pads.
        fixed_discount: discount factors to its payments.
        float_growth: growth of each floating period, spread included; 0 pads.
        float_discount: discount factors to the floating payments.

    Returns:
        Fair fixed rate, per year.

    Example:
        >>> discounts = jnp.exp(-0.03 * jnp.asarray([1.0, 2.0]))
        >>> growth = jnp.full(2, jnp.expm1(0.03))
        >>> round(float(swap_par_rate(jnp.ones(2), discounts, growth, discounts)), 9)
        0.030454534
    """
    return jnp.sum(float_growth * float_discount) / annuity(fixed_accrual, fixed_discount)


def swap_present_value(
    fixed_rate: Float[Array, ""],
    fixed_accrual: Float[Array, "dates"],
    fixed_discount: Float[Array, "dates"],
    float_growth: Float[Array, "float_dates"],
    float_discount: Float[Array, "float_dates"],
    *,
    is_payer: Bool[Array, ""],
) -> Float[Array, ""]:
    """Vanilla or overnight-indexed swap, per unit of notional.

    Args:
        fixed_rate: contract rate, per year.
        fixed_accrual: year fractions of the fixed leg; 0 pads.
        fixed_discount: discount factors to its payments; 0 for payments already made.
        float_growth: growth of each floating period, spread included; 0 pads.
        float_discount: discount factors to the floating payments; 0 for payments already made.
        is_payer: true if the fixed rate is paid.

    Returns:
        Present value to the payer or receiver of the fixed rate.
    """
    value = jnp.sum(float_growth * float_discount) - fixed_rate * annuity(fixed_accrual, fixed_discount)
    return jnp.where(is_payer, value, -value)


def fx_forward_rate(
    spot: Float[Array, "..."], base_discount: Float[Array, "..."], quote_discount: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Outright forward of a currency pair, `S P_base/P_quote` (quote currency per unit of base).

    Args:
        spot: quote currency per unit of base currency, for value at the curves' start.
        base_discount: base currency's discount factor to delivery.
        quote_discount: quote currency's discount factor to delivery.

    Returns:
        Forward rate, in the units of the spot.
    """
    return spot * base_discount / quote_discount


def fx_forward_present_value(
    spot: Float[Array, "..."],
    strike: Float[Array, "..."],
    base_discount: Float[Array, "..."],
    quote_discount: Float[Array, "..."],
) -> Float[Array, "..."]:
    """Purchase of one unit of base currency forward at the strike, in quote currency: `S P_base - K P_quote`.

    Example:
        >>> one = jnp.asarray(1.0)
        >>> round(float(fx_forward_present_value(1.1 * one, 1.08 * one, 0.99 * one, 0.97 * one)), 6)
        0.0414
    """
    return spot * base_discount - strike * quote_discount
