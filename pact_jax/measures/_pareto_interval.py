"""Value at risk and expected shortfall beyond the sample, with intervals by the profile likelihood."""

from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from .._numerics import tree_sum
from .._typing import BoolScalar, FloatScalar, FloatScalarLike, IntScalarLike
from ._generalised_pareto import (
    HIGHEST_SHAPE,
    LOWEST_SHAPE,
    ParetoTail,
    best_scale,
    fit_pareto_tail,
    log_likelihood,
    pareto_expected_shortfall,
    pareto_value_at_risk,
    quantile_factor,
    shortfall_factor,
    split_tail,
)
from ._quantile import as_confidence
from ._standard_error import _long_run_variance

Factor = Callable[[Array, Array], Array]
"""(measure - u) / beta as a function of the shape and of the share above the threshold over the mass beyond."""

_CRITICAL = 3.841458820694124
"""95 % quantile of the chi-square distribution with one degree of freedom."""
_SHAPES, _SHARES = 49, 17
_HALVINGS = 40


class ParetoMeasures(eqx.Module):
    """Measures of a generalised Pareto tail at several levels.

    Attributes:
        tail: the law they are read off.
        value_at_risk: at each level, in the unit of the loss; NaN where the level is not beyond the threshold.
        value_at_risk_error: standard error by the delta method.
        value_at_risk_interval: 95 % interval by the profile likelihood: skewed as the tail is.
        expected_shortfall: at each level; infinite where the shape is 1 or more.
        expected_shortfall_error: standard error by the delta method.
        expected_shortfall_interval: 95 % interval by the profile likelihood; open above where shape 1 is within it.
        independence: how much of an independent observation each loss counts for.
    """

    tail: ParetoTail
    value_at_risk: Float[Array, "levels"]
    value_at_risk_error: Float[Array, "levels"]
    value_at_risk_interval: Float[Array, "levels 2"]
    expected_shortfall: Float[Array, "levels"]
    expected_shortfall_error: Float[Array, "levels"]
    expected_shortfall_interval: Float[Array, "levels 2"]
    independence: FloatScalar


@partial(jax.jit, static_argnames=("exceedances",))
def pareto_measures(
    loss: Float[Array, "scenarios"],
    confidences: Float[Array, "levels"],
    *,
    exceedances: int,
    independence: FloatScalarLike = 1.0,
) -> ParetoMeasures:
    r"""VaR and ES beyond the sample by peaks over a threshold, with standard errors and 95 % intervals.

    Both measures are $u + \beta h(\xi, \zeta)$, so that their intervals need no re-parametrisation: an end is the
    largest (or smallest) value of that within the region where
    $2(\ell_{max} - \ell(\xi, \beta)) + D(\zeta) \le \chi^2_{1, 0.95}$, D the binomial deviance of the number of
    exceedances. That region is an interval of scales for each shape and share, found by bisection. Standard errors: the
    delta method with derivatives by JAX, the binomial variance of the share included.

    Args:
        loss: Equally weighted losses, positive = money lost.
        confidences: Levels beyond the threshold, above 1 - k/n.
        exceedances: k; see `default_exceedances`.
        independence: Share of an independent observation that each loss counts for, at most 1: deviances are
            multiplied, variances divided by it. See `exceedance_independence`.

    Returns:
        The law and its measures.

    Raises:
        ArgumentError: k is not between 2 and n - 1.
        DifferentiationError: If differentiated.

    Example:
        >>> import jax
        >>> losses = jax.random.exponential(jax.random.key(0), (5000,))
        >>> found = pareto_measures(losses, jnp.asarray([0.999]), exceedances=250)
        >>> low, high = found.value_at_risk_interval[0]
        >>> bool(low < 6.9078 < high)
        True

    References:
        A. McNeil and T. Saladin, The peaks over thresholds method for estimating high quantiles of loss distributions
        (1997). S. Coles, An Introduction to Statistical Modeling of Extreme Values (2001), section 4.3.
    """
    tail = fit_pareto_tail(loss, exceedances=exceedances)
    levels = as_confidence(confidences)
    counted = jnp.asarray(independence, loss.dtype)
    mass = (1.0 - levels).astype(loss.dtype)
    known = (mass <= tail.tail_share) & (mass > 0.0) & jnp.isfinite(tail.scale)
    var_error, es_error = (_delta(tail, mass, counted, factor) for factor in (quantile_factor, shortfall_factor))
    var_interval, es_interval = _profile(loss, tail, exceedances, mass, counted)
    return ParetoMeasures(
        tail=tail,
        value_at_risk=jax.vmap(lambda level: pareto_value_at_risk(tail, level))(levels),
        value_at_risk_error=jnp.where(known, var_error, jnp.nan),
        value_at_risk_interval=jnp.where(known[:, None], var_interval, jnp.nan),
        expected_shortfall=jax.vmap(lambda level: pareto_expected_shortfall(tail, level))(levels),
        expected_shortfall_error=jnp.where(known & (tail.shape < 1.0), es_error, jnp.nan),
        expected_shortfall_interval=jnp.where(known[:, None], es_interval, jnp.nan),
        independence=counted,
    )


@partial(jax.jit, static_argnames=("exceedances",))
def exceedance_independence(loss: Float[Array, "scenarios"], *, exceedances: int, lag: IntScalarLike) -> FloatScalar:
    """How much of an independent observation each loss counts for, where losses in date order cluster.

    Variance of the number of exceedances if they were independent over their long-run variance with Bartlett weights,
    at most 1. Windows of H days that overlap share days, so that one bad week makes H exceedances.

    Args:
        loss: Losses in date order.
        exceedances: k largest that are counted.
        lag: of the long-run variance; see `default_lag`.

    Returns:
        Between 0 and 1; 1 for independent losses up to the noise of the estimate.

    Example:
        >>> import jax
        >>> losses = jax.random.normal(jax.random.key(0), (4000,))
        >>> bool(exceedance_independence(losses, exceedances=200, lag=1) > 0.8)
        True

    References:
        W. Newey and K. West, Econometrica 55 (1987). R. Chandler and S. Bate, Inference for clustered data using the
        independence loglikelihood, Biometrika 94 (2007).
    """
    n = loss.shape[0]
    _, threshold, _ = split_tail(loss, exceedances)
    counted = jnp.where(loss > threshold, 1.0, 0.0).astype(loss.dtype)
    centred = counted - jnp.mean(counted)
    alone = tree_sum(centred * centred)
    together = _long_run_variance(centred, jnp.minimum(jnp.asarray(lag), n - 1))
    return jnp.where(together > 0.0, jnp.minimum(alone / together, 1.0), 1.0)


def _delta(
    tail: ParetoTail, mass: Float[Array, "levels"], independence: FloatScalar, factor: Factor
) -> Float[Array, "levels"]:
    """Standard error of a measure: gradient with respect to shape, scale and the share above the threshold."""
    share = tail.tail_share

    def at(beyond: FloatScalar) -> FloatScalar:
        def value(shape: FloatScalar, scale: FloatScalar, above: FloatScalar) -> FloatScalar:
            return scale * factor(shape, above / beyond)

        slope = jnp.stack(jax.grad(value, argnums=(0, 1, 2))(tail.shape, tail.scale, share))
        fitted = jnp.sum(slope[:2, None] * tail.covariance * slope[None, :2])
        counted = slope[2] ** 2 * share * (1.0 - share) / tail.sample.astype(share.dtype)
        return jnp.sqrt((fitted + counted) / independence)

    return jax.vmap(at)(mass)


def _profile(
    loss: Float[Array, "scenarios"],
    tail: ParetoTail,
    exceedances: int,
    mass: Float[Array, "levels"],
    independence: FloatScalar,
) -> tuple[Float[Array, "levels 2"], Float[Array, "levels 2"]]:
    """Smallest and largest values of both measures over the region of high likelihood."""
    excess, threshold, n = split_tail(loss, exceedances)
    budget = 0.5 * _CRITICAL / independence
    unit = tail.scale
    region = _Region(excess / unit, log_likelihood(excess / unit, tail.shape, jnp.ones_like(unit)) - budget)
    lowest, highest = region.shapes(tail.shape)
    shapes = lowest + (highest - lowest) * jnp.linspace(0.0, 1.0, _SHAPES, dtype=unit.dtype)
    # Shares whose own deviance leaves something of the budget.
    reach = 1.3 * jnp.sqrt(2.0 * budget / exceedances)
    shares = jnp.minimum(tail.tail_share * jnp.exp(reach * jnp.linspace(-1.0, 1.0, _SHARES, dtype=unit.dtype)), 0.999)
    spent = _share_deviance(tail.tail_share, shares, n)
    shape, share = (x.reshape(-1) for x in jnp.meshgrid(shapes, shares, indexing="ij"))
    spent = jnp.tile(spent, _SHAPES)
    low, high = jax.vmap(region.scales)(shape, spent)

    def ends(factor: Factor) -> Float[Array, "levels 2"]:
        def at(beyond: FloatScalar) -> Float[Array, "2"]:
            size = factor(shape, share / beyond)
            inside = low <= high
            smallest = jnp.min(jnp.where(inside, size * low, jnp.inf))
            return threshold + unit * jnp.stack([smallest, jnp.max(jnp.where(inside, size * high, -jnp.inf))])

        return jax.vmap(at)(mass)

    shortfall = ends(lambda xi, ratio: jnp.where(xi < 1.0, shortfall_factor(jnp.minimum(xi, 0.999999), ratio), jnp.inf))
    return ends(quantile_factor), shortfall


class _Region(eqx.Module):
    """Where the log-likelihood of shape and scale is at least `floor`, in units of the fitted scale."""

    y: Float[Array, "scenarios"]
    floor: FloatScalar

    def shapes(self, likeliest: FloatScalar) -> tuple[FloatScalar, FloatScalar]:
        """The shapes that some scale makes likely enough: an interval around the likeliest."""

        def inside(shape: FloatScalar) -> BoolScalar:
            return log_likelihood(self.y, shape, best_scale(self.y, shape)) >= self.floor

        bounds = jnp.stack([jnp.full_like(likeliest, LOWEST_SHAPE), jnp.full_like(likeliest, HIGHEST_SHAPE)])
        return tuple(jax.vmap(lambda bound: _edge(inside, likeliest, bound))(bounds))

    def scales(self, shape: FloatScalar, spent: FloatScalar) -> tuple[FloatScalar, FloatScalar]:
        """The scales that are likely enough with a shape, once part of the budget is spent; empty if low > high."""
        best = best_scale(self.y, shape)

        def inside(scale: FloatScalar) -> BoolScalar:
            return log_likelihood(self.y, shape, scale) - spent >= self.floor

        low, high = (_edge(inside, best, best * factor) for factor in (0.05, 20.0))
        some = inside(best)
        return jnp.where(some, low, jnp.inf), jnp.where(some, high, -jnp.inf)


def _edge(inside: Callable[[FloatScalar], BoolScalar], start: FloatScalar, end: FloatScalar) -> FloatScalar:
    """Where a property that holds at the start is lost on the way to the end; the end if it never is."""

    def halve(_: Array, state: tuple[FloatScalar, FloatScalar]) -> tuple[FloatScalar, FloatScalar]:
        held, lost = state
        middle = 0.5 * (held + lost)
        holds = inside(middle)
        return jnp.where(holds, middle, held), jnp.where(holds, lost, middle)

    held, _ = lax.fori_loop(0, _HALVINGS, halve, (start, end))
    return jnp.where(inside(end), end, held)


def _share_deviance(fitted: FloatScalar, share: Float[Array, "nodes"], n: int) -> Float[Array, "nodes"]:
    """Half the binomial deviance: log-likelihood lost by another share above the threshold."""
    kept = fitted * jnp.log(fitted / share) + (1.0 - fitted) * jnp.log((1.0 - fitted) / (1.0 - share))
    return n * kept
