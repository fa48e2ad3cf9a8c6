"""Coverage of intervals beyond the sample. `python -m tests.measures.pareto_coverage_study [SAMPLES [SIZE ...]]`."""

import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy import integrate, stats

from pact_jax import measures

_LEVELS = (0.995, 0.999)
_EXCEEDANCES = {1_000: (50, 100), 2_500: (100, 184, 250), 10_000: (209, 464)}
_LAWS = {"normal": stats.norm(), "t4": stats.t(4), "t3": stats.t(3)}


def truths(law, level):
    shortfall = integrate.quad(law.ppf, level, 1.0, limit=500)[0] / (1.0 - level)
    return {"value_at_risk": law.ppf(level), "expected_shortfall": shortfall}


def row(law, samples, size, exceedances):
    """Shares of intervals that hold the truth, then median relative errors: VaR and ES at each level."""
    measure = jax.jit(partial(measures.pareto_measures, exceedances=exceedances))
    losses = law.rvs((samples, size), random_state=np.random.default_rng(5))
    found = [measure(jnp.asarray(loss), jnp.asarray(_LEVELS)) for loss in losses]
    held, errors = [], []
    for k, level in enumerate(_LEVELS):
        for name, truth in truths(law, level).items():
            low, high = np.array([getattr(f, f"{name}_interval")[k] for f in found]).T
            held.append(np.mean((low <= truth) & (truth <= high)))
            errors.append(np.median([getattr(f, name)[k] for f in found]) / truth - 1.0)
    return held, errors


def main(samples=150, sizes=(1_000, 2_500)):
    jax.config.update("jax_enable_x64", True)
    for size in sizes:
        for exceedances in _EXCEEDANCES.get(size, (measures.default_exceedances(size),)):
            for name, law in _LAWS.items():
                held, errors = row(law, samples, size, exceedances)
                shares = " ".join(f"{share:6.1%}" for share in held)
                print(size, exceedances, name, shares, " ".join(f"{error:+6.1%}" for error in errors), flush=True)


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    main(*([asked[0], tuple(asked[1:])] if len(asked) > 1 else asked))
