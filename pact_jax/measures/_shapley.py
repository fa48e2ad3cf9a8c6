"""Exact Shapley values of a few players, as one small matrix."""

from functools import cache
from math import factorial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError

_MAX_PLAYERS = 12


@cache
def shapley_matrix(num_players: int) -> Float[np.ndarray, "factors ..."]:
    """Matrix that turns the values of all subsets of players into the players' exact Shapley values.

    `phi_k = sum over S without k of |S|! (n - |S| - 1)! / n! [v(S + k) - v(S)]`. Subset number s contains player k if
    bit k of s is set. Rows sum to 0, and all rows together give v(all) - v(none).

    Args:
        num_players: n, from 0 to 12 (4,096 subsets).

    Returns:
        Host matrix of n rows and 2**n columns.

    Raises:
        ArgumentError: more players than can be enumerated.

    Example:
        >>> (shapley_matrix(2) @ [0.0, 1.0, 2.0, 5.0]).tolist()
        [2.0, 3.0]

    References:
        L. S. Shapley, A value for n-person games (1953).
    """
    if not 0 <= num_players <= _MAX_PLAYERS:
        raise ArgumentError(
            f"{num_players} players have too many subsets to enumerate",
            where="shapley_matrix",
            mend=f"group the players into at most {_MAX_PLAYERS}",
        )
    subsets = np.arange(2**num_players)
    matrix = np.zeros((num_players, 2**num_players))
    for player in range(num_players):
        without = subsets[(subsets >> player) & 1 == 0]
        size = np.array([int(s).bit_count() for s in without], dtype=int)
        share = [factorial(k) * factorial(num_players - k - 1) / factorial(num_players) for k in size]
        matrix[player, without] -= share
        matrix[player, without | (1 << player)] += share
    matrix.setflags(write=False)
    return matrix


def shapley_values(subset_values: Float[Array, "..."]) -> Float[Array, "..."]:
    """Exact Shapley values from the values of all subsets of players.

    A player that changes no subset's value by a bit gets exactly 0, because the differences are taken before they are
    weighted. The values sum to v(all) - v(none) up to rounding.

    Args:
        subset_values: v(S) along the first axis, 2^n of them, in the order of `shapley_matrix`: subset number s
            contains player k if bit k of s is set. Further axes (scenarios, positions) are carried along.

    Returns:
        phi, one row per player in place of the subsets.

    Raises:
        ArgumentError: The first axis is no power of two.

    Example:
        >>> import jax.numpy as jnp
        >>> shapley_values(jnp.asarray([0.0, 1.0, 2.0, 5.0])).tolist()
        [2.0, 3.0]

    References:
        L. S. Shapley, A value for n-person games (1953).
    """
    size = subset_values.shape[0]
    players = size.bit_length() - 1
    if size != 2**players:
        raise ArgumentError(f"{size} subset values", "shapley_values", "give the value of every subset, 2^n of them")
    matrix = shapley_matrix(players)
    rows = []
    for player in range(players):
        without = np.flatnonzero((np.arange(size) >> player) & 1 == 0)
        share = matrix[player, without | (1 << player)].astype(subset_values.dtype)
        gain = subset_values[without | (1 << player)] - subset_values[without]
        rows.append(jnp.tensordot(share, gain, axes=1, precision="highest"))
    return jnp.stack(rows) if rows else jnp.zeros((0, *subset_values.shape[1:]), subset_values.dtype)
