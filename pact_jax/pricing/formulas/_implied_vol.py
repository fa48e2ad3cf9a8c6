"""Implied volatility for whole arrays of quotes: a status for each, derivatives by the implicit function."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, UInt32

from pact_jax.pricing.formulas._bachelier import bachelier_price
from pact_jax.pricing.formulas._black import black_price
from pact_jax.pricing.formulas._pricing_status import PricingStatus
from pact_jax.pricing.formulas._total_vol import lognormal_total_vol, normal_ratio_root

# Units of rounding: a smaller log-moneyness is treated as this one, and the price moves by half of it.
_AT_THE_MONEY = 8.0


class ImpliedVol(NamedTuple):
    """Implied volatility per square-root year, NaN where the status is not 0.

    Attributes:
        vol: volatility, so that the model gives back the quoted price.
        status: a `PricingStatus`: OK, BELOW_INTRINSIC, ABOVE_MAXIMUM or BAD_INPUT.
    """

    vol: Float[Array, "..."]
    status: UInt32[Array, "..."]


@jax.custom_jvp
def _black_total_vol(
    price: Float[Array, "..."],
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    sign: Float[Array, "..."],
) -> Float[Array, "..."]:
    scale = jnp.sqrt(forward * strike)
    value = (price / discount_factor - jnp.maximum(sign * (forward - strike), 0.0)) / scale
    x = -jnp.maximum(jnp.abs(jnp.log(forward / strike)), _AT_THE_MONEY * jnp.finfo(price.dtype).eps)
    inside = (value > 0.0) & (value < jnp.exp(0.5 * x))
    solved = lognormal_total_vol(jnp.where(inside, value, 0.5 * jnp.exp(0.5 * x)), x)
    return jnp.where(inside, solved, 0.0)


@jax.custom_jvp
def _bachelier_total_vol(
    price: Float[Array, "..."],
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    sign: Float[Array, "..."],
) -> Float[Array, "..."]:
    excess = forward - strike
    value = price / discount_factor - jnp.maximum(sign * excess, 0.0)
    inside = value > 0.0
    value = jnp.where(inside, value, 1.0)
    # At the money s = sqrt(2 pi) value; so close to it that the ratio overflows, the same to rounding.
    gap = jnp.maximum(jnp.abs(excess), _AT_THE_MONEY * jnp.finfo(price.dtype).eps * value)
    return jnp.where(inside, gap / normal_ratio_root(value / gap), 0.0)


def _implicit_jvp(
    solve: Callable[..., Float[Array, "..."]], model: Callable[..., Float[Array, "..."]]
) -> Callable[..., tuple[Float[Array, "..."], Float[Array, "..."]]]:
    """Implicit-function theorem: the model's price at the solution moves with the quote."""

    def rule(
        primals: tuple[Float[Array, "..."], ...], tangents: tuple[Float[Array, "..."], ...]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        _, forward, strike, discount_factor, sign = primals
        total_vol = solve(*primals)
        is_call = sign > 0.0
        at_fixed_vol = jax.jvp(
            lambda f, k, d: model(f, k, total_vol, d, is_call), (forward, strike, discount_factor), tangents[1:4]
        )[1]
        vega = jax.jvp(
            lambda s: model(forward, strike, s, discount_factor, is_call), (total_vol,), (jnp.ones_like(total_vol),)
        )[1]
        live = vega > 0.0
        return total_vol, jnp.where(live, (tangents[0] - at_fixed_vol) / jnp.where(live, vega, 1.0), 0.0)

    return rule


_black_total_vol.defjvp(_implicit_jvp(_black_total_vol, black_price))
_bachelier_total_vol.defjvp(_implicit_jvp(_bachelier_total_vol, bachelier_price))


def _finish(
    total_vol: Float[Array, "..."],
    excess: Float[Array, "..."],
    room: Float[Array, "..."],
    resolution: Float[Array, "..."],
    bad: Bool[Array, "..."],
    time: Float[Array, "..."],
) -> ImpliedVol:
    status = jnp.where(excess < -resolution, PricingStatus.BELOW_INTRINSIC.value, PricingStatus.OK.value)
    status = jnp.where(room <= 0.0, PricingStatus.ABOVE_MAXIMUM.value, status)
    status = jnp.where(bad, PricingStatus.BAD_INPUT.value, status).astype(jnp.uint32)
    vol = total_vol / jnp.sqrt(jnp.where(bad, 1.0, time))
    return ImpliedVol(jnp.where(status == 0, vol, jnp.nan), status)


def implied_black_vol(
    price: Float[Array, "..."],
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    time: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> ImpliedVol:
    """Volatility at which `black_price` gives back a quoted price, with its derivatives by the implicit function.

    A price at its intrinsic value to rounding gives volatility 0 with derivative 0. In float64 the price is given back
    to about 1e-15 of `sqrt(forward * strike)`. For a displaced model add the displacement to forward and strike.

    Args:
        price: quoted present value of one unit.
        forward: forward price, positive.
        strike: strike price, positive.
        time: year fraction to expiry, positive.
        discount_factor: discount factor to payment, positive.
        is_call: true for a call, false for a put.

    Returns:
        Volatility and status for each quote.

    Example:
        >>> quote = implied_black_vol(7.965567455405804, 100.0, 100.0, 1.0, 1.0, True)
        >>> round(float(quote.vol), 12), int(quote.status)
        (0.2, 0)

    References:
        P. Jaeckel, Let's be rational, Wilmott (2015), for the normalisation and the branch at the inflection;
        Abramowitz and Stegun (1964), 26.2.23,
        inside the start; A. S. Householder, The numerical treatment of a single nonlinear equation (1970), for the
        step. The start and the steps on Mills' ratio are this library's.
    """
    price, forward, strike, time, discount_factor = _floats(price, forward, strike, time, discount_factor)
    bad = ~(jnp.isfinite(price) & (forward > 0.0) & (strike > 0.0) & (time > 0.0) & (discount_factor > 0.0))
    bad = bad | ~jnp.isfinite(forward * strike * time * discount_factor)
    one = jnp.ones_like(price)
    price, forward, strike, discount_factor = (
        jnp.where(bad, one, value) for value in (price, forward, strike, discount_factor)
    )
    sign = jnp.where(is_call, one, -one)
    excess = price / discount_factor - jnp.maximum(sign * (forward - strike), 0.0)
    room = jnp.where(is_call, forward, strike) - price / discount_factor
    total_vol = _black_total_vol(price, forward, strike, discount_factor, sign)
    resolution = 8.0 * jnp.finfo(price.dtype).eps * (forward + strike)
    return _finish(total_vol, excess, room, resolution, bad, time)


def implied_bachelier_vol(
    price: Float[Array, "..."],
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    time: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> ImpliedVol:
    """Normal (absolute) volatility at which `bachelier_price` gives back a quoted price.

    Args:
        price: quoted present value of one unit.
        forward: forward price or rate, of any sign.
        strike: strike, of any sign.
        time: year fraction to expiry, positive.
        discount_factor: discount factor or annuity, positive.
        is_call: true for a call, false for a put.

    Returns:
        Volatility and status for each quote; there is no upper bound in this model.

    Example:
        >>> quote = implied_bachelier_vol(7.978845608028654, 100.0, 100.0, 4.0, 1.0, True)
        >>> round(float(quote.vol), 12), int(quote.status)
        (10.0, 0)

    References:
        P. Jaeckel, Implied normal volatility, Wilmott (2017), for the ratio that is inverted.
    """
    price, forward, strike, time, discount_factor = _floats(price, forward, strike, time, discount_factor)
    bad = ~(jnp.isfinite(price * forward * strike * time * discount_factor) & (time > 0.0) & (discount_factor > 0.0))
    one = jnp.ones_like(price)
    price, forward, strike, discount_factor = (
        jnp.where(bad, one, value) for value in (price, forward, strike, discount_factor)
    )
    sign = jnp.where(is_call, one, -one)
    excess = price / discount_factor - jnp.maximum(sign * (forward - strike), 0.0)
    total_vol = _bachelier_total_vol(price, forward, strike, discount_factor, sign)
    resolution = 8.0 * jnp.finfo(price.dtype).eps * (jnp.abs(forward) + jnp.abs(strike))
    return _finish(total_vol, excess, one, resolution, bad, time)


def _floats(*values: Float[Array, "..."]) -> tuple[Float[Array, "..."], ...]:
    dtype = jnp.result_type(*values)
    return tuple(jnp.broadcast_arrays(*(jnp.asarray(value, dtype) for value in values)))
