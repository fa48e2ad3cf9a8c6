"""Asian options: geometric means in closed form, arithmetic ones by moments or simulated against the geometric."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas._black import black_price, safe_sqrt
from pact_jax.pricing.formulas._longstaff_schwartz import SampledPrice

# Below this size of b T the closed form of the average's moments loses digits to its own differences.
_SMALL = 1e-3


def geometric_asian_price(
    spot: Float[Array, ""],
    strike: Float[Array, ""],
    fixing_time: Float[Array, "dates"],
    fixing_weight: Float[Array, "dates"],
    past_log_sum: Float[Array, ""],
    time: Float[Array, ""],
    vol: Float[Array, ""],
    rate: Float[Array, ""],
    dividend_yield: Float[Array, ""],
    is_call: Bool[Array, ""],
) -> Float[Array, ""]:
    """Option on the weighted geometric mean of fixings to come and fixings already known; exact.

    The mean is lognormal: `log G = past + sum w_i log S(t_i)`, so this is Black's formula with its mean and variance.

    Args:
        spot: spot price, positive.
        strike: strike price.
        fixing_time: year fractions to the fixings still to come, ascending; padding may hold any time with weight 0.
        fixing_weight: weight of each, `1 / number of all fixings, past ones included`, or 0 for padding.
        past_log_sum: sum over past fixings of weight times log of the fixing; 0 if there are none.
        time: year fraction to payment.
        vol: volatility per square-root year.
        rate: continuously compounded rate.
        dividend_yield: continuous yield.
        is_call: true for a call on the average, false for a put.

    Returns:
        Present value of one unit.

    Example:
        >>> times = jnp.arange(1.0, 11.0) / 10.0
        >>> value = geometric_asian_price(100.0, 100.0, times, jnp.full(10, 0.1), 0.0, 1.0, 0.2, 0.06, 0.03, True)
        >>> round(float(value), 4)
        5.3426

    References:
        A. Kemna, A. Vorst, A pricing method for options based on average asset values, J. Banking and Finance 14
        (1990); L. Clewlow, C. Strickland, Implementing Derivatives Models (1998).
    """
    t = jnp.maximum(fixing_time, 0.0)
    drift = rate - dividend_yield - 0.5 * vol * vol
    mean = past_log_sum + jnp.sum(fixing_weight) * jnp.log(spot) + drift * jnp.sum(fixing_weight * t)
    # cov(log S_i, log S_j) = vol^2 min(t_i, t_j): each time counts once with itself and twice with all later ones.
    later = jnp.cumsum(fixing_weight[::-1])[::-1] - fixing_weight
    variance = vol * vol * jnp.sum(fixing_weight * t * (fixing_weight + 2.0 * later))
    forward = jnp.exp(mean + 0.5 * variance)
    return black_price(forward, strike, safe_sqrt(variance), jnp.exp(-rate * jnp.maximum(time, 0.0)), is_call)


def continuous_geometric_asian_price(
    spot: Float[Array, "..."],
    strike: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    rate: Float[Array, "..."],
    dividend_yield: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Option on the continuous geometric mean from now to expiry: volatility over root 3, carry halved; exact.

    Args:
        spot: spot price, positive.
        strike: strike price.
        time: year fraction to expiry.
        vol: volatility per square-root year.
        rate: continuously compounded rate.
        dividend_yield: continuous yield.
        is_call: true for a call on the average, false for a put.

    Returns:
        Present value of one unit.

    Example:
        >>> round(float(continuous_geometric_asian_price(80.0, 85.0, 0.25, 0.2, 0.05, -0.03, False)), 4)
        4.6922

    References:
        A. Kemna, A. Vorst, A pricing method for options based on average asset values, J. Banking and Finance 14
        (1990).
    """
    years = jnp.maximum(time, 0.0)
    carry = 0.5 * (rate - dividend_yield - vol * vol / 6.0)
    total_vol = vol * safe_sqrt(time / 3.0)
    return black_price(spot * jnp.exp(carry * years), strike, total_vol, jnp.exp(-rate * years), is_call)


def turnbull_wakeman_price(
    forward: Float[Array, "dates"],
    fixing_time: Float[Array, "dates"],
    fixing_weight: Float[Array, "dates"],
    fixing_vol: Float[Array, "dates"],
    past_sum: Float[Array, ""],
    strike: Float[Array, ""],
    discount_factor: Float[Array, ""],
    is_call: Bool[Array, ""],
) -> Float[Array, ""]:
    """Approximation: the arithmetic mean of discrete fixings taken as lognormal with its exact first two moments.

    The error grows with the variance: about 1e-4 of the spot at 20 % for half a year, a per cent of the price at 50 %
    for a year. For a checked value use `arithmetic_asian_simulated`.

    Args:
        forward: forward price at each fixing still to come.
        fixing_time: year fractions to them, ascending.
        fixing_weight: weight of each, `1 / number of all fixings, past ones included`; 0 for padding.
        fixing_vol: volatility to each fixing time (a term structure of at-the-money volatilities).
        past_sum: sum over past fixings of weight times fixing; moved to the strike.
        strike: strike price.
        discount_factor: discount factor to payment.
        is_call: true for a call on the average, false for a put.

    Returns:
        Present value of one unit.

    Example:
        >>> times = jnp.linspace(1.0, 26.0, 26) / 52.0
        >>> flat, ones = jnp.full(26, 100.0), jnp.ones(26)
        >>> round(float(turnbull_wakeman_price(flat, times, ones / 26, 0.2 * ones, 0.0, 90.0, 0.9753, True)), 2)
        10.14

    References:
        S. Turnbull, L. Wakeman, A quick algorithm for pricing European average options, J. Fin. Quant. Analysis 26
        (1991).
    """
    first = jnp.sum(fixing_weight * forward)
    scaled = fixing_weight * forward
    later = jnp.cumsum(scaled[::-1])[::-1] - scaled
    variance = fixing_vol * fixing_vol * jnp.maximum(fixing_time, 0.0)
    # E[S_i S_j] = F_i F_j exp(variance to the earlier of the two); expm1 keeps a small variance exact.
    excess = jnp.sum(scaled * jnp.expm1(variance) * (scaled + 2.0 * later))
    total_vol = safe_sqrt(jnp.log1p(excess / (first * first)))
    return black_price(first, strike - past_sum, total_vol, discount_factor, is_call)


def levy_asian_price(
    spot: Float[Array, "..."],
    strike: Float[Array, "..."],
    running_average: Float[Array, "..."],
    elapsed: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    rate: Float[Array, "..."],
    dividend_yield: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Approximation: the continuous arithmetic mean taken as lognormal with its exact first two moments.

    Args:
        spot: spot price, positive.
        strike: strike price.
        running_average: average so far; ignored if nothing has elapsed.
        elapsed: years of averaging already behind.
        time: years of averaging still to come, positive.
        vol: volatility per square-root year, positive.
        rate: continuously compounded rate.
        dividend_yield: continuous yield.
        is_call: true for a call on the average, false for a put.

    Returns:
        Present value of one unit.

    Example:
        >>> round(float(levy_asian_price(6.8, 6.9, 6.8, 0.0, 0.5, 0.14, 0.07, 0.09, False)), 4)
        0.2237

    References:
        E. Levy, Pricing European average rate currency options, J. Int. Money and Finance 11 (1992).
    """
    carry, variance = rate - dividend_yield, vol * vol
    x, y = carry * time, (carry + variance) * time
    # E[A^2] / spot^2 = 2 / (b + v) [f((2b + v) T) - f(b T)] / T, with f(x) = (exp(x) - 1) / x.
    share = time / (elapsed + time)
    mean = spot * _growth(x)
    second = 2.0 * spot * spot * _growth_slope(x, y)
    total_vol = safe_sqrt(jnp.log(second / (mean * mean)))
    still = strike - running_average * (1.0 - share)
    return black_price(share * mean, still, total_vol, jnp.exp(-rate * time), is_call)


def _growth(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """(exp(x) - 1) / x, with its limit 1 at 0."""
    small = jnp.abs(x) < _SMALL
    safe = jnp.where(small, 1.0, x)
    series = 1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0)))
    return jnp.where(small, series, jnp.expm1(safe) / safe)


def _growth_slope(x: Float[Array, "..."], y: Float[Array, "..."]) -> Float[Array, "..."]:
    """[f(x + y) - f(x)] / y for f = `_growth`, with its limit f'(x) where y is 0."""
    small = jnp.abs(y) < _SMALL
    safe = jnp.where(small, 1.0, y)
    quotient = (_growth(x + safe) - _growth(x)) / safe
    # The mean slope over (x, x + y) by two Gauss points, exact to y^4.
    offset = 0.5 / 3.0**0.5
    slope = jax.jvp(_growth, (x + (0.5 - offset) * y,), (jnp.ones_like(x * y),))[1]
    slope = 0.5 * (slope + jax.jvp(_growth, (x + (0.5 + offset) * y,), (jnp.ones_like(x * y),))[1])
    return jnp.where(small, slope, quotient)


def arithmetic_asian_simulated(
    normals: Float[Array, "paths dates"],
    spot: Float[Array, ""],
    strike: Float[Array, ""],
    fixing_time: Float[Array, "dates"],
    fixing_weight: Float[Array, "dates"],
    time: Float[Array, ""],
    vol: Float[Array, ""],
    rate: Float[Array, ""],
    dividend_yield: Float[Array, ""],
    is_call: Bool[Array, ""],
) -> SampledPrice:
    """Arithmetic Asian option on supplied normals, with the geometric option of the same paths as control variate.

    Args:
        normals: independent standard normals, one column per fixing.
        spot: spot price, positive.
        strike: strike price.
        fixing_time: year fractions to the fixings, ascending, the first positive or 0.
        fixing_weight: weight of each fixing.
        time: year fraction to payment.
        vol: volatility per square-root year.
        rate: continuously compounded rate.
        dividend_yield: continuous yield.
        is_call: true for a call on the average, false for a put.

    Returns:
        Value and standard error; pathwise differentiable to first order.

    Example:
        >>> normals = jax.random.normal(jax.random.key(0), (4096, 12))
        >>> times, weight = jnp.arange(1.0, 13.0) / 12.0, jnp.full(12, 1.0 / 12.0)
        >>> sampled = arithmetic_asian_simulated(normals, 100.0, 100.0, times, weight, 1.0, 0.2, 0.05, 0.0, True)
        >>> bool(sampled.standard_error < 0.02)
        True

    References:
        A. Kemna, A. Vorst, A pricing method for options based on average asset values, J. Banking and Finance 14
        (1990).
    """
    gaps = jnp.diff(fixing_time, prepend=jnp.zeros_like(fixing_time[:1]))
    drift = rate - dividend_yield - 0.5 * vol * vol
    steps = drift * gaps[None, :] + vol * jax.vmap(safe_sqrt)(gaps)[None, :] * normals
    log_spot = jnp.log(spot) + jnp.cumsum(steps, axis=1)
    sign = jnp.where(is_call, 1.0, -1.0).astype(normals.dtype)
    discount = jnp.exp(-rate * time)
    weight = fixing_weight[None, :]
    arithmetic = discount * jnp.maximum(sign * (jnp.sum(weight * jnp.exp(log_spot), axis=1) - strike), 0.0)
    geometric = discount * jnp.maximum(sign * (jnp.exp(jnp.sum(weight * log_spot, axis=1)) - strike), 0.0)
    market = (time, vol, rate, dividend_yield, is_call)
    exact = geometric_asian_price(spot, strike, fixing_time, fixing_weight, jnp.zeros_like(drift), *market)
    centred = jax.lax.stop_gradient(geometric - jnp.mean(geometric))
    spread = jnp.sum(centred * centred)
    slope = jnp.sum(centred * jax.lax.stop_gradient(arithmetic)) / jnp.where(spread > 0.0, spread, 1.0)
    sample = arithmetic - slope * (geometric - exact)
    count = normals.shape[0]
    value = jnp.mean(sample)
    error = jnp.sqrt(jnp.sum(jnp.square(sample - value)) / max(count - 1, 1) / count)
    return SampledPrice(value, error)
