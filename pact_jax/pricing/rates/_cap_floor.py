"""Caps and floors under lognormal, displaced lognormal and normal volatilities."""

import enum

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas import bachelier_price, displaced_price, safe_sqrt


class RateVol(enum.Enum):
    """What a quoted rate volatility means.

    `BLACK`: lognormal, of the rate plus a displacement (0 for plain Black). `BACHELIER`: normal, in absolute rate.
    """

    BLACK = "black"
    BACHELIER = "bachelier"


def rate_option_price(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    numeraire: Float[Array, "..."],
    *,
    is_call: Bool[Array, "..."],
    model: RateVol,
    displacement: Float[Array, "..."] | float = 0.0,
) -> Float[Array, "..."]:
    """European option on a rate, times the value of what it is paid on.

    Args:
        forward: forward rate, per year.
        strike: strike rate, per year.
        time: years to the fixing; at or below 0 the option is worth its intrinsic value.
        vol: volatility per square-root year, lognormal or absolute as the model says.
        numeraire: accrual times discount factor of a caplet, or annuity of a swaption.
        is_call: true for caplets and payer swaptions.
        model: what the volatility means.
        displacement: added to rate and strike under `BLACK`; not used under `BACHELIER`.

    Returns:
        Present value per unit of notional; NaN where forward plus displacement is negative under `BLACK`.

    Example:
        >>> one = jnp.asarray(1.0)
        >>> price = rate_option_price(
        ...     0.05 * one, 0.05 * one, one, 0.01 * one, one, is_call=jnp.asarray(True), model=RateVol.BACHELIER
        ... )
        >>> round(float(price), 9)
        0.003989423

    References:
        F. Black, The pricing of commodity contracts, J. Financial Economics 3 (1976).
    """
    total_vol = vol * safe_sqrt(time)
    if model is RateVol.BACHELIER:
        return bachelier_price(forward, strike, total_vol, numeraire, is_call)
    shift = jnp.asarray(displacement, forward.dtype)
    return displaced_price(forward, strike, total_vol, numeraire, shift, is_call)


def cap_floor_present_value(
    forward: Float[Array, "dates"],
    strike: Float[Array, ""],
    fixing_time: Float[Array, "dates"],
    vol: Float[Array, "dates"],
    accrual: Float[Array, "dates"],
    discount: Float[Array, "dates"],
    *,
    is_cap: Bool[Array, ""],
    model: RateVol,
    displacement: float = 0.0,
) -> Float[Array, ""]:
    """Cap or floor as the sum of its caplets or floorlets, per unit of notional.

    Args:
        forward: forward rate of each period; the fixed rate where the fixing time is not positive.
        strike: strike rate, per year.
        fixing_time: years to each fixing.
        vol: volatility of each caplet.
        accrual: year fraction of each period; 0 pads.
        discount: discount factor to each payment; 0 for payments already made.
        is_cap: true for a cap, false for a floor.
        model: what the volatility means.
        displacement: shift of the lognormal model.

    Returns:
        Present value to the holder.
    """
    strikes = jnp.full_like(forward, 1.0) * strike
    side = jnp.broadcast_to(is_cap, forward.shape)
    caplets = rate_option_price(
        forward, strikes, fixing_time, vol, accrual * discount, is_call=side, model=model, displacement=displacement
    )
    return jnp.sum(jnp.where(accrual == 0.0, 0.0, caplets))
