"""Digital and barrier options in a block of scenarios: the values of one scenario at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.market import MarketShock, VolDynamics, apply_shock, scenario_markets
from pact_jax.pricing import scenario_pricer, state_values

from .asset_options import COUNT, DAYS, kinds, market, option

SCENARIOS = 5
_RNG = np.random.default_rng(2)


def _shock(dynamics: VolDynamics = VolDynamics.STICKY_STRIKE) -> MarketShock:
    return MarketShock(
        spot=jnp.asarray(_RNG.normal(0.0, 0.2, (SCENARIOS, 1))),
        zero_rate=jnp.asarray(_RNG.normal(0.0, 0.01, (SCENARIOS, *market().zero_rate.shape))),
        vol_level=jnp.asarray(_RNG.normal(0.0, 0.2, (SCENARIOS, 1))),
        vol_dynamics=dynamics,
    )


SHOCKS = {
    "all": _shock(),
    "moneyness": _shock(VolDynamics.STICKY_MONEYNESS),
    "elsewhere": MarketShock(adv=jnp.zeros((SCENARIOS, 1))),
}


@pytest.mark.parametrize("name", SHOCKS)
def test_a_block_has_the_values_of_single_scenarios(name):
    # Some have expired, some expire today.
    expiry = jnp.asarray(
        np.where(np.arange(COUNT) % 8 == 0, 0.0, np.where(np.arange(COUNT) % 8 == 1, -0.1, DAYS / 365.0))
    )
    digital, _, barrier = (kinds(option(expiry=expiry))[k] for k in (1, 2, 4))
    shock, at = SHOCKS[name], market()

    @jax.jit
    def both():
        single = jax.vmap(lambda one: [state_values(terms, apply_shock(at, one)) for terms in (digital, barrier)])(
            shock
        )
        block = []
        for terms in (digital, barrier):
            pricer = scenario_pricer(terms, scenario_markets(at, shock))
            assert pricer is not None
            block.append(pricer.price(pricer.rows))
        return single, block

    for one, many in zip(*both(), strict=True):
        expected = jnp.broadcast_to(many, (COUNT, SCENARIOS))
        np.testing.assert_allclose(expected, one.T, rtol=1e-11, atol=1e-10)
