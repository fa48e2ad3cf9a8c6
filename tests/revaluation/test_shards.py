"""The same bits on 1, 2 and 4 devices: in a process of its own, because the number of devices is fixed at start."""

import subprocess
import sys

SCRIPT = """
import jax
jax.config.update("jax_num_cpu_devices", 4)
import jax.numpy as jnp, numpy as np
from jax.sharding import AxisType
from pact_jax.instruments import EuropeanOption, DiscountPoints, Portfolio, position_group
from pact_jax.market import MarketShock, example_market
from pact_jax.agents import observe_market
from pact_jax.revaluation import revalue, value_base

with jax.enable_x64(True):
    rng, n = np.random.default_rng(0), 40
    zero = jnp.zeros(n, int)
    point = DiscountPoints(jnp.zeros(1, int), jnp.ones(1))
    strike, call = jnp.asarray(rng.uniform(70, 130, n)), jnp.asarray(rng.random(n) < 0.5)
    terms = EuropeanOption(zero, zero, zero, point, zero, strike, jnp.ones(n), call, jnp.ones(n))
    # Seven desks: more books than are added up at a time, so that some are skipped.
    group = position_group(terms, jnp.asarray(rng.normal(size=n)), desk=rng.integers(0, 7, n))
    book = Portfolio((group,), num_desks=7, num_buckets=0)
    shock = MarketShock(spot=jnp.asarray(0.1 * rng.normal(size=(300, 1))))
    market, results = example_market(), []
    # A program of its own, as in an assessment: inlined, its last bit depends on what is around it.
    base = value_base(book, market)
    for shards in (1, 2, 4):
        mesh = jax.make_mesh((shards,), ("scenarios",), axis_types=(AxisType.Auto,), devices=jax.devices()[:shards])
        run = jax.jit(lambda b, m, s, at: revalue(b, m, s, base=at, tile=32, mesh=mesh).pnl)
        results.append(np.asarray(run(book, market, shock, base)))
    plain = jax.jit(lambda b, m, s, at: revalue(b, m, s, base=at, tile=32).pnl)
    results.append(np.asarray(plain(book, market, shock, base)))
    seen = [observe_market(book, market, shock, tile=32, mesh=m).loss for m in (None, mesh)]
    assert (np.asarray(seen[0]) == np.asarray(seen[1])).all()
print(all((r == results[0]).all() for r in results), float(np.std(results[0])) > 0)
"""


def test_shards_change_no_bit():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=600, check=False)
    assert done.stdout.split() == ["True", "True"], done.stdout + done.stderr[-2000:]
