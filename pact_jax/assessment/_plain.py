"""Plain values for JSON."""

from typing import Any

import numpy as np


def plain(value: object) -> Any:
    """Nested values as JSON can hold them: not-a-number becomes None, infinity a word, what is unknown its text.

    Args:
        value: dictionaries, lists, scalars of NumPy or Python.

    Returns:
        The same with dictionaries, lists, strings, numbers, booleans and None only.

    Example:
        >>> plain({"a": np.float64("nan"), "b": (1, float("inf"))})
        {'a': None, 'b': [1, 'infinity']}
    """
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else ("infinity" if value > 0 else "-infinity")
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)
