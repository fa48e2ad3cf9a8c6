"""Peaks over a threshold: a generalised Pareto law for the largest losses, and measures beyond the sample."""

import math
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from .._typing import FloatScalar, FloatScalarLike, IntScalar
from ..errors import ArgumentError
from ._quantile import as_confidence
from ._refusal import refuse_derivative

FEWEST_EXCEEDANCES = 30
"""Fewer say nothing of a tail: the shape alone has then a standard error of a fifth."""
LOWEST_SHAPE = -0.5
"""Below this shape the information is infinite and no standard error holds (Smith 1985)."""
HIGHEST_SHAPE = 3.0
_GRID = 129
_REFINEMENTS = 4


class ParetoTail(eqx.Module):
    r"""Law of the losses above a threshold: $P(L > u + y) = \zeta\,(1 + \xi y / \beta)^{-1/\xi}$.

    Attributes:
        threshold: u, the largest loss that is not an exceedance.
        shape: xi; above 0 the tail falls like a power, moments from 1/xi on are infinite.
        scale: beta, in the unit of the loss.
        exceedances: number k of losses above the threshold.
        sample: number n of losses; zeta = k / n.
        covariance: of (shape, scale) by the observed information; NaN for moments, or where the shape is at its bound.
        distinct: number of different exceedances; where it is far below k, the losses are tied and no density fits.
    """

    threshold: FloatScalar
    shape: FloatScalar
    scale: FloatScalar
    exceedances: IntScalar
    sample: IntScalar
    covariance: Float[Array, "2 2"]
    distinct: IntScalar

    @property
    def tail_share(self) -> FloatScalar:
        """zeta: the share of the sample above the threshold."""
        return self.exceedances.astype(self.scale.dtype) / self.sample.astype(self.scale.dtype)


def default_exceedances(num_losses: int) -> int:
    """How many of the largest losses make the tail, unless asked: n^(2/3), at most a tenth of n.

    A tenth is the usual choice for short samples; for long ones a rate below n lets the bias of the limit law, which a
    deeper threshold brings, fall faster than the sampling error.

    Example:
        >>> default_exceedances(500), default_exceedances(1_000), default_exceedances(10_000)
        (50, 100, 464)

    References:
        C. Scarrott and A. MacDonald, A review of extreme value threshold estimation, REVSTAT 10 (2012), for rules of
        this kind.
    """
    return max(1, min(int(num_losses ** (2.0 / 3.0) + 1e-9), num_losses // 10))


@partial(jax.jit, static_argnames=("exceedances",))
def fit_pareto_tail(loss: Float[Array, "scenarios"], *, exceedances: int) -> ParetoTail:
    r"""Maximum likelihood of the generalised Pareto law for the k largest losses, by a profile over the shape.

    For each shape the scale solves $k = (1 + \xi) \sum y / (\beta + \xi y)$, a falling function, so it is unique; the
    shape is searched on [-1/2, 3] and polished by Newton steps on both, with derivatives by JAX.

    Args:
        loss: Equally weighted losses, positive = money lost.
        exceedances: k, fewer than there are losses. The threshold is the largest loss below them.

    Returns:
        The tail; NaN throughout if a loss is NaN or all k exceedances are equal to the threshold.

    Raises:
        ArgumentError: k is not between 2 and n - 1.
        DifferentiationError: If differentiated.

    Example:
        >>> import jax.numpy as jnp
        >>> share = (jnp.arange(4000.0) + 0.5) / 4000.0
        >>> tail = fit_pareto_tail(4.0 * ((1.0 - share) ** -0.25 - 1.0), exceedances=400)
        >>> bool(abs(tail.shape - 0.25) < 0.015)
        True

    References:
        S. Grimshaw, Computing maximum likelihood estimates for the generalized Pareto distribution, Technometrics 35
        (1993). A. McNeil and R. Frey, Estimation of tail-related risk measures, J. Empirical Finance 7 (2000).
    """
    excess, threshold, sample = split_tail(refuse_derivative(loss), exceedances)
    scale_unit = jnp.mean(excess)
    unit = jnp.where(scale_unit > 0.0, scale_unit, jnp.nan)
    y = excess / unit

    shape = _likeliest_shape(y)
    point = jnp.stack([shape, best_scale(y, shape)])

    def negative(x: Float[Array, "2"]) -> FloatScalar:
        return -log_likelihood(y, x[0], x[1])

    def newton(_: Array, x: Float[Array, "2"]) -> Float[Array, "2"]:
        inverse = _inverse(jax.hessian(negative)(x))
        moved = x - jnp.sum(inverse * jax.grad(negative)(x)[None, :], axis=1)
        return jnp.where(negative(moved) <= negative(x), moved, x)

    bounded = (shape <= LOWEST_SHAPE + 1e-3) | (shape >= HIGHEST_SHAPE - 1e-3)
    point = jnp.where(bounded, point, lax.fori_loop(0, 2, newton, point))
    covariance = jnp.where(bounded, jnp.nan, _inverse(jax.hessian(negative)(point)))
    units = jnp.stack([jnp.ones_like(unit), unit])
    known = jnp.isfinite(unit) & jnp.all(jnp.isfinite(y))
    point, covariance = (jnp.where(known, x, jnp.nan) for x in (point * units, covariance * jnp.outer(units, units)))
    return _tail(excess, threshold, sample, point, covariance)


def pareto_tail_by_moments(loss: Float[Array, "scenarios"], *, exceedances: int) -> ParetoTail:
    r"""The same law by probability-weighted moments: a second opinion that shares nothing with the likelihood.

    $\xi = 2 - a_0 / (a_0 - 2 a_1)$ and $\beta = 2 a_0 a_1 / (a_0 - 2 a_1)$ with $a_0$ the mean excess and $a_1$ that
    of $(1 - p) y$ at plotting positions p = (j - 0.35) / k. Valid for shapes below 1/2, where it is also the steadier
    estimator in small samples.

    Args:
        loss: Equally weighted losses, positive = money lost.
        exceedances: k, as for `fit_pareto_tail`.

    Returns:
        The tail, without a covariance.

    Raises:
        ArgumentError: k is not between 2 and n - 1.

    Example:
        >>> import jax.numpy as jnp
        >>> share = (jnp.arange(4000.0) + 0.5) / 4000.0
        >>> tail = pareto_tail_by_moments(4.0 * ((1.0 - share) ** -0.25 - 1.0), exceedances=400)
        >>> bool(abs(tail.shape - 0.25) < 0.015)
        True

    References:
        J. Hosking and J. Wallis, Parameter and quantile estimation for the generalized Pareto distribution,
        Technometrics 29 (1987).
    """
    excess, threshold, sample = split_tail(refuse_derivative(loss), exceedances)
    k = excess.shape[0]
    # Excesses fall, so that the j-th smallest stands at k - j.
    rest = (jnp.arange(k, dtype=excess.dtype) + 0.35) / k
    first, second = jnp.mean(excess), jnp.mean(rest * excess)
    spread = first - 2.0 * second
    point = jnp.stack([2.0 - first / spread, 2.0 * first * second / spread])
    point = jnp.where(first > 0.0, point, jnp.nan)
    return _tail(excess, threshold, sample, point, jnp.full((2, 2), jnp.nan, excess.dtype))


def pareto_value_at_risk(tail: ParetoTail, confidence: FloatScalarLike) -> FloatScalar:
    r"""Value at risk beyond the threshold, $u + \beta\,((\zeta / (1 - c))^{\xi} - 1) / \xi$.

    Args:
        tail: The law of the losses above the threshold.
        confidence: Level c above 1 - zeta.

    Returns:
        The value at risk; NaN where the level is not beyond the threshold.

    Example:
        >>> share = (jnp.arange(4000.0) + 0.5) / 4000.0
        >>> tail = fit_pareto_tail(-jnp.log(1.0 - share), exceedances=400)
        >>> round(float(pareto_value_at_risk(tail, 0.999)), 1)  # -log(0.001) is 6.9
        6.9

    References:
        A. McNeil, R. Frey and P. Embrechts, Quantitative Risk Management (2005), section 7.2.
    """
    ratio = _ratio(tail, confidence)
    return tail.threshold + tail.scale * quantile_factor(tail.shape, ratio)


def pareto_expected_shortfall(tail: ParetoTail, confidence: FloatScalarLike) -> FloatScalar:
    r"""Expected shortfall beyond the threshold, $(VaR + \beta - \xi u) / (1 - \xi)$; infinite from shape 1 on.

    Args:
        tail: The law of the losses above the threshold.
        confidence: Level c above 1 - zeta.

    Returns:
        The expected shortfall; NaN where the level is not beyond the threshold.

    Example:
        >>> share = (jnp.arange(4000.0) + 0.5) / 4000.0
        >>> tail = fit_pareto_tail(-jnp.log(1.0 - share), exceedances=400)
        >>> round(float(pareto_expected_shortfall(tail, 0.99)), 1)  # 1 - log(0.01) is 5.6
        5.6

    References:
        A. McNeil, R. Frey and P. Embrechts, Quantitative Risk Management (2005), section 7.2.
    """
    ratio = _ratio(tail, confidence)
    finite = tail.threshold + tail.scale * shortfall_factor(tail.shape, ratio)
    return jnp.where(tail.shape < 1.0, finite, jnp.where(jnp.isnan(ratio), jnp.nan, jnp.inf))


def split_tail(loss: Float[Array, "scenarios"], exceedances: int) -> tuple[Float[Array, "scenarios"], FloatScalar, int]:
    """The k largest losses above the next one, in falling order, that threshold, and n."""
    n = loss.shape[0]
    if not 2 <= exceedances < n:
        raise ArgumentError(f"{exceedances} exceedances of {n} losses", "exceedances", f"ask for 2 to {n - 1}")
    largest = lax.top_k(jnp.where(jnp.any(jnp.isnan(loss)), jnp.nan, loss), exceedances + 1)[0]
    return largest[:-1] - largest[-1], largest[-1], n


def log_likelihood(y: Float[Array, "scenarios"], shape: FloatScalar, scale: FloatScalar) -> FloatScalar:
    """Of excesses; minus infinity where an excess lies beyond the upper end of the law."""
    k = y.shape[0]
    small = jnp.abs(shape) < 1e-6
    xi = jnp.where(small, 1.0, shape)
    inside = 1.0 + xi * y / scale
    valid = jnp.all(inside > 0.0) & (scale > 0.0)
    power = -(1.0 + 1.0 / xi) * jnp.sum(jnp.log(jnp.where(inside > 0.0, inside, 1.0)))
    # Two terms of the series in the shape, so that derivatives pass through the exponential law.
    z = y / scale
    near = -jnp.sum(z) + shape * jnp.sum(0.5 * z * z - z)
    value = -k * jnp.log(jnp.where(scale > 0.0, scale, 1.0)) + jnp.where(small, near, power)
    return jnp.where(valid | (small & (scale > 0.0)), value, -jnp.inf)


def quantile_factor(shape: FloatScalar, ratio: FloatScalar) -> FloatScalar:
    """(VaR - u) / beta."""
    log = jnp.log(ratio)
    small = jnp.abs(shape) < 1e-8
    xi = jnp.where(small, 1.0, shape)
    return jnp.where(small, log + 0.5 * shape * log * log, jnp.expm1(xi * log) / xi)


def shortfall_factor(shape: FloatScalar, ratio: FloatScalar) -> FloatScalar:
    """(ES - u) / beta, for shapes below 1."""
    return (quantile_factor(shape, ratio) + 1.0) / (1.0 - shape)


def _inverse(matrix: Float[Array, "2 2"]) -> Float[Array, "2 2"]:
    (a, b), (c, d) = matrix
    return jnp.stack([jnp.stack([d, -b]), jnp.stack([-c, a])]) / (a * d - b * c)


def _likeliest_shape(y: Float[Array, "scenarios"]) -> FloatScalar:
    """The shape of the highest profile likelihood: a grid, then a finer one around its best, and so on."""

    def refine(_: Array, state: tuple[FloatScalar, FloatScalar, FloatScalar]) -> tuple[Array, Array, Array]:
        low, high, _ = state
        shapes = low + (high - low) * jnp.linspace(0.0, 1.0, _GRID, dtype=y.dtype)
        likelihood = jax.vmap(lambda xi: log_likelihood(y, xi, best_scale(y, xi)))(shapes)
        best = jnp.argmax(jnp.where(jnp.isnan(likelihood), -jnp.inf, likelihood))
        return shapes[jnp.maximum(best - 1, 0)], shapes[jnp.minimum(best + 1, _GRID - 1)], shapes[best]

    low, high = jnp.asarray(LOWEST_SHAPE, y.dtype), jnp.asarray(HIGHEST_SHAPE, y.dtype)
    return lax.fori_loop(0, _REFINEMENTS, refine, (low, high, low))[2]


def best_scale(y: Float[Array, "scenarios"], shape: FloatScalar) -> FloatScalar:
    """The scale that a shape is most likely with, by bisection on its logarithm."""
    k, top = y.shape[0], jnp.max(y)
    floor = jnp.where(shape < 0.0, -shape * top, 0.0)

    def halve(_: Array, state: tuple[FloatScalar, FloatScalar]) -> tuple[FloatScalar, FloatScalar]:
        low, high = state
        middle = 0.5 * (low + high)
        beta = floor + jnp.exp(middle)
        rising = (1.0 + shape) * jnp.sum(y / (beta + shape * y)) > k
        return jnp.where(rising, middle, low), jnp.where(rising, high, middle)

    wide = math.log(1e8)
    start = (jnp.full_like(shape, -wide), jnp.log(jnp.maximum(top, 1.0)) + wide / 4.0)
    low, high = lax.fori_loop(0, 60, halve, start)
    return floor + jnp.exp(0.5 * (low + high))


def _ratio(tail: ParetoTail, confidence: FloatScalarLike) -> FloatScalar:
    """Share / (1 - c), at least 1; NaN where the level is not beyond the threshold."""
    mass = (1.0 - as_confidence(confidence)).astype(tail.scale.dtype)
    ratio = tail.tail_share / mass
    return jnp.where((mass > 0.0) & (ratio >= 1.0), ratio, jnp.nan)


def _tail(
    excess: Float[Array, "scenarios"],
    threshold: FloatScalar,
    sample: int,
    point: Float[Array, "2"],
    covariance: Float[Array, "2 2"],
) -> ParetoTail:
    distinct = 1 + jnp.sum(excess[1:] != excess[:-1])
    count = jnp.asarray(excess.shape[0])
    return ParetoTail(threshold, point[0], point[1], count, jnp.asarray(sample), covariance, distinct)
