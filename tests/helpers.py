"""The comparison of pytrees that tests use: structure, shape, dtype must match; tolerance follows dtype and scale."""

from typing import Any

import jax
import numpy as np

# About 1e3 units in the last place of float64 sums over a small book; float32 keeps the same room at its own precision.
_RELATIVE = {"float64": 1e-10, "float32": 2e-4, "float16": 2e-2, "bfloat16": 5e-2}


def tolerance(dtype: Any) -> float:
    """Relative tolerance for one floating dtype; 0 for integers and booleans, which must be equal."""
    return _RELATIVE.get(np.dtype(dtype).name, 0.0)


def tree_allclose(actual: Any, expected: Any, *, scale: float | None = None, rtol: float | None = None) -> bool:
    """Whether two pytrees agree leaf by leaf.

    Args:
        actual: Tree under test.
        expected: Reference of the same structure, shapes and dtypes.
        scale: Size that errors are relative to, e.g. a notional; the largest finite |expected| of each leaf if None.
        rtol: Relative tolerance; that of the leaf's dtype if None.
    """
    return not tree_differences(actual, expected, scale=scale, rtol=rtol)


def assert_trees_close(actual: Any, expected: Any, *, scale: float | None = None, rtol: float | None = None) -> None:
    """`tree_allclose` that says which leaf differs and by how much."""
    differences = tree_differences(actual, expected, scale=scale, rtol=rtol)
    assert not differences, "\n".join(differences)


def tree_differences(actual: Any, expected: Any, *, scale: float | None, rtol: float | None) -> list[str]:
    actual_leaves, actual_tree = jax.tree_util.tree_flatten_with_path(actual)
    expected_leaves, expected_tree = jax.tree_util.tree_flatten_with_path(expected)
    if actual_tree != expected_tree:
        return [f"structure: got {actual_tree}, expected {expected_tree}"]
    found = []
    for (path, left), (_, right) in zip(actual_leaves, expected_leaves, strict=True):
        difference = _leaf_difference(left, right, scale, rtol)
        if difference:
            found.append(f"{jax.tree_util.keystr(path) or 'value'}: {difference}")
    return found


def _leaf_difference(left: Any, right: Any, scale: float | None, rtol: float | None) -> str:
    if not isinstance(left, np.ndarray | jax.Array | np.generic | float | int | complex):
        return "" if left == right else f"got {left!r}, expected {right!r}"
    if isinstance(left, np.ndarray | jax.Array | np.generic) != isinstance(right, np.ndarray | jax.Array | np.generic):
        return f"got {type(left).__name__}, expected {type(right).__name__}"
    got, want = np.asarray(left), np.asarray(right)
    if got.shape != want.shape or got.dtype != want.dtype:
        return f"got {got.dtype}{got.shape}, expected {want.dtype}{want.shape}"
    if not np.issubdtype(got.dtype, np.inexact):
        return "" if np.array_equal(got, want) else f"got {got}, expected {want}"
    finite = np.abs(want[np.isfinite(want)])
    unit = scale if scale is not None else float(finite.max(initial=0.0))
    room = (tolerance(got.dtype) if rtol is None else rtol) * unit
    if np.allclose(got, want, rtol=0.0, atol=room, equal_nan=True):
        return ""
    comparable = np.isfinite(got) & np.isfinite(want)
    largest = np.abs(got[comparable] - want[comparable]).max(initial=0.0)
    strange = int(np.sum(~comparable & ~np.isclose(got, want, equal_nan=True)))
    return f"largest difference {largest:.3g} against {room:.3g}, {strange} NaN or infinite on one side only"
