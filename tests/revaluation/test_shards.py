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
from pact_jax.revaluation import revalue

with jax.enable_x64(True):
    rng, n = np.random.default_rng(0), 40
    zero = jnp.zeros(n, int)
    point = DiscountPoints(jnp.zeros(1, int), jnp.ones(1))
    strike, call = jnp.asarray(rng.uniform(70, 130, n)), jnp.asarray(rng.random(n) < 0.5)
    terms = EuropeanOption(zero, zero, zero, point, zero, strike, jnp.ones(n), call, jnp.ones(n))
    group = position_group(terms, jnp.asarray(rng.normal(size=n)))
    book = Portfolio((group,), num_desks=1, num_buckets=0)
    shock = MarketShock(spot=jnp.asarray(0.1 * rng.normal(size=(300, 1))))
    results = []
    for shards in (1, 2, 4):
        mesh = jax.make_mesh((shards,), ("scenarios",), axis_types=(AxisType.Auto,), devices=jax.devices()[:shards])
        run = jax.jit(lambda b, m, s: revalue(b, m, s, tile=32, mesh=mesh).pnl)
        results.append(np.asarray(run(book, example_market(), shock)))
    results.append(np.asarray(jax.jit(lambda b, m, s: revalue(b, m, s, tile=32).pnl)(book, example_market(), shock)))
print(all((r == results[0]).all() for r in results), float(np.std(results[0])) > 0)
"""


def test_shards_change_no_bit():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=600, check=False)
    assert done.stdout.split() == ["True", "True"], done.stdout + done.stderr[-2000:]
