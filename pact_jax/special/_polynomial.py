"""Polynomials with fixed coefficients."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def polynomial(coefficients: tuple[float, ...], x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Value of a polynomial by Estrin's scheme: neighbours in pairs, pairs in pairs, and so on.

    As many multiplications as Horner's plus a few squares, but a chain of operations that wait for each other which is
    as long as the logarithm of the degree: a core then works on several of them at once.

    Args:
        coefficients: in ascending powers, at least one.
        x: points.

    Returns:
        The values.

    Example:
        >>> polynomial((1.0, 2.0, 3.0), jnp.asarray([0.0, 2.0])).tolist()
        [1.0, 17.0]

    References:
        G. Estrin, Organization of computer systems: the fixed plus variable structure computer (1960).
    """
    power = x = jnp.asarray(x)
    terms: list[Float[Array, "..."] | float] = list(coefficients)
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2], strict=False)
        terms = [low + high * power for low, high in pairs] + terms[len(terms) & ~1 :]
        power = power * power
    return jnp.broadcast_to(terms[0], x.shape).astype(x.dtype)
