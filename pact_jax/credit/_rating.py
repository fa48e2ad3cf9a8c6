"""Default probabilities by rating: a published table as data, the regulatory floors, and a parser for ratings."""

import enum
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

import numpy as np
from jaxtyping import Float

from pact_jax.errors import UnknownName

DEFAULT_RATE_SOURCE: Final = (
    "S&P Global Ratings, 2021 Annual Global Corporate Default And Rating Transition Study (13 April 2022): average "
    "one-year transition rates of global corporates by rating modifier, 1981-2021, column D (defaults over all issuers "
    "of the rating, withdrawn ones included). The study has one class CCC/C, used here for CCC+ to C."
)
"""Where the figures of `ONE_YEAR_DEFAULT_RATE` come from."""

ONE_YEAR_DEFAULT_RATE: Final = MappingProxyType(
    {
        "AAA": 0.0,
        "AA+": 0.0,
        "AA": 0.0002,
        "AA-": 0.0003,
        "A+": 0.0005,
        "A": 0.0005,
        "A-": 0.0005,
        "BBB+": 0.0009,
        "BBB": 0.0014,
        "BBB-": 0.0023,
        "BB+": 0.0031,
        "BB": 0.0046,
        "BB-": 0.0092,
        "B+": 0.0194,
        "B": 0.0299,
        "B-": 0.0589,
        "CCC+": 0.2655,
        "CCC": 0.2655,
        "CCC-": 0.2655,
        "CC": 0.2655,
        "C": 0.2655,
    }
)
"""Observed long-run one-year default rate of each rating, best first; 0 where no default was ever observed."""


class PdFloor(enum.Enum):
    """Lowest probability of default that a rating may stand for: no default observed does not mean none possible.

    Attributes:
        NONE: the observed rate, 0 for the best ratings.
        BASEL_II: 0.03 %, Basel II (June 2006), paragraph 285.
        BASEL_III: 0.05 %, final Basel III, CRE32.4, in force from 2023.
    """

    NONE = 0.0
    BASEL_II = 0.0003
    BASEL_III = 0.0005


def rating_pd(rating: str, floor: PdFloor = PdFloor.BASEL_III) -> float:
    """One-year probability of default of a rating, `max(observed rate, floor)`.

    Args:
        rating: on the scale AAA, AA+, ..., CCC-, CC, C; spaces around it and case do not matter.
        floor: the lowest value allowed.

    Returns:
        Probability of default within one year.

    Raises:
        UnknownName: no such rating; the error lists the valid ones. A defaulted obligor (D, SD) has no probability.

    Example:
        >>> rating_pd("BBB"), rating_pd("AAA"), rating_pd("AAA", PdFloor.NONE)
        (0.0014, 0.0005, 0.0)

    References:
        `DEFAULT_RATE_SOURCE`; BCBS, CRE32.4 (2023).
    """
    known = str(rating).strip().upper()
    if known not in ONE_YEAR_DEFAULT_RATE:
        raise UnknownName(str(rating), ONE_YEAR_DEFAULT_RATE, kind="rating", where="rating_pd")
    return max(ONE_YEAR_DEFAULT_RATE[known], floor.value)


def rating_pds(ratings: Iterable[str], floor: PdFloor = PdFloor.BASEL_III) -> Float[np.ndarray, "issuers"]:
    """One-year probabilities of default of many ratings, on the host.

    Args:
        ratings: one rating an obligor.
        floor: the lowest value allowed.

    Returns:
        Probabilities in the same order.

    Raises:
        UnknownName: one of them is no rating.

    Example:
        >>> rating_pds(["B-", "AA+"]).tolist()
        [0.0589, 0.0005]
    """
    return np.array([rating_pd(rating, floor) for rating in ratings], dtype=np.float64)
