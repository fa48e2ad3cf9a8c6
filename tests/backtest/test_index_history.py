"""One-day 99 % value at risk of the S&P 500 over the history that ships with the desk, against what came.

Source of the prices: skfolio (BSD-3), see `pact_jax/datasets/ATTRIBUTION.md`. The figures stand in
docs/evidence/backtest.md.
"""

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from pact_jax import backtest
from pact_jax.datasets import load_prices
from pact_jax.scenarios import ewma_recursion, filter_variance, initial_variance

_LEVEL, _WINDOW = 0.99, 500


@cache
def losses():
    return -np.diff(np.log(load_prices()["SP500"].to_numpy()))


def kupiec(count, days):
    rate = 1.0 - _LEVEL
    there, here = (special.xlogy(days - count, 1 - p) + special.xlogy(count, p) for p in (rate, count / days))
    return stats.chi2.sf(2.0 * (here - there), 1)


def by_hand(scaled):
    """The sixth largest of 500: at most five losses, 1 %, lie above it."""
    return np.sort(np.lib.stride_tricks.sliding_window_view(scaled, _WINDOW)[:-1], axis=1)[:, -6]


def test_plain_history_is_rejected():
    loss = losses()
    found = backtest.rolling_value_at_risk(jnp.asarray(loss), _LEVEL, window=_WINDOW)
    np.testing.assert_array_equal(found.value_at_risk, by_hand(loss))
    beyond = loss[_WINDOW:] > by_hand(loss)
    np.testing.assert_array_equal(found.exception, beyond)
    test = backtest.kupiec(found.exception, _LEVEL)
    assert (int(test.exceptions), int(test.n)) == (90, 5_482) and beyond.sum() == 90
    assert float(test.expected) == pytest.approx(54.82)
    assert float(test.p_value) == pytest.approx(kupiec(90, 5_482), rel=1e-9) == pytest.approx(1.24e-5, rel=0.01)


def test_filtered_history_is_accepted():
    loss = losses()
    known = jnp.asarray(loss)
    variance = filter_variance(known, ewma_recursion(jnp.asarray(0.94)), initial_variance(known))
    deviation = np.sqrt(variance[:-1])
    found = backtest.rolling_value_at_risk(known, _LEVEL, window=_WINDOW, volatility=jnp.asarray(deviation))
    np.testing.assert_allclose(found.value_at_risk, by_hand(loss / deviation) * deviation[_WINDOW:], rtol=1e-12)
    test = backtest.kupiec(found.exception, _LEVEL)
    assert (int(test.exceptions), int(test.n)) == (62, 5_482)
    assert float(test.p_value) == pytest.approx(kupiec(62, 5_482), rel=1e-9) == pytest.approx(0.34, abs=0.005)
