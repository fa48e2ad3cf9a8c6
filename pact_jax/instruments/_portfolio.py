"""Who holds how much of which contract: the positions axis."""

import equinox as eqx
from jaxtyping import Array, Bool, Float, Int

from ._terms import AbstractTerms


class PositionGroup(eqx.Module):
    """All positions in one kind of contract; identical contracts are stored, and priced, once.

    Attributes:
        terms: the distinct contracts.
        contract: index of each position's contract.
        quantity: signed number of contracts.
        desk: index of each position's desk.
        bucket: index of the credit bucket (issuer or netting set, by desk) that the position's default loss belongs
            to, -1 for none; None where no position of the group has one.
        mask: false for padding, which counts for nothing.
    """

    terms: AbstractTerms
    contract: Int[Array, "positions"]
    quantity: Float[Array, "positions"]
    desk: Int[Array, "positions"]
    bucket: Int[Array, "positions"] | None
    mask: Bool[Array, "positions"]


class Portfolio(eqx.Module):
    """Position groups, one a kind, in a fixed order; their concatenation is the positions axis.

    Attributes:
        groups: one group a kind present.
        num_desks: length of the desks axis (capacity).
        num_buckets: length of the credit-buckets axis (capacity).
    """

    groups: tuple[PositionGroup, ...]
    num_desks: int = eqx.field(static=True)
    num_buckets: int = eqx.field(static=True)
