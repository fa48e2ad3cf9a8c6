"""Swaps in a block of scenarios: the values of one scenario at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.instruments import CashPoints, GrowthPoints, LinearFlows, Swap
from pact_jax.market import MarketShock, apply_shock, scenario_markets
from pact_jax.pricing import scenario_pricer, state_values

from . import books

SCENARIOS = 5


def swaps(num_growth: int) -> Swap:
    """Payments on two curves, one of them past; `num_growth` floating periods on the other curve."""
    rng = np.random.default_rng(1)
    start = jnp.asarray(rng.uniform(0.0, 3.0, num_growth))
    cash_curve, curve = jnp.asarray(rng.integers(0, 2, 9)), jnp.asarray(rng.integers(0, 2, num_growth))
    time = jnp.asarray(np.concatenate([[-0.1, 0.0], rng.uniform(0.0, 12.0, 7)]))
    none = LinearFlows(jnp.zeros(0, int), jnp.zeros(0, int), jnp.zeros(0))
    return Swap(
        cash=CashPoints(cash_curve, cash_curve, time),
        growth=GrowthPoints(curve, curve, 1 - curve, start, start + 0.5),
        cash_flows=none,
        growth_flows=none,
        currency=jnp.zeros(1, int),
    )


@pytest.mark.parametrize("num_growth", [0, 6])
def test_a_block_has_the_values_of_single_scenarios(num_growth):
    terms, at, rng = swaps(num_growth), books.market(), np.random.default_rng(0)
    shock = MarketShock(
        zero_rate=jnp.asarray(rng.normal(0.0, 0.01, (SCENARIOS, *at.zero_rate.shape))),
        fx=jnp.asarray(rng.normal(0.0, 0.1, (SCENARIOS, *at.fx.shape))),
    )
    pricer = scenario_pricer(terms, scenario_markets(at, shock))
    assert pricer is not None
    single = jax.jit(jax.vmap(lambda one: state_values(terms, apply_shock(at, one))))(shock)
    assert single.shape == (SCENARIOS, 9 + num_growth)
    np.testing.assert_allclose(pricer.price(pricer.rows), single.T, rtol=1e-14)
