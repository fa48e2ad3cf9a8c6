"""The comparison that the other tests stand on can fail."""

import jax.numpy as jnp
import numpy as np
import pytest

from tests.helpers import assert_trees_close, tree_allclose


def test_equal_trees():
    tree = {"a": jnp.arange(3.0), "b": (jnp.array([True]), 2.0, None, "name")}
    assert tree_allclose(tree, tree)
    assert tree_allclose(jnp.array([jnp.nan, jnp.inf]), jnp.array([jnp.nan, jnp.inf]))


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (jnp.ones(3), jnp.ones((3, 1))),
        (jnp.ones(3), jnp.ones(3, dtype=jnp.float32)),
        (jnp.ones(3), [1.0, 1.0, 1.0]),
        (jnp.ones(3), jnp.ones(3) * (1 + 1e-8)),
        (jnp.array([1, 2]), jnp.array([1, 3])),
        (jnp.array([jnp.nan]), jnp.array([0.0])),
        (jnp.array([jnp.inf]), jnp.array([-jnp.inf])),
        (1.0, np.float64(1.0)),
        ("a", "b"),
        (1.0, 1.1),
    ],
)
def test_differences_are_seen(actual, expected):
    assert not tree_allclose(actual, expected)
    with pytest.raises(AssertionError):
        assert_trees_close(actual, expected)


def test_scale_widens_the_room():
    zero, tiny = jnp.zeros(2), jnp.full(2, 1e-6)
    assert not tree_allclose(tiny, zero)
    assert tree_allclose(tiny, zero, scale=1e6)
    assert tree_allclose(jnp.float32(1.0001), jnp.float32(1.0))
