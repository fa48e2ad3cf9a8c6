"""Tests of value at risk by its exceptions: coverage, independence, and both."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import betainc, gammaln, xlog1py, xlogy
from jaxtyping import Array, Bool, Float, Int

from .._typing import FloatScalar, FloatScalarLike, IntScalar
from ..special import normal_cdf

_CRITICAL = {1: 3.841458820694124, 2: 5.991464547107979}
"""95 % quantiles of the chi-square distribution, by degrees of freedom."""


class ExceptionTest(eqx.Module):
    """A likelihood-ratio test on exceptions.

    Attributes:
        statistic: The likelihood ratio, large = bad.
        p_value: Chi-square probability of a larger one if the model is right.
        exceptions: Number of losses beyond the value at risk.
        expected: Number to be expected, (1 - confidence) n.
        n: Number of observations.
        power: Probability that the test at 95 % rejects a model that is wrong as `alternative` says. A model that
            passes a test without power has shown nothing.
        alternative: The wrong model that the power is for, in the test's own parameter.
    """

    statistic: FloatScalar
    p_value: FloatScalar
    exceptions: IntScalar
    expected: FloatScalar
    n: IntScalar
    power: FloatScalar
    alternative: FloatScalar


def exceptions(loss: Float[Array, "dates"], value_at_risk: Float[Array, "dates"]) -> Bool[Array, "dates"]:
    """Days on which the loss was beyond the value at risk forecast for them.

    Args:
        loss: Realised losses.
        value_at_risk: Forecasts made before the losses were known.

    Returns:
        Whether loss > VaR; a day without a number on either side counts as an exception, so that a gap in the data
        never makes a model look better.

    Example:
        >>> import jax.numpy as jnp
        >>> exceptions(jnp.asarray([1.0, 3.0, jnp.nan]), jnp.asarray([2.0, 2.0, 2.0])).tolist()
        [False, True, True]
    """
    return ~(loss <= value_at_risk)


def kupiec(
    exception: Bool[Array, "dates"], confidence: FloatScalarLike, *, rate_factor: FloatScalarLike = 2.0
) -> ExceptionTest:
    r"""Kupiec's proportion-of-failures test: is the share of exceptions 1 - c?

    $LR = -2 \ln[(1-p)^{n-x} p^x / ((1-x/n)^{n-x} (x/n)^x)]$, chi-square with one degree of freedom.

    Args:
        exception: Exceptions in date order.
        confidence: Level c of the value at risk.
        rate_factor: Alternative for the power: exceptions this many times as frequent as promised.

    Returns:
        The test; its power is exact, summed over the binomial distribution.

    Example:
        >>> import jax.numpy as jnp
        >>> test = kupiec(jnp.arange(250) < 7, 0.99)
        >>> int(test.exceptions), round(float(test.p_value), 3)
        (7, 0.019)

    References:
        P. Kupiec, Techniques for verifying the accuracy of risk measurement models, J. Derivatives 3 (1995).
    """
    tail = 1.0 - _level(confidence)
    n, count = exception.shape[0], jnp.sum(exception)
    statistic = _coverage_ratio(count, n, tail)
    every = jnp.arange(n + 1)
    rejects = _coverage_ratio(every, n, tail) > _CRITICAL[1]
    rate = jnp.minimum(tail * rate_factor, 1.0)
    power = jnp.sum(jnp.where(rejects, jnp.exp(_binomial_log_pmf(every, n, rate)), 0.0))
    return _test(statistic, 1, count, n, tail, power, rate)


def christoffersen_independence(
    exception: Bool[Array, "dates"], confidence: FloatScalarLike, *, repeat_probability: FloatScalarLike = 0.2
) -> ExceptionTest:
    """Christoffersen's test: is an exception as likely after an exception as after none?

    The likelihood ratio of a two-state Markov chain against independence, chi-square with one degree of freedom.

    Args:
        exception: Exceptions in date order.
        confidence: Level of the value at risk; only the expected number and the power use it.
        repeat_probability: Alternative for the power: P(exception | exception on the day before).

    Returns:
        The test; its power is asymptotic, from the non-central chi-square distribution.

    Example:
        >>> import jax.numpy as jnp
        >>> test = christoffersen_independence(jnp.arange(250) < 7, 0.99)
        >>> bool(test.p_value < 1e-6)
        True

    References:
        P. Christoffersen, Evaluating interval forecasts, International Economic Review 39 (1998).
    """
    tail = 1.0 - _level(confidence)
    n, count = exception.shape[0], jnp.sum(exception)
    statistic = _independence_ratio(exception, tail.dtype)
    repeat = jnp.asarray(repeat_probability, tail.dtype)
    shift = 2.0 * (n - 1) * _markov_divergence(tail, repeat)
    return _test(statistic, 1, count, n, tail, _noncentral_power(shift, 1), repeat)


def christoffersen_conditional_coverage(
    exception: Bool[Array, "dates"], confidence: FloatScalarLike, *, repeat_probability: FloatScalarLike = 0.2
) -> ExceptionTest:
    """Coverage and independence together: the sum of both ratios, chi-square with two degrees of freedom.

    Args:
        exception: Exceptions in date order.
        confidence: Level of the value at risk.
        repeat_probability: Alternative for the power: the right share of exceptions, but clustered with
            P(exception | exception on the day before).

    Returns:
        The test; its power is asymptotic, from the non-central chi-square distribution.

    Example:
        >>> import jax.numpy as jnp
        >>> test = christoffersen_conditional_coverage(jnp.arange(1000) % 100 == 0, 0.99)
        >>> round(float(test.p_value), 2)
        0.91

    References:
        P. Christoffersen, Evaluating interval forecasts, International Economic Review 39 (1998).
    """
    tail = 1.0 - _level(confidence)
    n, count = exception.shape[0], jnp.sum(exception)
    statistic = _coverage_ratio(count, n, tail) + _independence_ratio(exception, tail.dtype)
    repeat = jnp.asarray(repeat_probability, tail.dtype)
    shift = 2.0 * (n - 1) * _markov_divergence(tail, repeat)
    return _test(statistic, 2, count, n, tail, _noncentral_power(shift, 2), repeat)


def binomial_cdf(count: Int[Array, "..."], n: int, probability: FloatScalar) -> Float[Array, "..."]:
    """P(X <= count) of a binomial, by the incomplete beta function.

    Args:
        count: Numbers of successes; below 0 gives 0, from n on 1.
        n: Number of trials.
        probability: Of one success.

    Returns:
        The distribution function.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(binomial_cdf(jnp.asarray(4), 250, jnp.asarray(0.01))), 4)
        0.8922
    """
    k = jnp.clip(count, 0, n - 1).astype(probability.dtype)
    inside = betainc(n - k, k + 1.0, 1.0 - probability)
    return jnp.where(count < 0, 0.0, jnp.where(count >= n, 1.0, inside))


def _level(confidence: FloatScalarLike) -> FloatScalar:
    level = jnp.asarray(confidence)
    return level if jnp.issubdtype(level.dtype, jnp.floating) else level.astype(float)


def _coverage_ratio(count: Int[Array, "..."], n: int, tail: FloatScalar) -> Float[Array, "..."]:
    x = count.astype(tail.dtype)
    share = x / n
    null = xlog1py(n - x, -tail) + xlogy(x, tail)
    free = xlog1py(n - x, -share) + xlogy(x, share)
    return jnp.maximum(2.0 * (free - null), 0.0)


def _independence_ratio(exception: Bool[Array, "dates"], dtype: jnp.dtype) -> FloatScalar:
    before, after = exception[:-1], exception[1:]
    both, first = jnp.sum(before & after).astype(dtype), jnp.sum(before & ~after).astype(dtype)
    second, none = jnp.sum(~before & after).astype(dtype), jnp.sum(~before & ~after).astype(dtype)

    def best(hit: FloatScalar, miss: FloatScalar) -> FloatScalar:
        """Largest log likelihood of a Bernoulli sample."""
        total = jnp.maximum(hit + miss, 1.0)
        return xlogy(hit, hit / total) + xlogy(miss, miss / total)

    ratio = best(both, first) + best(second, none) - best(both + second, first + none)
    return jnp.maximum(2.0 * ratio, 0.0)


def _markov_divergence(tail: FloatScalar, repeat: FloatScalar) -> FloatScalar:
    """Kullback-Leibler rate of a chain with stationary share `tail` and given repetition, against independence."""
    start = tail * (1.0 - repeat) / (1.0 - tail)

    def divergence(p: FloatScalar) -> FloatScalar:
        return xlogy(p, p / tail) + xlogy(1.0 - p, (1.0 - p) / (1.0 - tail))

    return tail * divergence(repeat) + (1.0 - tail) * divergence(start)


def _noncentral_power(shift: FloatScalar, freedom: int) -> FloatScalar:
    """P(noncentral chi-square > its central 95 % quantile), one or two degrees of freedom."""
    critical = _CRITICAL[freedom]
    if freedom == 1:
        root, edge = jnp.sqrt(shift), critical**0.5
        return normal_cdf(root - edge) + normal_cdf(-root - edge)
    # A Poisson mixture of central chi-squares; each term's tail follows from the one before.
    half = critical / 2.0

    def step(state: tuple, j: FloatScalar) -> tuple:
        pmf, tail_term, tail_sum, total = state
        total = total + pmf * tail_sum
        tail_term = tail_term * half / (j + 1.0)
        return (pmf * (shift / 2.0) / (j + 1.0), tail_term, tail_sum + tail_term, total), None

    start = jnp.exp(-shift / 2.0)
    first = jnp.full_like(shift, np.exp(-half))
    steps = jnp.arange(400).astype(shift.dtype)
    (_, _, _, total), _ = jax.lax.scan(step, (start, first, first, jnp.zeros_like(shift)), steps)
    # Beyond a shift of 200 the test cannot miss, and the mixture would need more terms.
    return jnp.where(shift > 200.0, 1.0, total)


def _binomial_log_pmf(count: Int[Array, "..."], n: int, probability: FloatScalar) -> Float[Array, "..."]:
    k = count.astype(probability.dtype)
    choose = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return choose.astype(k.dtype) + xlogy(k, probability) + xlog1py(n - k, -probability)


def _test(
    statistic: FloatScalar,
    freedom: int,
    count: IntScalar,
    n: int,
    tail: FloatScalar,
    power: FloatScalar,
    alternative: FloatScalar,
) -> ExceptionTest:
    # Chi-square upper tails in closed form.
    if freedom == 1:
        p_value = 2.0 * normal_cdf(-jnp.sqrt(statistic))
    else:
        p_value = jnp.exp(-0.5 * statistic)
    return ExceptionTest(statistic, p_value, count, n * tail, jnp.asarray(n), power, alternative)
