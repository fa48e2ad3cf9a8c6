"""Value of positions known by their sensitivities."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import LinearExposure
from pact_jax.market import MarketState

from ._value import contract_values, state_values


@state_values.register
def linear_states(terms: LinearExposure, market: MarketState) -> Float[Array, "states"]:
    """The abstract factors' levels, then the constant 1 that carries the base values.

    Args:
        terms: the positions.
        market: the state of the world.

    Returns:
        One state a factor, and 1.
    """
    return jnp.concatenate([market.factor, jnp.ones_like(terms.value[:1])])


@contract_values.register
def linear_value(terms: LinearExposure, states: Float[Array, "states"]) -> Float[Array, "contracts"]:
    """`value + sensitivities . factors`, reporting currency.

    Args:
        terms: the positions.
        states: factor levels, then 1.

    Returns:
        Value per unit.
    """
    return terms.value * states[-1] + jnp.sum(terms.sensitivity * states[None, :-1], axis=1)
