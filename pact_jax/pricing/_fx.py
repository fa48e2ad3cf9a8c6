"""Present value of currency forwards and options."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import FxForward, FxOption
from pact_jax.market import MarketState, base_implied_vol, log_discount_factor

from ._value import state_values
from .formulas import black_price_log, safe_sqrt


@state_values.register
def fx_forward_value(terms: FxForward, market: MarketState) -> Float[Array, "contracts"]:
    """Value of receiving one unit of the bought currency and paying `K` of the sold one, `X_b P_b(T) - K X_s P_s(T)`.

    Args:
        terms: the forwards.
        market: the state of the world.

    Returns:
        Value per unit of bought currency, reporting currency.
    """
    discount = jnp.exp(log_discount_factor(market, terms.discount.curve, jnp.maximum(terms.discount.time, 0.0)))
    received = market.fx[terms.bought] * discount[terms.bought_point]
    return received - terms.strike * market.fx[terms.sold] * discount[terms.sold_point]


@state_values.register
def fx_option_value(terms: FxOption, market: MarketState) -> Float[Array, "contracts"]:
    """Garman-Kohlhagen value per unit of foreign notional, reporting currency.

    Args:
        terms: the options.
        market: the state of the world.

    Returns:
        Value per foreign unit; intrinsic value at or after expiry.

    References:
        M. B. Garman, S. W. Kohlhagen, Foreign currency option values, J. Int. Money and Finance 2 (1983).
    """
    time = jnp.maximum(terms.expiry, 0.0)
    log_strike = jnp.log(terms.strike)
    vol = base_implied_vol(market, terms.surface, time, log_strike) * safe_sqrt(time)
    log_discount = log_discount_factor(market, terms.discount.curve, jnp.maximum(terms.discount.time, 0.0))
    discount = jnp.exp(log_discount)
    log_prepaid = jnp.log(market.fx)[terms.currency] + log_discount[terms.foreign_point]
    return black_price_log(
        market.fx[terms.currency] * discount[terms.foreign_point],
        terms.strike * discount[terms.domestic_point],
        log_prepaid - log_discount[terms.domestic_point] - log_strike,
        vol * market.vol_level[terms.surface],
        jnp.ones_like(vol),
        terms.is_call,
    )
