"""Changes of the states of one kind in a block of scenarios, reduced at once: neither cube nor block is kept."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from pact_jax.instruments import AbstractTerms
from pact_jax.market import MarketShock, MarketState, apply_shock, scenario_markets
from pact_jax.pricing import ScenarioPricer, scenario_pricer, state_values

_FEW_BOOKS = 4
"""Books multiplied at a time."""

BLOCK = 512
"""Contracts priced at a time, at most: with the tile of scenarios they fill a core's cache, and no more."""


def hold_change(
    terms: AbstractTerms,
    market: MarketState,
    shock: MarketShock,
    base: Float[Array, "states"],
    exposure: Float[Array, "books states"],
) -> Float[Array, "books scenarios"]:
    """What holders of the states gain in each scenario of a block, `exposure . (s(w) - s(base))`.

    Args:
        terms: contracts of one kind.
        market: the base state.
        shock: a block of scenarios.
        base: states at the base market.
        exposure: holdings.

    Returns:
        One row a holder.
    """
    pricer = _pricer(terms, market, shock, base)
    if pricer is None:
        return _matmul(exposure, _changes(terms, market, shock, base).T)
    num_scenarios = _num_scenarios(shock)

    nothing = jnp.zeros((exposure.shape[0], num_scenarios), base.dtype)

    def gain(block: PyTree) -> Float[Array, "books scenarios"]:
        rows, own_base, held = block
        # Capacity beyond what is held fills whole blocks.
        return jax.lax.cond(
            jnp.any(held != 0.0),
            lambda: _hold(held, _block_change(pricer, rows, own_base, num_scenarios)),
            lambda: nothing,
        )

    rows, own_base = _blocks((pricer.rows, base), base.shape[0])
    num_blocks, size = own_base.shape
    # The copies that fill the last block are held by nobody.
    held = jnp.pad(exposure, ((0, 0), (0, num_blocks * size - base.shape[0])))
    held = jnp.moveaxis(held.reshape(exposure.shape[0], num_blocks, size), 1, 0)
    return jnp.sum(jax.lax.map(gain, (rows, own_base, held)), axis=0)


def sum_change(
    terms: AbstractTerms,
    market: MarketState,
    shock: MarketShock,
    base: Float[Array, "states"],
    weight: Float[Array, "buckets scenarios"],
    used: Bool[Array, "states"] | None = None,
) -> Float[Array, "buckets states"]:
    """Weighted sums over the scenarios of a block of each state's change, `weight . (s(w) - s(base))`.

    Args:
        terms: contracts of one kind.
        market: the base state.
        shock: a block of scenarios.
        base: states at the base market.
        weight: one row a sum.
        used: states that count; all if None. What does not is 0 where that saves a pricing.

    Returns:
        One row a sum.
    """
    pricer = _pricer(terms, market, shock, base)
    if pricer is None:
        return _matmul(weight, _changes(terms, market, shock, base))
    num_states = base.shape[0]
    used = jnp.ones(num_states, bool) if used is None else used

    def weigh(block: PyTree) -> Float[Array, "buckets states"]:
        rows, own_base, own_used = block
        return jax.lax.cond(
            jnp.any(own_used),
            lambda: _matmul(weight, _block_change(pricer, rows, own_base, weight.shape[1]).T),
            lambda: jnp.zeros((weight.shape[0], own_base.shape[0]), weight.dtype),
        )

    sums = jax.lax.map(weigh, _blocks((pricer.rows, base, used), num_states))
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
    """Leaves in equal blocks of contracts; the last block is filled up with copies of its last contract."""
    num_blocks = -(-num_states // BLOCK)
    size = -(-num_states // num_blocks)

    def cut(leaf: Array) -> Array:
        filler = jnp.repeat(leaf[-1:], num_blocks * size - num_states, axis=0)
        return jnp.concatenate([leaf, filler]).reshape(num_blocks, size, *leaf.shape[1:])

    return jax.tree.map(cut, tree)


def _hold(
    held: Float[Array, "books states"], change: Float[Array, "states scenarios"]
) -> Float[Array, "books scenarios"]:
    """What a block's changes come to in each book, a few books at a time: those that hold nothing of it are skipped.

    Books and the states of issuers are sorted alike, so that most books hold nothing of most blocks.
    """
    num_books, size = held.shape
    if num_books <= _FEW_BOOKS:
        return _matmul(held, change)
    missing = -num_books % _FEW_BOOKS
    groups = jnp.pad(held, ((0, missing), (0, 0))).reshape(-1, _FEW_BOOKS, size)
    nothing = jnp.zeros((_FEW_BOOKS, change.shape[1]), change.dtype)

    def hold_some(some: Float[Array, "books states"]) -> Float[Array, "books scenarios"]:
        return jax.lax.cond(jnp.any(some != 0.0), lambda: _matmul(some, change), lambda: nothing)

    return jax.lax.map(hold_some, groups).reshape(num_books + missing, change.shape[1])[:num_books]


def _matmul(left: Array, right: Array) -> Array:
    return jnp.matmul(left, right, precision=jax.lax.Precision.HIGHEST)


def _num_scenarios(shock: MarketShock) -> int:
    return jax.tree.leaves(shock)[0].shape[0]
