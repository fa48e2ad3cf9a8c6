"""Floating-point numbers to the bit: sums that do not depend on how the work is cut up, and their order as integers."""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

_RADIX = 8


def tree_sum(x: Float[Array, "..."], axis: int = -1) -> Float[Array, "..."]:
    """Sum along one axis by one fixed binary tree of neighbours, ((x0 + x1) + (x2 + x3)) + ...

    `jnp.sum` leaves the order of additions to the compiler, so its last bits change with the tile, the fusion and the
    device. Here the order is part of the definition: a block of 2^k elements that starts at a multiple of 2^k is a
    subtree. So summing aligned blocks of 2^k first (tiles, shards) and then the block sums changes no bit, and neither
    do zeros appended at the end. The error grows as log2(n), not as n.

    Args:
        x: Terms, any shape.
        axis: The axis that is summed over.

    Returns:
        The sum, without that axis; 0 over an empty axis.

    Example:
        >>> import jax.numpy as jnp
        >>> float(tree_sum(jnp.asarray([1.0, 2.0, 3.0])))
        6.0

    References:
        N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. (2002), section 4.2.
    """
    axis = axis % x.ndim
    lead, trail = x.shape[:axis], x.shape[axis + 1 :]
    x = round_here(x)
    while x.shape[axis] > 1:
        width = min(_RADIX, 1 << (x.shape[axis] - 1).bit_length())
        x = _pad_to_multiple(x, axis, width)
        groups = x.shape[axis] // width
        x = x.reshape(*lead, groups, width, *trail)
        while width > 1:
            width //= 2
            even = lax.slice_in_dim(x, 0, None, 2, axis + 1)
            odd = lax.slice_in_dim(x, 1, None, 2, axis + 1)
            x = even + odd
        x = lax.optimization_barrier(x.reshape(*lead, groups, *trail))
    return x.reshape(*lead, *trail) if x.shape[axis] else jnp.zeros((*lead, *trail), x.dtype)


@jax.custom_jvp
def round_here(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """The value of x, rounded to its type before anything else is done with it.

    Compilers contract a product and the addition that follows into one fused operation with a single rounding, and
    whether they do depends on what else is in the program; an optimisation barrier does not stop the CPU backend. They
    do not see through a comparison with zero. Its only effects: -0.0 becomes 0.0, and so does a subnormal number where
    the device flushes those.

    Args:
        x: Any values, NaN and infinities included.

    Returns:
        x; its derivative is the identity.

    Example:
        >>> import jax.numpy as jnp
        >>> round_here(jnp.asarray([1.5, -2.0])).tolist()
        [1.5, -2.0]
    """
    return jnp.where(x == 0, jnp.zeros_like(x), x)


@round_here.defjvp
def _round_here_jvp(primals: tuple, tangents: tuple) -> tuple:
    return round_here(primals[0]), tangents[0]


def ordered_bits(x: Float[Array, "..."]) -> Int[Array, "..."]:
    """Integers with the order of floating-point numbers, for comparing, counting and sorting.

    Args:
        x: Any values; NaN lies beyond the infinity of its sign.

    Returns:
        Integers as wide as the numbers; 0.0 and -0.0 have the same.

    Example:
        >>> import jax.numpy as jnp
        >>> bool((jnp.diff(ordered_bits(jnp.asarray([-2.0, -1.0, 0.0, 3.0]))) > 0).all())
        True
    """
    bits = lax.bitcast_convert_type(x, jnp.int64 if x.dtype.itemsize == 8 else jnp.int32)
    top = jnp.iinfo(bits.dtype)
    # A negative number grows in magnitude with its bits, so those are mirrored.
    bits = jnp.where(bits == top.min, 0, bits)
    return jnp.where(bits < 0, bits ^ top.max, bits)


def from_ordered_bits(bits: Int[Array, "..."], dtype: jnp.dtype) -> Float[Array, "..."]:
    """The numbers that `ordered_bits` was made from, up to the sign of zero."""
    return lax.bitcast_convert_type(jnp.where(bits < 0, bits ^ jnp.iinfo(bits.dtype).max, bits), dtype)


def _pad_to_multiple(x: Float[Array, "..."], axis: int, multiple: int) -> Float[Array, "..."]:
    short = -x.shape[axis] % multiple
    if not short:
        return x
    return jnp.pad(x, [(0, short if i == axis else 0) for i in range(x.ndim)])
