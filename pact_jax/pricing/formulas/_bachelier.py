"""Options on a forward that may be zero or negative: Bachelier's normal model and the displaced lognormal one."""

import math

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas._black import black_price
from pact_jax.special import normal_cdf, normal_pdf

_FAR = 40.0
_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)


def _score(excess: Float[Array, "..."], total_vol: Float[Array, "..."]) -> Float[Array, "..."]:
    """Moneyness in standard deviations; infinite (40) with the sign of the excess where there is no volatility."""
    live = jnp.logical_not(total_vol <= 0.0)
    ratio = excess / jnp.where(live, total_vol, 1.0)
    # A negative volatility is a fault in the data, not a certain outcome.
    certain = jnp.where(total_vol < 0.0, jnp.nan, _FAR * jnp.sign(excess))
    return jnp.where(live, jnp.clip(ratio, -_FAR, _FAR), certain)


@jax.custom_jvp
def _bachelier(
    excess: Float[Array, "..."], total_vol: Float[Array, "..."], discount_factor: Float[Array, "..."]
) -> Float[Array, "..."]:
    score = _score(excess, total_vol)
    # Far out of the money the two terms cancel to about d^-2 of their size, which costs as many digits: harmless.
    return discount_factor * jnp.maximum(excess * normal_cdf(score) + total_vol * normal_pdf(score), 0.0)


def _bachelier_jvp(
    primals: tuple[Float[Array, "..."], ...], tangents: tuple[Float[Array, "..."] | SymbolicZero, ...]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    excess, total_vol, discount_factor = primals
    score = _score(excess, total_vol)
    delta, density = normal_cdf(score), normal_pdf(score)
    undiscounted = excess * delta + total_vol * density
    price = discount_factor * jnp.maximum(undiscounted, 0.0)
    tangent = jnp.zeros_like(price)
    for direction, coefficient in zip(
        tangents, (discount_factor * delta, discount_factor * density, undiscounted), strict=True
    ):
        if not isinstance(direction, SymbolicZero):
            tangent = tangent + direction * coefficient
    return price, tangent


_bachelier.defjvp(_bachelier_jvp, symbolic_zeros=True)


def bachelier_price(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    total_vol: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """European option on a normally distributed forward.

    `D [w (F - K) N(w d) + s phi(d)]`, `d = (F - K) / s`, `w = +1` for a call and `-1` for a put. At zero volatility
    the value is the discounted intrinsic value, with first derivatives one half of each side at the strike.

    Args:
        forward: forward price or rate, of any sign.
        strike: strike, of any sign.
        total_vol: normal (absolute) volatility times the square root of the time to expiry, not negative.
        discount_factor: discount factor, or annuity, that multiplies the payoff.
        is_call: true for a call, false for a put.

    Returns:
        Present value of one unit of the contract.

    Example:
        >>> round(float(bachelier_price(100.0, 100.0, 20.0, 1.0, True)), 6)
        7.978846

    References:
        L. Bachelier, Theorie de la speculation, Ann. Sci. Ecole Norm. Sup. 17 (1900).
    """
    excess = jnp.where(is_call, 1.0, -1.0) * (forward - strike)
    return _bachelier(excess, total_vol, discount_factor)


def displaced_price(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    total_vol: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    displacement: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """European option on a forward whose sum with a displacement is lognormal: Black on `F + b`, `K + b`.

    Args:
        forward: forward price or rate above `-displacement`; NaN below.
        strike: strike; at or below `-displacement` it is never crossed.
        total_vol: volatility of the shifted forward times the square root of the time to expiry.
        discount_factor: discount factor, or annuity, that multiplies the payoff.
        displacement: shift b, in units of the forward; 0 is Black's model.
        is_call: true for a call, false for a put.

    Returns:
        Present value of one unit of the contract.

    Example:
        >>> round(float(displaced_price(-0.002, 0.0, 0.2, 1.0, 0.03, True)), 8)
        0.00144559

    References:
        M. Rubinstein, Displaced diffusion option pricing, J. Finance 38 (1983).
    """
    return black_price(forward + displacement, strike + displacement, total_vol, discount_factor, is_call)
