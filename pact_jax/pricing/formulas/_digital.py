"""Digital options that are decided at expiry: cash or nothing, asset or nothing, and gap options."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas._black import _d1_d2, _log_moneyness
from pact_jax.special import normal_cdf


def cash_digital_price(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    total_vol: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    cash: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Pays a fixed amount if the underlying ends above (call) or below (put) the strike: `D cash N(w d2)`.

    At zero volatility it pays on the right side of the strike and one half exactly at the strike, with derivatives 0:
    the price jumps there, and a jump has no derivative.

    Args:
        forward: forward price, positive.
        strike: strike price; at or below 0 it is never crossed.
        total_vol: lognormal volatility times the square root of the time to expiry.
        discount_factor: discount factor to the payment date.
        cash: amount paid.
        is_call: true to pay above the strike, false below.

    Returns:
        Present value.

    Example:
        >>> round(float(cash_digital_price(100.0, 80.0, 0.35 * 0.75**0.5, 0.9559975, 10.0, False)), 4)
        2.671

    References:
        M. Rubinstein, E. Reiner, Unscrambling the binary code, Risk 4 (1991).
    """
    _, d2 = _d1_d2(_log_moneyness(forward, strike), total_vol)
    return discount_factor * cash * normal_cdf(jnp.where(is_call, 1.0, -1.0) * d2)


def asset_digital_price(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    total_vol: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Delivers one unit of the underlying if it ends above (call) or below (put) the strike: `D F N(w d1)`.

    Args:
        forward: forward price, positive.
        strike: strike price; at or below 0 it is never crossed.
        total_vol: lognormal volatility times the square root of the time to expiry.
        discount_factor: discount factor to the payment date.
        is_call: true to deliver above the strike, false below.

    Returns:
        Present value; at zero volatility as for `cash_digital_price`.

    Example:
        >>> round(float(asset_digital_price(70.7035, 65.0, 0.27 * 0.5**0.5, 0.9656054, False)), 3)
        20.207

    References:
        M. Rubinstein, E. Reiner, Unscrambling the binary code, Risk 4 (1991).
    """
    d1, _ = _d1_d2(_log_moneyness(forward, strike), total_vol)
    return discount_factor * forward * normal_cdf(jnp.where(is_call, 1.0, -1.0) * d1)


def gap_price(
    forward: Float[Array, "..."],
    trigger: Float[Array, "..."],
    strike: Float[Array, "..."],
    total_vol: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Pays underlying minus strike (a put: the reverse) if the underlying ends beyond the trigger; may be negative.

    Args:
        forward: forward price, positive.
        trigger: level that decides whether the option pays.
        strike: level that decides how much.
        total_vol: lognormal volatility times the square root of the time to expiry.
        discount_factor: discount factor to the payment date.
        is_call: true to pay above the trigger, false below.

    Returns:
        Present value; at zero volatility as for `cash_digital_price`.

    Example:
        >>> round(float(gap_price(52.3014, 50.0, 57.0, 0.2 * 0.5**0.5, 0.9559975, True)), 4)
        -0.0053

    References:
        M. Rubinstein, E. Reiner, Unscrambling the binary code, Risk 4 (1991).
    """
    sign = jnp.where(is_call, 1.0, -1.0)
    d1, d2 = _d1_d2(_log_moneyness(forward, trigger), total_vol)
    return discount_factor * sign * (forward * normal_cdf(sign * d1) - strike * normal_cdf(sign * d2))
