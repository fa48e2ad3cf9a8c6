"""A one-asset market for examples and first experiments."""

import jax.numpy as jnp

from ._state import MarketState


def example_market(spot: float = 100.0, zero_rate: float = 0.03, vol: float = 0.2) -> MarketState:
    """One asset, one currency, a flat curve, a flat surface and one issuer: the smallest complete state.

    Args:
        spot: price of the asset.
        zero_rate: flat continuously compounded rate, per year.
        vol: flat implied volatility.

    Returns:
        A market with every axis of length one, but two tenors, expiries and strikes.

    Example:
        >>> example_market().spot.shape
        (1,)
    """
    expiry = jnp.asarray([[0.25, 2.0]])
    log_strike = jnp.log(jnp.asarray([50.0, 200.0]))
    return MarketState(
        spot=jnp.full((1,), spot),
        dividend_yield=jnp.zeros(1),
        half_spread=jnp.full((1,), 5e-4),
        adv=jnp.full((1,), 1e6),
        fx=jnp.ones(1),
        curve_time=jnp.asarray([0.25, 10.0]),
        zero_rate=jnp.full((1, 2), zero_rate),
        hazard_time=jnp.asarray([1.0, 10.0]),
        hazard_rate=jnp.full((1, 2), 0.02),
        vol_expiry=expiry,
        vol_log_strike=jnp.broadcast_to(log_strike, (1, 2, 2)),
        vol_underlying=jnp.zeros(1, dtype=int),
        implied_vol=jnp.full((1, 2, 2), vol),
        vol_level=jnp.ones(1),
        factor=jnp.zeros(1),
    )
