"""Black's formula in the fast form, with its derivatives."""

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Float

from pact_jax.special import mills_fraction, normal_pdf

# Beyond 40 standard deviations erfc is exactly 0 or 2 in both precisions: stands for infinity, but is safe in 0 * x.
_FAR = 40.0
# Beyond this many standard deviations even the exponential underflows.
_CERTAIN = 1e3
# Stands for no volatility at all: any rounding of a logarithm is far beyond it, in both precisions.
_POINT = 1e-30
# Total volatility at or below this is a certain outcome: its time value is below the rounding of the intrinsic value.
_NO_VOL = 1e-15
# Stands for log(forward / strike) of a strike at or below zero, which a lognormal forward never reaches.
_NO_STRIKE = 1e4


_Three = tuple[Float[Array, "..."], Float[Array, "..."], Float[Array, "..."]]


def safe_sqrt(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Square root that is 0 with derivative 0 for x <= 0 (the derivative of sqrt is infinite at 0).

    Args:
        x: any real number, for instance a time to expiry.

    Returns:
        sqrt(max(x, 0)).

    Example:
        >>> float(safe_sqrt(4.0)), float(jax.grad(safe_sqrt)(0.0))
        (2.0, 0.0)
    """
    live = jnp.logical_not(x <= 0.0)
    return jnp.where(live, jnp.sqrt(jnp.where(live, x, 1.0)), 0.0)


def _log_moneyness(forward: Float[Array, "..."], strike: Float[Array, "..."]) -> Float[Array, "..."]:
    # Written so that a NaN strike stays NaN.
    reachable = jnp.logical_not(strike <= 0.0)
    return jnp.where(reachable, jnp.log(forward / jnp.where(reachable, strike, 1.0)), _NO_STRIKE)


def _d1_d2(
    log_moneyness: Float[Array, "..."], total_vol: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    live = jnp.logical_not(total_vol <= _NO_VOL)
    vol = jnp.where(live, total_vol, 1.0)
    # A negative volatility is a fault in the data, not a certain outcome.
    certain = jnp.where(total_vol < 0.0, jnp.nan, _FAR * jnp.sign(log_moneyness))
    ratio = log_moneyness / vol
    return jnp.where(live, ratio + 0.5 * vol, certain), jnp.where(live, ratio - 0.5 * vol, certain)


@jax.custom_jvp
def _black(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    log_moneyness: Float[Array, "..."],
    total_vol: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    sign: Float[Array, "..."],
) -> Float[Array, "..."]:
    # Without volatility the ratio is as large as it gets, or 0: certain outcomes need no branch of their own.
    no_vol = total_vol <= _NO_VOL
    spread = jnp.where(no_vol, _POINT, total_vol)
    ratio = jnp.clip(log_moneyness / spread, -_CERTAIN, _CERTAIN)
    d1, d2 = ratio + 0.5 * total_vol, ratio - 0.5 * total_vol
    in1, in2 = sign * d1 > 0.0, sign * d2 > 0.0
    # N(x) = [x > 0] -+ phi(x) M(|x|) with Mills' ratio M, and forward * phi(d1) = strike * phi(d2): one exponential
    # and one division serve both probabilities, and far out of the money nothing cancels.
    p1, q1 = mills_fraction(jnp.minimum(jnp.abs(d1), _FAR))
    p2, q2 = mills_fraction(jnp.minimum(jnp.abs(d2), _FAR))
    tails = (jnp.where(in1, -p1, p1) * q2 - jnp.where(in2, -p2, p2) * q1) / (q1 * q2)
    intrinsic = jnp.where(in1, forward, 0.0) - jnp.where(in2, strike, 0.0)
    time_value = jnp.where(no_vol, 0.0, forward * normal_pdf(d1) * tails)
    # Rounding of two nearly equal terms may leave -1e-17; a NaN passes through the maximum.
    undiscounted = jnp.maximum(sign * (intrinsic + time_value), 0.0)
    # A negative volatility is a fault in the data, not a certain outcome.
    return discount_factor * jnp.where(total_vol < 0.0, jnp.nan, undiscounted)


@jax.custom_jvp
def _probabilities(
    d1: Float[Array, "..."], d2: Float[Array, "..."], ratio: Float[Array, "..."], sign: Float[Array, "..."]
) -> _Three:
    """N(w d1), N(w d2) and phi(d1) from one exponential, as phi(d2) = phi(d1) F / K."""
    density = normal_pdf(d1)
    return _beside(sign * d1, density), _beside(sign * d2, density * ratio), density


def _beside(x: Float[Array, "..."], density: Float[Array, "..."]) -> Float[Array, "..."]:
    """N(x) from phi(x). The division comes last: compilers keep the result of one, and compute what follows anew."""
    p, q = mills_fraction(jnp.minimum(jnp.abs(x), _FAR))
    tail = density * p
    return jnp.where(x > 0.0, q - tail, tail) / q


@_probabilities.defjvp
def _probabilities_jvp(
    primals: tuple[Float[Array, "..."], ...], tangents: tuple[Float[Array, "..."], ...]
) -> tuple[_Three, _Three]:
    d1, _, ratio, sign = primals
    upper, lower, density = _probabilities(*primals)
    along1, along2 = density * tangents[0], density * ratio * tangents[1]
    return (upper, lower, density), (sign * along1, sign * along2, -d1 * along1)


def _black_jvp(
    primals: tuple[Float[Array, "..."], ...], tangents: tuple[Float[Array, "..."] | SymbolicZero, ...]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    forward, strike, log_moneyness, total_vol, discount_factor, sign = primals
    live = jnp.logical_not(total_vol <= _NO_VOL)
    spread = jnp.where(live, total_vol, 1.0)
    # A negative volatility is a fault in the data, not a certain outcome.
    certain = jnp.where(total_vol < 0.0, jnp.nan, _FAR * jnp.sign(log_moneyness))
    d1 = jnp.where(live, log_moneyness + 0.5 * spread * spread, certain) / spread
    d2 = jnp.where(live, d1 - spread, certain)
    above = strike > 0.0
    ratio = jnp.where(above, forward, 1.0) / jnp.where(above, strike, 1.0)
    upper, lower, density = _probabilities(d1, d2, ratio, sign)
    forward_delta, strike_delta = sign * upper, sign * lower
    undiscounted = jnp.maximum(forward * forward_delta - strike * strike_delta, 0.0)
    price = discount_factor * undiscounted
    # forward * phi(d1) = strike * phi(d2), so the terms through d1 and d2 cancel, and with them every use of the
    # tangent of log_moneyness. The coefficients below still depend on it, which is where gamma comes from.
    terms = (
        (tangents[0], lambda: discount_factor * forward_delta),
        (tangents[1], lambda: -discount_factor * strike_delta),
        (tangents[3], lambda: discount_factor * forward * density),
        (tangents[4], lambda: forward * forward_delta - strike * strike_delta),
    )
    tangent = jnp.zeros_like(price)
    for direction, coefficient in terms:
        if not isinstance(direction, SymbolicZero):
            tangent = tangent + direction * coefficient()
    return price, tangent


_black.defjvp(_black_jvp, symbolic_zeros=True)


def black_price_log(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    log_moneyness: Float[Array, "..."],
    total_vol: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Black's formula with the logarithm supplied: for loops in which logs are known per asset and per contract.

    `D w [F N(w d1) - K N(w d2)]`, `d1,2 = log_moneyness / s +- s / 2`, `w = +1` for a call and `-1` for a put.
    Derivatives take `log_moneyness` to be log(F/K), as it must be: keep it a function of the same F and K when
    differentiating twice (gamma comes through it).

    Args:
        forward: forward price of the underlying at expiry, positive.
        strike: strike price, positive.
        log_moneyness: log(forward / strike), for instance `log_forward - log_strike` of hoisted logs.
        total_vol: lognormal volatility times the square root of the time to expiry.
        discount_factor: discount factor to the payment date.
        is_call: true for a call, false for a put.

    Returns:
        Present value of one unit of the contract.

    Example:
        >>> round(float(black_price_log(100.0, 100.0, 0.0, 0.2, 1.0, True)), 6)
        7.965567

    References:
        F. Black, The pricing of commodity contracts, J. Financial Economics 3 (1976).
    """
    return _black(forward, strike, log_moneyness, total_vol, discount_factor, jnp.where(is_call, 1.0, -1.0))


def black_price(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    total_vol: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Black's formula for a European option on a forward.

    `D w [F N(w d1) - K N(w d2)]`, `d1,2 = log(F/K) / s +- s / 2`, `w = +1` for a call and `-1` for a put.
    At zero total volatility the value is the discounted intrinsic value; there the first derivatives are those of
    `D max(w (F - K), 0)` (one half of each side at the strike; vega at the strike is its limit `D F / sqrt(2 pi)`, 0
    elsewhere) and second derivatives are 0. A strike at or below zero is never crossed by a lognormal forward, so
    the call is `D (F - K)` and the put 0. A negative volatility gives NaN, and so does a negative forward: use
    `bachelier_price` or `displaced_price`.

    Args:
        forward: forward price of the underlying at expiry, positive.
        strike: strike price.
        total_vol: lognormal volatility times the square root of the time to expiry, not negative.
        discount_factor: discount factor to the payment date.
        is_call: true for a call, false for a put.

    Returns:
        Present value of one unit of the contract.

    Example:
        >>> round(float(black_price(100.0, 100.0, 0.2, 1.0, True)), 6)
        7.965567

    References:
        F. Black, The pricing of commodity contracts, J. Financial Economics 3 (1976).
    """
    sign = jnp.where(is_call, 1.0, -1.0)
    return _black(forward, strike, _log_moneyness(forward, strike), total_vol, discount_factor, sign)
