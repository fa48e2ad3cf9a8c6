"""Currency-option quoting conventions: four deltas, the strike of a delta, and the at-the-money strikes."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas._black import _d1_d2, _log_moneyness
from pact_jax.special import normal_cdf, normal_pdf, normal_quantile

# Halvings of a bracket in log-strike; two Newton steps then add the rest and carry the derivatives.
_BISECTIONS = 48


def fx_delta(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    total_vol: Float[Array, "..."],
    foreign_discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
    is_forward: Bool[Array, "..."],
    is_premium_adjusted: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Delta of a currency option in the convention it is quoted in.

    `w N(w d1)` for the forward delta, times the foreign discount factor for the spot delta; premium-adjusted (the
    premium is paid in foreign currency) `w (K/F) N(w d2)` in place of `w N(w d1)`.

    Args:
        forward: domestic units per foreign unit at expiry.
        strike: domestic units per foreign unit.
        total_vol: lognormal volatility times the square root of the time to expiry.
        foreign_discount_factor: discount factor of the foreign currency to expiry; unused for forward deltas.
        is_call: true for the right to buy the foreign unit.
        is_forward: true for a hedge in the forward, false in spot.
        is_premium_adjusted: true where the premium is in foreign currency.

    Returns:
        Foreign units to hold per unit of notional; negative for puts.

    Example:
        >>> round(float(fx_delta(1.1, 1.1, 0.1, 0.99, True, True, False)), 6)
        0.519939

    References:
        D. Reiswich, U. Wystup, A guide to FX options quoting conventions, J. Derivatives 18 (2010).
    """
    sign = jnp.where(is_call, 1.0, -1.0)
    d1, d2 = _d1_d2(_log_moneyness(forward, strike), total_vol)
    plain = sign * normal_cdf(sign * d1)
    adjusted = sign * (strike / forward) * normal_cdf(sign * d2)
    scale = jnp.where(is_forward, 1.0, foreign_discount_factor)
    return scale * jnp.where(is_premium_adjusted, adjusted, plain)


def _adjusted_log_strike(
    delta: Float[Array, "..."], total_vol: Float[Array, "..."], sign: Float[Array, "..."]
) -> Float[Array, "..."]:
    """K = log(K/F) with exp(k) N(w (-k/s - s/2)) = |delta|, on the falling branch for a call."""
    size = jnp.abs(delta)

    def value(k: Float[Array, "..."]) -> Float[Array, "..."]:
        return jnp.exp(k) * normal_cdf(-sign * (k / total_vol + 0.5 * total_vol))

    def peak_gap(k: Float[Array, "..."]) -> Float[Array, "..."]:
        d2 = -(k / total_vol + 0.5 * total_vol)
        return total_vol * normal_cdf(d2) - normal_pdf(d2)

    def bisect(
        low: Float[Array, "..."], high: Float[Array, "..."], rises: Bool[Array, "..."], kind: str
    ) -> Float[Array, "..."]:
        def body(
            _: int, bracket: tuple[Float[Array, "..."], Float[Array, "..."]]
        ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
            middle = 0.5 * (bracket[0] + bracket[1])
            gap = value(middle) - size if kind == "delta" else peak_gap(middle)
            right = (gap < 0.0) == rises
            return jnp.where(right, middle, bracket[0]), jnp.where(right, bracket[1], middle)

        low, high = jax.lax.fori_loop(0, _BISECTIONS, body, (low, high))
        return 0.5 * (low + high)

    reach = 12.0 * total_vol + 0.5 * total_vol * total_vol
    falls = jnp.zeros(reach.shape, bool)
    peak = bisect(-reach, reach, falls, "peak")
    # A put's delta rises with the strike without bound, like exp(k).
    low = jnp.where(sign > 0.0, peak, -reach)
    high = jnp.where(sign > 0.0, reach, jnp.maximum(reach, jnp.log(size) + reach))
    k = bisect(low, high, sign < 0.0, "delta")
    reachable = (size > 0.0) & ((sign < 0.0) | (value(peak) > size))
    return jnp.where(reachable, k, jnp.nan)


def fx_strike_from_delta(
    delta: Float[Array, "..."],
    forward: Float[Array, "..."],
    total_vol: Float[Array, "..."],
    foreign_discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
    is_forward: Bool[Array, "..."],
    is_premium_adjusted: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Strike at which `fx_delta` has a given value.

    A premium-adjusted call delta first rises and then falls with the strike; the strike to the right of the peak is
    the market's. Two Newton steps from the solution carry exact first and second derivatives.

    Args:
        delta: in the option's convention, negative for puts.
        forward: domestic units per foreign unit at expiry.
        total_vol: lognormal volatility times the square root of the time to expiry, positive.
        foreign_discount_factor: discount factor of the foreign currency to expiry; unused for forward deltas.
        is_call: true for the right to buy the foreign unit.
        is_forward: true for a hedge in the forward, false in spot.
        is_premium_adjusted: true where the premium is in foreign currency.

    Returns:
        The strike; NaN where no strike has that delta (its sign or size is out of range).

    Example:
        >>> strike = fx_strike_from_delta(0.25, 1.1, 0.1, 0.99, True, False, True)
        >>> round(float(fx_delta(1.1, strike, 0.1, 0.99, True, False, True)), 12)
        0.25

    References:
        D. Reiswich, U. Wystup, A guide to FX options quoting conventions, J. Derivatives 18 (2010).
    """
    sign = jnp.where(is_call, 1.0, -1.0)
    scaled = delta / jnp.where(is_forward, 1.0, foreign_discount_factor)
    scaled, vol, sign, adjusted, _ = jnp.broadcast_arrays(scaled, total_vol, sign, is_premium_adjusted, forward)
    size = sign * scaled
    inside = (size > 0.0) & (size < 1.0)
    plain = vol * (0.5 * vol - sign * normal_quantile(jnp.where(inside, size, 0.5)))
    plain = jnp.where(inside, plain, jnp.nan)
    start = jax.lax.stop_gradient(_adjusted_log_strike(jnp.where(size > 0.0, size, 0.0), vol, sign))
    k = jnp.where(jnp.isfinite(start), start, 0.0)
    for _ in range(2):
        d2 = -(k / vol + 0.5 * vol)
        value = jnp.exp(k) * normal_cdf(sign * d2)
        slope = value - sign * jnp.exp(k) * normal_pdf(d2) / vol
        # At the very peak the slope is 0 and the strike has no derivative: leave the bisection's answer.
        steep = jnp.abs(slope) > 1e-8
        k = k - jnp.where(steep, (value - size) / jnp.where(steep, slope, 1.0), 0.0)
    k = jnp.where(jnp.isfinite(start), k, jnp.nan)
    return forward * jnp.exp(jnp.where(adjusted, k, plain))


def fx_atm_strike(
    forward: Float[Array, "..."], total_vol: Float[Array, "..."], is_premium_adjusted: Bool[Array, "..."]
) -> Float[Array, "..."]:
    """Delta-neutral at-the-money strike: call and put deltas cancel; `F exp(s^2/2)`, premium-adjusted `F exp(-s^2/2)`.

    The other conventions need no formula: at-the-money forward is the forward, at-the-money spot the spot.

    Args:
        forward: domestic units per foreign unit at expiry.
        total_vol: lognormal volatility times the square root of the time to expiry.
        is_premium_adjusted: true where the premium is in foreign currency.

    Returns:
        The strike.

    Example:
        >>> round(float(fx_atm_strike(1.1, 0.1, False)), 6)
        1.105514

    References:
        D. Reiswich, U. Wystup, A guide to FX options quoting conventions, J. Derivatives 18 (2010).
    """
    return forward * jnp.exp(jnp.where(is_premium_adjusted, -0.5, 0.5) * total_vol * total_vol)
