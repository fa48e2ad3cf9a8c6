"""Interactions that are computed: default at stressed market value. Every other one is named as not covered."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from pact_jax.credit import CreditBook, Severity, positive_netting
from pact_jax.market import MarketShock

INTERACTION_NOT_COVERED: tuple[str, ...] = (
    "margin calls x funding",
    "own-spread widening x funding",
    "rating migration x spread",
    "liquidation cost of options, bonds and currency contracts",
    "default of a stock's issuer x equity price",
)
"""Interactions that the joint loss leaves out, by name, for every report."""


class DefaultInteraction(eqx.Module):
    """Default x stressed market value.

    Attributes:
        loss: by desk: what the joint world loses beyond market and credit apart.
        bucket_active: for each bucket, 1 where its obligor defaults and (for a netting set) its stressed value is
            positive.
        claim_move: relative change of each issuer bucket's recovery claim where its obligor defaults.
        base_active: 1 where the obligor of a netting-set bucket defaults and the set was positive at the base.
    """

    loss: Float[Array, "scenarios desks"]
    bucket_active: Float[Array, "scenarios buckets"]
    claim_move: Float[Array, "scenarios buckets"]
    base_active: Float[Array, "scenarios buckets"]


def default_interaction(
    book: CreditBook,
    severity: Severity,
    default: Bool[Array, "scenarios issuers"],
    bucket_pnl: Float[Array, "scenarios buckets"],
    shock: MarketShock,
    num_desks: int,
) -> DefaultInteraction:
    """What defaults cost at the scenario's market values beyond their cost at base values.

    Issuer's bond: `[V(w) - V_0] - [claim(w) - claim_0]`. Counterparty's netting set: `lgd (V(w)^+ - V_0^+)`, its
    positive part allocated to desks by value. Both only where the obligor defaults.

    Args:
        book: buckets and their obligors.
        severity: base values and claims.
        default: the sampled defaults.
        bucket_pnl: market P&L of each bucket.
        shock: the scenarios; exchange rates move recovery claims.
        num_desks: length of the desks axis.

    Returns:
        Interaction loss by desk, and what the attribution needs.
    """
    defaulted = default.astype(bucket_pnl.dtype)[:, book.bucket_obligor]
    is_issuer = jnp.where(book.bucket_netting < 0, 1.0, 0.0)[None, :]
    fx_move = jnp.zeros_like(defaulted) if shock.fx is None else jnp.expm1(shock.fx[:, book.bucket_currency])
    stressed_value = severity.bucket_value[None, :] + bucket_pnl
    # Scenarios last while buckets are added up, so that each addition runs along memory.
    positive = positive_netting(book, stressed_value.T).T

    claim_move = defaulted * is_issuer * fx_move
    issuer_loss = defaulted * is_issuer * bucket_pnl - claim_move * severity.bucket_claim[None, :]
    active = defaulted * (is_issuer + (1.0 - is_issuer) * positive)
    base_active = defaulted * (1.0 - is_issuer) * severity.netting_positive[None, :]
    netted = defaulted * (1.0 - is_issuer) * positive * stressed_value
    netting_loss = book.bucket_lgd[None, :] * (netted - base_active * severity.bucket_value[None, :])
    by_desk = jax.ops.segment_sum((issuer_loss + netting_loss).T, book.bucket_desk, num_segments=num_desks)
    return DefaultInteraction(by_desk.T, active, claim_move, base_active)
