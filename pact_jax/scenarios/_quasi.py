"""Gaussian moves from evenly spread points: randomised Sobol points or a lattice along the principal components."""

import enum
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from pact_jax.errors import ArgumentError
from pact_jax.sampling import lattice_vector, owen_scramble, quantile_of, shifted_lattice, sobol_net

from ._assemble import assemble
from ._moves import principal_root
from ._plan import ScenarioPlan
from ._set import Sampling, ScenarioSet


class Sequence(enum.Enum):
    """Point sets of quasi-Monte Carlo."""

    SOBOL = "sobol"
    LATTICE = "lattice"


def quasi_scenarios(
    covariance: Float[Array, "factors factors"],
    plan: ScenarioPlan,
    *,
    num_scenarios: int,
    num_randomisations: int,
    sequence: Sequence = Sequence.SOBOL,
) -> ScenarioSet:
    """Gaussian moves with a given covariance over the horizon and mean zero, from evenly spread points.

    R independent randomisations of one point set of n/R points: Sobol points with nested uniform scrambling, or a
    lattice with random shifts and the baker's transformation. The first coordinate, which is spread best, drives the
    first principal component of the correlation, and so on. Every scenario by itself is Gaussian, so that all weighted
    means are unbiased; scenarios of one randomisation are not independent of each other.

    Scores of the drivers are the exact ones, move over standard deviation, so that randomisations stay independent.
    Sampled defaults are drawn from their own independent numbers.

    Args:
        covariance: of the factors' moves over the whole horizon; positive semi-definite (checked at the host door).
        plan: layout, market, drivers, horizon and seed.
        num_scenarios: n in all.
        num_randomisations: R, at least 2: errors come from the spread over them.
        sequence: which point set.

    Returns:
        Equally weighted scenarios, sampling RANDOMISED.

    Raises:
        ArgumentError: fewer than 2 randomisations, n/R no power of two from 4 on, or more factors than the point set
            has dimensions.

    References:
        P. Acworth, M. Broadie and P. Glasserman, A comparison of some Monte Carlo and quasi Monte Carlo techniques for
        option pricing (1998), for principal components. A. B. Owen, Monte Carlo Theory, Methods and Examples (2013),
        chapters 16 and 17.
    """
    log2_points = check_randomisations(num_scenarios, num_randomisations).bit_length() - 1
    if 1 << log2_points != num_scenarios // num_randomisations or log2_points < 2:
        raise ArgumentError(
            f"{num_scenarios // num_randomisations} points in each of {num_randomisations} randomisations",
            where="quasi_scenarios",
            mend="use a power of two from 4 on, such as 8,192 scenarios in 16 randomisations",
        )
    size = covariance.shape[0]
    sobol = sequence is Sequence.SOBOL
    points = jnp.asarray(sobol_net(log2_points, size) if sobol else lattice_vector(log2_points, size))
    return _quasi(
        covariance,
        plan,
        points,
        log2_points=log2_points,
        num_randomisations=num_randomisations,
        sequence=sequence,
    )


def check_randomisations(num_scenarios: int, num_randomisations: int) -> int:
    """Scenarios in each randomisation.

    Raises:
        ArgumentError: fewer than 2 randomisations, or scenarios that do not divide into them.
    """
    if num_randomisations < 2 or num_scenarios < num_randomisations or num_scenarios % num_randomisations:
        raise ArgumentError(
            f"{num_scenarios} scenarios in {num_randomisations} randomisations",
            where="scenarios",
            mend="use at least 2 randomisations, each with as many scenarios as the others",
        )
    return num_scenarios // num_randomisations


@partial(jax.jit, static_argnames=("log2_points", "num_randomisations", "sequence"))
def _quasi(
    covariance: Float[Array, "factors factors"],
    plan: ScenarioPlan,
    points: UInt32[Array, "..."],
    *,
    log2_points: int,
    num_randomisations: int,
    sequence: Sequence,
) -> ScenarioSet:
    root, scale = principal_root(covariance)

    def one(replicate: UInt32[Array, ""]) -> Float[Array, "scenarios factors"]:
        if sequence is Sequence.SOBOL:
            words = owen_scramble(points, plan.seed, replicate)
        else:
            words = shifted_lattice(points, log2_points, plan.seed, replicate)
        return quantile_of(words, covariance.dtype)

    normals = jax.lax.map(one, jnp.arange(num_randomisations, dtype=jnp.uint32)).reshape(-1, covariance.shape[0])
    moves = jnp.matmul(normals, root, precision=jax.lax.Precision.HIGHEST) * scale[None, :]
    return assemble(moves, plan, Sampling.RANDOMISED, deviation=scale, num_randomisations=num_randomisations)
