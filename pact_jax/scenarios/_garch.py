"""GARCH(1,1) of a factor by Gaussian likelihood: derivatives of the filter by forward differentiation."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ._volatility import VarianceRecursion, filter_variance, initial_variance

_MAX_STEPS = 100
_CONVERGED = 1e-6
# The likelihood of a series with stale days has several maxima: the search starts from the best of a grid.
_START_PERSISTENCE = (0.5, 0.9, 0.97, 0.995)
_START_ALPHA = (0.01, 0.05, 0.1, 0.2)
# Without a border the search would run on towards an infinite long-run variance.
_MOST_PERSISTENCE = 0.9999
_DAMPING = 1e-3
_MOST_DAMPING = 1e12


class GarchFit(eqx.Module):
    """A fitted GARCH(1,1).

    Attributes:
        recursion: omega, alpha and beta.
        log_likelihood: Gaussian, of all moves.
        converged: another scoring step would gain less than 1e-6 of log-likelihood.
        steps: scoring steps taken.
    """

    recursion: VarianceRecursion
    log_likelihood: Float[Array, "..."]
    converged: Bool[Array, "..."]
    steps: Int[Array, "..."]


class _Point(eqx.Module):
    """Parameters with the negative log-likelihood there, its gradient and its Fisher information."""

    parameter: Float[Array, "3"]
    value: Float[Array, ""]
    gradient: Float[Array, "3"]
    information: Float[Array, "3 3"]


class _Search(eqx.Module):
    point: _Point
    damping: Float[Array, ""]
    growth: Float[Array, ""]
    gain: Float[Array, ""]
    steps: Int[Array, ""]


def fit_garch(move: Float[Array, "dates"]) -> GarchFit:
    r"""Maximum likelihood of a Gaussian GARCH(1,1) with mean zero.

    $r_t = \sigma_t z_t$, $\sigma^2_{t+1} = \omega + \alpha r_t^2 + \beta \sigma_t^2$.

    Scoring steps with damping; the derivative of the variance path to the parameters comes from forward
    differentiation of the filter. Positive omega, alpha, beta and alpha + beta < 0.9999 hold by the choice of
    parameters: log of the long-run variance, logit of alpha + beta, logit of alpha's share of it.

    Args:
        move: daily moves of one series, oldest first; their mean is taken as zero. vmap for several.

    Returns:
        Parameters, likelihood and whether they converged; a series that never moves does not.

    Example:
        >>> import jax
        >>> fit = jax.jit(fit_garch)(jax.random.normal(jax.random.key(0), (500,)))
        >>> bool(fit.recursion.alpha + fit.recursion.beta < 1.0)
        True

    References:
        T. Bollerslev, Generalized autoregressive conditional heteroskedasticity, J. Econometrics 31 (1986).
        H. B. Nielsen, Damping parameter in Marquardt's method, IMM-REP-1999-05 (1999).
    """
    size = jnp.sqrt(jnp.mean(move**2))
    unit = jnp.where(size > 0.0, size, 1.0)
    scaled = move / unit
    initial = initial_variance(scaled)
    dtype = move.dtype
    start = _evaluate(_best_start(scaled, initial), scaled, initial)
    damping, growth, gain = (jnp.asarray(x, dtype) for x in (_DAMPING, 2.0, jnp.inf))
    search = _Search(start, damping, growth, gain, jnp.asarray(0))
    search = jax.lax.while_loop(_continues, lambda s: _step(s, scaled, initial), search)
    found = _recursion(search.point.parameter)
    count = move.shape[0]
    likelihood = -search.point.value - count * (0.5 * jnp.log(2.0 * jnp.asarray(jnp.pi, dtype)) + jnp.log(unit))
    return GarchFit(
        recursion=VarianceRecursion(found.omega * unit**2, found.alpha, found.beta),
        log_likelihood=likelihood,
        converged=(search.gain < _CONVERGED) & (size > 0.0),
        steps=search.steps,
    )


def _recursion(parameter: Float[Array, "3"]) -> VarianceRecursion:
    persistence, share = _MOST_PERSISTENCE * jax.nn.sigmoid(parameter[1]), jax.nn.sigmoid(parameter[2])
    # Long-run variance and persistence are nearly uncorrelated; omega and persistence near 1 are not.
    omega = jnp.exp(parameter[0]) * (1.0 - persistence)
    return VarianceRecursion(omega, persistence * share, persistence * jax.nn.sigmoid(-parameter[2]))


def _negative_log_likelihood(
    parameter: Float[Array, "3"], move: Float[Array, "dates"], initial: Float[Array, ""]
) -> Float[Array, ""]:
    variance = filter_variance(move, _recursion(parameter), initial)[:-1]
    return 0.5 * jnp.sum(jnp.log(variance) + move**2 / variance)


def _best_start(move: Float[Array, "dates"], initial: Float[Array, ""]) -> Float[Array, "3"]:
    grid = [(p, a / p) for p in _START_PERSISTENCE for a in _START_ALPHA]
    starts = jnp.asarray([(0.0, math.log(p / (1.0 - p)), math.log(a / (1.0 - a))) for p, a in grid], move.dtype)
    value = jax.vmap(_negative_log_likelihood, in_axes=(0, None, None))(starts, move, initial)
    return starts[jnp.argmin(value)]


def _evaluate(parameter: Float[Array, "3"], move: Float[Array, "dates"], initial: Float[Array, ""]) -> _Point:
    def path(at: Float[Array, "3"]) -> tuple[Float[Array, "dates"], Float[Array, "dates"]]:
        variance = filter_variance(move, _recursion(at), initial)[:-1]
        return variance, variance

    slope, variance = jax.jacfwd(path, has_aux=True)(parameter)
    relative = slope / variance[:, None]
    square = move**2 / variance
    return _Point(
        parameter=parameter,
        value=0.5 * jnp.sum(jnp.log(variance) + square),
        gradient=0.5 * jnp.sum(relative * (1.0 - square)[:, None], axis=0),
        information=0.5 * jnp.matmul(relative.T, relative, precision=jax.lax.Precision.HIGHEST),
    )


def _continues(search: _Search) -> Bool[Array, ""]:
    return (search.gain >= _CONVERGED) & (search.steps < _MAX_STEPS) & (search.damping < _MOST_DAMPING)


def _step(search: _Search, move: Float[Array, "dates"], initial: Float[Array, ""]) -> _Search:
    point = search.point
    diagonal = jnp.diagonal(point.information)
    damped = point.information + jnp.diag(search.damping * diagonal + 1e-10 * jnp.max(diagonal))
    change = jnp.clip(-jnp.linalg.solve(damped, point.gradient), -2.0, 2.0)
    trial = _evaluate(point.parameter + change, move, initial)
    better = trial.value <= point.value
    kept = jax.tree.map(lambda new, old: jnp.where(better, new, old), trial, point)
    # Damping follows how well the quadratic model foretold the step, without jumps.
    foretold = -jnp.dot(point.gradient, change) - 0.5 * jnp.dot(change, point.information @ change)
    ratio = jnp.clip((point.value - trial.value) / jnp.where(foretold > 0.0, foretold, jnp.inf), 0.0, 1.0)
    less = search.damping * jnp.maximum(1.0 - (2.0 * ratio - 1.0) ** 3, 1.0 / 3.0)
    damping = jnp.where(better, jnp.maximum(less, _DAMPING), search.damping * search.growth)
    growth = jnp.where(better, 2.0, 2.0 * search.growth)
    # The gain that the undamped quadratic model still promises at the point kept; it vanishes at the border as well
    # (alpha = 0, or alpha + beta = 0.9999), where derivatives fall below the ridge.
    ridge = jnp.diag(jnp.full(3, 1e-10 * jnp.max(jnp.diagonal(kept.information))))
    gain = 0.5 * jnp.dot(kept.gradient, jnp.linalg.solve(kept.information + ridge, kept.gradient))
    return _Search(kept, damping, growth, gain, search.steps + 1)
