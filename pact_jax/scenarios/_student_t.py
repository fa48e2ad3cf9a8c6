"""Multivariate Student-t moves with the covariance of the history."""

from functools import partial

import jax
import jax.numpy as jnp
from jax.scipy.special import gammaln
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError
from pact_jax.sampling import Stream, counter_chi2, counter_normals

from ._assemble import assemble
from ._moves import check_count, triangular_root
from ._plan import ScenarioPlan
from ._set import Sampling, ScenarioSet

_LEAST, _MOST = 2.05, 200.0
_GOLDEN = 0.6180339887498949
_STEPS = 40


def student_t_scenarios(
    covariance: Float[Array, "factors factors"],
    plan: ScenarioPlan,
    *,
    degrees_of_freedom: float | Float[Array, ""],
    num_scenarios: int,
) -> ScenarioSet:
    r"""Multivariate Student-t moves with a given covariance over the horizon and mean zero.

    $x = \sqrt{(\nu-2)/\chi^2_\nu}\, s R z$ with the Cholesky root R of the correlation and standard deviations s. One
    chi-square variable a scenario moves all factors, so that large moves come together even where correlations are
    small. The covariance is the one given, whatever nu is.

    Args:
        covariance: of the factors' moves over the whole horizon; positive semi-definite (checked at the host door).
        plan: layout, market, drivers, horizon and seed.
        degrees_of_freedom: nu of the horizon's moves, above 2: otherwise there is no covariance to match.
        num_scenarios: how many scenarios.

    Returns:
        Independent scenarios, equally weighted. Their standard errors are those of the draws; covariance and nu are
        taken as given.

    Raises:
        ArgumentError: degrees of freedom of 2 or fewer, or fewer than one scenario.

    References:
        A. McNeil, R. Frey and P. Embrechts, Quantitative Risk Management, 2nd ed. (2015), section 6.2.
    """
    check_count(num_scenarios)
    if not float(degrees_of_freedom) > 2.0:
        raise ArgumentError(
            f"degrees_of_freedom is {float(degrees_of_freedom)!r}",
            where="student_t_scenarios",
            mend="give a number above 2: at 2 or fewer there is no covariance to match",
        )
    nu = jnp.asarray(degrees_of_freedom, covariance.dtype)
    return _student_t(covariance, plan, nu, num_scenarios=num_scenarios)


@jax.jit
def fit_degrees_of_freedom(moves: Float[Array, "scenarios factors"]) -> Float[Array, ""]:
    r"""Degrees of freedom of a Student-t law shared by all factors, by the likelihood of each factor on its own.

    Maximises $\sum_k \sum_t \log f_\nu(x_{tk})$ with every factor scaled to its sample variance, over nu from 2.05 to
    200 (composite likelihood: the dependence between factors is left out, so that it needs no regular covariance).

    Args:
        moves: one row a window; factors that never move are left out.

    Returns:
        nu; at 200 the moves are as good as Gaussian.

    References:
        C. Varin, N. Reid and D. Firth, An overview of composite likelihood methods, Statistica Sinica 21 (2011).
    """
    centred = moves - jnp.mean(moves, axis=0, keepdims=True)
    variance = jnp.mean(centred**2, axis=0)
    moving = variance > 0.0
    square = centred**2 / jnp.where(moving, variance, 1.0)[None, :]

    def mean_log_density(position: Float[Array, ""]) -> Float[Array, ""]:
        nu = 2.0 + jnp.exp(position)
        shape = jnp.mean(jnp.log1p(square / (nu - 2.0)), axis=0)
        constant = gammaln(0.5 * (nu + 1.0)) - gammaln(0.5 * nu) - 0.5 * jnp.log(nu - 2.0)
        return jnp.sum(jnp.where(moving, constant - 0.5 * (nu + 1.0) * shape, 0.0))

    def narrow(_: int, ends: Float[Array, "2"]) -> Float[Array, "2"]:
        low, high = ends[0], ends[1]
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        rising = mean_log_density(right) > mean_log_density(left)
        return jnp.stack([jnp.where(rising, left, low), jnp.where(rising, high, right)])

    ends = jnp.log(jnp.asarray([_LEAST - 2.0, _MOST - 2.0], moves.dtype))
    return 2.0 + jnp.exp(jnp.mean(jax.lax.fori_loop(0, _STEPS, narrow, ends)))


@partial(jax.jit, static_argnames="num_scenarios")
def _student_t(
    covariance: Float[Array, "factors factors"],
    plan: ScenarioPlan,
    degrees_of_freedom: Float[Array, ""],
    *,
    num_scenarios: int,
) -> ScenarioSet:
    root, scale = triangular_root(covariance)
    index = jnp.arange(num_scenarios, dtype=jnp.uint32)
    normals = counter_normals(plan.seed, Stream.MARKET, index, covariance.shape[0], dtype=covariance.dtype)
    chi2 = counter_chi2(plan.seed, Stream.MIXING, index, degrees_of_freedom)
    mixing = jnp.sqrt((degrees_of_freedom - 2.0) / chi2)
    moves = jnp.matmul(normals, root, precision=jax.lax.Precision.HIGHEST) * scale[None, :] * mixing[:, None]
    return assemble(moves, plan, Sampling.INDEPENDENT)
