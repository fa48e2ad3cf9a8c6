"""Exact weighted quantile by counting on the integer order of floating-point bits: no sort, no rounding of masses."""

import math
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Bool, Float, Int

from .._numerics import from_ordered_bits, ordered_bits
from .._typing import BoolScalar, FloatScalar, FloatScalarLike, IntScalar

SNAP = 1e-9
"""Relative room in the comparison of a mass with 1 - confidence: 1000 x (1 - 0.975) is 25, not 25.000000000000022."""

_STEPS = 8
"""Halvings before the ends of a bracket are moved to keys that there are."""
_SAMPLE, _SAMPLED = 4_096, 65_536
"""Scenarios in the sample that a search starts with, and the fewest that it pays for."""


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
        return CountedLoss(ordered_bits(loss), None, jnp.asarray(1.0 / max(loss.shape[0], 1), dtype=float), one)
    held = weight > 0
    key = jnp.where(held, ordered_bits(loss), jnp.iinfo(_int_type(loss.dtype)).min)
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

    Bisection on the integer keys: every step is one compare-and-count pass. After a few the ends are moved to the
    nearest keys that there are, so that it takes no longer to single out a value that many scenarios share than one of
    many different ones. Many scenarios that all count one are cut first at two order statistics of a small sample,
    which the quantile nearly always lies between; whether it does is counted, not assumed. The search stops once a
    single scenario, or a single value, is left. The answer is one of the losses, exact to the bit.
    """
    low, high = _ends(counted.key, counted.key > jnp.iinfo(counted.key.dtype).min)
    mass_low = counted.mass_above(low)
    single = counted.single.astype(mass_low.dtype)
    budget = budget.astype(mass_low.dtype)

    def unsettled(state: _Bracket) -> BoolScalar:
        return (state.low + 1 < state.high) & (state.above_low - state.above_high > single)

    def cut(state: _Bracket, at: Int[Array, ""]) -> _Bracket:
        above = counted.mass_above(at)
        right = above > budget
        return _Bracket(
            jnp.where(right, at, state.low),
            jnp.where(right, state.high, at),
            jnp.where(right, above, state.above_low),
            jnp.where(right, state.above_high, above),
        )

    def halve(turn: Int[Array, ""], state: _Bracket) -> _Bracket:
        return cut(state, _middle(state.low, state.high, of_values=turn % 2 == 0))

    def narrow(state: _Bracket) -> _Bracket:
        _, state = lax.while_loop(
            lambda turn: (turn[0] < _STEPS) & unsettled(turn[1]),
            lambda turn: (turn[0] + 1, halve(*turn)),
            (jnp.asarray(0), state),
        )
        low, high = _ends(counted.key, (counted.key > state.low) & (counted.key <= state.high))
        return state._replace(low=low, high=high)

    state = _Bracket(low, high, mass_low, jnp.zeros_like(mass_low))
    if counted.unit is None and counted.key.shape[0] >= _SAMPLED:
        for guess in _guesses(counted.key, budget):
            state = cut(state, jnp.maximum(jnp.minimum(guess, state.high - 1), state.low + 1))
    return lax.while_loop(unsettled, narrow, state).high


def _guesses(key: Int[Array, "scenarios"], above: Int[Array, ""]) -> tuple[Array, Array]:
    """Keys that probably lie just above and just below the one with so many scenarios above it."""
    stride = key.shape[0] // _SAMPLE
    sample = jnp.sort(key[::stride])
    rank = above.astype(jnp.float32) / stride
    room = 4.0 * jnp.sqrt(rank + 1.0)

    def ranked(place: FloatScalar) -> Int[Array, ""]:
        return sample[sample.shape[0] - 1 - jnp.clip(place.astype(jnp.int32), 0, sample.shape[0] - 1)]

    return ranked(rank - room), ranked(rank + room + 1.0) - 1


class _Bracket(NamedTuple):
    """The quantile is above `low` and not above `high`; the mass above each."""

    low: Array
    high: Array
    above_low: Array
    above_high: Array


def _middle(low: Int[Array, ""], high: Int[Array, ""], *, of_values: BoolScalar) -> Int[Array, ""]:
    """A key between two: of the mean of their values, which soon finds the magnitude, or the mean of the keys.

    The mean of the keys bounds the number of steps by twice the bits of the type, whatever the losses are.
    """
    # The mean of two integers without overflow, rounded down.
    mean = (low & high) + ((low ^ high) >> 1)
    dtype = jnp.dtype(jnp.float64 if low.dtype.itemsize == 8 else jnp.float32)
    value = ordered_bits(0.5 * from_ordered_bits(low + 1, dtype) + 0.5 * from_ordered_bits(high, dtype))
    return jnp.where(of_values & (value > low) & (value < high), value, mean)


def _ends(key: Int[Array, "scenarios"], inside: Bool[Array, "scenarios"]) -> tuple[Array, Array]:
    """One less than the smallest key inside, and the largest."""
    bounds = jnp.iinfo(key.dtype)
    smallest = jnp.min(jnp.where(inside, key, bounds.max), initial=bounds.max)
    largest = jnp.max(jnp.where(inside, key, bounds.min), initial=bounds.min)
    return jnp.maximum(smallest, bounds.min + 1) - 1, largest


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


def _int_type(dtype: jnp.dtype) -> jnp.dtype:
    return jnp.dtype(jnp.int64 if jnp.dtype(dtype).itemsize == 8 else jnp.int32)


def _join_limbs(limbs: Int[Array, "3"], dtype: jnp.dtype) -> FloatScalar:
    high, middle, low = limbs.astype(dtype)
    return (high * 256.0 + middle) * 256.0 + low
