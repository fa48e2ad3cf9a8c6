"""Contracts as sums of amounts on states: the sparse linear maps of bonds, swaps and credit default swaps."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import LinearFlows


def sum_flows(flows: LinearFlows, states: Float[Array, "points"], num_contracts: int) -> Float[Array, "contracts"]:
    """Sum of each contract's amounts times the values of their points.

    Args:
        flows: amounts.
        states: one value a point.
        num_contracts: length of the contracts axis.

    Returns:
        One value a contract.
    """
    if not flows.amount.shape[0]:
        return jnp.zeros(num_contracts, states.dtype)
    return jax.ops.segment_sum(flows.amount * states[flows.point], flows.contract, num_segments=num_contracts)


def joined_flows(*parts: tuple[LinearFlows, int]) -> LinearFlows:
    """Flows on parts of the states as flows on all of them.

    Args:
        parts: flows, and the state that their first point is.

    Returns:
        All flows.
    """
    return LinearFlows(
        jnp.concatenate([flows.point + start for flows, start in parts]),
        jnp.concatenate([flows.contract for flows, _ in parts]),
        jnp.concatenate([flows.amount for flows, _ in parts]),
    )
