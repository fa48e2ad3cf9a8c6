"""Contributions of positions, exposures and factors to the score: everything the leaves are made of."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax._program import program
from pact_jax.agents import (
    CreditObservation,
    CreditTail,
    LiquidityObservation,
    LiquidityTail,
)
from pact_jax.credit import CreditBook
from pact_jax.instruments import Portfolio
from pact_jax.revaluation import TailPnl

from ._combine import JointLoss

CREDIT_FACTORS: tuple[str, ...] = ("expected", "systematic", "idiosyncratic")
"""Order of the factor axis of credit contributions."""

LIQUIDITY_FACTORS: tuple[str, ...] = ("spread", "impact")
"""Order of the factor axis of liquidity contributions of positions."""


class Contribution(eqx.Module):
    """Contributions to the score, `sum over the tail of t(w) x loss / capital`; together they sum to the score.

    Attributes:
        market: positions x groups of market factors.
        credit_position: default loss of marked positions, positions x `CREDIT_FACTORS`.
        credit_exposure: default loss of accrual exposures, exposures x `CREDIT_FACTORS`.
        liquidity: liquidation cost, positions x `LIQUIDITY_FACTORS`.
        funding: funding shortfall.
        default_interaction: default at stressed instead of base market value, by position.
        liquidation_interaction: liquidation at stressed instead of base prices, by position.
    """

    market: Float[Array, "positions factors"]
    credit_position: Float[Array, "positions factors"]
    credit_exposure: Float[Array, "exposures factors"]
    liquidity: Float[Array, "positions factors"]
    funding: Float[Array, ""]
    default_interaction: Float[Array, "positions"]
    liquidation_interaction: Float[Array, "positions"]

    def total(self) -> Float[Array, ""]:
        """Sum of all contributions: the score, to rounding."""
        first, *others = (jnp.sum(leaf) for leaf in jax.tree.leaves(self))
        return sum(others, first)


@program
def bucket_tail_weight(joint: JointLoss) -> Float[Array, "scenarios buckets"]:
    """Joint tail weight of each bucket's market value: t(w) where its obligor's default makes it count."""
    return joint.tail_weight[:, None] * joint.default.bucket_active


@program
def contributions(
    joint: JointLoss,
    market_tail: TailPnl,
    credit: CreditObservation,
    credit_tail: CreditTail,
    liquidity: LiquidityObservation,
    liquidity_tail: LiquidityTail,
    book: CreditBook,
    portfolio: Portfolio,
    present: Bool[Array, "agents"],
    capital: Float[Array, ""],
) -> Contribution:
    """Puts the agents' second passes together as shares of the score.

    Args:
        joint: the joint tail.
        market_tail: tail-weighted P&L of each position.
        credit: severities.
        credit_tail: tail-weighted defaults of each obligor.
        liquidity: funding.
        liquidity_tail: tail-weighted costs of each position.
        book: exposures and buckets.
        portfolio: the positions.
        present: which agents answered; the others contribute 0 here.
        capital: K.

    Returns:
        Contributions, of which every leaf is a share of capital.
    """
    here = present.astype(joint.loss.dtype) / capital
    both_default = here[0] * present[1].astype(joint.loss.dtype)
    both_liquidity = here[0] * present[2].astype(joint.loss.dtype)
    severity = credit.severity
    bucket, has = _bucket_of(portfolio)
    parts = jnp.stack([credit_tail.expected, credit_tail.systematic, credit_tail.idiosyncratic], axis=1)

    if book.bucket_obligor.shape[0]:
        obligor = book.bucket_obligor[bucket]
        credit_position = jnp.where(has[:, None], severity.position[:, None] * parts[obligor], 0.0)
        interaction = jnp.where(has, _default_by_position(joint, market_tail, severity, book, bucket), 0.0)
    else:
        credit_position = jnp.zeros((has.shape[0], len(CREDIT_FACTORS)), joint.loss.dtype)
        interaction = jnp.zeros(has.shape[0], joint.loss.dtype)
    liquid = jnp.stack([liquidity_tail.spread, liquidity_tail.impact], axis=1)
    return Contribution(
        market=-here[0] * market_tail.by_factor,
        credit_position=here[1] * credit_position,
        credit_exposure=here[1] * severity.exposure[:, None] * parts[book.obligor],
        liquidity=here[2] * liquid,
        funding=here[2] * liquidity.funding * jnp.sum(joint.tail_weight),
        default_interaction=both_default * interaction,
        liquidation_interaction=both_liquidity * liquidity_tail.stressed,
    )


def _default_by_position(joint, market_tail, severity, book, bucket) -> Float[Array, "positions"]:
    def tail_sum(active: Float[Array, "scenarios buckets"]) -> Float[Array, "buckets"]:
        return jnp.matmul(joint.tail_weight, active, precision=jax.lax.Precision.HIGHEST)

    claim_move = tail_sum(joint.default.claim_move)
    now, before = tail_sum(joint.default.bucket_active), tail_sum(joint.default.base_active)
    is_issuer = book.bucket_netting[bucket] < 0
    issuer = market_tail.in_bucket - severity.claim * claim_move[bucket]
    netting = book.bucket_lgd[bucket] * (market_tail.in_bucket + severity.value * (now - before)[bucket])
    return jnp.where(is_issuer, issuer, netting)


def _bucket_of(portfolio: Portfolio) -> tuple[Array, Array]:
    bucket = jnp.concatenate(
        [jnp.full_like(g.book, -1) if (own := g.bucket) is None else own for g in portfolio.groups]
    )
    return jnp.maximum(bucket, 0), bucket >= 0
