"""The rules of other systems, against those systems and by hand."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax import measures
from pact_jax.errors import DifferentiationError
from pact_jax.measures import OrderStatistic

_SHARED = Path(__file__).parents[3] / "shared"
_PRICES = _SHARED / "data" / "sp500_20stocks" / "prices.csv"
_value = jax.jit(measures.order_statistic_value_at_risk, static_argnames="rule")


def descending(loss, rank):
    return np.sort(loss)[::-1][int(rank) - 1]


@pytest.mark.parametrize("n", [1, 7, 250, 1000])
def test_ranks(n):
    loss = np.random.default_rng(n).standard_normal(n)
    for level in (0.0, 0.5, 0.9, 0.95, 0.975, 0.99):
        tail = round((1 - level) * n, 9)
        expected = {
            OrderStatistic.EXCEEDANCE: descending(loss, min(np.floor(tail) + 1, n)),
            OrderStatistic.CEIL: descending(loss, max(np.ceil(tail), 1)),
            OrderStatistic.FLOOR: descending(loss, max(np.floor(tail), 1)),
            OrderStatistic.LINEAR: np.quantile(loss, level),
        }
        for rule, want in expected.items():
            np.testing.assert_allclose(_value(jnp.asarray(loss), level, rule=rule), want, rtol=1e-14, atol=1e-15)
        assert _value(jnp.asarray(loss), level, rule=OrderStatistic.EXCEEDANCE) == measures.value_at_risk(
            jnp.asarray(loss), None, level
        )


def test_nan_level_and_derivative():
    for rule in OrderStatistic:
        assert np.isnan(measures.order_statistic_value_at_risk(jnp.asarray([1.0, np.nan]), 0.5, rule))
        assert np.isnan(measures.order_statistic_value_at_risk(jnp.asarray([1.0, 2.0]), 1.0, rule))
    with pytest.raises(DifferentiationError):
        jax.grad(measures.order_statistic_value_at_risk)(jnp.arange(3.0), 0.5, OrderStatistic.CEIL)


@pytest.mark.skipif(not _PRICES.exists(), reason="needs ../shared with the skfolio price file")
def test_skfolio_published_values():
    """skfolio tests/test_measures/test_measures.py (BSD-3): VaR by CEIL, CVaR by the exact fractional tail."""
    table = np.genfromtxt(_PRICES, delimiter=",", names=True, dtype=None, encoding="utf-8")
    loss = np.stack([1 - table[name][1:] / table[name][:-1] for name in ("AAPL", "AMD")])
    weight = np.random.default_rng(0).random(loss.shape[1])
    weight /= weight.sum()
    sets = json.loads((_SHARED / "cases" / "10_portfolio_opt.json").read_text())["sets"]
    cases = next(s for s in sets if s["id"] == "skfolio-risk-measures")["cases"]
    checked = 0
    for case in cases:
        inputs = case["inputs"]
        if inputs["measure"] not in ("value_at_risk", "cvar") or not isinstance(inputs["returns"], str):
            continue
        columns = loss if "and" in inputs["returns"] else loss[:1]
        w = jnp.asarray(weight) if inputs["sample_weight"] else None
        for column, want in zip(columns, np.atleast_1d(case["expected"]["value"]), strict=True):
            level = inputs.get("beta", 0.95)
            if inputs["measure"] == "cvar":
                got = measures.expected_shortfall(jnp.asarray(column), w, level)
            elif w is None:
                got = measures.order_statistic_value_at_risk(jnp.asarray(column), level, OrderStatistic.CEIL)
            else:
                got = measures.value_at_risk(jnp.asarray(column), w, level)
            assert abs(float(got) - want) <= case["abs_tol"], case["id"]
            checked += 1
    assert checked >= 4
