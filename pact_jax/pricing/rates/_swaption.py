"""European swaptions, settled by the swap or in cash at the par yield."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ._cap_floor import RateVol, rate_option_price


def swaption_present_value(
    forward_swap_rate: Float[Array, "..."],
    strike: Float[Array, "..."],
    expiry: Float[Array, "..."],
    vol: Float[Array, "..."],
    annuity: Float[Array, "..."],
    *,
    is_payer: Bool[Array, "..."],
    model: RateVol,
    displacement: float = 0.0,
) -> Float[Array, "..."]:
    """European swaption, per unit of notional.

    Args:
        forward_swap_rate: par rate of the underlying swap, per year.
        strike: fixed rate of the swap, per year.
        expiry: years to exercise.
        vol: volatility per square-root year.
        annuity: value of the fixed leg's accruals (physical settlement), or `par_yield_annuity` times the discount
            factor to expiry (cash settlement at the par yield).
        is_payer: true for the right to pay fixed.
        model: what the volatility means.
        displacement: shift of the lognormal model.

    Returns:
        Present value to the holder.

    Example:
        >>> one = jnp.asarray(1.0)
        >>> round(float(swaption_present_value(0.04 * one, 0.04 * one, one, 0.2 * one, 8.0 * one,
        ...     is_payer=jnp.asarray(True), model=RateVol.BLACK)), 9)
        0.025489816
    """
    return rate_option_price(
        forward_swap_rate, strike, expiry, vol, annuity, is_call=is_payer, model=model, displacement=displacement
    )


def par_yield_annuity(swap_rate: Float[Array, "..."], *, periods_per_year: int, periods: int) -> Float[Array, "..."]:
    r"""Annuity of a swap discounted at its own rate: $\sum_{i=1}^n \frac{1}{f} (1 + S/f)^{-i}$.

    Args:
        swap_rate: par rate S of the underlying swap, above -f.
        periods_per_year: fixed payments a year, f.
        periods: number of fixed payments, n.

    Returns:
        Annuity at expiry, in years.

    Example:
        >>> round(float(par_yield_annuity(jnp.asarray(0.0), periods_per_year=2, periods=10)), 9)
        5.0
    """
    # The geometric sum term by term: its closed form is 0/0 at a rate of 0.
    exponent = -jnp.arange(1.0, periods + 1.0).astype(swap_rate.dtype)
    growth = jnp.log1p(swap_rate / periods_per_year)
    return (
        jnp.sum(jnp.exp(growth[..., None] * exponent.reshape((1,) * swap_rate.ndim + (-1,))), axis=-1)
        / periods_per_year
    )
