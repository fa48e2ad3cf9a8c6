"""The generator against its authors' known answers, and the laws of the numbers made from it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from pact_jax.sampling import Stream, counter_normals, keyed_uniforms, stream_key, threefry2x32, to_normal, to_uniform

# Known answers published with the Random123 library, version 1.14 (kat_vectors, threefry2x32 with 20 rounds).
_KNOWN = [
    ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("key", "counter", "expected"), _KNOWN)
def test_known_answers(key, counter, expected):
    words = [jnp.asarray(word, jnp.uint32) for word in (*key, *counter)]
    got = threefry2x32((words[0], words[1]), (words[2], words[3]))
    assert (int(got[0]), int(got[1])) == expected


def test_streams_and_seeds_have_their_own_keys():
    seeds = [0, 1, 2**32, 2**32 + 1, 2**55]
    keys = {tuple(int(w) for w in stream_key(jnp.asarray(s, jnp.int64), stream)) for s in seeds for stream in Stream}
    assert len(keys) == len(seeds) * len(Stream)


@pytest.mark.parametrize("dtype", [jnp.float64, jnp.float32])
def test_normals_follow_the_normal_law(dtype):
    drawn = counter_normals(jnp.asarray(3), Stream.MARKET, jnp.arange(20_000, dtype=jnp.uint32), 5, dtype=dtype)
    flat = np.asarray(drawn, np.float64).ravel()
    # Kolmogorov-Smirnov: the seed is fixed, so this is no lottery; a wrong sign, scale or cell fails it by far.
    assert stats.kstest(flat, "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(np.asarray(drawn, np.float64).T) - np.eye(5)).max() < 0.03


def test_extreme_bits_give_finite_numbers():
    words = (jnp.asarray([0, 2**32 - 1], jnp.uint32), jnp.asarray([0, 2**32 - 1], jnp.uint32))
    for dtype in (jnp.float64, jnp.float32):
        uniform = to_uniform(words, dtype)
        assert 0.0 < float(uniform[0]) < 1e-6 and 1 - 1e-6 < float(uniform[1]) < 1.0
        assert np.isfinite(np.asarray(to_normal(words, dtype))).all()
    # The smallest of 2^52 cells has its midpoint at 2^-53, 8.1 standard deviations out.
    assert float(to_normal((words[0][:1], words[1][:1]), jnp.float64)[0]) == pytest.approx(
        stats.norm.ppf(2.0**-53), rel=1e-3
    )


def test_a_number_depends_on_its_counter_only():
    index = jnp.arange(100, dtype=jnp.uint32)
    every = counter_normals(jnp.asarray(7), Stream.MARKET, index, 4, dtype=jnp.float64)
    part = jax.jit(lambda i: counter_normals(jnp.asarray(7), Stream.MARKET, i, 3, dtype=jnp.float64))(index[60:10:-1])
    assert np.array_equal(np.asarray(every)[60:10:-1, :3], np.asarray(part))
    names = jnp.asarray([5, 9, 2**31], jnp.uint32)
    alone = keyed_uniforms(jnp.asarray(7), Stream.DEFAULTS, index[3], names[1:2], dtype=jnp.float64)
    among = keyed_uniforms(jnp.asarray(7), Stream.DEFAULTS, index[3], names, dtype=jnp.float64)
    assert float(alone[0]) == float(among[1])


def test_keyed_uniforms_resolve_rare_events_in_both_precisions():
    # Two million numbers in float32: the smallest is about 1 in 2e6, and none is 0 or 1, which certain names rely on.
    names = jnp.arange(2**21, dtype=jnp.uint32)
    index = jnp.asarray(0, jnp.uint32)
    for dtype in (jnp.float32, jnp.float64):
        u = np.asarray(keyed_uniforms(jnp.asarray(3), Stream.DEFAULTS, index, names, dtype=dtype), float)
        assert u.min() > 0.0 and u.max() < 1.0
        for p in (1e-4, 1e-5):
            assert abs(np.sum(u < p) - p * len(u)) < 4.0 * np.sqrt(p * len(u))
        # More distinct small numbers than 23 bits have: 8388608 x 1e-4 = 839 at most.
        assert len(np.unique(u[u < 1e-3])) > 0.99 * np.sum(u < 1e-3)
