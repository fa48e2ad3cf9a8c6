"""Reverse stress, worst case, propagation: linear and quadratic books in closed form, an option by its definition."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from pact_jax.errors import ArgumentError
from pact_jax.market import MarketShock
from pact_jax.scenarios import propagate_shock, reverse_stress, worst_case
from pact_jax.special import normal_cdf

from .histories import LAYOUT, market

COVARIANCE = np.array([[4e-4, 1e-4, -2e-6], [1e-4, 1e-4, 0.0], [-2e-6, 0.0, 1e-6]])
DELTA = np.array([1.0e6, -3.0e6, 2.0e7])
GAMMA = np.diag([3.0e6, 5.0e6, 1.0e8])


class Quadratic(eqx.Module):
    """A loss whose coefficients are inputs: one compiled program serves every test."""

    delta: jax.Array
    gamma: jax.Array
    start: float | jax.Array = eqx.field(default_factory=lambda: jnp.asarray(0.0))

    def __call__(self, x):
        return self.start + jnp.dot(self.delta, x) + 0.5 * jnp.dot(x, self.gamma @ x)


def book(delta, gamma=None, start=0.0):
    gamma = np.zeros((3, 3)) if gamma is None else gamma
    return Quadratic(jnp.asarray(delta), jnp.asarray(gamma), jnp.asarray(start))


def bowl():
    """Loses more along the first factor than along the others, both ways."""
    return book(np.zeros(3), np.diag([6.0, 4.0, 2.0]))


def straddle(x):
    """Loss of a short at-the-money straddle, one year, 20 % volatility, after a log move of the spot and of the vol."""
    vol = 0.2 * jnp.exp(x[1])

    def value(spot, vol):
        up = jnp.log(spot) / vol + 0.5 * vol
        return spot * (2.0 * normal_cdf(up) - 1.0) - (2.0 * normal_cdf(up - vol) - 1.0)

    return value(jnp.exp(x[0]), vol) - value(jnp.asarray(1.0), jnp.asarray(0.2))


def test_linear_book_has_the_closed_form():
    # Distance L / sqrt(d' S d) at S d L / (d' S d).
    found = reverse_stress(book(DELTA), jnp.asarray(COVARIANCE), 2.0e5)
    square = DELTA @ COVARIANCE @ DELTA
    assert found.distance.shape == (1,)
    assert float(found.distance[0]) == pytest.approx(2.0e5 / np.sqrt(square), rel=1e-9)
    np.testing.assert_allclose(found.shock[0], COVARIANCE @ DELTA * 2.0e5 / square, rtol=1e-6)
    assert float(found.kkt_residual[0]) < 1e-6 and float(found.loss[0]) == pytest.approx(2.0e5, rel=1e-9)
    assert float(found.multiplier[0]) == pytest.approx(2.0e5 / square, rel=1e-6)


def test_quadratic_book_solves_the_secular_equation():
    # Stationary points are (S^-1 - m G) x = m d; the nearest has the smallest multiplier m for which the loss is L.
    target = 4.0e5
    found = reverse_stress(book(DELTA, GAMMA), jnp.asarray(COVARIANCE), target)

    def at(m):
        return np.linalg.solve(np.linalg.inv(COVARIANCE) - m * GAMMA, m * DELTA)

    def gap(m):
        x = at(m)
        return DELTA @ x + 0.5 * x @ GAMMA @ x - target

    pole = 1.0 / np.linalg.eigvals(COVARIANCE @ GAMMA).real.max()
    m = optimize.brentq(gap, 0.0, pole * (1 - 1e-9), xtol=1e-18)
    x = at(m)
    assert float(found.distance[0]) == pytest.approx(np.sqrt(x @ np.linalg.inv(COVARIANCE) @ x), rel=1e-7)
    np.testing.assert_allclose(found.shock[0], x, rtol=1e-4)
    assert float(found.multiplier[0]) == pytest.approx(m, rel=1e-4)
    np.testing.assert_allclose(found.loss, target, rtol=1e-6)
    assert float(found.kkt_residual.max()) < 1e-4


def test_two_ways_to_lose_are_both_found():
    # Nearest along the first factor, both ways: distance sqrt(L / 3).
    found = reverse_stress(bowl(), jnp.eye(3), 12.0)
    np.testing.assert_allclose(found.distance[:2], 2.0, rtol=1e-6)
    np.testing.assert_allclose(np.sort(np.asarray(found.shock[:2, 0])), [-2.0, 2.0], rtol=1e-5)
    assert bool((jnp.diff(found.distance) >= -1e-9).all())


def test_short_straddle_loses_on_both_sides_and_by_definition():
    covariance = jnp.asarray([[0.01, -0.02], [-0.02, 0.09]])
    found = reverse_stress(straddle, covariance, 0.1, num_starts=8)
    np.testing.assert_allclose(jax.vmap(straddle)(found.shock), 0.1, rtol=1e-6)
    inverse = np.linalg.inv(np.asarray(covariance))
    shock = np.asarray(found.shock)
    np.testing.assert_allclose(found.distance, np.sqrt(np.einsum("si,ij,sj->s", shock, inverse, shock)), rtol=1e-7)
    # The nearest by brute force: the least distance over directions on which the loss is met.
    best = np.inf
    root = np.linalg.cholesky(np.asarray(covariance))
    loss = jax.jit(jax.vmap(straddle))
    radius = np.linspace(0.05, 4.0, 270)
    for angle in np.linspace(0.0, 2.0 * np.pi, 121):
        path = np.asarray(loss(jnp.asarray(radius[:, None] * (root @ [np.cos(angle), np.sin(angle)])[None, :])))
        above = np.flatnonzero(path >= 0.1)
        best = min(best, radius[above[0]] if above.size else np.inf)
    assert float(found.distance[0]) == pytest.approx(best, abs=0.02)


def test_a_loss_out_of_reach_and_one_without_a_shock_are_refused():
    # x - x'x / 2 is at most 1/2.
    with pytest.raises(ArgumentError, match="no shock that loses 2"):
        reverse_stress(book([1.0, 0.0, 0.0], -np.eye(3)), jnp.eye(3), 2.0)
    with pytest.raises(ArgumentError, match="not below 0"):
        reverse_stress(bowl(), jnp.eye(3), 0.0)


def test_singular_covariance_stays_in_its_range():
    beta = np.array([1.0, 2.0, 0.5])
    found = reverse_stress(book(DELTA), jnp.asarray(1e-4 * np.outer(beta, beta)), 1.0e5)
    np.testing.assert_allclose(found.shock[0] / found.shock[0, 0], beta, rtol=1e-6)
    assert float(found.distance[0]) == pytest.approx(1.0e5 / (1e-2 * abs(DELTA @ beta)), rel=1e-7)


def test_worst_case_within_an_ellipsoid():
    # Linear: r sqrt(d' S d), on the border; the hill 1 - |x - 0.3|^2: its top, inside.
    found = worst_case(book(DELTA), jnp.asarray(COVARIANCE), 3.0)
    assert float(found.loss) == pytest.approx(3.0 * np.sqrt(DELTA @ COVARIANCE @ DELTA), rel=1e-9)
    assert float(found.kkt_residual) < 1e-5 and float(found.distance) == pytest.approx(3.0, rel=1e-9)
    hill = worst_case(book(np.full(3, 0.6), -2.0 * np.eye(3), 1.0 - 0.27), jnp.eye(3), 2.0)
    assert float(hill.loss) == pytest.approx(1.0, abs=1e-9) and float(hill.distance) < 2.0
    with pytest.raises(ArgumentError, match="radius 0"):
        worst_case(bowl(), jnp.eye(3), 0.0)


def test_worst_case_and_reverse_stress_are_each_others_inverse():
    worst = worst_case(book(DELTA, GAMMA), jnp.asarray(COVARIANCE), 2.5)
    back = reverse_stress(book(DELTA, GAMMA), jnp.asarray(COVARIANCE), float(worst.loss))
    assert float(back.distance[0]) == pytest.approx(2.5, rel=1e-6)
    np.testing.assert_allclose(back.shock[0], worst.shock, rtol=1e-3)


def test_propagation_is_the_conditional_mean():
    named = np.array([True, False, True])
    shock = propagate_shock(jnp.asarray(COVARIANCE), jnp.asarray(named), jnp.asarray([-0.1, 9.9, 0.002]))
    inside = np.ix_(named, named)
    expected = COVARIANCE[1, named] @ np.linalg.solve(COVARIANCE[inside], [-0.1, 0.002])
    np.testing.assert_allclose(shock, [-0.1, expected, 0.002], rtol=1e-12)
    # Least distance: moving the propagated factor either way is less plausible.
    inverse = np.linalg.inv(COVARIANCE)

    def distance(x):
        return x @ inverse @ x

    for step in (1e-4, -1e-4):
        assert distance(np.asarray(shock)) < distance(np.asarray(shock) + np.array([0.0, step, 0.0]))
    twins = jnp.asarray([[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 1.0]])
    both = jnp.asarray([True, True, False])
    np.testing.assert_allclose(propagate_shock(twins, both, jnp.asarray([2.0, 2.0, 0.0])), [2.0, 2.0, 1.0])
    with pytest.raises(ArgumentError, match="cannot happen with the others"):
        propagate_shock(twins, both, jnp.asarray([2.0, 1.0, 0.0]))
    with pytest.raises(ArgumentError, match="no factor is named"):
        propagate_shock(twins, jnp.zeros(3, bool), jnp.zeros(3))


def test_moves_are_read_back_off_a_shock():
    move = np.arange(8.0).reshape(2, 4)
    shock = LAYOUT.to_shock(jnp.asarray(move), market())
    np.testing.assert_array_equal(LAYOUT.to_moves(shock), move)
    np.testing.assert_array_equal(LAYOUT.to_moves(MarketShock(spot=shock.spot)), move * [1.0, 1.0, 0.0, 0.0])
