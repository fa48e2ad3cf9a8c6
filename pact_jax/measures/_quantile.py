"""Exact weighted quantile by counting on the integer order of floating-point bits: no sort, no rounding of masses."""

import math

import equinox as eqx
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Bool, Float, Int

from .._typing import BoolScalar, FloatScalar, FloatScalarLike, IntScalar

SNAP = 1e-9
"""Relative room in the comparison of a mass with 1 - confidence: 1000 x (1 - 0.975) is 25, not 25.000000000000022."""


class CountedLoss(eqx.Module):
    """Losses as integers of the same order, with integer masses: what the search for a quantile needs.

    Attributes:
        key: Integer with the order of the loss; the smallest integer where the weight is 0.
        unit: Mass of each scenario in integer units, one row per limb; None if every scenario counts one.
        unit_mass: Probability mass of one unit.
        single: Units of one scenario where all count the same, -1 otherwise.
    """

    key: Int[Array, "scenarios"]
    unit: Int[Array, "_ scenarios"] | None
    unit_mass: FloatScalar
    single: IntScalar

    def mass_above(self, key: Int[Array, ""]) -> Array:
        """Units of mass in scenarios with a key above `key`; exact, whatever the order of the additions."""
        above = self.key > key
        if self.unit is None:
            return jnp.sum(above, dtype=jnp.int32)
        limbs = jnp.sum(jnp.where(above, self.unit, 0), axis=-1, dtype=self.unit.dtype)
        if limbs.shape[0] == 1:
            return limbs[0]
        return _join_limbs(limbs, self.unit_mass.dtype)


def as_confidence(confidence: FloatScalarLike) -> FloatScalar:
    """A confidence level as an array; Python numbers take the widest floating type that is on."""
    level = jnp.asarray(confidence)
    return level if jnp.issubdtype(level.dtype, jnp.floating) else level.astype(float)


def tail_mass(confidence: FloatScalar) -> FloatScalar:
    """The mass 1 - confidence of the tail; NaN where the level is outside [0, 1)."""
    return jnp.where((confidence >= 0.0) & (confidence < 1.0), 1.0 - confidence, jnp.nan)


def count_losses(loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None) -> CountedLoss:
    """Turn losses and weights into integers once, for any number of levels.

    Weights that are all equal (zeros aside) count one unit each, found by looking at the values, so that a padded
    or an explicit equal weight picks the same scenario as no weight at all. Other weights become fixed-point
    numbers relative to the largest: with 64-bit integers one word, the rounding of each below 1e-12 of the largest for
    a million scenarios; without them three 8-bit limbs, all the bits that a float32 weight has.
    """
    if weight is None:
        one = jnp.asarray(1, jnp.int32)
        return CountedLoss(_key(loss), None, jnp.asarray(1.0 / max(loss.shape[0], 1), dtype=float), one)
    held = weight > 0
    key = jnp.where(held, _key(loss), jnp.iinfo(_int_type(loss.dtype)).min)
    largest = jnp.max(weight, initial=0.0)
    equal = jnp.all(~held | (weight == largest))
    share = weight / jnp.where(largest > 0, largest, 1.0)
    wide = jnp.zeros((), dtype=float).dtype
    if wide == jnp.float64:
        bits = 62 - max(loss.shape[0], 2).bit_length()
        fixed = jnp.round(share.astype(wide) * 2.0**bits).astype(jnp.int64)
        unit = jnp.where(equal, held.astype(jnp.int64), fixed)[None]
    else:
        bits = 24
        fixed = jnp.round(share * (2.0**bits - 1.0)).astype(jnp.int32)
        unit = jnp.where(equal, held.astype(jnp.int32), fixed)
        unit = jnp.stack([(unit >> shift) & 0xFF for shift in (16, 8, 0)])
    scale = jnp.where(equal, 1.0, 2.0**-bits if wide == jnp.float64 else 1.0 / (2.0**bits - 1.0)).astype(wide)
    return CountedLoss(key, unit, largest.astype(wide) * scale, jnp.where(equal, 1, -1))


def upper_quantile(counted: CountedLoss, confidence: FloatScalar, weight_type: jnp.dtype) -> Int[Array, ""]:
    """Key of the smallest loss x with mass{L > x} <= 1 - confidence."""
    return quantile_within(counted, _budget(counted, confidence, weight_type))


def quantile_within(counted: CountedLoss, budget: FloatScalar) -> Int[Array, ""]:
    """Key of the smallest loss x with mass{L > x} <= budget, in units of mass.

    Bisection on the integer keys: every step is one compare-and-count pass, at most as many as the type has bits, and
    it stops early once a single scenario is left. The answer is one of the losses, exact to the bit.
    """
    lowest = jnp.iinfo(counted.key.dtype).min
    held = counted.key > lowest
    highest = jnp.iinfo(counted.key.dtype).max
    low = jnp.min(jnp.where(held, counted.key, highest), initial=highest)
    low, high = jnp.maximum(low, lowest + 1) - 1, jnp.max(counted.key, initial=lowest)
    mass_low = counted.mass_above(low)
    single = counted.single.astype(mass_low.dtype)
    budget = budget.astype(mass_low.dtype)

    def unsettled(state: tuple[Array, Array, Array, Array]) -> BoolScalar:
        low, high, above_low, above_high = state
        return (low + 1 < high) & (above_low - above_high > single)

    def halve(state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        low, high, above_low, above_high = state
        # The mean of two integers without overflow, rounded down.
        middle = (low & high) + ((low ^ high) >> 1)
        above = counted.mass_above(middle)
        right = above > budget
        return (
            jnp.where(right, middle, low),
            jnp.where(right, high, middle),
            jnp.where(right, above, above_low),
            jnp.where(right, above_high, above),
        )

    _, high, _, _ = lax.while_loop(unsettled, halve, (low, high, mass_low, jnp.zeros_like(mass_low)))
    return jnp.max(jnp.where(counted.key <= high, counted.key, lowest), initial=lowest)


def key_to_loss(key: Int[Array, "..."], dtype: jnp.dtype) -> Float[Array, "..."]:
    """The loss of a key: the inverse of the order-preserving map, up to the sign of zero."""
    return lax.bitcast_convert_type(jnp.where(key < 0, key ^ jnp.iinfo(key.dtype).max, key), dtype)


def has_nan(loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None) -> Bool[Array, ""]:
    """Whether a scenario that counts has a NaN loss, or a weight is no weight (negative, NaN or infinite)."""
    if weight is None:
        return jnp.any(jnp.isnan(loss))
    return jnp.any(jnp.isnan(loss) & (weight > 0)) | jnp.any(~((weight >= 0) & (weight < math.inf)))


def _budget(counted: CountedLoss, confidence: FloatScalar, weight_type: jnp.dtype) -> FloatScalar:
    """1 - confidence in whole units of mass, snapped.

    The room is 1e-9, or what the rounding of the level and of the weights themselves can shift if that is more (it is
    for float32: 1 - 0.99 is off by 1e-6 there).
    """
    tail = tail_mass(confidence)
    room = jnp.maximum(SNAP, 2.0 * jnp.finfo(confidence.dtype).eps / tail)
    room = jnp.maximum(room, 2.0 * float(jnp.finfo(weight_type).eps))
    wide = counted.unit_mass.dtype
    units = tail.astype(wide) / jnp.maximum(counted.unit_mass, jnp.finfo(wide).tiny)
    units = jnp.where(jnp.isnan(units), 0.0, units * (1.0 + room).astype(wide))
    # Kept inside the integer type of the masses; more budget than there is mass picks the smallest loss either way.
    return jnp.minimum(jnp.floor(units), 2.0**62 if counted.unit is not None else 2.0**30)


def _key(x: Float[Array, "scenarios"]) -> Int[Array, "scenarios"]:
    bits = lax.bitcast_convert_type(x, _int_type(x.dtype))
    top = jnp.iinfo(bits.dtype)
    # -0.0 and 0.0 are one value; a negative float grows in magnitude with its bits, so those are mirrored.
    bits = jnp.where(bits == top.min, 0, bits)
    return jnp.where(bits < 0, bits ^ top.max, bits)


def _int_type(dtype: jnp.dtype) -> jnp.dtype:
    return jnp.dtype(jnp.int64 if jnp.dtype(dtype).itemsize == 8 else jnp.int32)


def _join_limbs(limbs: Int[Array, "3"], dtype: jnp.dtype) -> FloatScalar:
    high, middle, low = limbs.astype(dtype)
    return (high * 256.0 + middle) * 256.0 + low
