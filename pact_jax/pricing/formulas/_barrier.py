"""Single-barrier options with rebate, watched continuously, and the touch digitals they are made of.

Everything is written with forwards of the spot and a constant volatility, rate and yield. The image terms
`(H/S)^p N(y)` overflow one factor while the other underflows, so they are taken as `exp(p log(H/S) - y^2/2) M(-y)`,
with Mills' ratio M.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas._black import black_price, safe_sqrt
from pact_jax.special import mills_fraction

_NO_VOL = 1e-9
_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)


class _Path(NamedTuple):
    """What every barrier formula shares; `sign` is +1 for a barrier below the spot and -1 above."""

    spot: Float[Array, "..."]
    barrier: Float[Array, "..."]
    total_vol: Float[Array, "..."]
    log_barrier: Float[Array, "..."]
    mu: Float[Array, "..."]
    carry: Float[Array, "..."]
    discount_factor: Float[Array, "..."]
    forward: Float[Array, "..."]
    touched: Bool[Array, "..."]
    live: Bool[Array, "..."]
    sign: Float[Array, "..."]


def _path(
    spot: Float[Array, "..."],
    barrier: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    rate: Float[Array, "..."],
    dividend_yield: Float[Array, "..."],
    is_up: Bool[Array, "..."],
) -> _Path:
    sign = jnp.where(is_up, -1.0, 1.0)
    years = jnp.maximum(time, 0.0)
    carry = rate - dividend_yield
    total = vol * safe_sqrt(time)
    # Written so that a NaN stays NaN; a negative volatility is a fault and becomes one.
    live = jnp.logical_not((total <= _NO_VOL) & (vol >= 0.0))
    # Inside the formulas a dead or touched lane gets harmless numbers, so that its derivatives stay finite.
    total_vol = jnp.where(live, jnp.where(vol < 0.0, jnp.nan, total), 1.0)
    safe_vol = jnp.where(live, vol, 1.0)
    touched = sign * (spot - barrier) <= 0.0
    log_barrier = jnp.where(touched, 0.0, jnp.log(barrier / spot))
    return _Path(
        spot=spot,
        barrier=barrier,
        total_vol=total_vol,
        log_barrier=log_barrier,
        mu=(carry - 0.5 * safe_vol * safe_vol) / (safe_vol * safe_vol),
        carry=carry,
        discount_factor=jnp.exp(-rate * years),
        forward=spot * jnp.exp(carry * years),
        touched=touched,
        live=live,
        sign=sign,
    )


def _image(power: Float[Array, "..."], point: Float[Array, "..."], path: _Path) -> Float[Array, "..."]:
    return _scaled_cdf(power * path.log_barrier, point)


def _cdf(x: Float[Array, "..."]) -> Float[Array, "..."]:
    # By the same ratio, which the compiler keeps in registers, where the error function makes passes over memory.
    return _scaled_cdf(jnp.zeros_like(x), x)


@jax.custom_jvp
def _scaled_cdf(log_scale: Float[Array, "..."], x: Float[Array, "..."]) -> Float[Array, "..."]:
    """`exp(a) N(x)`, finite wherever the product is: far out the scale is huge and the probability tiny."""
    # Mills' ratio: N(-x) = phi(x) M(x), and phi takes the scale into its exponent. Beyond its domain the fit tends to
    # 1 / x, within 1e-12; the bound only keeps its powers finite.
    p, q = mills_fraction(jnp.minimum(jnp.abs(x), 1e6 if jnp.finfo(x.dtype).bits == 64 else 2e3))
    tail = _INV_SQRT_2PI * jnp.exp(log_scale - 0.5 * x * x) * p / q
    inside = x > 0.0
    return jnp.where(inside, jnp.exp(jnp.where(inside, log_scale, 0.0)) - tail, tail)


@_scaled_cdf.defjvp
def _scaled_cdf_jvp(
    primals: tuple[Float[Array, "..."], Float[Array, "..."]], tangents: tuple[Float[Array, "..."], Float[Array, "..."]]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    log_scale, x = primals
    value = _scaled_cdf(log_scale, x)
    density = _INV_SQRT_2PI * jnp.exp(log_scale - 0.5 * x * x)
    return value, value * tangents[0] + density * tangents[1]


def _terms(
    path: _Path, strike: Float[Array, "..."], level: Float[Array, "..."], payoff_sign: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """The direct and the image value of the payoff `w (S - K)` on the far side of `level`, undiscounted."""
    s, w, eta = path.total_vol, payoff_sign, path.sign
    drift = (1.0 + path.mu) * s
    x = jnp.log(path.spot / level) / s + drift
    direct = w * (path.forward * _cdf(w * x) - strike * _cdf(w * (x - s)))
    y = (2.0 * path.log_barrier + jnp.log(path.spot / level)) / s + drift
    up = path.forward * _image(2.0 * (path.mu + 1.0), eta * y, path)
    image = w * (up - strike * _image(2.0 * path.mu, eta * (y - s), path))
    return direct, image


def _knock_in(path: _Path, strike: Float[Array, "..."], is_call: Bool[Array, "..."]) -> Float[Array, "..."]:
    """Undiscounted value of the option that starts to live at the barrier, before it is touched."""
    w = jnp.where(is_call, 1.0, -1.0)
    safe_strike = jnp.where(strike > 0.0, strike, 1e-30 * path.spot)
    at_strike, image_at_strike = _terms(path, strike, safe_strike, w)
    at_barrier, image_at_barrier = _terms(path, strike, path.barrier, w)
    beyond = w * (strike - path.barrier) >= 0.0
    # A call with the barrier below, or a put with it above, needs to come back to pay.
    returns = jnp.where(beyond, image_at_strike, at_strike - at_barrier + image_at_barrier)
    crosses = jnp.where(beyond, at_strike, at_barrier - image_at_strike + image_at_barrier)
    return jnp.where(w * path.sign > 0.0, returns, crosses)


def _hit_probability(path: _Path) -> Float[Array, "..."]:
    """Risk-neutral probability of touching before expiry, spot not yet beyond the barrier."""
    s, eta = path.total_vol, path.sign
    direct = _cdf(eta * (path.log_barrier / s - path.mu * s))
    return direct + _image(2.0 * path.mu, eta * (path.log_barrier / s + path.mu * s), path)


def _hit_discount(path: _Path, vol: Float[Array, "..."], rate: Float[Array, "..."]) -> Float[Array, "..."]:
    """Value of one unit paid at the moment of touching, spot not yet beyond the barrier."""
    s, eta = path.total_vol, path.sign
    safe_vol = jnp.where(path.live, vol, 1.0)
    square = path.mu * path.mu + 2.0 * rate / (safe_vol * safe_vol)
    real = square > 0.0
    root = jnp.sqrt(jnp.where(real, square, 1.0))
    z = path.log_barrier / s + root * s
    value = _image(path.mu + root, eta * z, path) + _image(path.mu - root, eta * (z - 2.0 * root * s), path)
    return jnp.where(real, value, jnp.where(square == 0.0, _hit_probability(path), jnp.nan))


def _certain_hit(
    path: _Path, time: Float[Array, "..."], rate: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """One if the path without volatility touches, else zero, and the discount factor to that moment."""
    reaches = path.touched | (path.sign * (path.forward - path.barrier) <= 0.0)
    moving = jnp.abs(path.carry) > 1e-300
    when = jnp.where(moving, path.log_barrier / jnp.where(moving, path.carry, 1.0), 0.0)
    return jnp.where(reaches, 1.0, 0.0), jnp.exp(-rate * jnp.clip(when, 0.0, jnp.maximum(time, 0.0)))


def barrier_price(
    spot: Float[Array, "..."],
    strike: Float[Array, "..."],
    barrier: Float[Array, "..."],
    rebate: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    rate: Float[Array, "..."],
    dividend_yield: Float[Array, "..."],
    is_call: Bool[Array, "..."],
    is_up: Bool[Array, "..."],
    is_in: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """European option that starts (in) or ends (out) when the spot touches a barrier, watched continuously.

    The rebate is paid at the touch for an out option and at expiry for an in option that was never touched. A spot at
    or beyond the barrier counts as touched now: the in option is then the vanilla, the out option the rebate. Without
    volatility the path is certain and so is the value; derivatives there are those of that path.

    Args:
        spot: spot price, positive.
        strike: strike price.
        barrier: barrier level, positive.
        rebate: amount paid if the option ends without ever having lived to expiry; not negative.
        time: year fraction to expiry.
        vol: volatility per square-root year.
        rate: continuously compounded rate. For an out option with a rebate, below
            `-(rate - dividend_yield - vol^2/2)^2 / (2 vol^2)` the closed form has no real value: NaN.
        dividend_yield: continuous yield.
        is_call: true for a call, false for a put.
        is_up: true for a barrier above the spot, false below.
        is_in: true for knock-in, false for knock-out.

    Returns:
        Present value of one unit of the contract.

    Example:
        >>> round(float(barrier_price(100.0, 90.0, 95.0, 3.0, 0.5, 0.25, 0.08, 0.04, True, False, False)), 4)
        9.0246

    References:
        M. Rubinstein, E. Reiner, Breaking down the barriers, Risk 4 (1991); E. G. Haug, The Complete Guide to Option
        Pricing Formulas, 2nd ed. (2007), 4.17.1.
    """
    path = _path(spot, barrier, time, vol, rate, dividend_yield, is_up)
    total = jnp.where(path.live, path.total_vol, 0.0)
    vanilla = black_price(path.forward, strike, total, path.discount_factor, is_call)
    reaches, certain_discount = _certain_hit(path, time, rate)
    knocked_in = jnp.where(path.live, path.discount_factor * _knock_in(path, strike, is_call), reaches * vanilla)
    hit = jnp.where(path.live, _hit_probability(path), reaches)
    # No rebate, no discount to the touch: keeps its NaN for very negative rates out of contracts that pay none.
    paid = jnp.where(path.live, _hit_discount(path, vol, rate), reaches * certain_discount)
    rebate_out = jnp.where(rebate == 0.0, 0.0, rebate * jnp.where(rebate == 0.0, 1.0, paid))
    value_in = jnp.where(path.touched, vanilla, knocked_in + rebate * path.discount_factor * (1.0 - hit))
    value_out = jnp.where(path.touched, rebate, jnp.maximum(vanilla - knocked_in, 0.0) + rebate_out)
    return jnp.where(is_in, value_in, value_out)
