"""Standard errors and bounds: against simulation, against the formula in NumPy, and against a plain bootstrap."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from pact_jax import measures
from pact_jax.errors import ArgumentError
from tests.helpers import assert_trees_close

LEVEL = 0.95
_independent = jax.jit(measures.independent_standard_error, static_argnames="likelihood_ratio")
_dependent = jax.jit(measures.dependent_standard_error, static_argnames=("horizon_days", "lag"))
_bound = jax.jit(measures.upper_bound, static_argnames=("resamples", "block_days", "tail_capacity"))
_bootstrap = jax.jit(measures.bootstrap_standard_error, static_argnames=("resamples", "block_days", "tail_capacity"))


def sample(n=2000, seed=0):
    return np.random.default_rng(seed).standard_normal(n)


def simulated(draw, reps=400):
    """Standard deviation of both measures over samples."""
    both = jax.jit(jax.vmap(lambda x: measures.tail_measures(x, None, LEVEL)))(jnp.asarray(draw(reps)))
    return float(both.value_at_risk.std()), float(both.expected_shortfall.std())


def test_independent_against_closed_form_and_simulation():
    """Normal world: n var(ES) = [E((Z - q)+^2) - E((Z - q)+)^2] / (1 - c)^2, n var(VaR) = c (1 - c) / phi(q)^2."""
    n, q, tail = 2000, stats.norm.ppf(LEVEL), 1 - LEVEL
    excess = stats.norm.pdf(q) - q * tail
    square = (1 + q * q) * tail - q * stats.norm.pdf(q)
    exact_es = np.sqrt((square - excess**2) / n) / tail
    exact_var = np.sqrt(LEVEL * tail / n) / stats.norm.pdf(q)
    errors = jax.jit(jax.vmap(lambda x: measures.independent_standard_error(x, None, LEVEL)))(
        jnp.asarray(np.random.default_rng(1).standard_normal((200, n)))
    )
    assert float(errors.expected_shortfall.mean()) == pytest.approx(exact_es, rel=0.03)
    assert float(errors.value_at_risk.mean()) == pytest.approx(exact_var, rel=0.06)
    assert float(errors.tail_scenarios[0]) == pytest.approx(100.0)
    var, es = simulated(lambda reps: np.random.default_rng(2).standard_normal((reps, n)))
    assert es == pytest.approx(exact_es, rel=0.12) and var == pytest.approx(exact_var, rel=0.12)


def test_importance_weights_against_simulation():
    """Shifted sampling, weights = likelihood ratios over n: the error of the weighted estimate, below the plain one."""
    n, shift = 1000, 2.0

    def draw(key):
        z = jax.random.normal(key, (n,)) + shift
        weight = jnp.exp(-shift * z + 0.5 * shift**2) / n
        error = measures.independent_standard_error(z, weight, LEVEL, likelihood_ratio=True)
        return measures.tail_measures(z, weight, LEVEL), error

    both, errors = jax.jit(jax.vmap(draw))(jax.random.split(jax.random.key(0), 400))
    q = stats.norm.ppf(LEVEL)
    assert float(both.expected_shortfall.mean()) == pytest.approx(stats.norm.pdf(q) / 0.05, rel=5e-3)
    assert float(errors.expected_shortfall.mean()) == pytest.approx(float(both.expected_shortfall.std()), rel=0.12)
    assert float(errors.value_at_risk.mean()) == pytest.approx(float(both.value_at_risk.std()), rel=0.15)
    plain = _independent(jnp.asarray(sample(n)), None, LEVEL)
    assert float(errors.expected_shortfall.mean()) < 0.4 * float(plain.expected_shortfall)


def test_bartlett_formula_in_numpy():
    loss, lag = sample(300), 25
    both = measures.tail_measures(jnp.asarray(loss), None, LEVEL)
    var, es = float(both.value_at_risk), float(both.expected_shortfall)
    v = (np.maximum(loss - var, 0) / (1 - LEVEL) - (es - var)) / 300
    total = sum((1 - abs(j) / (lag + 1)) * (v[abs(j) :] * v[: 300 - abs(j)]).sum() for j in range(-lag, lag + 1))
    got = _dependent(jnp.asarray(loss), None, LEVEL, horizon_days=2, lag=lag)
    assert float(got.expected_shortfall) == pytest.approx(np.sqrt(total), rel=1e-10)


def test_overlapping_history_needs_the_dependent_error():
    """Ten-day sums that overlap: the independent formula is far too small, the dependent one near the truth."""
    n, horizon = 2500, 10

    def draw(reps):
        steps = np.random.default_rng(3).standard_normal((reps, n + horizon - 1)).cumsum(1)
        return steps[:, horizon - 1 :] - np.pad(steps[:, :-horizon], ((0, 0), (1, 0)))

    losses = draw(60)
    # Windows of ten: the difference of two cumulative sums ten apart.
    _, truth = simulated(draw)
    honest = jax.jit(jax.vmap(lambda x: measures.dependent_standard_error(x, None, LEVEL, horizon_days=horizon)))
    naive = jax.jit(jax.vmap(lambda x: measures.independent_standard_error(x, None, LEVEL)))
    dependent = honest(jnp.asarray(losses))
    assert float(naive(jnp.asarray(losses)).expected_shortfall.mean()) < 0.6 * truth
    assert 0.75 * truth < float(dependent.expected_shortfall.mean()) < 1.1 * truth
    # 125 windows in the tail, but ten that overlap say little more than a few.
    assert 15 < float(dependent.tail_scenarios.mean()) < 60


def test_lag_below_twice_the_horizon_is_refused():
    with pytest.raises(ArgumentError, match="at least 20"):
        measures.dependent_standard_error(jnp.asarray(sample(100)), None, LEVEL, horizon_days=10, lag=19)


def test_constant_loss_padding_and_nan():
    rows, key = 200, jax.random.key(1)
    loss = sample(rows)
    weight = jnp.asarray(np.repeat([1 / rows, 0.0], (rows, 56)))
    padded = jnp.asarray(np.concatenate([loss, np.full(56, np.nan)]))
    constant = jnp.full(256, 2.5)
    for error in (_independent(constant, weight, LEVEL), _dependent(constant, weight, LEVEL, horizon_days=2, lag=10)):
        assert float(error.value_at_risk) == float(error.expected_shortfall) == 0.0
    assert_trees_close(_independent(padded, weight, LEVEL), _independent(jnp.asarray(loss), None, LEVEL))
    assert_trees_close(
        _dependent(padded, weight, LEVEL, horizon_days=2, lag=10),
        _dependent(jnp.asarray(loss), None, LEVEL, horizon_days=2, lag=10),
    )
    for block in (1, 8):
        assert float(_bound(constant, weight, LEVEL, key=key, resamples=200, block_days=block).value) == 2.5
        got = _bound(padded, weight, LEVEL, key=key, resamples=200, block_days=block)
        assert not bool(got.is_gaussian)
        assert 1.0 < float((got.value - got.estimate) / got.standard_error) < 5.0
        bad = _bound(padded.at[3].set(np.nan), weight, LEVEL, key=key, resamples=200, block_days=block)
        assert np.isnan(bad.value)
    assert np.isnan(_independent(padded.at[3].set(np.nan), weight, LEVEL).expected_shortfall)


def test_replicates():
    assert float(measures.replicate_standard_error(jnp.asarray([1.0, 2.0, 6.0]))) == pytest.approx(
        np.std([1.0, 2.0, 6.0], ddof=1) / np.sqrt(3)
    )
    assert np.isnan(measures.replicate_standard_error(jnp.asarray([1.0])))


def numpy_bootstrap(loss, resamples, seed, block=1):
    """ES* and T* the long way: n draws with replacement (or circular blocks), sorted."""
    rng, n = np.random.default_rng(seed), loss.size
    k = round(n * (1 - LEVEL))
    es_all, t_all = [], []
    es = np.sort(loss)[-k:].mean()
    for _ in range(resamples):
        start = rng.integers(0, n, -(-n // block))
        index = ((start[:, None] + np.arange(block)) % n).ravel()[:n]
        ranked = np.sort(loss[index])
        var, es_star = ranked[-k - 1], ranked[-k:].mean()
        v = np.maximum(loss[index] - var, 0) / (1 - LEVEL) - (es_star - var)
        error = np.sqrt((v.reshape(-1, block).sum(1) ** 2).sum()) / n
        es_all.append(es_star)
        t_all.append((es_star - es) / error)
    return np.std(es_all), np.quantile(t_all, 0.05)


@pytest.mark.parametrize("block", [1, 10])
def test_tail_only_bootstrap_is_the_bootstrap(block):
    loss = np.random.default_rng(5).standard_t(4, 1000)
    spread, quantile = numpy_bootstrap(loss, 2000, seed=6, block=block)
    args = (jnp.asarray(loss), None, LEVEL)
    error = _bootstrap(*args, key=jax.random.key(2), resamples=2000, block_days=block)
    assert float(error.expected_shortfall) == pytest.approx(spread, rel=0.07)
    bound = _bound(*args, key=jax.random.key(3), resamples=2000, block_days=block)
    own = (float(bound.estimate) - float(bound.value)) / float(bound.standard_error)
    assert own == pytest.approx(quantile, rel=0.15)
    assert own < -1.645


def test_same_key_same_bound_and_fallback():
    args = (jnp.asarray(sample(1000)), None, LEVEL)
    key = jax.random.key(4)
    first, second = (_bound(*args, key=key, resamples=2000, block_days=1) for _ in range(2))
    assert first.value.tobytes() == second.value.tobytes()
    assert float(first.value) >= float(first.estimate)
    # 30 losses cannot hold a tail of 50: the bound says that it is the normal one.
    short = _bound(*args, key=key, resamples=50, tail_capacity=30)
    assert bool(short.is_gaussian)
    plain = measures.gaussian_upper_bound(short.estimate, short.standard_error)
    assert_trees_close(short.value, plain)
    assert float(short.value) == pytest.approx(float(short.estimate) + 1.6448536 * float(short.standard_error))
