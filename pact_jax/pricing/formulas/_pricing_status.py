"""Status bits of the numerical pricers, which must answer for a million contracts and cannot raise for one."""

import enum


class PricingStatus(enum.IntFlag):
    """Bits beside a value that a solver or an approximation returns; the value is NaN unless the status is 0.

    Example:
        >>> PricingStatus(2).name
        'ABOVE_MAXIMUM'
    """

    OK = 0
    BELOW_INTRINSIC = 1
    """The quoted price is below its lower bound."""
    ABOVE_MAXIMUM = 2
    """The quoted price is at or above its upper bound."""
    BAD_INPUT = 4
    """An input is not finite or outside its range."""
    NOT_COVERED = 8
    """The method does not apply to this contract, for instance two exercise boundaries."""
    NOT_CONVERGED = 16
    """The iteration ended away from a solution."""
