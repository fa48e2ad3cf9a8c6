"""The fixed summation tree: its value, its error, and the bits it promises to keep."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax._numerics import round_here, tree_sum


def reference_tree(x):
    """The definition in NumPy: zeros up to a power of two, then neighbours in pairs."""
    x = np.concatenate([x, np.zeros((1 << (len(x) - 1).bit_length()) - len(x), x.dtype)])
    while len(x) > 1:
        x = x[0::2] + x[1::2]
    return x[0]


def draw(n, dtype=np.float64, seed=0):
    return (np.random.default_rng(seed).standard_normal(n) * 10.0 ** np.arange(n).astype(dtype) ** 0.1).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 9, 63, 64, 65, 1000, 4097])
def test_bits_equal_the_definition(n, dtype):
    x = draw(n, dtype)
    assert np.asarray(jax.jit(tree_sum)(jnp.asarray(x))) == reference_tree(x)
    assert np.asarray(tree_sum(jnp.asarray(x))) == reference_tree(x)


# Multiples of 8: nothing stands between the product and the first addition, and without `round_here` XLA contracts the
# two in about half of these draws.
@pytest.mark.parametrize("n", [64, 304])
def test_product_is_not_contracted_into_the_first_addition(n):
    dot = jax.jit(lambda a, b: tree_sum(a * b))
    for seed in range(20):
        a, b = draw(n, seed=seed), draw(n, seed=100 + seed)
        assert np.asarray(dot(jnp.asarray(a), jnp.asarray(b))) == reference_tree(a * b)


@given(st.integers(0, 70), st.sampled_from((1, 3, 6)), st.sampled_from((1, 40)))
def test_tiles_and_trailing_zeros_change_no_bit(seed, tile_bits, padding):
    x = draw(64, seed=seed)
    whole = tree_sum(jnp.asarray(x))
    tiles = jax.vmap(tree_sum)(jnp.asarray(x).reshape(-1, 2**tile_bits))
    assert tree_sum(tiles) == whole
    assert tree_sum(jnp.asarray(np.concatenate([x, np.zeros(padding)]))) == whole


def test_axis_batch_empty_and_gradient():
    x = draw(60).reshape(3, 4, 5)
    for axis in (0, 1, 2, -1, -2):
        np.testing.assert_allclose(tree_sum(jnp.asarray(x), axis=axis), x.sum(axis), rtol=1e-12, atol=1e-12)
    assert tree_sum(jnp.zeros((3, 0))).tolist() == [0.0, 0.0, 0.0]
    assert jax.grad(tree_sum)(jnp.arange(5.0)).tolist() == [1.0] * 5
    assert jax.jacfwd(tree_sum)(jnp.arange(5.0)).tolist() == [1.0] * 5


def test_error_grows_as_the_logarithm():
    x = np.full(1_000_000, 0.1, np.float32)
    exact = float(np.float32(0.1)) * 1e6
    assert abs(float(tree_sum(jnp.asarray(x))) - exact) / exact <= 20 * 2.0**-24


def test_round_here_is_the_identity_with_its_derivative():
    x = jnp.asarray([-0.0, 0.0, 1.5, np.inf, -np.inf])
    assert round_here(x).tolist() == x.tolist()
    assert np.isnan(round_here(jnp.asarray(np.nan)))
    assert jax.grad(lambda x: round_here(x).sum())(x).tolist() == [1.0] * 5
