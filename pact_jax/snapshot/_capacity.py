"""Capacities: axes are padded to a few lengths, so that a changed book meets code that is already compiled."""

import numpy as np

_STEPS = (4, 5, 6, 7)


def capacity(count: int, *, minimum: int = 8) -> int:
    """Smallest capacity that holds `count`: 0, or 4, 5, 6, 7 times a power of two, at least `minimum`.

    Args:
        count: number of rows in use.
        minimum: smallest capacity above 0.

    Returns:
        Length of the padded axis, at most a quarter more than needed beyond the minimum.

    Example:
        >>> [capacity(n) for n in (0, 3, 9, 5000)]
        [0, 8, 10, 5120]
    """
    if count == 0:
        return 0
    if count <= minimum:
        return minimum
    exponent = max(int(np.floor(np.log2(count))) - 2, 0)
    return min(step << power for power in (exponent, exponent + 1) for step in _STEPS if step << power >= count)


def padded(values: np.ndarray, length: int, fill: float | int | bool | None = None) -> np.ndarray:
    """`values` extended to `length` along the first axis, with `fill` or, where none is given, the last row.

    Repeating a valid row keeps every formula in its domain on the padding, which nothing holds.

    Args:
        values: array with the axis to pad in front.
        length: capacity.
        fill: value of the padding.

    Returns:
        The padded array.
    """
    missing = length - values.shape[0]
    if missing <= 0:
        return values
    if fill is None and values.shape[0]:
        tail = np.repeat(values[-1:], missing, axis=0)
    else:
        tail = np.full((missing, *values.shape[1:]), 0 if fill is None else fill, values.dtype)
    return np.concatenate([values, tail])
