"""Options on a sum or a difference of two lognormal assets: spreads with a strike, and baskets of two."""

# pyright: reportArgumentType=false, reportCallIssue=false
# Bare Python numbers and flags stand for arrays here: they broadcast and stay weakly typed.

import math
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas._black import black_price, safe_sqrt

# The trapezium rule on a whole line converges geometrically, until the integrand turns within a step.
_STEP, _REACH = 0.0625, 10.0
# Largest change of the value, as a share of the forwards, when the step is halved: the error is of the order of the
# square of this.
_SETTLED = 1e-5


@lru_cache
def _nodes() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights in rows of two: one of the coarse rule, one halfway to the next."""
    points = -_REACH + _STEP * np.arange(2 * round(_REACH / _STEP) + 2)
    weights = _STEP * np.exp(-0.5 * points * points) / math.sqrt(2.0 * math.pi)
    return points.reshape(-1, 2), weights.reshape(-1, 2)


def two_asset_sum_price(
    forward_1: Float[Array, "..."],
    forward_2: Float[Array, "..."],
    strike: Float[Array, "..."],
    total_vol_1: Float[Array, "..."],
    total_vol_2: Float[Array, "..."],
    correlation: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Option on the sum of two assets of either sign, `max(w (S1 + S2 - K), 0)`; one integral.

    Given the normal variable x of one asset, the other is lognormal with volatility `s sqrt(1 - rho^2)`, and the price
    is Black's with what is left of the strike; the one integral over x is done by the trapezium rule. The asset that
    moves the sum more is the inner one. Quantities and the minus sign of a spread are part of the forwards.

    Args:
        forward_1: forward value of asset 1, quantity included; positive.
        forward_2: forward value of asset 2, quantity included; negative for a spread.
        strike: strike of the sum, of any sign.
        total_vol_1: volatility of asset 1 times the square root of the time.
        total_vol_2: volatility of asset 2 times the square root of the time.
        correlation: of the two log returns, between -1 and 1.
        discount_factor: discount factor to payment.
        is_call: true to pay above the strike, false below.

    Returns:
        Present value of one unit, within 5e-6 of the forwards; NaN where halving the step still moves it: the assets
        are so nearly one that the integral needs more nodes.

    Example:
        >>> value = two_asset_sum_price(122.0, -120.0, 3.0, 0.0632456, 0.0632456, -0.5, 0.9900498, True)
        >>> round(float(value), 4)
        4.7528

    References:
        N. D. Pearson, An efficient approach for pricing spread options, J. Derivatives 3 (1995); L. N. Trefethen,
        J. A. C. Weideman, The exponentially convergent trapezoidal rule, SIAM Review 56 (2014).
    """
    swap = jnp.abs(forward_2) * total_vol_2 > jnp.abs(forward_1) * total_vol_1
    inner, outer = jnp.where(swap, forward_2, forward_1), jnp.where(swap, forward_1, forward_2)
    vol, other = jnp.where(swap, total_vol_2, total_vol_1), jnp.where(swap, total_vol_1, total_vol_2)
    side = jnp.where(inner < 0.0, -1.0, 1.0)
    rest = safe_sqrt(1.0 - correlation * correlation)
    call = jnp.where(is_call, side, -side) > 0.0
    along = correlation * vol

    def given(x: Float[Array, ""]) -> Float[Array, "..."]:
        forward = jnp.abs(inner) * jnp.exp(along * x - 0.5 * along * along)
        left = side * (strike - outer * jnp.exp(other * x - 0.5 * other * other))
        return black_price(forward, left, vol * rest, 1.0, call)

    def add(
        sums: tuple[Float[Array, "..."], Float[Array, "..."]], row: tuple[Float[Array, "2"], Float[Array, "2"]]
    ) -> tuple[tuple[Float[Array, "..."], Float[Array, "..."]], None]:
        (x, between), (weight, weight_between) = row
        return (sums[0] + weight * given(x), sums[1] + weight_between * given(between)), None

    # One node after another: all at once would be a row of hundreds for every contract and scenario.
    rows = tuple(jnp.asarray(column, inner.dtype) for column in _nodes())
    none = jnp.zeros_like(strike + vol * rest + discount_factor)
    (on, between), _ = jax.lax.scan(add, (none, none), rows)
    value, coarse = on + between, 2.0 * on
    settled = jnp.abs(value - coarse) <= _SETTLED * (jnp.abs(forward_1) + jnp.abs(forward_2))
    return jnp.where(settled, discount_factor * value, jnp.nan)
