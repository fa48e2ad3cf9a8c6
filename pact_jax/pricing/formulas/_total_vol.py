"""Total volatility from a time value: a start within nine per cent, then two Householder steps of fourth order.

Both models are solved for the out-of-the-money time value. With `f(z) = phi(z) / z - N(-z)`, the normal model is
`time value / |F - K| = f(|F - K| / s)`. The lognormal model behaves like it below the inflection of its price in
volatility, at `s_c = sqrt(2 |log(F/K)|)`, and like a reflected normal tail above; matching both ends of each branch
gives the start.

The steps work on logarithms, of the value below the inflection and of the room left under its bound above it. With
Mills' ratio M, `h = |log(F/K)| / s` and `t = s / 2`, both are `phi(h) phi(t) [M(|h - t|) -+ M(h + t)]`, up to a
constant: the exponentials come out of the logarithm, so that a step costs one logarithm and no exponential. The count
of steps is fixed: a batch costs the same whatever its quotes.
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.special import mills_fraction

_SQRT_2PI = math.sqrt(2.0 * math.pi)
_SQRT_3 = math.sqrt(3.0)
# f(1) and N(-1 / sqrt 3): where the two starts for z meet.
_F_ONE = math.exp(-0.5) / _SQRT_2PI - 0.5 * math.erfc(math.sqrt(0.5))
_TAIL_ONE = 0.5 * math.erfc(1.0 / math.sqrt(6.0))
_STEPS = 2


def lognormal_total_vol(value: Float[Array, "..."], log_moneyness: Float[Array, "..."]) -> Float[Array, "..."]:
    """Total volatility at which the lognormal model has a given out-of-the-money time value.

    Args:
        value: undiscounted time value in units of sqrt(forward * strike), above 0 and below `exp(log_moneyness / 2)`.
        log_moneyness: minus the absolute value of log(forward / strike), below 0.

    Returns:
        Volatility times the square root of the time.
    """
    knee = jnp.sqrt(-2.0 * log_moneyness)
    bound = jnp.exp(0.5 * log_moneyness)
    s, low = _lognormal_start(value, log_moneyness, knee, bound)
    target = jnp.where(low, value, bound - value)
    for _ in range(_STEPS):
        # Materialised: otherwise the compiler computes each step anew for every reader of its result.
        s, knee, target, low = jax.lax.optimization_barrier((s, knee, target, low))
        s = _lognormal_step(s, -log_moneyness, knee, target, low)
    return s


def _lognormal_start(
    value: Float[Array, "..."], x: Float[Array, "..."], knee: Float[Array, "..."], bound: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Bool[Array, "..."]]:
    """Total volatility to nine per cent, and whether it is below the inflection."""
    # At the inflection |h| = t = knee / 2, where phi(h) phi(t) = bound / (2 pi).
    half = mills_fraction(_covered(0.5 * knee))
    full = mills_fraction(_covered(knee))
    density = jnp.exp(0.25 * x) / _SQRT_2PI
    knee_value = bound * (0.5 - full[0] / (_SQRT_2PI * full[1]))
    low = value < knee_value
    knee_tail = density * half[0] / half[1]
    knee_ratio = jnp.where(low, value / knee_value, 1.0) * (2.0 * density / knee - knee_tail)
    tail = jnp.where(low, 0.5, (bound - value) / (bound - knee_value) * knee_tail)
    below = jnp.minimum(-x / _normal_ratio_start(knee_ratio), knee)
    above = jnp.maximum(2.0 * _lower_quantile(tail), knee)
    return jnp.where(low, below, above), low


def _lognormal_step(
    s: Float[Array, "..."],
    x: Float[Array, "..."],
    knee: Float[Array, "..."],
    target: Float[Array, "..."],
    low: Bool[Array, "..."],
) -> Float[Array, "..."]:
    h, t = x / s, 0.5 * s
    total, gap = h + t, h - t
    p1, q1 = mills_fraction(_covered(jnp.abs(gap)))
    p2, q2 = mills_fraction(_covered(total))
    sign = jnp.where(low, -1.0, 1.0)
    numerator, denominator = p1 * q2 + sign * p2 * q1, q1 * q2
    # Where cancellation has left nothing, the price is already below resolution.
    positive = numerator > 0.0
    numerator = jnp.where(positive, numerator, 1.0)
    error = jnp.log(numerator / (_SQRT_2PI * target * denominator)) - 0.5 * (h * h + t * t)
    # s d/ds, s^2 d^2/ds^2, s^3 d^3/ds^3 of the logarithm; P''/P' = c and P'''/P' = c^2 + c' with s c = h^2 - t^2.
    first = -sign * s * denominator / numerator
    bend = total * gap
    twist = bend * bend - 3.0 * h * h - t * t
    second = first * (bend - first)
    third = first * (twist - first * (3.0 * bend - 2.0 * first))
    # Below the inflection log(price) is nearly linear in y = 1 / s^2: change the variable of all three.
    in_y = (-0.5 * first, 0.25 * second + 0.75 * first, -0.125 * third - 1.125 * second - 1.875 * first)
    step = _householder(error, *(jnp.where(low, y, own) for y, own in zip(in_y, (first, second, third), strict=True)))
    new = s * jnp.where(low, jax.lax.rsqrt(jnp.maximum(1.0 + step, 0.25)), jnp.maximum(1.0 + step, 0.5))
    # The branches meet at the inflection; neither's formula holds beyond it.
    new = jnp.where(low, jnp.minimum(new, knee), jnp.maximum(new, knee))
    return jnp.where(positive & jnp.isfinite(new), new, s)


def normal_ratio_root(u: Float[Array, "..."]) -> Float[Array, "..."]:
    """Solves `phi(z) / z - N(-z) = u` for u > 0.

    Args:
        u: time value in the normal model as a multiple of |forward - strike|.

    Returns:
        z, the distance of the strike in standard deviations.
    """
    z = _normal_ratio_start(u)
    for _ in range(_STEPS):
        z = _normal_ratio_step(jax.lax.optimization_barrier(z), u)
    return z


def _normal_ratio_step(z: Float[Array, "..."], u: Float[Array, "..."]) -> Float[Array, "..."]:
    p, q = mills_fraction(_covered(z))
    rest = q - z * p
    # Where cancellation has left nothing, the price is already below resolution.
    positive = rest > 0.0
    rest = jnp.where(positive, rest, 1.0)
    error = jnp.log(rest / (_SQRT_2PI * u * z * q)) - 0.5 * z * z
    first = -q / rest
    bend = -z * z - 2.0
    twist = bend * bend - z * z + 2.0
    second = first * (bend - first)
    third = first * (twist - first * (3.0 * bend - 2.0 * first))
    new = z * jnp.maximum(1.0 + _householder(error, first, second, third), 0.5)
    return jnp.where(positive & jnp.isfinite(new), new, z)


def _normal_ratio_start(u: Float[Array, "..."]) -> Float[Array, "..."]:
    """Solve f(z) = u to nine per cent: f ~ N(-z / sqrt 3)^3 in the tail, 1/z + z/2 ~ sqrt(2 pi) (u + 1/2) near 0."""
    log_tail = jnp.log(jnp.minimum(u / _F_ONE, 1.0)) / 3.0 + math.log(_TAIL_ONE)
    level = _SQRT_2PI * (u + 0.5)
    near = 2.0 / (level + jnp.sqrt(jnp.maximum(level * level - 2.0, 0.0)))
    return jnp.where(u < _F_ONE, _SQRT_3 * _far_quantile(log_tail), near)


def _lower_quantile(p: Float[Array, "..."]) -> Float[Array, "..."]:
    """Rough -N^-1(p) for p <= 1/2, to 5e-4 and in proportion near p = 1/2: enough for a start, at half the price."""
    w = _SQRT_2PI * (0.5 - p)
    return jnp.where(p > 0.3, w * (1.0 + w * w / 6.0), _far_quantile(jnp.log(p)))


def _far_quantile(log_p: Float[Array, "..."]) -> Float[Array, "..."]:
    t = jnp.sqrt(-2.0 * log_p)
    top = 2.515517 + t * (0.802853 + t * 0.010328)
    return t - top / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))


def _householder(
    error: Float[Array, "..."],
    first: Float[Array, "..."],
    second: Float[Array, "..."],
    third: Float[Array, "..."],
) -> Float[Array, "..."]:
    """Step of the third-order Householder method towards the root of a function with these derivatives."""
    newton = -error / first
    bend, twist = newton * second / first, newton * newton * third / first
    return newton * (1.0 + 0.5 * bend) / (1.0 + bend + twist / 6.0)


def _covered(x: Float[Array, "..."]) -> Float[Array, "..."]:
    # The domain of the fit; beyond, the densities that multiply it are 0. In float32 products of two must not overflow.
    return jnp.minimum(x, 60.0 if jnp.finfo(x.dtype).bits == 64 else 30.0)
