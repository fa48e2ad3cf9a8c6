"""Contributions add up, agree with closed forms, and are what small changes of size do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pact_jax import measures
from pact_jax._numerics import tree_sum
from pact_jax.errors import ArgumentError
from tests.helpers import assert_trees_close

N, ITEMS, LEVEL = 256, 5, 0.9
_tail_weights = jax.jit(measures.tail_weights)
_components = jax.jit(measures.expected_shortfall_components)
_es = jax.jit(measures.expected_shortfall)
_split = jax.jit(measures.value_at_risk_components)


def items(seed=0, ties=False):
    loss = np.random.default_rng(seed).standard_normal((N, ITEMS)) * np.arange(1, ITEMS + 1)
    return np.round(loss) if ties else loss


@given(st.integers(0, 10_000), st.booleans())
def test_components_sum_to_the_expected_shortfall(seed, ties):
    loss = items(seed, ties)
    total = jnp.asarray(loss.sum(1))
    got = _components(_tail_weights(total, None, LEVEL), jnp.asarray(loss))
    scale = np.abs(loss).sum(1).max()
    assert abs(float(got.sum()) - float(_es(total, None, LEVEL))) <= 1e-13 * scale


def test_ties_are_split_by_definition_not_by_order():
    loss = items(3, ties=True)
    order = np.random.default_rng(1).permutation(N)
    parts = [
        _components(_tail_weights(jnp.asarray(rows.sum(1)), None, LEVEL), jnp.asarray(rows))
        for rows in (loss, loss[order])
    ]
    np.testing.assert_allclose(parts[0], parts[1], rtol=0, atol=1e-12)


def test_streamed_tiles_give_the_same_bits():
    loss = items(4)
    t = _tail_weights(jnp.asarray(loss.sum(1)), None, LEVEL)
    whole = _components(t, jnp.asarray(loss))
    tiles = jnp.stack([_components(t[i : i + 64], jnp.asarray(loss[i : i + 64])) for i in range(0, N, 64)])
    assert tree_sum(tiles, axis=0).tobytes() == whole.tobytes()


def test_nonfinite_outside_the_tail_does_not_reach_the_components():
    loss = items(5)
    loss[np.argmin(loss.sum(1))] = -np.inf
    t = _tail_weights(jnp.asarray(loss.sum(1)), None, LEVEL)
    assert np.isfinite(_components(t, jnp.asarray(loss))).all()


def test_marginals_are_slopes_and_times_size_components():
    unit, size = items(6), np.array([1.0, -2.0, 0.5, 3.0, 0.0])
    total = jnp.asarray(unit @ size)
    t = _tail_weights(total, None, LEVEL)
    marginal = measures.marginal_expected_shortfall(t, jnp.asarray(unit))
    np.testing.assert_allclose(marginal * size, _components(t, jnp.asarray(unit * size)), atol=1e-13)
    step = 1e-7
    for i in range(ITEMS):
        up, down = (float(_es(jnp.asarray(unit @ (size + s * np.eye(ITEMS)[i])), None, LEVEL)) for s in (step, -step))
        assert float(marginal[i]) == pytest.approx((up - down) / (2 * step), abs=1e-6)
    # The item that is not held has no component, but adding it would move the risk.
    assert abs(float(marginal[4])) > 0.1


def test_gaussian_book():
    """L = sum of correlated normals: components are (Sigma 1)_i / sd(L) times z_c, or phi(z_c)/(1 - c)."""
    n, level = 100_000, 0.95
    root = np.array([[1.0, 0, 0], [0.6, 0.8, 0], [-0.5, 0.5, 2.0]])
    loss = np.random.default_rng(7).standard_normal((n, 3)) @ root.T
    slope = root @ root.T @ np.ones(3) / np.sqrt(np.ones(3) @ root @ root.T @ np.ones(3))
    total = jnp.asarray(loss.sum(1))
    q = stats.norm.ppf(level)
    es = _components(_tail_weights(total, None, level), jnp.asarray(loss))
    np.testing.assert_allclose(es, slope * stats.norm.pdf(q) / (1 - level), atol=0.05)
    var = _split(jnp.asarray(loss), None, level)
    np.testing.assert_allclose(var.component, slope * q, atol=0.1)
    z = (np.asarray(var.component) - slope * q) / np.asarray(var.standard_error)
    assert np.abs(z).max() < 4.0
    assert abs(float(var.component.sum() + var.smoothing_gap - var.value_at_risk)) < 1e-12
    assert abs(float(var.smoothing_gap)) < 0.02 * float(var.value_at_risk)
    assert float(var.effective_scenarios) > 1000


def test_standalone_and_diversification():
    loss = items(8)
    alone = measures.standalone_expected_shortfall(jnp.asarray(loss), None, LEVEL)
    for i in range(ITEMS):
        assert float(alone[i]) == pytest.approx(float(_es(jnp.asarray(loss[:, i]), None, LEVEL)), rel=1e-14)
    gain = measures.diversification(alone, _es(jnp.asarray(loss.sum(1)), None, LEVEL))
    assert 0.0 < float(gain) < 1.0
    assert np.isnan(measures.diversification(jnp.zeros(2), 1.0))


def test_loss_correlation_against_numpy():
    loss = items(9).T
    assert_trees_close(measures.loss_correlation(jnp.asarray(loss), None).matrix, jnp.asarray(np.corrcoef(loss)))
    weight = np.random.default_rng(0).integers(0, 4, N).astype(float)
    weighted = measures.loss_correlation(jnp.asarray(loss), jnp.asarray(weight / weight.sum()))
    want = np.corrcoef(np.repeat(loss, weight.astype(int), axis=1))
    np.testing.assert_allclose(weighted.matrix, want, atol=1e-12)
    flat = measures.loss_correlation(jnp.asarray(np.vstack([loss[:2], np.full(N, 0.1)])), None)
    assert flat.defined.tolist() == [True, True, False]
    assert np.isnan(flat.matrix[2]).tolist() == [True, True, False] or np.isnan(flat.matrix[2]).all()
    assert np.isfinite(flat.matrix[:2, :2]).all()


@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.3, 1.0])
def test_implied_correlation_inverts_the_aggregation(rho):
    s = np.array([0.023, 0.015, 0.008])
    matrix = np.full((3, 3), rho) + (1 - rho) * np.eye(3)
    got = measures.implied_correlation(float(np.sqrt(s @ matrix @ s)), jnp.asarray(s))
    assert float(got.value) == pytest.approx(rho, abs=1e-13)
    assert bool(got.defined) and bool(got.in_range)


def test_implied_correlation_outside_its_range_is_flagged_not_clipped():
    got = measures.implied_correlation(1.0, jnp.asarray([0.3, 0.3]))
    assert float(got.value) > 1.0 and not bool(got.in_range)
    alone = measures.implied_correlation(0.3, jnp.asarray([0.3, 0.0]))
    assert not bool(alone.defined) and np.isnan(alone.value)


def test_shapley():
    rng = np.random.default_rng(11)
    players = 4
    main = rng.standard_normal(players)
    pair = np.triu(rng.standard_normal((players, players)), 1)
    pair[2] = pair[:, 2] = 0.0
    main[2] = 0.0
    has = (np.arange(16)[:, None] >> np.arange(players)) & 1
    value = has @ main + np.einsum("si,ij,sj->s", has, pair, has)
    got = measures.shapley_values(jnp.asarray(value))
    # Pairwise interactions are split in halves; the dummy gets exactly nothing; the sum is v(all).
    np.testing.assert_allclose(got, main + (pair.sum(0) + pair.sum(1)) / 2, atol=1e-13)
    assert float(got[2]) == 0.0
    assert float(got.sum()) == pytest.approx(value[-1], abs=1e-13)
    np.testing.assert_allclose(got, measures.shapley_matrix(players) @ value, atol=1e-13)
    by_scenario = measures.shapley_values(jnp.asarray(np.stack([value, 2 * value], 1)))
    assert_trees_close(by_scenario, jnp.stack([got, 2 * got], 1))
    with pytest.raises(ArgumentError, match="every subset"):
        measures.shapley_values(jnp.zeros(6))


def test_spectral_against_quadrature_and_es():
    loss = jnp.asarray(np.random.default_rng(12).standard_normal(400))
    es = measures.spectral_risk(loss, None, lambda p: jnp.maximum(p - LEVEL, 0.0) / (1 - LEVEL))
    assert float(es) == pytest.approx(float(_es(loss, None, LEVEL)), rel=1e-12)

    def spectrum(p):
        return measures.exponential_spectrum(p, risk_aversion=10.0)

    levels = (np.arange(40_000) + 0.5) / 40_000
    density = 10 * np.exp(-10 * (1 - levels)) / (1 - np.exp(-10))
    ranked = np.sort(loss)[np.minimum((levels * 400).astype(int), 399)]
    assert float(measures.spectral_risk(loss, None, spectrum)) == pytest.approx((density * ranked).mean(), rel=1e-6)
    padded = jnp.concatenate([loss, jnp.asarray([jnp.nan, 99.0])])
    weight = jnp.asarray(np.repeat([1 / 400, 0.0], (400, 2)))
    assert float(measures.spectral_risk(padded, weight, spectrum)) == pytest.approx(
        float(measures.spectral_risk(loss, None, spectrum)), rel=1e-12
    )
    slope = jax.grad(lambda x: measures.spectral_risk(x, None, spectrum))(loss)
    assert float(slope.sum()) == pytest.approx(1.0, rel=1e-12)
    assert np.isnan(measures.spectral_risk(loss.at[3].set(jnp.nan), None, spectrum))
