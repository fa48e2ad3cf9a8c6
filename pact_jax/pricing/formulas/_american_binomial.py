"""Second opinion on American options: a Leisen-Reimer tree for a whole batch of contracts."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.pricing.formulas._implied_vol import _floats


def _peizer_pratt(z: Float[Array, "contracts"], steps: int) -> Float[Array, "contracts"]:
    """Probability whose binomial distribution with an odd number of steps has N(z) above its middle."""
    scaled = z / (steps + 1.0 / 3.0 + 0.1 / (steps + 1.0))
    return 0.5 + 0.5 * jnp.sign(z) * jnp.sqrt(-jnp.expm1(-scaled * scaled * (steps + 1.0 / 6.0)))


def american_binomial_price(
    spot: Float[Array, "..."],
    strike: Float[Array, "..."],
    time: Float[Array, "..."],
    vol: Float[Array, "..."],
    rate: Float[Array, "..."],
    dividend_yield: Float[Array, "..."],
    is_call: Bool[Array, "..."],
    *,
    steps: int = 501,
) -> Float[Array, "..."]:
    """American option on a recombining tree centred at the strike; slow, but it shares nothing with the collocation.

    The error falls as 1 / steps, and is up to 2e-4 of the strike at 401. It needs no single exercise boundary, so it
    also covers a put with `dividend_yield < rate < 0`.

    Args:
        spot: spot price, positive.
        strike: strike price, positive.
        time: year fraction to expiry, positive.
        vol: volatility per square-root year, positive.
        rate: continuously compounded rate.
        dividend_yield: continuous yield.
        is_call: true for a call, false for a put.
        steps: time steps, odd; static.

    Returns:
        Present value of one unit. NaN where an input is out of range.

    Example:
        >>> round(float(american_binomial_price(36.0, 40.0, 1.0, 0.2, 0.06, 0.0, False)), 3)
        4.486

    References:
        D. Leisen, M. Reimer, Binomial models for option valuation, Applied Math. Finance 3 (1996).
    """
    if steps % 2 == 0:
        raise ValueError(f"steps must be odd for the tree to be centred at the strike; got {steps}")
    inputs = _floats(spot, strike, time, vol, rate, dividend_yield)
    shape = inputs[0].shape
    spot, strike, time, vol, rate, dividend_yield = (value.reshape(-1) for value in inputs)
    fault = ~((spot > 0.0) & (strike > 0.0) & (time > 0.0) & (vol > 0.0))
    total = vol * jnp.sqrt(time)
    d2 = (jnp.log(spot / strike) + (rate - dividend_yield) * time) / total - 0.5 * total
    growth = jnp.exp((rate - dividend_yield) * time / steps)
    up_share, middle = _peizer_pratt(d2 + total, steps), _peizer_pratt(d2, steps)
    log_up = jnp.log(growth * up_share / middle)
    log_down = jnp.log(growth * (1.0 - up_share) / (1.0 - middle))
    discount = jnp.exp(-rate * time / steps)
    sign = jnp.where(jnp.broadcast_to(is_call, shape).reshape(-1), 1.0, -1.0).astype(spot.dtype)
    ups = jnp.arange(steps + 1, dtype=spot.dtype)[:, None]

    def payoff(step: Float[Array, ""]) -> Float[Array, "nodes contracts"]:
        level = spot[None, :] * jnp.exp(ups * log_up[None, :] + (step - ups) * log_down[None, :])
        return jnp.maximum(sign[None, :] * (level - strike[None, :]), 0.0)

    def back(i: int, value: Float[Array, "nodes contracts"]) -> Float[Array, "nodes contracts"]:
        above = jnp.concatenate([value[1:], value[-1:]], axis=0)
        held = discount[None, :] * (middle[None, :] * above + (1.0 - middle)[None, :] * value)
        # Rows beyond the current step are never read again on the way to row 0.
        return jnp.maximum(held, payoff(jnp.asarray(steps - 1 - i, spot.dtype)))

    value = jax.lax.fori_loop(0, steps, back, payoff(jnp.asarray(steps, spot.dtype)))[0]
    return jnp.where(fault, jnp.nan, value).reshape(shape)
