"""Shortfall test, rolling forecasts and P&L attribution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from pact_jax import backtest
from pact_jax.backtest import Zone
from pact_jax.errors import ArgumentError
from tests.backtest.reference import Z2_CRITICAL

LEVEL = 0.975
_simulate = jax.jit(backtest.simulate_acerbi_szekely, static_argnames=("n", "simulations"))


def test_z2_formula():
    rng = np.random.default_rng(0)
    loss, var, es = rng.standard_normal(100), rng.uniform(1, 2, 100), rng.uniform(2, 3, 100)
    want = 1 - sum(x / e for x, v, e in zip(loss, var, es, strict=True) if x > v) / (100 * (1 - LEVEL))
    got = backtest.acerbi_szekely_statistic(*map(jnp.asarray, (loss, var, es)), LEVEL)
    assert float(got) == pytest.approx(want, rel=1e-12)
    for bad in ((loss, var, -es), (loss * np.nan, var, es)):
        assert np.isnan(backtest.acerbi_szekely_statistic(*map(jnp.asarray, bad), LEVEL))


def test_z2_critical_values_of_the_paper():
    z = np.asarray(_simulate(jax.random.key(0), 250, LEVEL, true_dof=100.0, model_dof=100.0, simulations=20_000))
    # The same law drawn without tables: standard normal losses and their closed-form VaR and ES.
    q = stats.norm.ppf(LEVEL)
    plain = np.random.default_rng(1).standard_normal((20_000, 250))
    plain = 1 - np.where(plain > q, plain, 0).sum(1) / (250 * stats.norm.pdf(q))
    assert z.mean() == pytest.approx(0.0, abs=0.015)
    for level, (critical, room) in Z2_CRITICAL.items():
        assert np.quantile(z, level) == pytest.approx(critical, abs=room)
        assert np.quantile(z, level) == pytest.approx(np.quantile(plain, level), abs=0.05 if level > 0.01 else 0.4)


def test_z2_rejects_thin_forecasts_and_accepts_right_ones():
    rng = np.random.default_rng(2)
    right = rng.standard_normal(250)
    heavy = rng.standard_t(3, 250)
    var, es = jnp.full(250, stats.norm.ppf(LEVEL)), jnp.full(250, stats.norm.pdf(stats.norm.ppf(LEVEL)) / (1 - LEVEL))
    test = jax.jit(lambda loss, key: backtest.acerbi_szekely(loss, var, es, LEVEL, key=key, simulations=4000))
    key = jax.random.key(3)
    good, bad = test(jnp.asarray(right), key), test(jnp.asarray(heavy), key)
    assert float(good.p_value) > 0.05 > float(bad.p_value)
    assert (int(good.n), int(bad.exceptions)) == (250, int((heavy > stats.norm.ppf(LEVEL)).sum()))
    # One year hardly tells t3 from normal at equal variance: the power says so.
    assert 0.1 < float(good.power) < 0.5
    assert float(good.critical) == pytest.approx(-0.7, abs=0.1)


def test_rolling_against_a_loop():
    loss, window = np.round(np.random.default_rng(4).standard_normal(130), 1), 40
    rolling = jax.jit(backtest.rolling_value_at_risk, static_argnames="window")(jnp.asarray(loss), 0.9, window=window)
    for k in range(loss.size - window):
        past = np.sort(loss[k : k + window])[::-1]
        assert float(rolling.value_at_risk[k]) == past[4]
        assert float(rolling.expected_shortfall[k]) == pytest.approx(past[:4].mean(), rel=1e-12)
        assert float(rolling.loss[k]) == loss[k + window]
        assert bool(rolling.exception[k]) == (loss[k + window] > past[4])


def test_rolling_looks_only_back_and_needs_a_past():
    loss = np.random.default_rng(5).standard_normal(60)
    base = backtest.rolling_value_at_risk(jnp.asarray(loss), 0.9, window=20)
    loss[50] = 1e6
    moved = backtest.rolling_value_at_risk(jnp.asarray(loss), 0.9, window=20)
    assert base.value_at_risk[:31].tolist() == moved.value_at_risk[:31].tolist()
    assert bool(moved.exception[30])
    with pytest.raises(ArgumentError, match="use 1 to 59"):
        backtest.rolling_value_at_risk(jnp.asarray(loss), 0.9, window=60)


def test_attribution_statistics_against_scipy():
    rng = np.random.default_rng(6)
    x = np.round(rng.standard_normal(250), 1)
    y = np.round(x + 0.3 * rng.standard_normal(250), 1)
    got = jax.jit(backtest.profit_and_loss_attribution)(jnp.asarray(x), jnp.asarray(y))
    assert float(got.spearman) == pytest.approx(stats.spearmanr(x, y)[0], rel=1e-12)
    assert float(got.kolmogorov_smirnov) == pytest.approx(stats.ks_2samp(x, y)[0], abs=1e-12)
    # Basel MAR32: a distance of 0.09 in two samples of 250 has the asymptotic p-value 0.264.
    assert float(backtest.kolmogorov_p_value(0.09, 250, 250)) == pytest.approx(0.264, abs=0.001)
    for d in (0.02, 0.05, 0.12, 0.5):
        assert float(backtest.kolmogorov_p_value(d, 250, 250)) == pytest.approx(
            stats.kstwobign.sf(d * np.sqrt(125)), abs=1e-9
        )


@pytest.mark.parametrize(
    ("spearman", "distance", "zone"),
    [
        (0.81, 0.08, Zone.GREEN),
        (0.80, 0.08, Zone.AMBER),
        (0.81, 0.09, Zone.AMBER),
        (0.70, 0.12, Zone.AMBER),
        (0.69, 0.05, Zone.RED),
        (0.95, 0.121, Zone.RED),
        (np.nan, 0.05, Zone.RED),
        (0.95, np.nan, Zone.RED),
    ],
)
def test_attribution_zones(spearman, distance, zone):
    assert Zone(int(backtest.attribution_zone(spearman, distance))) is zone


def test_missing_pnl_is_red():
    pnl = jnp.arange(250.0).at[7].set(jnp.nan)
    assert Zone(int(backtest.profit_and_loss_attribution(pnl, jnp.arange(250.0)).zone)) is Zone.RED
