"""The counter-based generator: one hash a number, written out so that a compiler can fuse it into its consumer."""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, UInt32

from ..special import normal_quantile

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_TWO_TO_52_BITS = 0x4330000000000000

Words = tuple[UInt32[Array, "..."], UInt32[Array, "..."]]


def threefry2x32(key: Words, counter: Words) -> Words:
    """Threefry-2x32 with 20 rounds: two words of random bits for a key and a counter, element by element.

    A bijection of the counter for each key: distinct counters give distinct results. Unrolled: a loop over rounds,
    as the backend's own generator has, compiles to a dozen kernels and cannot be fused.

    Args:
        key: two words.
        counter: two words; shapes broadcast.

    Returns:
        Two words.

    Example:
        >>> import jax.numpy as jnp
        >>> zero = jnp.uint32(0)
        >>> [hex(int(word)) for word in threefry2x32((zero, zero), (zero, zero))]
        ['0x6b200159', '0x99ba4efe']

    References:
        J. K. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC11 (2011).
    """
    schedule = (key[0], key[1], key[0] ^ key[1] ^ jnp.uint32(_PARITY))
    x, y = counter[0] + schedule[0], counter[1] + schedule[1]
    for block in range(5):
        for rotation in _ROTATIONS[block % 2]:
            x = x + y
            y = x ^ ((y << jnp.uint32(rotation)) | (y >> jnp.uint32(32 - rotation)))
        x = x + schedule[(block + 1) % 3]
        y = y + schedule[(block + 2) % 3] + jnp.uint32(block + 1)
    return x, y


def stream_key(seed: Int[Array, ""], stream: int) -> Words:
    """Key of one stream of a seed; distinct for seeds from 0 to 2^56 - 1 and streams below 256.

    Args:
        seed: seed of the scenario set.
        stream: number of the stream.

    Returns:
        Two words.
    """
    low = seed.astype(jnp.uint32)
    high = (seed >> 32).astype(jnp.uint32) if seed.dtype.itemsize == 8 else jnp.uint32(0)
    return low, high ^ jnp.uint32(stream << 24)


def to_uniform(words: Words, dtype: jnp.dtype) -> Float[Array, "..."]:
    """A number strictly between 0 and 1 from random bits: the midpoint of one of 2^52 (float32: 2^23) equal cells.

    Args:
        words: random bits.
        dtype: floating dtype of the result.

    Returns:
        Uniform numbers.
    """
    if jnp.dtype(dtype) == jnp.float64:
        wide = (words[0].astype(jnp.uint64) << jnp.uint64(32)) | words[1].astype(jnp.uint64)
        # The cell as the last bits of 2^52: exact; a conversion from 64 bits is slow on many CPUs. The product keeps
        # a compiler from adding the constant to one of the consumer's.
        above = lax.bitcast_convert_type((wide >> jnp.uint64(12)) | jnp.uint64(_TWO_TO_52_BITS), dtype)
        return (above - (2.0**52 - 0.5)) * 2.0**-52
    return ((words[0] >> jnp.uint32(9)).astype(dtype) + 0.5) * jnp.asarray(2.0**-23, dtype)


def to_normal(words: Words, dtype: jnp.dtype) -> Float[Array, "..."]:
    """A standard normal from random bits by inversion.

    In float32 the lower tail and the sign are drawn apart, so that the tail reaches 6.3 standard deviations and not
    only the 5.4 that 23 bits resolve.

    Args:
        words: random bits.
        dtype: floating dtype of the result.

    Returns:
        Normal numbers.
    """
    if jnp.dtype(dtype) == jnp.float64:
        return normal_quantile(to_uniform(words, dtype))
    tail = (words[0].astype(dtype) + 0.5) * jnp.asarray(2.0**-33, dtype)
    size = -normal_quantile(jnp.minimum(tail, 0.5))
    return lax.select(words[1] >> jnp.uint32(31) == 0, size, -size)


def quantile_of(words: Words, dtype: jnp.dtype) -> Float[Array, "..."]:
    """The normal quantile of the number between 0 and 1 that 64 bits spell, most significant word first.

    Unlike `to_normal` it keeps order in both precisions, which evenly spread points need: in float32 the tail is
    measured from its own end, so that it reaches 6.3 standard deviations.

    Args:
        words: bits.
        dtype: floating dtype of the result.

    Returns:
        Normal numbers.
    """
    if jnp.dtype(dtype) == jnp.float64:
        return normal_quantile(to_uniform(words, dtype))
    upper = words[0] >> jnp.uint32(31) == 1
    tail = (jnp.where(upper, ~words[0], words[0]).astype(dtype) + 0.5) * jnp.asarray(2.0**-32, dtype)
    z = normal_quantile(tail)
    return jnp.where(upper, -z, z)
