"""The weights of the tail that an expected shortfall is the mean of, and that explain it."""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from .._numerics import from_ordered_bits, round_here, tree_sum
from .._typing import FloatScalar, FloatScalarLike
from ._quantile import CountedLoss, as_confidence, count_losses, has_nan, tail_mass, upper_quantile


@jax.jit
def tail_weights(
    loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None, confidence: FloatScalarLike
) -> Float[Array, "scenarios"]:
    """The weights t with ES = sum t L: w/(1 - c) above the VaR, the mass that remains shared among all ties at it.

    Ties share in proportion to their weight, so duplicated scenarios are treated alike and contributions do not depend
    on the order of scenarios. t carries no derivative: held fixed, it gives that of the expected shortfall.

    Args:
        loss: Losses, positive = money lost.
        weight: Probability weights as for `value_at_risk`; None means 1/n each.
        confidence: Level c.

    Returns:
        t per scenario, 0 outside the tail; it sums to 1, or to less where the weights hold less mass than 1 - c
        (`tail_status` says so). NaN throughout if the VaR is NaN.

    Example:
        >>> import jax.numpy as jnp
        >>> tail_weights(jnp.asarray([1.0, 3.0, 2.0, 2.0]), None, 0.5).tolist()
        [0.0, 0.5, 0.25, 0.25]
    """
    loss, weight, level = lax.stop_gradient((loss, weight, as_confidence(confidence)))
    return share_tail(loss, weight, level, exact_quantile(loss, weight, count_losses(loss, weight), level))


def tail_weights_at(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    value_at_risk: FloatScalar,
) -> Float[Array, "scenarios"]:
    """`tail_weights` where the value at risk of this loss at this level is already known.

    Args:
        loss: Losses, positive = money lost.
        weight: Probability weights as for `value_at_risk`; None means 1/n each.
        confidence: Level c.
        value_at_risk: VaR of this loss at this level, to the bit; another number gives weights that sum to another.

    Returns:
        t per scenario.

    Example:
        >>> import jax.numpy as jnp
        >>> tail_weights_at(jnp.asarray([1.0, 3.0, 2.0, 2.0]), None, 0.5, jnp.asarray(2.0)).tolist()
        [0.0, 0.5, 0.25, 0.25]
    """
    loss, weight, level, var = lax.stop_gradient((loss, weight, as_confidence(confidence), value_at_risk))
    return share_tail(loss, weight, level, var)


def tail_mean(tail_weight: Float[Array, "scenarios"], loss: Float[Array, "scenarios"]) -> FloatScalar:
    """Fixed-order sum of t L; a scenario outside the tail adds 0 even if its loss is infinite."""
    return tree_sum(jnp.where(tail_weight == 0, 0.0, tail_weight * loss))


def as_weights(loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None) -> Float[Array, "scenarios"]:
    """The weights in the precision of the losses; 1/n each where none are given."""
    return jnp.full_like(loss, 1.0 / max(loss.shape[0], 1)) if weight is None else weight.astype(loss.dtype)


def exact_quantile(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    counted: CountedLoss,
    level: FloatScalar,
) -> FloatScalar:
    """The value at risk of counted losses; NaN as `value_at_risk` says."""
    weight_type = counted.unit_mass.dtype if weight is None else weight.dtype
    x = from_ordered_bits(upper_quantile(counted, level, weight_type), loss.dtype)
    return jnp.where(has_nan(loss, weight) | jnp.isnan(tail_mass(level)), jnp.nan, x)


def share_tail(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    level: FloatScalar,
    var: FloatScalar,
) -> Float[Array, "scenarios"]:
    """The tail weights of losses whose value at risk is known."""
    w = as_weights(loss, weight)
    held = w > 0
    tail = tail_mass(level).astype(loss.dtype)
    # One scalar reciprocal: a division of the vector may or may not be turned into this by the compiler.
    scale = 1.0 / tail
    above = round_here(jnp.where(held & (loss > var), w * scale, 0.0))
    tied = jnp.where(held & (loss == var), w, 0.0)
    above_mass, tie_mass = tree_sum(jnp.stack([above, tied]))
    # Snapping may leave a mass above the VaR that exceeds 1 - c by rounding; short weights leave more than ties hold.
    rest = jnp.clip(1.0 - above_mass, 0.0, tie_mass * scale)
    return jnp.where(jnp.isnan(var), jnp.nan, above + tied * (rest / jnp.where(tie_mass > 0, tie_mass, 1.0)))
