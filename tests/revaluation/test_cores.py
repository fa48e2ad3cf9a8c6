"""Scenarios on several cores: the same bits, one program, and nothing of it under a transformation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.revaluation import map_cores

TILE = 4


@pytest.fixture
def run():
    calls = []

    @jax.jit
    def squares(x):
        calls.append(x.shape)  # appended to while tracing only
        return {"square": x**2, "finite": jnp.isfinite(x).all(axis=1)}

    return squares, calls


@pytest.mark.parametrize("count", [64, 61, 33])
def test_parts_join_to_the_whole_in_order(run, count):
    squares, traced = run
    some = jnp.asarray(np.random.default_rng(count).normal(size=(count, 3)))
    joined = map_cores(squares, some, tile=TILE, cores=2)
    again = map_cores(squares, some, tile=TILE, cores=2)
    # Half of the tiles, rounded up to whole ones, and one program for both halves.
    num_tiles = (count + TILE - 1) // TILE
    assert traced == [(TILE * ((num_tiles + 1) // 2), 3)]
    whole = squares(some)
    for name in whole:
        assert np.array_equal(joined[name], whole[name]) and np.array_equal(again[name], whole[name])


def test_few_tiles_and_transformations_call_once(run):
    squares, traced = run
    some = jnp.ones((12, 3))
    map_cores(squares, some, tile=TILE, cores=2)
    assert traced == [(12, 3)]
    slope = jax.grad(lambda x: map_cores(squares, x, tile=TILE, cores=2)["square"].sum())(jnp.ones((64, 3)))
    assert slope.shape == (64, 3) and traced[-1] == (64, 3)


def test_what_the_function_closes_over_may_be_transformed():
    # Found by the gradient of the score with respect to pd: the shocks were constants, the base valuation was not.
    some = jnp.ones((64, 3))
    scaled = lambda k: map_cores(lambda x: (k * x).sum(axis=1), some, tile=TILE, context=k, cores=2).sum()  # noqa: E731
    assert float(jax.grad(scaled)(2.0)) == 192.0


def test_an_error_reaches_the_caller():
    def fail(part):
        raise ValueError(f"{part.shape[0]} rows")

    with pytest.raises(ValueError, match="32 rows"):
        map_cores(fail, jnp.ones((64, 3)), tile=TILE, cores=2)
