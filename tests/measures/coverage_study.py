"""Coverage of VaR and ES intervals in known worlds. `python -m tests.measures.coverage_study [SAMPLES [SIZE ...]]`."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from scipy import integrate, optimize, stats

from pact_jax import measures

LEVEL = 0.975
_GARCH = (0.02, 0.10, 0.88)
_WIDE = 3.0


@dataclass(frozen=True)
class World:
    """One law of losses: how to draw n of them, and the true VaR and ES."""

    name: str
    draw: Callable
    var: float
    es: float
    block_days: int = 1


def _mixture(key, n):
    pick, normal = jax.random.split(key)
    return jax.random.normal(normal, (n,)) * jnp.where(jax.random.uniform(pick, (n,)) < 0.1, _WIDE, 1.0)


def _garch(key, n, burn=500):
    omega, alpha, beta = _GARCH

    def step(variance, z):
        x = jnp.sqrt(variance) * z
        return omega + alpha * x * x + beta * variance, x

    start = jnp.asarray(omega / (1 - alpha - beta))
    return lax.scan(step, start, jax.random.normal(key, (n + burn,)))[1][burn:]


def _truth(pdf, sf):
    var = optimize.brentq(lambda x: sf(x) - (1 - LEVEL), 0.0, 50.0, xtol=1e-13)
    return var, integrate.quad(lambda x: x * pdf(x), var, np.inf, epsabs=1e-13)[0] / (1 - LEVEL)


def worlds():
    yield World("normal", lambda key, n: jax.random.normal(key, (n,)), *_truth(stats.norm.pdf, stats.norm.sf))
    for df in (4, 3):
        yield World(
            f"t{df}",
            lambda key, n, df=df: jax.random.t(key, float(df), (n,)),
            *_truth(partial(stats.t.pdf, df=df), partial(stats.t.sf, df=df)),
        )
    yield World(
        "mixture",
        _mixture,
        *_truth(
            lambda x: 0.9 * stats.norm.pdf(x) + 0.1 * stats.norm.pdf(x, scale=_WIDE),
            lambda x: 0.9 * stats.norm.sf(x) + 0.1 * stats.norm.sf(x, scale=_WIDE),
        ),
    )
    # No closed form: the law of 2e7 simulated days, whose own error is a hundredth of that of 2,500 days.
    days = np.sort(
        np.asarray(jax.jit(jax.vmap(lambda key: _garch(key, 5000)))(jax.random.split(jax.random.key(9), 4000))).ravel()
    )
    cut = int(days.size * LEVEL)
    yield World("GARCH", _garch, days[cut], days[cut:].mean(), block_days=-1)


def coverage(world, n, reps, resamples=500, seed=0):
    """Shares of samples whose interval holds the truth: VaR and ES two-sided 95 %, ES below its one-sided bounds."""
    block = world.block_days if world.block_days > 0 else measures.default_lag(n, 1)

    def one(key):
        draw_key, boot_key = jax.random.split(key)
        loss = world.draw(draw_key, n)
        both = measures.tail_measures(loss, None, LEVEL)
        if block == 1:
            error = measures.independent_standard_error(loss, None, LEVEL)
        else:
            error = measures.dependent_standard_error(loss, None, LEVEL, horizon_days=1)
        bound = measures.upper_bound(loss, None, LEVEL, key=boot_key, resamples=resamples, block_days=block)
        plain = measures.gaussian_upper_bound(both.expected_shortfall, error.expected_shortfall)
        return jnp.stack(
            [
                (error.value_at_risk_interval[0] <= world.var) & (world.var <= error.value_at_risk_interval[1]),
                jnp.abs(both.expected_shortfall - world.es) <= 1.96 * error.expected_shortfall,
                plain >= world.es,
                bound.value >= world.es,
            ]
        )

    hits = jax.jit(lambda keys: lax.map(one, keys))(jax.random.split(jax.random.key(seed), reps))
    return np.asarray(hits).mean(0)


def main(reps=1000, sizes=(1000, 2500, 10_000)):
    jax.config.update("jax_enable_x64", True)
    print("| n | law | tail scenarios | samples | VaR | ES | ES from above, normal | ES from above, bootstrap |")
    print("|---|---|---|---|---|---|---|---|")
    for n in sizes:
        for world in worlds():
            shares = " | ".join(f"{100 * share:.1f}" for share in coverage(world, n, reps))
            print(f"| {n:,} | {world.name} | {n * (1 - LEVEL):.0f} | {reps} | {shares} |", flush=True)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    main(*numbers[:1], *([tuple(numbers[1:])] if numbers[1:] else []))
