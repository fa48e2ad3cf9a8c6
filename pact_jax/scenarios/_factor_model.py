"""Gaussian moves by a few common factors and a residual of each risk factor."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError
from pact_jax.sampling import Stream, counter_normals

from ._assemble import assemble
from ._moves import check_count
from ._plan import ScenarioPlan
from ._set import Sampling, ScenarioSet


class LowRank(eqx.Module):
    """A covariance as `loading loading' + diag(residual^2)`.

    Attributes:
        loading: of each risk factor on each common factor, largest common factor first.
        residual: standard deviation of what is each risk factor's own.
        explained: share of the total variance of standardised moves that the common factors carry.
    """

    loading: Float[Array, "factors common_factors"]
    residual: Float[Array, "factors"]
    explained: Float[Array, ""]

    @property
    def covariance(self) -> Float[Array, "factors factors"]:
        """The whole matrix."""
        common = jnp.matmul(self.loading, self.loading.T, precision=jax.lax.Precision.HIGHEST)
        return common + jnp.diag(self.residual**2)


def low_rank(covariance: Float[Array, "factors factors"], num_common: int) -> LowRank:
    """The principal components of the correlation with the largest variance; the rest of each variance is its own.

    Variances stay exactly as they are; correlations keep the part that the common factors carry.

    Args:
        covariance: positive semi-definite; may be singular, as with fewer observations than factors.
        num_common: k, at least 1 and at most the number of risk factors.

    Returns:
        Loadings and residuals.

    Raises:
        ArgumentError: k outside its range.

    Example:
        >>> model = low_rank(jnp.asarray([[4.0, 2.0], [2.0, 4.0]]), 1)
        >>> round(float(model.explained), 6), model.covariance.diagonal().round(6).tolist()
        (0.75, [4.0, 4.0])
    """
    size = covariance.shape[0]
    if not 1 <= num_common <= size:
        raise ArgumentError(
            f"{num_common} common factors of {size} risk factors", where="low_rank", mend=f"use 1 to {size}"
        )
    variance = jnp.diagonal(covariance)
    scale = jnp.sqrt(variance)
    unit = jnp.where(scale > 0.0, scale, 1.0)
    values, vectors = jnp.linalg.eigh(covariance / (unit[:, None] * unit[None, :]))
    kept = jnp.maximum(values[::-1][:num_common], 0.0)
    loading = scale[:, None] * vectors[:, ::-1][:, :num_common] * jnp.sqrt(kept)[None, :]
    own = jnp.maximum(variance - jnp.sum(loading**2, axis=1), 0.0)
    moving = jnp.sum(scale > 0.0).astype(scale.dtype)
    return LowRank(loading, jnp.sqrt(own), jnp.sum(kept) / jnp.maximum(moving, 1.0))


def factor_model_scenarios(
    covariance: Float[Array, "factors factors"],
    plan: ScenarioPlan,
    *,
    num_common: int,
    num_scenarios: int,
) -> ScenarioSet:
    """Gaussian moves of a low-rank model of a covariance: `x = loading f + residual e`, mean zero.

    Args:
        covariance: of the factors' moves over the whole horizon, for instance the sample's; may be singular.
        plan: layout, market, drivers, horizon and seed.
        num_common: number of common factors.
        num_scenarios: how many scenarios.

    Returns:
        Independent scenarios, equally weighted.

    Raises:
        ArgumentError: more common factors than risk factors, or fewer than one scenario.

    References:
        P. Glasserman, Monte Carlo Methods in Financial Engineering (2003), section 2.3.
    """
    check_count(num_scenarios)
    return _factor_model(covariance, plan, num_scenarios=num_scenarios, num_common=num_common)


@partial(jax.jit, static_argnames=("num_scenarios", "num_common"))
def _factor_model(
    covariance: Float[Array, "factors factors"],
    plan: ScenarioPlan,
    *,
    num_scenarios: int,
    num_common: int,
) -> ScenarioSet:
    model = low_rank(covariance, num_common)
    index = jnp.arange(num_scenarios, dtype=jnp.uint32)
    size = covariance.shape[0]
    normals = counter_normals(plan.seed, Stream.MARKET, index, num_common + size, dtype=covariance.dtype)
    common = jnp.matmul(normals[:, :num_common], model.loading.T, precision=jax.lax.Precision.HIGHEST)
    moves = common + normals[:, num_common:] * model.residual[None, :]
    return assemble(moves, plan, Sampling.INDEPENDENT)
