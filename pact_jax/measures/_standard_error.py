"""Standard errors of value at risk and expected shortfall that fit how the scenarios were sampled."""

import math
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._numerics import tree_sum
from .._typing import FloatScalar, FloatScalarLike, IntScalar, IntScalarLike
from ..errors import ArgumentError
from ._kernel import effective_tail_size
from ._quantile import as_confidence, tail_mass
from ._tail import TailMeasures, tail_measures
from ._tail_weights import as_weights

_Z_95 = 1.959964


class TailStandardError(eqx.Module):
    """Standard errors of the two tail measures.

    Attributes:
        value_at_risk: Standard error of the VaR, in the unit of the loss.
        expected_shortfall: Standard error of the ES, in the unit of the loss.
        value_at_risk_interval: Two-sided 95 % interval of the VaR, [VaR(c - 1.96 d), VaR(c + 1.96 d)]: order
            statistics, so skewed as the tail is. Prefer it to 1.96 standard errors.
        tail_scenarios: Effective number of independent scenarios in the tail: (1 - c) (sum w)^2 / sum w^2, for
            dependent history times the ratio of the variances of the ES without and with dependence. Below about 10,
            or about 40 for dependent history (where the count itself is optimistic), no error and no bound made from
            these scenarios is reliable.
    """

    value_at_risk: FloatScalar
    expected_shortfall: FloatScalar
    value_at_risk_interval: Float[Array, "2"]
    tail_scenarios: FloatScalar


@partial(jax.jit, static_argnames=("likelihood_ratio",))
def independent_standard_error(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    *,
    likelihood_ratio: bool = False,
    measured: TailMeasures | None = None,
) -> TailStandardError:
    r"""Standard errors for independent scenarios, by the influence function.

    $se(ES)^2 = \frac{n}{n-1} \sum_i w_i^2 [(L_i - VaR)^+/(1-c) - (ES - VaR)]^2$. For the VaR the mass above it has the
    standard deviation $d^2 = \frac{n}{n-1} \sum_i w_i^2 (1\{L_i > VaR\} - (1-c))^2$ (that of a binomial for equal
    weights), and $se(VaR) = [VaR(c + d) - VaR(c - d)] / 2$: order statistics, no density estimate.

    Args:
        loss: Losses, positive = money lost.
        weight: Probability weights; None means 1/n each.
        confidence: Level c.
        likelihood_ratio: Weights are likelihood ratios over n that need not sum to one, so their sum is random too and
            the centring is on 1/n; False takes the weights as given numbers, for example by age.
        measured: the tail measures of this loss at this level, where they are already known.

    Returns:
        Standard errors; 0 for constant losses.

    Example:
        >>> import jax.numpy as jnp
        >>> error = independent_standard_error(jnp.arange(1000.0), None, 0.9)
        >>> round(float(error.value_at_risk), 1), round(float(error.expected_shortfall), 1)
        (9.5, 5.6)

    References:
        P. J. Huber, Robust Statistics (1981), for influence functions. H. David and H. Nagaraja, Order Statistics
        (2003), section 7.1, for the binomial interval.
    """
    terms = influence(loss, weight, confidence, measured, likelihood_ratio)
    held = jnp.sum(as_weights(loss, weight) > 0)
    correction = held.astype(loss.dtype) / jnp.maximum(held - 1, 1).astype(loss.dtype)
    return finish(loss, weight, confidence, *(correction * tree_sum(v * v) for v in terms))


def dependent_standard_error(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    *,
    horizon_days: int,
    lag: IntScalarLike | None = None,
    measured: TailMeasures | None = None,
) -> TailStandardError:
    r"""Standard errors for history in date order: overlapping windows, volatility clusters.

    The squares in `independent_standard_error` become the long-run variance with Bartlett weights,
    $\sum_{|j| \le q} (1 - |j|/(q+1)) \sum_i v_i v_{i+j}$. H-day windows that overlap are dependent over H days by
    construction, so the lag q is never below 2H; the default is the larger of 2H and 1.3 sqrt(n).

    Args:
        loss: Losses in date order, without gaps.
        weight: Probability weights; None means 1/n each. Padding stands at the end.
        confidence: Level c.
        horizon_days: H, business days that one scenario spans.
        lag: q, instead of the default; an array, so that another lag needs no new compilation.
        measured: the tail measures of this loss at this level, where they are already known.

    Returns:
        Standard errors.

    Raises:
        ArgumentError: If the lag is below 2H.

    Example:
        >>> import jax.numpy as jnp
        >>> error = dependent_standard_error(jnp.arange(500.0) % 50, None, 0.9, horizon_days=1)
        >>> bool(error.expected_shortfall > 0)
        True

    References:
        W. Newey and K. West, Econometrica 55 (1987). E. Lazarus, D. Lewis, J. Stock and M. Watson, HAR inference:
        recommendations for practice, J. Business & Economic Statistics 36 (2018), for 1.3 sqrt(n).
    """
    n = loss.shape[0]
    if lag is None:
        lag = default_lag(n, horizon_days)
    if isinstance(lag, int) and lag < 2 * horizon_days:
        raise ArgumentError(
            f"lag {lag} is below twice the horizon of {horizon_days} days", "lag", f"use at least {2 * horizon_days}"
        )
    return _dependent(loss, weight, confidence, lag, measured)


@jax.jit
def _dependent(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    lag: IntScalarLike,
    measured: TailMeasures | None,
) -> TailStandardError:
    n = loss.shape[0]
    mass, excess = influence(loss, weight, confidence, measured, likelihood_ratio=False)
    mass_variance, variance = (_long_run_variance(v, jnp.minimum(lag, n - 1)) for v in (mass, excess))
    error = finish(loss, weight, confidence, mass_variance, variance)
    # Dependence that lowers the variance is luck in a sample, not information.
    share = jnp.where(variance > 0, jnp.minimum(tree_sum(excess * excess) / variance, 1.0), 1.0)
    return eqx.tree_at(lambda e: e.tail_scenarios, error, error.tail_scenarios * share)


def default_lag(num_scenarios: int, horizon_days: int) -> int:
    """Lag of the long-run variance and block length of the block bootstrap: max(2H, 1.3 sqrt(n)), at most n.

    Example:
        >>> default_lag(2500, 10), default_lag(2500, 1), default_lag(100, 20)
        (65, 65, 40)
    """
    return min(max(2 * horizon_days, math.ceil(1.3 * math.sqrt(num_scenarios))), max(num_scenarios, 1))


def replicate_standard_error(estimates: Float[Array, "..."]) -> FloatScalar:
    """Standard error of the mean of independent replicates, the only honest one for randomised quasi-random points.

    Args:
        estimates: The measure computed from each independently randomised point set; at least two.

    Returns:
        sd / sqrt(R); NaN for a single replicate.

    Example:
        >>> import jax.numpy as jnp
        >>> float(replicate_standard_error(jnp.asarray([1.0, 3.0])))
        1.0

    References:
        A. B. Owen, Monte Carlo Theory, Methods and Examples (2013), chapter 17.
    """
    replicates = estimates.size
    spread = estimates - tree_sum(estimates) / replicates
    return jnp.sqrt(tree_sum(spread * spread) / (replicates * (replicates - 1.0) or jnp.nan))


def influence(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    measured: TailMeasures | None,
    likelihood_ratio: bool,
) -> tuple[Float[Array, "scenarios"], Float[Array, "scenarios"]]:
    """Weighted influence of each scenario on the mass above the VaR, and on the ES; 0 for padding."""
    w = as_weights(loss, weight)
    held = w > 0
    tail = tail_mass(as_confidence(confidence)).astype(loss.dtype)
    both = tail_measures(loss, weight, as_confidence(confidence)) if measured is None else measured
    var, es = both.value_at_risk, both.expected_shortfall
    centre = held.astype(loss.dtype) / jnp.sum(held).astype(loss.dtype) if likelihood_ratio else w
    above = held & (loss > var)
    mass = jnp.where(above, w, 0.0) - centre * tail
    excess = jnp.where(above, w * (loss - var), 0.0) / tail - centre * (es - var)
    return mass, excess


def finish(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    mass_variance: FloatScalar,
    shortfall_variance: FloatScalar,
) -> TailStandardError:
    level = as_confidence(confidence)
    shift = _root(mass_variance).astype(level.dtype)
    # The largest loss stands for every level that the sample cannot resolve.
    top = 1.0 - float(jnp.finfo(level.dtype).eps)

    def around(z: float) -> Float[Array, "2"]:
        near = jnp.clip(level + shift * jnp.asarray([-z, z], level.dtype), 0.0, top)
        return tail_measures(loss, weight, near).value_at_risk

    # Two searches, not one of four levels: a caller who takes one result does not compile the other.
    low, high = around(1.0)
    size = effective_tail_size(as_weights(loss, weight), level)
    return TailStandardError(
        value_at_risk=0.5 * (high - low),
        expected_shortfall=_root(shortfall_variance),
        value_at_risk_interval=around(_Z_95),
        tail_scenarios=size,
    )


def _root(x: FloatScalar) -> FloatScalar:
    """Square root with derivative 0, not NaN, where there is no variance."""
    positive = x > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, x, 1.0)), jnp.where(jnp.isnan(x), jnp.nan, 0.0))


def _long_run_variance(v: Float[Array, "scenarios"], lag: IntScalar) -> FloatScalar:
    """Bartlett-weighted sum of autocovariances: exactly the mean square of the sums over all windows of lag + 1 days.

    In that form it is one cumulative sum for any lag, and visibly never negative. A window may reach over either end.
    """
    n = v.shape[0]
    reached = jnp.concatenate([jnp.zeros(1, v.dtype), jnp.cumsum(v)])
    first = jnp.arange(2 * n) - lag
    window = reached[jnp.clip(first + lag + 1, 0, n)] - reached[jnp.clip(first, 0, n)]
    window = jnp.where(first < n, window, 0.0)
    return tree_sum(window * window) / (lag + 1).astype(v.dtype)
