"""Changes of the states of one kind in a block of scenarios, reduced at once: neither cube nor block is kept."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from pact_jax.instruments import AbstractTerms
from pact_jax.market import MarketShock, MarketState, apply_shock, scenario_markets
from pact_jax.pricing import ScenarioPricer, scenario_pricer, state_values

BLOCK = 512
"""Contracts priced at a time: with the tile of scenarios they fill a core's cache, and no more."""


def hold_change(
    terms: AbstractTerms,
    market: MarketState,
    shock: MarketShock,
    base: Float[Array, "states"],
    exposure: Float[Array, "buckets states"],
) -> Float[Array, "scenarios buckets"]:
    """What holders of the states gain in each scenario of a block, `(s(w) - s(base)) . exposure`.

    Args:
        terms: contracts of one kind.
        market: the base state.
        shock: a block of scenarios.
        base: states at the base market.
        exposure: holdings.

    Returns:
        One row a scenario.
    """
    pricer = _pricer(terms, market, shock, base)
    if pricer is None:
        return _matmul(_changes(terms, market, shock, base), exposure.T)
    num_scenarios = _num_scenarios(shock)

    def gain(block: PyTree) -> Float[Array, "buckets scenarios"]:
        rows, own_base, held = block
        return _matmul(held, _block_change(pricer, rows, own_base, num_scenarios))

    rows, own_base = _blocks((pricer.rows, base), base.shape[0])
    num_blocks, size = own_base.shape
    # The copies that fill the last block are held by nobody.
    held = jnp.pad(exposure, ((0, 0), (0, num_blocks * size - base.shape[0])))
    held = jnp.moveaxis(held.reshape(exposure.shape[0], num_blocks, size), 1, 0)
    return jnp.sum(jax.lax.map(gain, (rows, own_base, held)), axis=0).T


def sum_change(
    terms: AbstractTerms,
    market: MarketState,
    shock: MarketShock,
    base: Float[Array, "states"],
    weight: Float[Array, "buckets scenarios"],
) -> Float[Array, "buckets states"]:
    """Weighted sums over the scenarios of a block of each state's change, `weight . (s(w) - s(base))`.

    Args:
        terms: contracts of one kind.
        market: the base state.
        shock: a block of scenarios.
        base: states at the base market.
        weight: one row a sum.

    Returns:
        One row a sum.
    """
    pricer = _pricer(terms, market, shock, base)
    if pricer is None:
        return _matmul(weight, _changes(terms, market, shock, base))
    num_states = base.shape[0]

    def weigh(block: PyTree) -> Float[Array, "buckets states"]:
        rows, own_base = block
        return _matmul(weight, _block_change(pricer, rows, own_base, weight.shape[1]).T)

    sums = jax.lax.map(weigh, _blocks((pricer.rows, base), num_states))
    return jnp.moveaxis(sums, 1, 0).reshape(weight.shape[0], sums.shape[0] * sums.shape[2])[:, :num_states]


def _pricer(
    terms: AbstractTerms, market: MarketState, shock: MarketShock, base: Float[Array, "states"]
) -> ScenarioPricer | None:
    return scenario_pricer(terms, scenario_markets(market, shock)) if base.shape[0] else None


def _changes(
    terms: AbstractTerms, market: MarketState, shock: MarketShock, base: Float[Array, "states"]
) -> Float[Array, "scenarios states"]:
    return jax.vmap(lambda one: state_values(terms, apply_shock(market, one)) - base)(shock)


def _block_change(
    pricer: ScenarioPricer, rows: PyTree, base: Float[Array, "states"], num_scenarios: int
) -> Float[Array, "states scenarios"]:
    change = pricer.price(rows) - base[:, None]
    return jnp.broadcast_to(change, (base.shape[0], num_scenarios))


def _blocks(tree: PyTree, num_states: int) -> PyTree:
    """Leaves in whole blocks of contracts; the last block is filled up with copies of its last contract."""
    size = min(BLOCK, num_states)
    num_blocks = -(-num_states // size)

    def cut(leaf: Array) -> Array:
        filler = jnp.repeat(leaf[-1:], num_blocks * size - num_states, axis=0)
        return jnp.concatenate([leaf, filler]).reshape(num_blocks, size, *leaf.shape[1:])

    return jax.tree.map(cut, tree)


def _matmul(left: Array, right: Array) -> Array:
    return jnp.matmul(left, right, precision=jax.lax.Precision.HIGHEST)


def _num_scenarios(shock: MarketShock) -> int:
    return jax.tree.leaves(shock)[0].shape[0]
