"""Scalar aliases that signatures share. `X` is what code computes, `XLike` what a caller may pass."""

from jaxtyping import Array, ArrayLike, Bool, Float, Int, Key, UInt32

FloatScalar = Float[Array, ""]
IntScalar = Int[Array, ""]
BoolScalar = Bool[Array, ""]
# Status words and the counters of random numbers are unsigned 32-bit on every device.
UInt32Scalar = UInt32[Array, ""]
KeyScalar = Key[Array, ""]

# A bare Python number stays weakly typed, so it never lifts float32 inputs to float64.
FloatScalarLike = float | int | Float[ArrayLike, ""]
IntScalarLike = int | Int[ArrayLike, ""]
BoolScalarLike = bool | Bool[ArrayLike, ""]
