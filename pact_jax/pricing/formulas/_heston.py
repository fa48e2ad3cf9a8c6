"""European options under Heston's stochastic variance, by one Fourier integral less its Black-Scholes part."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from pact_jax.pricing.formulas._black import black_price

_NO_VARIANCE = 1e-12
# exp(-37) is the rounding of double precision: where the integrand may be cut off.
_DECAY = 37.0
_TURN = 12.0


def _complex(x: Float[Array, "..."]) -> Complex[Array, "..."]:
    return jax.lax.complex(x, jnp.zeros_like(x))


def _log1p(x: Complex[Array, "..."]) -> Complex[Array, "..."]:
    """log(1 + x) that keeps the digits of a small complex x."""
    small = jnp.abs(x) < 1e-3
    series = x * (1.0 - x * (1.0 / 2.0 - x * (1.0 / 3.0 - x * (1.0 / 4.0 - x * (1.0 / 5.0 - x / 6.0)))))
    return jnp.where(small, series, jnp.log(1.0 + jnp.where(small, 0.5, x)))


def _log_characteristic(
    u: Float[Array, "..."],
    time: Float[Array, "..."],
    variance: Float[Array, "..."],
    mean_reversion: Float[Array, "..."],
    long_variance: Float[Array, "..."],
    vol_of_variance: Float[Array, "..."],
    correlation: Float[Array, "..."],
) -> Complex[Array, "..."]:
    """Log E[exp(i (u - i/2) log(S_T / F))].

    On this line `z^2 + i z = u^2 + 1/4` is real, and with the root of positive real part and a decaying exponential
    (Albrecher et al.) the logarithm never crosses its cut. Terms over the squared volatility of variance are written
    without their cancellation, so that it may go to 0.
    """
    u, time, variance, kappa, theta, sigma, rho = jnp.broadcast_arrays(
        u, time, variance, mean_reversion, long_variance, vol_of_variance, correlation
    )
    weight, square = _complex(u * u + 0.25), _complex(sigma * sigma)
    years = _complex(time)
    beta = jax.lax.complex(kappa - 0.5 * rho * sigma, -rho * sigma * u)
    root = jnp.sqrt(beta * beta + square * weight)
    total = beta + root
    # (beta - root) / sigma^2 and g = (beta - root) / (beta + root).
    lower = -weight / total
    ratio = square * lower / total
    fade = jnp.exp(-root * years)
    slope = lower * (1.0 - fade) / (1.0 - ratio * fade)
    inside = ratio * (1.0 - fade) / (1.0 - ratio)
    # log(1 + inside) / sigma^2; for a vanishing sigma its limit, inside / sigma^2.
    tiny = jnp.abs(inside) < 1e-12
    limit = lower / total * (1.0 - fade) / (1.0 - ratio)
    over = _log1p(jnp.where(tiny, 1.0, inside)) / jnp.where(tiny, 1.0, square)
    over = jnp.where(tiny, limit, over)
    return _complex(kappa * theta) * (lower * years - 2.0 * over) + slope * _complex(variance)


def heston_price(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    time: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    variance: Float[Array, "..."],
    mean_reversion: Float[Array, "..."],
    long_variance: Float[Array, "..."],
    vol_of_variance: Float[Array, "..."],
    correlation: Float[Array, "..."],
    is_call: Bool[Array, "..."],
    *,
    nodes: int = 128,
) -> Float[Array, "..."]:
    """European option under Heston: Black-Scholes at the mean variance plus a Fourier correction.

    `BS + D sqrt(F K) / pi int Re[(exp(-v T w / 2) - phi(u - i/2)) e^(i u log(F/K))] / w du`, `w = u^2 + 1/4`,
    by Gauss-Legendre after `u = a sinh(s)`, which spends the nodes where a slowly falling tail needs them.
    Without variance or time the value is the discounted intrinsic value.

    Args:
        forward: forward price, positive.
        strike: strike price, positive.
        time: year fraction to expiry.
        discount_factor: discount factor to payment.
        variance: variance per year today, not negative.
        mean_reversion: speed kappa per year, positive.
        long_variance: long-run variance theta, not negative; Feller's condition is not needed.
        vol_of_variance: sigma, not negative; 0 is Black-Scholes with the mean variance.
        correlation: of spot and variance, strictly between -1 and 1.
        is_call: true for a call, false for a put.
        nodes: quadrature nodes; static.

    Returns:
        Present value of one unit, to 1e-9 of the forward. NaN where the integrand turns too fast for the nodes (an
        option some ten deviations out of the money with a high volatility of variance): raise `nodes`.

    Example:
        >>> value = heston_price(100.0, 100.0, 1.0, 1.0, 0.04, 1.5, 0.04, 0.3, -0.7, True)
        >>> round(float(value), 4)
        7.5403

    References:
        S. Heston, A closed-form solution for options with stochastic volatility, Rev. Financial Studies 6 (1993);
        H. Albrecher, P. Mayer, W. Schoutens, J. Tistaert, The little Heston trap, Wilmott (2007); L. Andersen,
        V. Piterbarg, Interest Rate Modeling, vol. 1 (2010), 9.3, for the control variate.
    """
    years = jnp.maximum(time, 0.0)
    pull = mean_reversion * years
    moving = pull > 1e-8
    memory = jnp.where(moving, -jnp.expm1(-pull) / jnp.where(moving, pull, 1.0), 1.0)
    total = years * (long_variance + (variance - long_variance) * memory)
    live = jnp.logical_not(total <= _NO_VARIANCE)
    safe_total, safe_years = jnp.where(live, total, 0.04), jnp.where(live, years, 1.0)
    model = tuple(
        jnp.where(live, value, usual)
        for value, usual in (
            (variance, 0.04),
            (mean_reversion, 1.0),
            (long_variance, 0.04),
            (vol_of_variance, 0.3),
            (correlation, 0.0),
        )
    )
    log_moneyness = jnp.log(forward / strike)
    scale = jax.lax.rsqrt(safe_total)
    falloff = jnp.sqrt(jnp.maximum(1.0 - model[4] * model[4], 0.0)) * (model[0] + model[1] * model[2] * safe_years)
    reach = _DECAY * model[3] / (jnp.maximum(falloff, 1e-12) * scale)
    # The cut is a matter of numerics: no derivative of the price goes through it.
    reach = jax.lax.stop_gradient(jnp.clip(reach, 9.0, 1e5))
    scale = jax.lax.stop_gradient(scale)
    end = jnp.arcsinh(reach)
    # Turn of the phase from node to node at the far end; the error is 1e-10 at 12 and 1e-5 at 20.
    resolved = jnp.logical_not(jnp.abs(log_moneyness) * scale * reach * end > _TURN * nodes)
    points, weights = (0.5 * x for x in np.polynomial.legendre.leggauss(nodes))

    def term(point: Float[Array, ""], weight: Float[Array, ""]) -> Float[Array, "..."]:
        s = end * point
        u = scale * jnp.sinh(s)
        w = u * u + 0.25
        turn = u * log_moneyness
        phase = jax.lax.complex(jnp.zeros_like(turn), turn)
        heston = jnp.exp(_log_characteristic(u, safe_years, *model) + phase)
        black = jnp.exp(-0.5 * safe_total * w) * jnp.cos(turn)
        return weight * end * scale * jnp.cosh(s) * (black - jnp.real(heston)) / w

    dtype = jnp.result_type(log_moneyness, end)
    terms = jax.vmap(term)(jnp.asarray(points + 0.5, dtype), jnp.asarray(weights, dtype))
    correction = jnp.sqrt(forward * strike) / np.pi * jnp.sum(terms, axis=0)
    base = black_price(forward, strike, jnp.sqrt(safe_total), discount_factor, is_call)
    certain = black_price(forward, strike, 0.0 * jnp.where(live, 1.0, total), discount_factor, is_call)
    return jnp.where(live, jnp.where(resolved, base + discount_factor * correction, jnp.nan), certain)
