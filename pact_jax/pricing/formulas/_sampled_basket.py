"""European options on any number of lognormal assets by Monte Carlo: sums, the best and the worst."""

import enum

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ._longstaff_schwartz import SampledPrice


class BasketOf(enum.Enum):
    """What of the assets the option is on."""

    SUM = "sum"
    BEST = "best"
    WORST = "worst"


def sampled_basket_price(
    normals: Float[Array, "paths assets"],
    forward: Float[Array, "assets"],
    total_vol: Float[Array, "assets"],
    correlation: Float[Array, "assets assets"],
    strike: Float[Array, ""],
    discount_factor: Float[Array, ""],
    is_call: Bool[Array, ""],
    *,
    of: BasketOf = BasketOf.SUM,
) -> SampledPrice:
    """European option on the sum, the best or the worst of several assets, `max(w (B - K), 0)`.

    `S_k = F_k exp(s_k z_k - s_k^2 / 2)` with correlated normals z. Each draw is used with both signs, and the assets
    themselves, whose means are known, are regressed out of the payoff; the standard error is that of what is left.

    Args:
        normals: independent standard normals, such as `counter_normals` or scrambled Sobol points give; a row is a
            pair of draws.
        forward: forward values, quantities included; positive, but for a sum of any sign.
        total_vol: volatilities times the square root of the time.
        correlation: of the log returns; positive definite, NaN otherwise.
        strike: strike.
        discount_factor: discount factor to payment.
        is_call: true to pay above the strike, false below.
        of: sum, best or worst; static.

    Returns:
        Value and standard error, for independent rows. For two assets `two_asset_sum_price` and
        `two_asset_extreme_price` need no sampling.

    Example:
        >>> from pact_jax.sampling import Stream, counter_normals
        >>> third, apart = jnp.full(3, 100.0 / 3.0), 0.5 * jnp.eye(3) + 0.5
        >>> index = jnp.arange(4096, dtype=jnp.uint32)
        >>> z = counter_normals(jnp.asarray(0), Stream.MARKET, index, 3, dtype=third.dtype)
        >>> price = sampled_basket_price(z, third, jnp.full(3, 0.2), apart, 100.0, 1.0, True)
        >>> abs(float(price.value) - 6.54) < 5.0 * float(price.standard_error) < 0.2
        True

    References:
        P. Glasserman, Monte Carlo Methods in Financial Engineering (2004), sections 4.1 and 4.2.
    """
    drawn = jnp.matmul(normals, jnp.linalg.cholesky(correlation).T, precision="highest") * total_vol[None, :]
    growth = jnp.exp(jnp.stack([drawn, -drawn]) - 0.5 * total_vol[None, None, :] ** 2)
    assets = forward[None, None, :] * growth
    basket = {BasketOf.SUM: jnp.sum, BasketOf.BEST: jnp.max, BasketOf.WORST: jnp.min}[of](assets, axis=-1)
    sign = jnp.where(is_call, 1.0, -1.0).astype(basket.dtype)
    payoff = jnp.mean(jnp.maximum(sign * (basket - strike), 0.0), axis=0)
    known = jnp.mean(growth, axis=0) - 1.0
    slope = jax.lax.stop_gradient(_slope(known, payoff))
    left = payoff - jnp.matmul(known, slope, precision="highest")
    value = jnp.mean(left)
    count, assets_count = normals.shape
    spread = jax.lax.stop_gradient(jnp.sum(jnp.square(left - value)) / max(count - assets_count - 1, 1))
    error = jnp.sqrt(spread / jnp.asarray(count, payoff.dtype))
    return SampledPrice(discount_factor * value, discount_factor * error)


def _slope(known: Float[Array, "paths assets"], payoff: Float[Array, "paths"]) -> Float[Array, "assets"]:
    centred, height = known - jnp.mean(known, axis=0, keepdims=True), payoff - jnp.mean(payoff)
    gram = jnp.matmul(centred.T, centred, precision="highest")
    # An asset without volatility has nothing to say: a whisper of ridge keeps the system solvable.
    size = known.shape[1]
    tiny = jnp.finfo(known.dtype).tiny
    ridge = (jnp.finfo(known.dtype).eps * jnp.trace(gram) + tiny) * jnp.eye(size, dtype=known.dtype)
    return jnp.linalg.solve(gram + ridge, jnp.matmul(centred.T, height, precision="highest"))
