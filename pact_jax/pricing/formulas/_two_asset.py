"""European options on two lognormal assets: exchange, spread, better or worse of two."""

# pyright: reportArgumentType=false, reportCallIssue=false
# Bare Python numbers and flags stand for arrays here: they broadcast and stay weakly typed.

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas._black import _d1_d2, _log_moneyness, black_price, safe_sqrt
from pact_jax.special import bivariate_normal_cdf


def exchange_price(
    forward_1: Float[Array, "..."],
    forward_2: Float[Array, "..."],
    total_vol_1: Float[Array, "..."],
    total_vol_2: Float[Array, "..."],
    correlation: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
) -> Float[Array, "..."]:
    """Right to receive asset 1 for asset 2: Black's formula with asset 2 as the unit of account; exact.

    Args:
        forward_1: forward value of what is received, quantity included; positive.
        forward_2: forward value of what is given, quantity included; positive.
        total_vol_1: volatility of asset 1 times the square root of the time.
        total_vol_2: volatility of asset 2 times the square root of the time.
        correlation: of the two log returns, between -1 and 1.
        discount_factor: discount factor to payment.

    Returns:
        Present value of `max(S1 - S2, 0)`.

    Example:
        >>> time = 0.1
        >>> forwards = 22.0 * jnp.exp(0.04 * time), 20.0 * jnp.exp(0.06 * time)
        >>> value = exchange_price(*forwards, 0.2 * time**0.5, 0.15 * time**0.5, -0.5, jnp.exp(-0.1 * time))
        >>> round(float(value), 3)
        2.125

    References:
        W. Margrabe, The value of an option to exchange one asset for another, J. Finance 33 (1978).
    """
    total = safe_sqrt(_difference_variance(total_vol_1, total_vol_2, correlation))
    return black_price(forward_1, forward_2, total, discount_factor, True)


def _difference_variance(
    vol_1: Float[Array, "..."], vol_2: Float[Array, "..."], correlation: Float[Array, "..."]
) -> Float[Array, "..."]:
    # As a square plus a remainder that is not negative: equal assets with correlation 1 give 0, never -1e-17.
    return jnp.square(vol_1 - vol_2) + 2.0 * (1.0 - correlation) * vol_1 * vol_2


def kirk_spread_price(
    forward_1: Float[Array, "..."],
    forward_2: Float[Array, "..."],
    strike: Float[Array, "..."],
    total_vol_1: Float[Array, "..."],
    total_vol_2: Float[Array, "..."],
    correlation: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Approximation of the spread option `max(w (S1 - S2 - K), 0)`: `S2 + K` taken as lognormal.

    Exact at strike 0. The error grows with `K / F2` and with a high correlation: about 1e-3 of the spot at 10 %.

    Args:
        forward_1: forward of the long asset, positive.
        forward_2: forward of the short asset, positive.
        strike: strike of the spread, above `-forward_2`; NaN below, where the approximation has no meaning.
        total_vol_1: volatility of asset 1 times the square root of the time.
        total_vol_2: volatility of asset 2 times the square root of the time.
        correlation: of the two log returns, between -1 and 1.
        discount_factor: discount factor to payment.
        is_call: true to pay above the strike, false below.

    Returns:
        Present value of one unit.

    Example:
        >>> round(float(kirk_spread_price(122.0, 120.0, 3.0, 0.0632456, 0.0632456, -0.5, 0.9900498, True)), 3)
        4.753

    References:
        E. Kirk, Correlation in the energy markets, in Managing Energy Price Risk (1995).
    """
    shifted = forward_2 + strike
    share = jnp.where(shifted > 0.0, forward_2, jnp.nan) / shifted
    total = safe_sqrt(_difference_variance(total_vol_1, share * total_vol_2, correlation))
    return black_price(forward_1, shifted, total, discount_factor, is_call)


def two_asset_extreme_price(
    forward_1: Float[Array, "..."],
    forward_2: Float[Array, "..."],
    strike: Float[Array, "..."],
    total_vol_1: Float[Array, "..."],
    total_vol_2: Float[Array, "..."],
    correlation: Float[Array, "..."],
    discount_factor: Float[Array, "..."],
    is_call: Bool[Array, "..."],
    is_best_of: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """Option on the better or the worse of two assets, by the bivariate normal distribution; exact.

    Args:
        forward_1: forward of asset 1, positive.
        forward_2: forward of asset 2, positive.
        strike: strike price, positive.
        total_vol_1: volatility of asset 1 times the square root of the time, positive.
        total_vol_2: volatility of asset 2 times the square root of the time, positive.
        correlation: of the two log returns, between -1 and 1; with equal volatilities below 1.
        discount_factor: discount factor to payment.
        is_call: true for a call, false for a put.
        is_best_of: true for the better, false for the worse asset.

    Returns:
        Present value of one unit.

    Example:
        >>> forward = 100.0 * jnp.exp(0.05)
        >>> args = (forward, forward, 100.0, 0.3, 0.3, 0.5, jnp.exp(-0.05))
        >>> round(float(two_asset_extreme_price(*args, True, False)), 3)
        6.843

    References:
        R. Stulz, Options on the minimum or the maximum of two risky assets, J. Fin. Economics 10 (1982).
    """
    spread = safe_sqrt(_difference_variance(total_vol_1, total_vol_2, correlation))
    d_1, low_1 = _d1_d2(_log_moneyness(forward_1, strike), total_vol_1)
    d_2, low_2 = _d1_d2(_log_moneyness(forward_2, strike), total_vol_2)
    lead, lag = _d1_d2(_log_moneyness(forward_1, forward_2), spread)
    live = spread > 0.0
    unit = jnp.where(live, spread, 1.0)
    # Correlation of each asset's log with the log of the ratio, under that asset as the unit of account.
    with_1 = jnp.clip((correlation * total_vol_2 - total_vol_1) / unit, -1.0, 1.0)
    with_2 = jnp.clip((correlation * total_vol_1 - total_vol_2) / unit, -1.0, 1.0)
    worse_1 = bivariate_normal_cdf(d_1, -lead, with_1)
    worse_2 = bivariate_normal_cdf(d_2, lag, with_2)
    both = bivariate_normal_cdf(low_1, low_2, correlation)
    call_worse = discount_factor * (forward_1 * worse_1 + forward_2 * worse_2 - strike * both)
    single = black_price(forward_1, strike, total_vol_1, discount_factor, True)
    single = single + black_price(forward_2, strike, total_vol_2, discount_factor, True)
    # Best and worse together are the two assets, for the payoffs as for the assets themselves.
    call = jnp.where(is_best_of, single - call_worse, call_worse)
    exchange = black_price(forward_1, forward_2, spread, discount_factor, True)
    worse_forward = discount_factor * forward_1 - exchange
    held = jnp.where(is_best_of, discount_factor * forward_2 + exchange, worse_forward)
    return jnp.where(is_call, call, call - held + discount_factor * strike)
