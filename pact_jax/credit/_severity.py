"""What each default costs, at base market values."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import Portfolio, PositionGroup
from pact_jax.market import MarketState
from pact_jax.pricing import held_quantity
from pact_jax.revaluation import PortfolioBase, value_base

from ._book import CreditBook


class Severity(eqx.Module):
    """Loss on the default of its obligor, by item, at base market values, reporting currency.

    Attributes:
        exposure: `lgd x ead` of each accrual exposure.
        position: loss of each marked position: value less recovery claim for an issuer's bond, `lgd x` its share of the
            positive netted value for a counterparty's contract; 0 without a bucket.
        bucket: the same summed by bucket.
        claim: recovery claim of each position at base exchange rates (issuer buckets only).
        bucket_claim: the same summed by bucket.
        value: base value of each position that has a bucket.
        bucket_value: base value of each bucket.
        netting_positive: for each bucket, true where its netting set has positive value at the base.
    """

    exposure: Float[Array, "exposures"]
    position: Float[Array, "positions"]
    bucket: Float[Array, "buckets"]
    claim: Float[Array, "positions"]
    bucket_claim: Float[Array, "buckets"]
    value: Float[Array, "positions"]
    bucket_value: Float[Array, "buckets"]
    netting_positive: Float[Array, "buckets"]


def positive_netting(book: CreditBook, bucket_value: Float[Array, "buckets ..."]) -> Float[Array, "buckets ..."]:
    """1 for each bucket whose netting set has a positive value in all, 0 otherwise and for issuer buckets.

    Args:
        book: tells which bucket is in which netting set.
        bucket_value: value of each bucket, in one state of the world or in one after the other along a second axis.

    Returns:
        The derivative of the positive part, at which Euler allocation takes each bucket's share.
    """
    netting = jnp.maximum(book.bucket_netting, 0)
    in_set = jnp.expand_dims(book.bucket_netting >= 0, range(1, bucket_value.ndim))
    total = jax.ops.segment_sum(jnp.where(in_set, bucket_value, 0.0), netting, num_segments=max(book.num_netting, 1))
    return jnp.where(in_set & (total[netting] > 0.0), 1.0, 0.0)


def exposure_at_default(book: CreditBook, portfolio: Portfolio) -> Float[Array, "exposures"]:
    """Exposure at default of each accrual exposure, `ead x quantity` of the position behind it, reporting currency.

    Args:
        book: the exposures.
        portfolio: the positions behind them.

    Returns:
        Amounts owed on default, before recovery.
    """
    quantity = jnp.concatenate([held_quantity(group) for group in portfolio.groups])
    units = jnp.where(book.position >= 0, quantity[jnp.maximum(book.position, 0)], 1.0)
    return book.ead * units


def severities(
    book: CreditBook, portfolio: Portfolio, market: MarketState, *, base: PortfolioBase | None = None
) -> Severity:
    """Loss on default of every item at base market values.

    Args:
        book: exposures and buckets.
        portfolio: the positions.
        market: the base state.
        base: what `value_base` says of this portfolio and market, where it is already known.

    Returns:
        Severities by exposure, position and bucket.
    """
    exposure = book.lgd * exposure_at_default(book, portfolio)

    bucket = jnp.concatenate([_bucket_of(group) for group in portfolio.groups])
    has = bucket >= 0
    base = value_base(portfolio, market) if base is None else base
    value = jnp.where(has, base.value, 0.0)
    own = jnp.maximum(bucket, 0)
    is_issuer = has & (_pick(book.bucket_netting, own) < 0)
    claim = jnp.where(is_issuer, base.claim, 0.0)

    def by_bucket(item: Float[Array, "positions"]) -> Float[Array, "buckets"]:
        target = jnp.where(has, bucket, portfolio.num_buckets)
        return jnp.zeros(portfolio.num_buckets, item.dtype).at[target].add(item, mode="drop")

    bucket_value = by_bucket(value)
    positive = positive_netting(book, bucket_value)
    netted = _pick(book.bucket_lgd, own) * _pick(positive, own) * value
    position = jnp.where(is_issuer, value - claim, jnp.where(has, netted, 0.0))
    return Severity(exposure, position, by_bucket(position), claim, by_bucket(claim), value, bucket_value, positive)


def _bucket_of(group: PositionGroup) -> Int[Array, "positions"]:
    bucket = group.bucket
    return jnp.full_like(group.book, -1) if bucket is None else bucket


def _pick(values: Array, index: Array) -> Array:
    """`values[index]`, zeros where there is nothing to pick from."""
    return values[index] if values.shape[0] else jnp.zeros(index.shape, values.dtype)
