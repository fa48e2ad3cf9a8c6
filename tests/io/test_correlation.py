"""The nearest correlation matrix: the published example, and what makes it nearest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.errors import SnapshotError
from pact_jax.io import snapshot_from_dict
from pact_jax.scenarios.correlation import nearest_correlation

# N. J. Higham, Computing the nearest correlation matrix (2002), section 4: the 3 x 3 example and its answer.
EXAMPLE = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
ANSWER = np.array([[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]])


def test_the_published_example() -> None:
    np.testing.assert_allclose(nearest_correlation(EXAMPLE), ANSWER, atol=5e-5)


@given(st.integers(0, 10_000))
def test_the_result_is_a_correlation_and_nothing_nearby_is_nearer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.uniform(-1.0, 1.0, (4, 4)), 1)
    matrix = upper + upper.T + np.eye(4)
    nearest = nearest_correlation(matrix)
    assert np.array_equal(nearest, nearest.T)
    np.testing.assert_allclose(np.diag(nearest), 1.0, atol=1e-12)
    assert np.linalg.eigvalsh(nearest)[0] > -1e-12
    distance = np.linalg.norm(nearest - matrix)
    factor = rng.standard_normal((4, 4))
    other = factor @ factor.T
    other = other / np.sqrt(np.outer(np.diag(other), np.diag(other)))
    for share in (1e-3, 0.1, 1.0):
        # A convex set: every mixture is a correlation too, and must not be nearer.
        mixture = (1.0 - share) * nearest + share * other
        assert np.linalg.norm(mixture - matrix) >= distance - 1e-9


def test_repair_only_when_asked_and_with_its_distance() -> None:
    payload = {
        "positions": [{"value": 1.0, "sensitivity": 1.0} for _ in range(3)],
        "risk_factors": ["a", "b", "c"],
        "correlation_matrix": EXAMPLE.tolist(),
        "total_capital": 1.0,
    }
    with pytest.raises(SnapshotError, match="smallest eigenvalue is -0.414214"):  # 1 - sqrt(2)
        snapshot_from_dict(payload)
    book = snapshot_from_dict(payload, repair="higham").linear
    assert book is not None
    np.testing.assert_allclose(book.correlation, ANSWER, atol=5e-5)
    assert book.repair_distance == pytest.approx(np.linalg.norm(ANSWER - EXAMPLE), abs=2e-4)


def test_a_good_matrix_is_left_alone() -> None:
    good = [[1.0, 0.3], [0.3, 1.0]]
    payload = {
        "positions": [{"value": 1.0, "sensitivity": 1.0} for _ in range(2)],
        "risk_factors": ["a", "b"],
        "correlation_matrix": good,
        "total_capital": 1.0,
    }
    book = snapshot_from_dict(payload, repair="higham").linear
    assert book is not None and book.correlation.tolist() == good and book.repair_distance == 0.0
