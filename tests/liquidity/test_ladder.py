"""Cash-flow ladder, coverage and liquidation times against sums written out by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.liquidity import (
    cash_flow_ladder,
    largest_net_outflow,
    liquidation_time,
    liquidity_coverage,
    net_outflow,
    survival_horizon,
)

FLOWS = st.lists(st.tuples(st.integers(0, 12), st.integers(-50, 50)), min_size=5, max_size=5)


def arrays(flows):
    return jnp.asarray([d for d, _ in flows]), jnp.asarray([float(a) for _, a in flows])


def net_by(flows, day):
    return sum(a for d, a in flows if d <= day)


@given(FLOWS)
def test_ladder_against_loops(flows):
    ladder = cash_flow_ladder(*arrays(flows), jnp.asarray([1, 4, 9]))
    for k, (start, end) in enumerate([(-1, 1), (1, 4), (4, 9)]):
        inside = [a for d, a in flows if start < d <= end]
        assert float(ladder.inflow[k]) == sum(a for a in inside if a > 0)
        assert float(ladder.outflow[k]) == -sum(a for a in inside if a < 0)
        assert float(ladder.cumulative_net[k]) == net_by(flows, end)
    assert float(ladder.beyond) + float(ladder.cumulative_net[-1]) == sum(a for _, a in flows)


@given(FLOWS, st.integers(0, 13))
def test_largest_net_outflow_against_loops(flows, horizon):
    expected = max([0] + [-net_by(flows, day) for day in range(horizon + 1)])
    assert float(largest_net_outflow(*arrays(flows), horizon)) == expected


@given(FLOWS, st.integers(0, 100))
def test_survival_against_loops(flows, buffer):
    short = [day for day in range(14) if buffer + net_by(flows, day) < 0]
    got = float(survival_horizon(*arrays(flows), jnp.asarray(float(buffer))))
    assert got == (short[0] if short else np.inf)


@given(FLOWS, st.integers(0, 100), st.integers(0, 50))
def test_a_larger_buffer_never_survives_shorter(flows, buffer, more):
    day, amount = arrays(flows)
    small, large = (survival_horizon(day, amount, jnp.asarray(float(b))) for b in (buffer, buffer + more))
    assert float(large) >= float(small)
    coverage = [liquidity_coverage(day, amount, jnp.asarray(float(b))) for b in (buffer, buffer + more)]
    assert float(coverage[1]) >= float(coverage[0])


def test_no_flows():
    none = jnp.zeros(0, int), jnp.zeros(0)
    assert float(largest_net_outflow(*none, 5)) == 0.0
    assert float(survival_horizon(*none, jnp.asarray(1.0))) == np.inf
    assert float(liquidity_coverage(*none, jnp.asarray(1.0))) == np.inf
    assert cash_flow_ladder(*none, jnp.asarray([1])).net.tolist() == [0.0]


def test_an_unknown_buffer_covers_nothing_and_everything_is_unknown():
    day, amount = jnp.asarray([1]), jnp.asarray([-5.0])
    unknown = jnp.asarray(jnp.nan)
    assert np.isnan(float(survival_horizon(day, amount, unknown)))
    assert np.isnan(float(liquidity_coverage(day, amount, unknown)))
    assert np.isnan(float(liquidity_coverage(day, -amount, unknown)))


@pytest.mark.parametrize(
    ("outflow", "inflow", "expected"),
    # BCBS 238, paragraph 69: total net outflows = outflows - min(inflows; 75 % of outflows).
    [(100.0, 50.0, 50.0), (100.0, 75.0, 25.0), (100.0, 100.0, 25.0), (0.0, 10.0, 0.0)],
)
def test_net_outflow_with_the_cap_on_inflows(outflow, inflow, expected):
    assert float(net_outflow(jnp.asarray(outflow), jnp.asarray(inflow))) == expected


def test_coverage_in_numbers():
    day, amount = jnp.asarray([1, 30, 31]), jnp.asarray([-80.0, 30.0, -1000.0])
    assert float(liquidity_coverage(day, amount, jnp.asarray(60.0))) == pytest.approx(60 / 50, rel=1e-15)
    assert float(liquidity_coverage(day, amount, jnp.asarray(60.0), window_days=1)) == pytest.approx(60 / 80, rel=1e-15)
    rich = amount.at[1].set(500.0)
    assert float(liquidity_coverage(day, rich, jnp.asarray(60.0))) == pytest.approx(60 / 20, rel=1e-15)
    assert float(liquidity_coverage(day, rich, jnp.asarray(60.0), inflow_cap=1.0)) == np.inf


def test_liquidation_times():
    quantity = jnp.asarray([1000.0, -400.0, 0.0, 7.0, 0.0])
    volume = jnp.asarray([500.0, 1000.0, 100.0, jnp.nan, jnp.nan])
    out = liquidation_time(quantity, volume, jnp.asarray(0.5), jnp.asarray(0.2), jnp.asarray(10.0))
    np.testing.assert_allclose(out.days, [10.0, 2.0, 0.0, np.nan, 0.0], rtol=1e-15)
    np.testing.assert_allclose(out.participation, [0.1, 0.02, 0.0, np.nan, 0.0], rtol=1e-15)
    np.testing.assert_allclose(out.utilisation, [0.5, 0.1, 0.0, np.nan, 0.0], rtol=1e-15)
    assert np.isnan(float(out.longest)) and np.isnan(float(out.highest_utilisation))
    assert float(out.longest_known) == 10.0
    assert out.unknown.tolist() == [False, False, False, True, False]
    known = liquidation_time(quantity[:3], volume[:3], jnp.asarray(0.5), jnp.asarray(0.2), jnp.asarray(10.0))
    assert float(known.longest) == 10.0 and float(known.highest_utilisation) == 0.5
    # Selling the whole book over exactly its liquidation time uses the cap in full.
    whole = liquidation_time(quantity[:1], volume[:1], jnp.asarray(1.0), jnp.asarray(0.2), out.days[0])
    assert float(whole.utilisation[0]) == pytest.approx(1.0, rel=1e-15)
