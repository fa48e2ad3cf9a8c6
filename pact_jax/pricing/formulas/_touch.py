"""Touch digitals: a fixed amount or one unit of the underlying, if a barrier is touched or if it never is."""

# pyright: reportArgumentType=false, reportCallIssue=false
# Bare Python numbers and flags stand for arrays here: they broadcast and stay weakly typed.

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas._barrier import _certain_hit, _hit_discount, _hit_probability, _image, _path
from pact_jax.special import normal_cdf


def one_touch_price(
    spot: Float[Array, "..."],
    barrier: Float[Array, "..."],
    cash: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    rate: Float[Array, "..."],
    dividend_yield: Float[Array, "..."],
    is_up: Bool[Array, "..."],
    at_hit: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Fixed amount paid if the spot touches a barrier before expiry, at the touch or at expiry.

    Asset or nothing at the touch is this with `cash = barrier`.

    Args:
        spot: spot price, positive; at or beyond the barrier the amount is certain.
        barrier: barrier level, positive.
        cash: amount paid.
        time: year fraction to expiry.
        vol: volatility per square-root year.
        rate: continuously compounded rate; see `barrier_price` for very negative rates and payment at the touch.
        dividend_yield: continuous yield.
        is_up: true for a barrier above the spot, false below.
        at_hit: true to pay at the touch, false at expiry.

    Returns:
        Present value.

    Example:
        >>> round(float(one_touch_price(105.0, 100.0, 15.0, 0.5, 0.2, 0.1, 0.0, False, True)), 4)
        9.7264

    References:
        M. Rubinstein, E. Reiner, Unscrambling the binary code, Risk 4 (1991).
    """
    path = _path(spot, barrier, time, vol, rate, dividend_yield, is_up)
    reaches, certain_discount = _certain_hit(path, time, rate)
    paid_now = jnp.where(path.live, _hit_discount(path, vol, rate), reaches * certain_discount)
    paid_late = path.discount_factor * jnp.where(path.live, _hit_probability(path), reaches)
    paid_now = jnp.where(path.touched, 1.0, paid_now)
    paid_late = jnp.where(path.touched, path.discount_factor, paid_late)
    return cash * jnp.where(at_hit, paid_now, paid_late)


def no_touch_price(
    spot: Float[Array, "..."],
    barrier: Float[Array, "..."],
    cash: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    rate: Float[Array, "..."],
    dividend_yield: Float[Array, "..."],
    is_up: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Fixed amount paid at expiry if the spot never touches a barrier: the bond less the one-touch paid at expiry.

    Args:
        spot: spot price, positive; at or beyond the barrier the value is 0.
        barrier: barrier level, positive.
        cash: amount paid.
        time: year fraction to expiry.
        vol: volatility per square-root year.
        rate: continuously compounded rate.
        dividend_yield: continuous yield.
        is_up: true for a barrier above the spot, false below.

    Returns:
        Present value.

    Example:
        >>> round(float(no_touch_price(105.0, 100.0, 15.0, 0.5, 0.2, 0.1, 0.0, False)), 4)
        4.9081

    References:
        M. Rubinstein, E. Reiner, Unscrambling the binary code, Risk 4 (1991).
    """
    touch = one_touch_price(spot, barrier, cash, time, vol, rate, dividend_yield, is_up, False)
    return cash * jnp.exp(-rate * jnp.maximum(time, 0.0)) - touch


def asset_touch_price(
    spot: Float[Array, "..."],
    barrier: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    rate: Float[Array, "..."],
    dividend_yield: Float[Array, "..."],
    is_up: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """One unit of the underlying delivered at expiry if the spot touches a barrier before.

    Args:
        spot: spot price, positive.
        barrier: barrier level, positive.
        time: year fraction to expiry.
        vol: volatility per square-root year.
        rate: continuously compounded rate.
        dividend_yield: continuous yield.
        is_up: true for a barrier above the spot, false below.

    Returns:
        Present value; `spot exp(-dividend_yield time)` less this is the no-touch.

    Example:
        >>> round(float(asset_touch_price(95.0, 100.0, 0.5, 0.2, 0.1, 0.0, True)), 4)
        77.7017

    References:
        M. Rubinstein, E. Reiner, Unscrambling the binary code, Risk 4 (1991).
    """
    path = _path(spot, barrier, time, vol, rate, dividend_yield, is_up)
    s, eta = path.total_vol, path.sign
    # Under the measure of the asset the drift gains one variance: mu + 1 in place of mu.
    direct = normal_cdf(eta * (path.log_barrier / s - (path.mu + 1.0) * s))
    image = _image(2.0 * (path.mu + 1.0), eta * (path.log_barrier / s + (path.mu + 1.0) * s), path)
    reaches, _ = _certain_hit(path, time, rate)
    share = jnp.where(path.live, direct + image, reaches)
    return path.discount_factor * path.forward * jnp.where(path.touched, 1.0, share)
