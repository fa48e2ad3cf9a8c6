"""Black's formula for futures, for spots with a yield and for currencies, with flat rates."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas._black import black_price, safe_sqrt


def black76_price(
    forward: Float[Array, "..."],
    strike: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    rate: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """European option on a futures or forward price with a flat rate: `black_price` with `s = vol sqrt(time)`.

    Args:
        forward: futures price, positive.
        strike: strike price.
        time: year fraction to expiry and payment; at or below 0 gives the intrinsic value.
        vol: lognormal volatility per square-root year.
        rate: continuously compounded rate.
        is_call: true for a call, false for a put.

    Returns:
        Present value of one unit of the contract.

    Example:
        >>> round(float(black76_price(19.0, 19.0, 0.75, 0.28, 0.1, True)), 4)
        1.7011

    References:
        F. Black, The pricing of commodity contracts, J. Financial Economics 3 (1976).
    """
    years = jnp.maximum(time, 0.0)
    return black_price(forward, strike, vol * safe_sqrt(time), jnp.exp(-rate * years), is_call)


def black_scholes_price(
    spot: Float[Array, "..."],
    strike: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    rate: Float[Array, "..."],
    dividend_yield: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """European option under Black-Scholes-Merton: `black_price` on the forward `spot exp((r - q) time)`.

    Args:
        spot: spot price, positive.
        strike: strike price.
        time: year fraction to expiry; at or below 0 gives the intrinsic value.
        vol: volatility per square-root year.
        rate: continuously compounded rate.
        dividend_yield: continuous yield or borrow cost.
        is_call: true for a call, false for a put.

    Returns:
        Present value of one unit of the contract.

    Example:
        >>> round(float(black_scholes_price(60.0, 65.0, 0.25, 0.3, 0.08, 0.0, True)), 4)
        2.1334

    References:
        F. Black, M. Scholes, The pricing of options and corporate liabilities, J. Political Economy 81 (1973);
        R. C. Merton, Theory of rational option pricing, Bell J. Economics 4 (1973).
    """
    years = jnp.maximum(time, 0.0)
    forward = spot * jnp.exp((rate - dividend_yield) * years)
    return black_price(forward, strike, vol * safe_sqrt(time), jnp.exp(-rate * years), is_call)


def garman_kohlhagen_price(
    spot: Float[Array, "..."],
    strike: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    domestic_rate: Float[Array, "..."],
    foreign_rate: Float[Array, "..."],
    is_call: Bool[Array, "..."],
) -> Float[Array, "..."]:
    """European currency option: Black-Scholes with the foreign rate as the yield of the foreign unit.

    Args:
        spot: domestic units per one foreign unit.
        strike: domestic units per one foreign unit.
        time: year fraction to expiry.
        vol: volatility per square-root year.
        domestic_rate: continuously compounded rate of the premium currency.
        foreign_rate: continuously compounded rate of the foreign currency.
        is_call: true for the right to buy the foreign unit.

    Returns:
        Present value in domestic currency, per unit of foreign notional.

    Example:
        >>> round(float(garman_kohlhagen_price(1.56, 1.6, 0.5, 0.12, 0.06, 0.08, True)), 4)
        0.0291

    References:
        M. B. Garman, S. W. Kohlhagen, Foreign currency option values, J. Int. Money and Finance 2 (1983).
    """
    return black_scholes_price(spot, strike, time, vol, domestic_rate, foreign_rate, is_call)
