"""Bootstrap of the tail: block-bootstrap standard errors and the one-sided studentised bound of the ES."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, UInt32

from .._typing import FloatScalar, FloatScalarLike, KeyScalar
from ..sampling import Words, threefry2x32, to_normal, to_uniform
from ..special import normal_quantile, positive_log
from ._quantile import SNAP, as_confidence, tail_mass
from ._standard_error import TailStandardError, dependent_standard_error, independent_standard_error
from ._tail import TailMeasures, tail_measures
from ._tail_weights import as_weights

_NUMBERS = 1 << 20
"""Numbers that a batch of resamples holds; cores share the work of a batch."""


class UpperBound(eqx.Module):
    """One-sided upper confidence bound of an expected shortfall.

    Attributes:
        value: U: the true ES lies below it in about `coverage` of samples.
        estimate: The ES of the sample.
        standard_error: The standard error that was used.
        tail_scenarios: Effective number of scenarios in the tail.
        is_gaussian: The bootstrap could not be used (the capacity held too little of the tail), and the value is the
            estimate plus a normal quantile of standard errors, which covers less often in heavy tails.
    """

    value: FloatScalar
    estimate: FloatScalar
    standard_error: FloatScalar
    tail_scenarios: FloatScalar
    is_gaussian: Array


class _Sample(eqx.Module):
    """Resampled tail measures with their own standard errors, one entry per resample; NaN where capacity is short."""

    value_at_risk: Float[Array, "..."]
    expected_shortfall: Float[Array, "..."]
    standard_error: Float[Array, "..."]


def gaussian_upper_bound(
    estimate: FloatScalarLike, standard_error: FloatScalarLike, *, coverage: FloatScalarLike = 0.95
) -> FloatScalar:
    """Upper bound by the normal law, estimate + z standard errors: the fallback where nothing can be resampled.

    Args:
        estimate: The number, for example an ES.
        standard_error: Its standard error.
        coverage: Probability that the bound is meant to hold with.

    Returns:
        The bound, in the unit of the estimate.

    Example:
        >>> round(float(gaussian_upper_bound(10.0, 1.0)), 3)
        11.645
    """
    error = jnp.asarray(standard_error)
    return jnp.asarray(estimate, error.dtype) + normal_quantile(jnp.asarray(coverage)).astype(error.dtype) * error


@partial(jax.jit, static_argnames=("resamples", "block_days", "tail_capacity"))
def upper_bound(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    *,
    key: KeyScalar,
    resamples: int = 500,
    coverage: FloatScalarLike = 0.95,
    block_days: int = 1,
    tail_capacity: int | None = None,
    measured: TailMeasures | None = None,
) -> UpperBound:
    r"""One-sided studentised bootstrap bound of the ES, $U = ES - q^*_{1-coverage}\,se$.

    $q^*$ is the quantile of $T^* = (ES^* - ES)/se^*$ over resamples, each with its own standard error, so the bound
    follows the skewness that a heavy tail gives the estimate; it is never below the estimate itself.

    Only the tail is resampled. For independent scenarios (block_days = 1) the ranks that n draws with replacement put
    into the tail are the order statistics of n uniform numbers, made as partial sums of exponentials: as many random
    numbers as there are tail scenarios, not n. Blocks are circular, the multiplicities of ranks are counted, and the
    resampled error is that of the block sums; the sample's own error is the Bartlett one with lag block_days.

    Args:
        loss: Losses, positive = money lost; in date order for blocks.
        weight: Probability weights, resampled together with their losses; None means 1/n each. Padding at the end.
        confidence: Level c.
        key: Random key; the same key gives the same bound.
        resamples: Number of resamples.
        coverage: Probability that the bound is meant to hold with.
        block_days: Length of a block; at least 2H for overlapping H-day history (see `default_lag`).
        tail_capacity: Number of largest losses kept; the default, n/8 but at least 1,024, serves levels from 0.9.
        measured: the tail measures of this loss at this level, where they are already known.

    Returns:
        The bound and what it was made of.

    Example:
        >>> import jax
        >>> losses = jax.random.normal(jax.random.key(0), (2000,))
        >>> bound = upper_bound(losses, None, 0.975, key=jax.random.key(1))
        >>> bool(bound.value > bound.estimate), bool(bound.is_gaussian)
        (True, False)

    References:
        P. Hall, The Bootstrap and Edgeworth Expansion (1992), section 3.3. F. Gotze and H. Kunsch, Second-order
        correctness of the blockwise bootstrap, Annals of Statistics 24 (1996). L. Devroye, Non-Uniform Random Variate
        Generation (1986), section 5.2, for uniform order statistics from exponentials.
    """
    measured = tail_measures(loss, weight, as_confidence(confidence)) if measured is None else measured
    estimate = measured.expected_shortfall
    error = _error(loss, weight, confidence, block_days, measured)
    sample = _resample(loss, weight, confidence, key, resamples, block_days, tail_capacity)
    moved = sample.expected_shortfall - estimate
    # No spread in a resample and no move is 0; a move without spread is a bound at infinity on that side.
    spread = sample.standard_error > 0
    studentised = jnp.where(
        spread, moved / jnp.where(spread, sample.standard_error, 1.0), jnp.where(moved == 0, 0.0, moved * jnp.inf)
    )
    quantile = -_order_statistic(-studentised, coverage)
    short = jnp.any(jnp.isnan(studentised))
    gaussian = gaussian_upper_bound(estimate, error.expected_shortfall, coverage=coverage)
    # Without any spread the bound is the estimate, whatever the quantile is.
    step = jnp.where(error.expected_shortfall > 0, quantile * error.expected_shortfall, 0.0)
    value = jnp.where(short, gaussian, jnp.maximum(estimate - step, estimate))
    return UpperBound(value, estimate, error.expected_shortfall, error.tail_scenarios, short)


@partial(jax.jit, static_argnames=("resamples", "block_days", "tail_capacity"))
def bootstrap_standard_error(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    *,
    key: KeyScalar,
    resamples: int = 500,
    block_days: int = 1,
    tail_capacity: int | None = None,
) -> TailStandardError:
    """Standard errors as the spread over resamples; with blocks, an alternative to the long-run variance.

    Args:
        loss: Losses, positive = money lost; in date order for blocks.
        weight: Probability weights; None means 1/n each. Padding at the end.
        confidence: Level c.
        key: Random key.
        resamples: Number of resamples.
        block_days: Length of a block; 1 for independent scenarios.
        tail_capacity: As for `upper_bound`.

    Returns:
        Standard errors; NaN where the capacity holds too little of the tail.

    Example:
        >>> import jax
        >>> losses = jax.random.normal(jax.random.key(0), (2000,))
        >>> error = bootstrap_standard_error(losses, None, 0.975, key=jax.random.key(1), block_days=10)
        >>> bool(0.01 < error.expected_shortfall < 0.2)
        True

    References:
        D. Politis and J. Romano, A circular block-resampling procedure for stationary data (1992).
    """
    sample = _resample(loss, weight, confidence, key, resamples, block_days, tail_capacity)
    low, high = -_order_statistic(-sample.value_at_risk, 0.975), _order_statistic(sample.value_at_risk, 0.975)
    return TailStandardError(
        value_at_risk=jnp.std(sample.value_at_risk, ddof=1),
        expected_shortfall=jnp.std(sample.expected_shortfall, ddof=1),
        value_at_risk_interval=jnp.stack([low, high]),
        tail_scenarios=_error(loss, weight, confidence, block_days, None).tail_scenarios,
    )


def _error(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    level: FloatScalarLike,
    block: int,
    measured: TailMeasures | None,
) -> TailStandardError:
    if block == 1:
        return independent_standard_error(loss, weight, level, likelihood_ratio=True, measured=measured)
    return dependent_standard_error(loss, weight, level, horizon_days=0, lag=block, measured=measured)


def _order_statistic(values: Float[Array, "..."], level: FloatScalarLike) -> FloatScalar:
    """The smallest x with at most the share 1 - level of the values above it; NaN if one of them is.

    A sort of a few hundred numbers compiles in a fraction of the time of the search that serves millions.
    """
    room = jnp.asarray((1.0 - level) * values.size * (1.0 + SNAP), float)
    above = jnp.clip(jnp.floor(room).astype(jnp.int32), 0, values.size - 1)
    found = jnp.sort(values)[values.size - 1 - above]
    return jnp.where(jnp.any(jnp.isnan(values)), jnp.nan, found)


def _resample(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    key: KeyScalar,
    resamples: int,
    block: int,
    capacity: int | None,
) -> _Sample:
    n = loss.shape[0]
    kept = min(n, max(1024, n // 8) if capacity is None else capacity)
    w = as_weights(loss, weight)
    tail = tail_mass(as_confidence(confidence)).astype(loss.dtype)
    held = jnp.sum(w > 0)
    ordered, order = lax.top_k(jnp.where(w > 0, loss, -jnp.inf), kept)
    ordered = jnp.where(jnp.any(jnp.isnan(loss) & (w > 0)), jnp.nan, ordered)
    ordered_weight = w[order]
    if block > 1:
        rank = jnp.full(n, n, order.dtype).at[order].set(jnp.arange(kept, dtype=order.dtype))

    words = _key_words(key)

    def one(resample: UInt32[Array, ""]) -> _Sample:
        if block == 1:
            index = _tail_ranks(words, resample, held, kept, loss.dtype)
            # A rank beyond what is kept marks the end of what this resample knows.
            known = index < kept
            values = ordered[jnp.minimum(index, kept - 1)]
            weights = jnp.where(known, ordered_weight[jnp.minimum(index, kept - 1)], 0.0)
            var, es, squares = _tail_of(values, weights, tail)
            variance = squares - (es - var) ** 2 / held.astype(loss.dtype)
            return _Sample(var, es, jnp.sqrt(jnp.maximum(variance, 0.0)))
        drawn, real = _block_indices(words, resample, held, n, block)
        scale = held.astype(loss.dtype) / (jnp.sum(real) * block).astype(loss.dtype)
        count = jnp.zeros(kept, loss.dtype).at[rank[drawn]].add(real[:, None].astype(loss.dtype), mode="drop")
        var, es, _ = _tail_of(ordered, count * ordered_weight * scale, tail)
        excess = w[drawn] * (jnp.maximum(loss[drawn] - var, 0.0) / tail - (es - var))
        sums = jnp.where(real, jnp.sum(excess, axis=1), 0.0) * scale
        return _Sample(var, es, jnp.sqrt(jnp.sum(sums * sums)))

    # A batch that divides the number of resamples: `lax.map` compiles a remainder a second time.
    most = max(_NUMBERS // (n if block > 1 else kept), 1)
    batch = next(b for b in range(min(most, resamples), 0, -1) if resamples % b == 0)
    return lax.map(one, jnp.arange(resamples, dtype=jnp.uint32), batch_size=batch)


def _key_words(key: KeyScalar) -> Words:
    """Two words of a random key, whichever generator it belongs to."""
    data = jax.random.key_data(key)
    return data[0], data[-1]


def _tail_ranks(
    key: Words, resample: UInt32[Array, ""], held: Int[Array, ""], kept: int, dtype: jnp.dtype
) -> Int[Array, "scenarios"]:
    """Ranks, 0 = largest loss, of the `kept` largest of n draws with replacement: floor(n U_(j))."""
    words = threefry2x32(key, (resample, jnp.arange(kept, dtype=jnp.uint32)))
    partial = jnp.cumsum(-positive_log(to_uniform(words, dtype)))
    # The spacings that are not made one by one add up to a gamma variable; none is left where all n are made but one.
    # Its shape is that of the scenarios that are not kept, large, so the cube of a normal is a gamma to far below the
    # noise of the resampling (Wilson and Hilferty 1931), and compiles in a tenth of the time of an exact draw.
    shape = jnp.maximum(held - kept + 1, 1).astype(dtype)
    ninth = 1.0 / (9.0 * shape)
    normal = to_normal(threefry2x32(key, (resample, jnp.uint32(kept))), dtype)
    rest = shape * jnp.maximum(1.0 - ninth + jnp.sqrt(ninth) * normal, 0.0) ** 3
    return jnp.floor(partial / (partial[-1] + rest) * held.astype(dtype)).astype(jnp.int32)


def _block_indices(
    key: Words, resample: UInt32[Array, ""], held: Int[Array, ""], n: int, block: int
) -> tuple[Array, Array]:
    """Scenario numbers of circular blocks, and which of the blocks belong to this resample."""
    blocks = -(-n // block)
    # An integer below `held` without the bias of a modulus that matters: 2^32 against thousands.
    count = held.astype(jnp.int32)
    uniform = to_uniform(threefry2x32(key, (resample, jnp.arange(blocks, dtype=jnp.uint32)[:, None])), jnp.dtype(float))
    start = jnp.minimum((uniform * count.astype(uniform.dtype)).astype(jnp.int32), count - 1)
    drawn = (start + jnp.arange(block, dtype=jnp.int32)[None]) % count
    return drawn, jnp.arange(blocks, dtype=jnp.int32) * block < count


def _tail_of(
    values: Float[Array, "scenarios"], weights: Float[Array, "scenarios"], tail: FloatScalar
) -> tuple[FloatScalar, FloatScalar, FloatScalar]:
    """VaR, ES and sum w^2 ((L - VaR)/(1 - c))^2 of losses in falling order; NaN if they hold too little mass."""
    mass = jnp.cumsum(weights)
    position = jnp.argmax(mass > tail * (1.0 + max(SNAP, 8.0 * float(jnp.finfo(values.dtype).eps))))
    enough = mass[-1] > tail
    var = jnp.where(enough, values[position], jnp.nan)
    excess = jnp.where(values > var, values - var, 0.0) / tail
    return var, var + jnp.sum(weights * excess), jnp.sum((weights * excess) ** 2)
