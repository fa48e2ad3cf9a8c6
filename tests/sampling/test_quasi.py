"""Sobol nets and lattices: SciPy and brute force as references, uniformity, balance and reproducibility."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from pact_jax.errors import ArgumentError
from pact_jax.sampling import (
    lattice_vector,
    owen_scramble,
    quantile_of,
    shifted_lattice,
    sobol_net,
    to_uniform,
)

BITS, DIMENSIONS, REPLICATES = 6, 5, 400
SEED = jnp.asarray(11)


@jax.jit
def scrambled(net, replicates):
    words = jax.vmap(lambda r: owen_scramble(net, SEED, r))(replicates)
    return words[0], to_uniform(words, jnp.dtype(jnp.float64))


@jax.jit
def shifted(vector, replicates):
    return to_uniform(jax.vmap(lambda r: shifted_lattice(vector, BITS, SEED, r))(replicates), jnp.dtype(jnp.float64))


@pytest.fixture(scope="module")
def sobol():
    high, uniform = scrambled(jnp.asarray(sobol_net(BITS, DIMENSIONS)), jnp.arange(REPLICATES))
    return np.asarray(high), np.asarray(uniform)


@pytest.fixture(scope="module")
def lattice():
    return np.asarray(shifted(jnp.asarray(lattice_vector(BITS, DIMENSIONS)), jnp.arange(REPLICATES)))


def test_points_are_those_of_scipy():
    points = qmc.Sobol(9, scramble=False).random_base2(7)
    np.testing.assert_array_equal(sobol_net(7, 9) / 2.0**7, points)


def test_scrambling_keeps_the_net(sobol):
    # A (t, m, s)-net stays one: here the pairs of dimensions of the first two, t = 0 for Sobol in two dimensions.
    _, uniform = sobol
    for q in range(BITS + 1):
        cell = np.floor(uniform[:20, :, 0] * 2**q) * 2 ** (BITS - q) + np.floor(uniform[:20, :, 1] * 2 ** (BITS - q))
        assert (np.sort(cell, axis=1) == np.arange(2**BITS)[None]).all()


def test_scrambling_is_nested_and_fair(sobol):
    # Two points that share exactly their first k bits do so after scrambling; which of the two is then the larger is a
    # fair coin, independent from node to node and from dimension to dimension.
    high, _ = sobol
    net = sobol_net(BITS, DIMENSIONS)
    for one, two in ((0, 1), (3, 17), (5, 40)):
        for d in range(DIMENSIONS):
            common = BITS - int(net[one, d] ^ net[two, d]).bit_length()
            after = (high[:, one, d] ^ high[:, two, d]) >> np.uint32(32 - BITS)
            assert (BITS - np.array([int(x).bit_length() for x in after]) == common).all()
    below = (high[:, 0] < high[:, 1]).astype(float)
    # Four standard errors of a mean and of a correlation of fair coins.
    assert (np.abs(below.mean(axis=0) - 0.5) < 4 * 0.5 / np.sqrt(REPLICATES)).all()
    correlation = np.corrcoef(below.T)[np.triu_indices(DIMENSIONS, 1)]
    assert (np.abs(correlation) < 4 / np.sqrt(REPLICATES)).all()


@pytest.mark.parametrize("kind", ["sobol", "lattice"])
def test_every_point_is_uniform(kind, sobol, lattice):
    uniform = sobol[1] if kind == "sobol" else lattice
    assert (uniform > 0).all() and (uniform < 1).all()
    for point, d in ((0, 0), (1, 3), (33, 4)):
        assert stats.kstest(uniform[:, point, d], "uniform").pvalue > 1e-3


@pytest.mark.parametrize("kind", ["sobol", "lattice"])
def test_a_smooth_integral_is_unbiased_and_far_more_precise(kind, sobol, lattice):
    # E prod (1 + (x_j - 1/2) / j^2) = 1; the variance of one point is prod (1 + 1/(12 j^4)) - 1.
    uniform = sobol[1] if kind == "sobol" else lattice
    order = np.arange(1, DIMENSIONS + 1) ** 2.0
    estimate = np.prod(1 + (uniform - 0.5) / order, axis=2).mean(axis=1)
    plain = (np.prod(1 + 1 / (12 * order**2)) - 1) / 2**BITS
    assert abs(estimate.mean() - 1) < 4 * estimate.std() / np.sqrt(REPLICATES)
    assert estimate.var() < plain / 50


def test_lattice_vector_is_that_of_an_exhaustive_search():
    bits, dimensions = 7, 5
    n = 2**bits
    k = np.arange(n)

    def kernel(z):
        x = (k * z % n) / n
        return 2 * np.pi**2 * (x * x - x + 1 / 6)

    product, chosen = np.ones(n), []
    for j in range(1, dimensions + 1):
        left = [z for z in range(1, n, 2) if z not in chosen and n - z not in chosen]
        worth = {z: np.mean(product * (1 + kernel(z) / j**2)) for z in (left if j > 1 else [1])}
        found = int(lattice_vector(bits, dimensions)[j - 1])
        assert worth[found] == pytest.approx(min(worth.values()), rel=1e-13)
        chosen.append(found)
        product = product * (1 + kernel(found) / j**2)


def test_quantiles_keep_order_and_reach_the_tails():
    quantile = jax.jit(quantile_of, static_argnames="dtype")
    high = jnp.asarray(np.array([0, 1, 2**31 - 1, 2**31, 2**32 - 1], np.uint32))
    for dtype in (jnp.float32, jnp.float64):
        z = np.asarray(quantile((high, high), jnp.dtype(dtype)))
        assert z.dtype == dtype and (np.diff(z) >= 0).all() and (z[1:] > z[0]).all()
        np.testing.assert_allclose(z[[0, -1]], [-z[-1], -z[0]], rtol=1e-5)
        assert z[-1] > 6.2
    uniform = np.array([0.01, 0.3, 0.5, 0.975, 0.9999])
    words = (jnp.asarray((uniform * 2**32).astype(np.uint32)), jnp.zeros(5, jnp.uint32))
    np.testing.assert_allclose(quantile(words, jnp.dtype(jnp.float64)), stats.norm.ppf(uniform), atol=1e-7)


def test_a_randomisation_is_the_same_whatever_is_made_beside_it(sobol, lattice):
    net = jnp.asarray(sobol_net(BITS, DIMENSIONS))
    np.testing.assert_array_equal(scrambled(net, jnp.asarray([7, 3]))[0], sobol[0][[7, 3]])
    vector = jnp.asarray(lattice_vector(BITS, DIMENSIONS))
    np.testing.assert_array_equal(shifted(vector, jnp.asarray([7, 3])), lattice[[7, 3]])


@pytest.mark.parametrize(
    ("words", "make"),
    [
        ("21,202 dimensions", lambda: sobol_net(3, 21_202)),
        (r"2\^31 points", lambda: sobol_net(31, 1)),
        (r"2\^1 points", lambda: lattice_vector(1, 1)),
        ("3 dimensions for a lattice of 8 points", lambda: lattice_vector(3, 3)),
    ],
)
def test_refusals(words, make):
    with pytest.raises(ArgumentError, match=words):
        make()
