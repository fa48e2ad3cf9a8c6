"""Exposures: how much of each state every desk, and every credit bucket, holds."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import PositionGroup
from pact_jax.pricing import contract_values, held_quantity


class GroupExposure(eqx.Module):
    """The linear form of one group: value by desk = `by_desk @ states`.

    Attributes:
        by_desk: holdings of each state.
        by_bucket: the same by credit bucket; None where no position of the group belongs to one.
    """

    by_desk: Float[Array, "desks states"]
    by_bucket: Float[Array, "buckets states"] | None


def group_exposure(
    group: PositionGroup, base: Float[Array, "states"], num_desks: int, num_buckets: int
) -> GroupExposure:
    """Collapses the positions of one kind onto the states that the market moves.

    Positions add up to holdings of contracts, and those, by the transpose of the linear map from states to contract
    values, to holdings of states: bonds of any number meet in one discount factor a curve, issuer and date.

    Args:
        group: positions of one kind.
        base: its states at the base market.
        num_desks: rows of the desk exposure.
        num_buckets: rows of the bucket exposure.

    Returns:
        Holdings of each state.
    """
    to_contracts = jax.linear_transpose(lambda states: contract_values(group.terms, states), base)
    num_contracts = jax.eval_shape(lambda: contract_values(group.terms, base)).shape[0]
    quantity = held_quantity(group)

    def collapse(row: Int[Array, "positions"], num_rows: int) -> Float[Array, "buckets states"]:
        held = jnp.zeros((num_rows, num_contracts), base.dtype)
        # A row of -1 would wrap to the last one: send it out of bounds, where it is dropped.
        row = jnp.where(row < 0, num_rows, row)
        held = held.at[row, group.contract].add(quantity.astype(base.dtype), mode="drop")
        return jax.vmap(lambda holding: to_contracts(holding)[0])(held)

    by_bucket = None if group.bucket is None else collapse(group.bucket, num_buckets)
    return GroupExposure(collapse(group.desk, num_desks), by_bucket)
