"""Implied volatility for whole arrays of quotes: a start within ten per cent, then three Halley steps.

Both models are solved for the out-of-the-money time value. With `f(z) = phi(z) / z - N(-z)`, the normal model is
`time value / |F - K| = f(|F - K| / s)`. The lognormal model behaves like it below the inflection of its price in
volatility, at `s_c = sqrt(2 |log(F/K)|)`, and like a reflected normal tail above; matching both ends of each branch
gives the start. Every step count is fixed, so a batch costs the same whatever its quotes.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, UInt32

from pact_jax.pricing.formulas._bachelier import bachelier_price
from pact_jax.pricing.formulas._black import black_price
from pact_jax.pricing.formulas._pricing_status import PricingStatus
from pact_jax.special import normal_cdf, normal_pdf

_SQRT_2PI = math.sqrt(2.0 * math.pi)
_SQRT_3 = math.sqrt(3.0)
# f(1) and N(-1 / sqrt 3): where the two starts for z meet.
_F_ONE = math.exp(-0.5) / _SQRT_2PI - 0.5 * math.erfc(math.sqrt(0.5))
_TAIL_ONE = 0.5 * math.erfc(1.0 / math.sqrt(6.0))
_HALLEY_STEPS = 3
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


def _normal_ratio(z: Float[Array, "..."]) -> Float[Array, "..."]:
    return normal_pdf(z) / z - normal_cdf(-z)


def _lower_quantile(p: Float[Array, "..."]) -> Float[Array, "..."]:
    """Rough -N^-1(p) for p <= 1/2, to 5e-4 and in proportion near p = 1/2: enough for a start, at half the price."""
    t = jnp.sqrt(-2.0 * jnp.log(p))
    top = 2.515517 + t * (0.802853 + t * 0.010328)
    far = t - top / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    w = _SQRT_2PI * (0.5 - p)
    return jnp.where(p > 0.3, w * (1.0 + w * w / 6.0), far)


def _normal_ratio_start(u: Float[Array, "..."]) -> Float[Array, "..."]:
    """Solve f(z) = u to nine per cent: f ~ N(-z / sqrt 3)^3 in the tail, 1/z + z/2 ~ sqrt(2 pi) (u + 1/2) near 0."""
    tail = _SQRT_3 * _lower_quantile(jnp.exp(jnp.log(jnp.minimum(u / _F_ONE, 1.0)) / 3.0) * _TAIL_ONE)
    level = _SQRT_2PI * (u + 0.5)
    near = 2.0 / (level + jnp.sqrt(jnp.maximum(level * level - 2.0, 0.0)))
    return jnp.where(u < _F_ONE, tail, near)


def _halley(value: Float[Array, "..."], first: Float[Array, "..."], second: Float[Array, "..."]) -> Float[Array, "..."]:
    newton = value / first
    return -newton / (1.0 - 0.5 * newton * second / first)


def _solve_normal_ratio(u: Float[Array, "..."]) -> Float[Array, "..."]:
    def body(_: int, z: Float[Array, "..."]) -> Float[Array, "..."]:
        density, inverse = normal_pdf(z), 1.0 / z
        ratio = density * inverse - normal_cdf(-z)
        # Where cancellation has left nothing, the price is already below resolution.
        positive = ratio > 0.0
        ratio = jnp.where(positive, ratio, u)
        first = -density * inverse * inverse / ratio
        second = density * inverse * (1.0 + 2.0 * inverse * inverse) / ratio - first * first
        # On log f, which is nearly quadratic in z.
        return jnp.where(positive, z + _halley(jnp.log(ratio / u), first, second), z)

    return jax.lax.fori_loop(0, _HALLEY_STEPS, body, _normal_ratio_start(u))


def _time_value(x: Float[Array, "..."], s: Float[Array, "..."]) -> Float[Array, "..."]:
    half = jnp.exp(0.5 * x)
    return half * normal_cdf(x / s + 0.5 * s) - normal_cdf(x / s - 0.5 * s) / half


def _solve_lognormal(value: Float[Array, "..."], x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Total volatility s with time value `value` (in units of sqrt(F K)) at log-moneyness x < 0."""
    bound = jnp.exp(0.5 * x)
    knee = jnp.sqrt(-2.0 * x)
    # Materialised here, as below: otherwise the compiler computes it anew for each of its readers.
    knee_value = jax.lax.optimization_barrier(_time_value(x, knee))
    low = value < knee_value
    ratio = jnp.where(low, value / knee_value, 1.0) * _normal_ratio(-x / knee)
    below = jax.lax.optimization_barrier(-x / _normal_ratio_start(jax.lax.optimization_barrier(ratio)))
    above = 2.0 * _lower_quantile((bound - value) / (bound - knee_value) * normal_cdf(-0.5 * knee))
    # Logarithm of the value below the knee, of the room left under the bound above it.
    target = jnp.where(low, value, bound - value)
    x2, inverse = x * x, 1.0 / bound

    def body(_: int, s: Float[Array, "..."]) -> Float[Array, "..."]:
        ratio, half = x / s, 0.5 * s
        price = bound * normal_cdf(ratio + half) - inverse * normal_cdf(ratio - half)
        vega = jnp.exp(-0.5 * (ratio * ratio + half * half)) / _SQRT_2PI
        curvature = x2 / (s * s * s) - 0.5 * half
        reached = jnp.where(low, price, bound - price)
        positive = reached > 0.0
        reached = jnp.where(positive, reached, target)
        slope = jnp.where(low, vega, -vega) / reached
        second = slope * (curvature - slope)
        # Below the knee log(price) is nearly linear in y = 1 / s^2: change the variable of both derivatives.
        to_y, y = -0.5 * s * s * s, 1.0 / (s * s)
        first_y = slope * to_y
        second_y = (second - first_y * 6.0 * y * y) * to_y * to_y
        error = jnp.log(reached / target)
        step = _halley(error, jnp.where(low, first_y, slope), jnp.where(low, second_y, second))
        new = jnp.where(low, jax.lax.rsqrt(jnp.maximum(y + step, 0.25 * y)), jnp.maximum(s + step, half))
        # Where rounding has left nothing to take the logarithm of, the price is already below resolution.
        return jnp.where(positive & jnp.isfinite(new), new, s)

    # A loop rather than three copies: unrolled, the compiler fuses them and computes each step many times over.
    return jax.lax.fori_loop(0, _HALLEY_STEPS, body, jnp.where(low, below, above))


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
    solved = _solve_lognormal(jnp.where(inside, value, 0.5 * jnp.exp(0.5 * x)), x)
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
    return jnp.where(inside, gap / _solve_normal_ratio(value / gap), 0.0)


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
        inside the start; the start and the transformed Halley steps are this library's.
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
