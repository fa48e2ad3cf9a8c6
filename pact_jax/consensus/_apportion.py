"""The one apportionment: contributions as whole units that add up exactly, on the host, in integers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from jaxtyping import Float, Int64

from ..errors import ArgumentError, PactError

UNITS_PER_CAPITAL = 10**12
"""Units in the whole capital: one unit is 1e-12 of it."""

GAP_TOLERANCE = 1e-9
"""Largest |sum of leaves - score| that is rounding, relative to the sum of absolute leaves, in float64."""

_ROUNDINGS = 32.0
"""The same in units of the rounding of a less precise run."""

_INT64_LIMIT = 2.0**63


class ExplanationGap(PactError):
    """The contributions do not add up to the number that they explain; nothing may be published or sealed."""


@dataclass(frozen=True)
class Apportionment:
    """Contributions in whole units.

    Attributes:
        units: Units of 1e-12 of capital per leaf, in the order given; any level of the hierarchy is their integer sum.
        total_units: The sum of `units`, an integer of any size.
        score: Correctly rounded float64 sum of the leaves, whatever their order.
    """

    units: Int64[np.ndarray, "..."]
    total_units: int
    score: float


def apportion(
    contribution: Float[np.ndarray, "..."],
    leaf_keys: Sequence[str],
    score: float | None = None,
    *,
    computed_in: str | np.dtype = "float64",
) -> Apportionment:
    """Round contributions to units of 1e-12 of capital so that they sum exactly, by largest remainders.

    A leaf in units is the float64 product leaf x 1e12; from there on everything is exact: each is floored toward minus
    infinity, the target is the sum of the leaves rounded half to even, and the difference (between 0 and the number of
    leaves) goes to the largest remainders, ties in the order of the leaf keys. So the result depends on neither the
    order of the leaves nor the machine.

    Args:
        contribution: Contributions of the leaves as fractions of capital, float64.
        leaf_keys: One unique name per leaf, for example "market/rates/position-17/vol".
        score: The number explained, ES / K, as computed apart from the leaves; None skips the check.
        computed_in: Floating type that score and leaves were computed in: what is rounding depends on it.

    Returns:
        Units, their sum and the float64 sum of the leaves.

    Raises:
        ArgumentError: Lengths differ, a key is used twice, a leaf is not finite, or one does not fit 64-bit units.
        ExplanationGap: The leaves sum to something else than `score` by more than 1e-9 of the sum of |leaf|, or 32
            roundings of float32 where that is what they were computed in.

    Example:
        >>> import numpy as np
        >>> apportion(np.array([0.1e-12, 0.7e-12, 0.7e-12]), ["a", "b", "c"]).units.tolist()
        [0, 1, 1]

    References:
        M. L. Balinski and H. P. Young, Fair Representation (1982), on the method of largest remainders.
    """
    leaves = _checked(contribution, leaf_keys)
    total = math.fsum(leaves)
    if score is not None:
        tolerance = max(GAP_TOLERANCE, _ROUNDINGS * float(np.finfo(computed_in).eps))
        _check_gap(total, float(score), math.fsum(np.abs(leaves)), tolerance)
    with np.errstate(over="ignore"):
        scaled = leaves * float(UNITS_PER_CAPITAL)
    if leaves.size and not np.abs(scaled).max() < _INT64_LIMIT:
        worst = int(np.abs(leaves).argmax())
        raise ArgumentError(
            f"a contribution is {leaves[worst]:.6g} times the capital and does not fit 64-bit units",
            f"leaf {leaf_keys[worst]!r}",
            "give capital and losses in the same currency unit",
        )
    floors = np.floor(scaled)
    units = floors.astype(np.int64)
    target = _round_half_even_sum(scaled)
    missing = target - _exact_sum(units)
    by_key = np.empty(leaves.size, np.int64)
    by_key[sorted(range(leaves.size), key=leaf_keys.__getitem__)] = np.arange(leaves.size)
    order = np.lexsort((by_key, floors - scaled))
    units[order[:missing]] += 1
    return Apportionment(units, target, total)


def _checked(contribution: Float[np.ndarray, "..."], leaf_keys: Sequence[str]) -> Float[np.ndarray, "..."]:
    leaves = np.asarray(contribution)
    if leaves.dtype != np.float64 or leaves.ndim != 1:
        raise ArgumentError(
            f"got {leaves.dtype} of shape {leaves.shape}", "contribution", "give one float64 vector, one entry per leaf"
        )
    if len(leaf_keys) != leaves.size:
        raise ArgumentError(f"{leaves.size} contributions and {len(leaf_keys)} keys", "leaf_keys", "give one per leaf")
    if len(set(leaf_keys)) != leaves.size:
        seen: set[str] = set()
        twice = next(key for key in leaf_keys if key in seen or seen.add(key))
        raise ArgumentError(f"{twice!r} names two leaves", "leaf_keys", "add up leaves of one name first")
    if not np.isfinite(leaves).all():
        worst = int(np.flatnonzero(~np.isfinite(leaves))[0])
        raise ArgumentError(f"a contribution is {leaves[worst]}", f"leaf {leaf_keys[worst]!r}", "mend the agent's loss")
    return leaves


def _check_gap(total: float, score: float, size: float, tolerance: float) -> None:
    # Written so that a NaN score is a gap as well.
    if not abs(total - score) <= tolerance * size:
        raise ExplanationGap(
            f"EXPLANATION_GAP: the leaves sum to {total!r}, the score is {score!r}, the sum of |leaf| is {size!r}",
            "apportion",
            "an agent attributes another loss than the one that it observed: compare the two phases per agent",
        )


def _exact_sum(units: Int64[np.ndarray, "..."]) -> int:
    """Integer sum; through Python integers where 64 bits might overflow."""
    largest = int(np.abs(units.astype(np.float64)).max(initial=0.0)) + 1
    if units.size * largest < 2**63:
        return int(units.sum())
    return sum(units.tolist())


def _round_half_even_sum(scaled: Float[np.ndarray, "..."]) -> int:
    """The exact sum, rounded half to even."""
    total = math.fsum(scaled)
    # A correctly rounded sum lies on the same side of every half-integer as the exact one unless it is one itself.
    if abs(total) < 2.0**51 and (2.0 * total) % 2.0 != 1.0:
        return round(total)
    return round(sum(map(Fraction, scaled.tolist()), Fraction(0)))
