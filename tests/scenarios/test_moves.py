"""Roots of a covariance: NumPy's Cholesky factor where there is one, and the covariance itself where it is singular."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.scenarios._moves import symmetric_root, triangular_root

RNG = np.random.default_rng(0)


def sample_covariance(windows: int, factors: int) -> np.ndarray:
    scale = 10.0 ** RNG.uniform(-4, 2, factors)  # rates and spots are orders of magnitude apart
    moves = RNG.normal(size=(windows, factors)) * scale
    return moves.T @ moves / windows


def test_a_regular_covariance_has_numpys_factor():
    covariance = sample_covariance(400, 30)
    root, scale = triangular_root(jnp.asarray(covariance))
    np.testing.assert_allclose((root * scale[None]).T, np.linalg.cholesky(covariance), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("windows", [12, 200])
def test_a_root_gives_the_covariance_back_also_where_it_is_singular(windows):
    covariance = sample_covariance(windows, 60)
    covariance[:, 7] = covariance[7] = 0.0  # a factor that never moves
    deviation = np.sqrt(np.diag(covariance))
    for root_of in (triangular_root, symmetric_root):
        root, scale = root_of(jnp.asarray(covariance))
        own = np.asarray(root * scale[None])
        unit = np.where(deviation > 0, deviation, 1.0)
        np.testing.assert_allclose((own.T @ own - covariance) / np.outer(unit, unit), 0.0, atol=3e-13)
        assert (own[:, 7] == 0.0).all()
    filled = np.abs(np.asarray(triangular_root(jnp.asarray(covariance))[0])).sum(axis=1) > 0
    # As many rows as the rank, but for a pivot that rounding made.
    assert min(windows, 59) <= filled.sum() <= min(windows + 2, 59)


def test_factors_added_after_it_leave_the_moves_of_a_factor_as_they_were():
    covariance = jnp.asarray(sample_covariance(300, 20))
    whole, part = triangular_root(covariance)[0], triangular_root(covariance[:12, :12])[0]
    np.testing.assert_allclose(whole[:12, :12], part, rtol=1e-12, atol=1e-15)
    assert float(jnp.max(jnp.abs(whole[12:, :12]))) == 0.0


def test_the_root_has_a_derivative():
    covariance = jnp.asarray(sample_covariance(100, 5))
    direction = jnp.asarray(RNG.normal(size=(5, 5)))
    direction = 1e-3 * (direction + direction.T) * jnp.sqrt(jnp.outer(jnp.diag(covariance), jnp.diag(covariance)))

    def own(c):
        root, scale = triangular_root(c)
        return root * scale[None]

    slope = jax.jvp(own, (covariance,), (direction,))[1]
    bump = (own(covariance + 1e-4 * direction) - own(covariance - 1e-4 * direction)) / 2e-4
    np.testing.assert_allclose(slope, bump, rtol=1e-5, atol=1e-10)
