"""Fair variance from a strip of options, by static replication of the log contract, or from a whole smile."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.special import normal_cdf


def replicated_variance(
    strike: Float[Array, "strikes"],
    put_price: Float[Array, "strikes"],
    call_price: Float[Array, "strikes"],
    forward: Float[Array, ""],
    centre: Float[Array, ""],
    time: Float[Array, ""],
    discount_factor: Float[Array, ""],
) -> Float[Array, ""]:
    """Fair strike of a variance swap, in variance per year, from options at a finite set of strikes.

    The payoff `f(S) = (2/T) [(S - S*)/S* - log(S/S*)]` is replaced by the straight lines through its values at the
    strikes, whose slopes are the numbers of options; puts serve below the centre S*, calls above. Lines lie above the
    curve, so the sum overstates within the strip, and it leaves out what lies beyond the last strikes.

    Args:
        strike: strikes, ascending; the centre must be one of them, strictly inside.
        put_price: present value of a put at each strike; read at and below the centre.
        call_price: present value of a call at each strike; read at and above the centre.
        forward: forward price at expiry.
        centre: strike S* at which puts change to calls, usually the one nearest below the forward.
        time: year fraction to expiry, positive.
        discount_factor: discount factor to expiry.

    Returns:
        Fair variance per year; its root is the volatility that the swap is quoted in.

    Example:
        >>> from pact_jax.pricing.formulas import black_price
        >>> strike = jnp.linspace(20.0, 400.0, 381)
        >>> puts, calls = (black_price(100.0, strike, 0.2, 1.0, is_call) for is_call in (False, True))
        >>> round(float(replicated_variance(strike, puts, calls, 100.0, 100.0, 1.0, 1.0)), 4)
        0.04

    References:
        K. Demeterfi, E. Derman, M. Kamal, J. Zou, More than you ever wanted to know about volatility swaps, Goldman
        Sachs (1999).
    """
    payoff = 2.0 / time * ((strike - centre) / centre - jnp.log(strike / centre))
    slope = jnp.diff(payoff) / jnp.diff(strike)
    # Number of options at a strike: change of slope there. At the centre the line starts from slope 0 on both sides.
    below, above = strike <= centre, strike >= centre
    left = jnp.concatenate([jnp.zeros_like(slope[:1]), slope])
    right = jnp.concatenate([slope, jnp.zeros_like(slope[:1])])
    inner_left = jnp.where(above & ~below, left, 0.0)
    inner_right = jnp.where(below & ~above, right, 0.0)
    calls = jnp.where(above, right - inner_left, 0.0).at[-1].set(0.0)
    puts = jnp.where(below, inner_right - left, 0.0).at[0].set(0.0)
    options = (jnp.sum(calls * call_price) + jnp.sum(puts * put_price)) / discount_factor
    # What the strip of f does not pay: the linear part of the log contract.
    linear = 2.0 / time * (jnp.log(forward / centre) - (forward / centre - 1.0))
    return linear + options


def smile_variance(log_moneyness: Float[Array, "strikes"], total_variance: Float[Array, "strikes"]) -> Float[Array, ""]:
    r"""Expected total variance of the log contract from a smile: $\int w(z)\,\varphi(z)\,dz$ with $z = -d_2(k)$.

    The integral over strikes of out-of-the-money options, taken by parts, is the mean of implied variance under the
    normal law of $d_2$. Taken as a sum over the probabilities between strikes, it is exact for a flat smile; what
    lies beyond the ends has the variance of the end.

    Args:
        log_moneyness: log(strike / forward), ascending.
        total_variance: squared implied volatility times time at each, positive.

    Returns:
        Expected total variance; divided by the time, the fair strike of a variance swap, squared.

    Example:
        >>> round(float(smile_variance(jnp.linspace(-1.0, 1.0, 41), jnp.full(41, 0.04))), 6)
        0.04

    References:
        N. Chriss, W. Morokoff, Market risk for volatility and variance swaps, Risk 12 (1999); M. Fukasawa, The
        normalizing transformation of the implied volatility smile, Mathematical Finance 22 (2012).
    """
    root = jnp.sqrt(total_variance)
    below = normal_cdf(log_moneyness / root + 0.5 * root)
    one = jnp.ones_like(below[:1])
    probability = jnp.concatenate([below, one]) - jnp.concatenate([0.0 * one, below])
    between = 0.5 * (total_variance[1:] + total_variance[:-1])
    return jnp.sum(probability * jnp.concatenate([total_variance[:1], between, total_variance[-1:]]))
