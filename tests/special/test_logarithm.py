"""The logarithm in plain arithmetic against forty digits, and in both precisions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.special import normal_quantile, positive_log


def test_logarithm_over_the_whole_range():
    mp = pytest.importorskip("mpmath")
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [10.0 ** rng.uniform(-307, 308, 300), rng.uniform(0.5, 2.0, 300), 1.0 + rng.uniform(-1, 1, 50) * 1e-9]
    )
    with mp.workdps(40):
        exact = np.array([float(mp.log(mp.mpf(v))) for v in x.tolist()])
    ours = np.asarray(jax.jit(positive_log)(jnp.asarray(x)))
    np.testing.assert_allclose(ours, exact, rtol=4e-16)
    ends = [0.0, 1.0, np.inf, np.nan, -1.0]
    np.testing.assert_array_equal(positive_log(jnp.asarray(ends)), [-np.inf, 0.0, np.inf, np.nan, np.nan])
    single = x[(x > 1e-37) & (x < 1e38)].astype(np.float32)
    np.testing.assert_allclose(
        positive_log(jnp.asarray(single)), np.log(single.astype(np.float64)), rtol=3e-7, atol=1e-30
    )


def test_derivatives_of_all_orders():
    second = jax.grad(jax.grad(positive_log))
    assert float(jax.grad(positive_log)(4.0)) == 0.25
    assert float(second(4.0)) == -0.0625


def test_quantile_in_every_region_and_across_their_borders():
    """Relative to mpmath's distribution function, in the centre, in the tails, and on both sides of the borders."""
    mp = pytest.importorskip("mpmath")
    rng = np.random.default_rng(1)
    edge = np.array([0.125, 0.875])
    p = np.concatenate(
        [
            10.0 ** rng.uniform(-307, -1, 200),
            rng.uniform(0.0, 1.0, 200),
            np.nextafter(edge, 0),
            edge,
            np.nextafter(edge, 1),
        ]
    )
    ours = np.asarray(jax.jit(normal_quantile)(jnp.asarray(p)))
    with mp.workdps(40):
        # One Newton step from a root that has 15 digits gives 30; on the lower tail, where nothing cancels.
        tails = [
            (min(mp.mpf(q), 1 - mp.mpf(q)), -abs(mp.mpf(x))) for q, x in zip(p.tolist(), ours.tolist(), strict=True)
        ]
        error = [float(abs((mp.ncdf(x) - t) / mp.npdf(x) / x)) for t, x in tails]
    assert max(error) < 1e-15
    assert bool(jnp.all(jnp.diff(normal_quantile(jnp.linspace(0.12, 0.13, 2001))) > 0.0))
    single = p[p > 1e-37].astype(np.float32)
    wide = np.asarray(normal_quantile(jnp.asarray(single, jnp.float64)))
    np.testing.assert_allclose(normal_quantile(jnp.asarray(single)), wide, rtol=5e-7)
