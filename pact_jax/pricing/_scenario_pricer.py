"""Pricing many scenarios at once, one row a state: the hot path of a revaluation."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from pact_jax.instruments import DiscountPoints
from pact_jax.market import MarketState, scenario_log_discount

_SHARED = 0.75
"""Points a read below which a table of them is worth its place in the cache; measured."""


class ScenarioPricer(NamedTuple):
    """A kind's states (for most kinds its contracts) made ready for a block of scenarios.

    What contracts share (logarithms of spots, discount factors) is computed once and looked up a row at a time; a row
    is contiguous along the scenarios, so that a whole price is one vectorised loop without a gather inside.

    Attributes:
        rows: what belongs to the states, one row each.
        price: values of some of the rows, states x scenarios, reporting currency; one column if no scenario moves
            them.
    """

    rows: PyTree
    price: Callable[[Any], Float[Array, "states scenarios"]]


@singledispatch
def scenario_pricer(terms: Any, markets: MarketState) -> ScenarioPricer | None:
    """The pricer of a block of scenarios, for kinds that register one.

    Its values are those of `state_values` to rounding; a kind without one is priced by `vmap` of `state_values`.

    Args:
        terms: contracts of one kind.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        The pricer, or None.
    """
    return None


class DiscountReader(NamedTuple):
    """Discount factors in every scenario, as contracts read them by the index of their payment point.

    Attributes:
        log: logarithms of the factors at some points.
        factor: the factors.
    """

    log: Callable[[Int[Array, "contracts"]], Float[Array, "contracts scenarios"]]
    factor: Callable[[Int[Array, "contracts"]], Float[Array, "contracts scenarios"]]


def discount_reader(points: DiscountPoints, markets: MarketState, num_reads: int) -> DiscountReader:
    """How contracts read the factors of their payment points; a date that has passed counts as today.

    Points that contracts share are computed once and looked up. Where there are almost as many points as reads, a
    table would only fill the cache, and each contract computes its own.

    Args:
        points: the payment points.
        markets: the scenarios, as `scenario_markets` lays them out.
        num_reads: how often a point is read, all contracts together.

    Returns:
        The reader.
    """

    def log_at(index: Int[Array, "contracts"]) -> Float[Array, "contracts scenarios"]:
        return scenario_log_discount(markets, points.curve[index], jnp.maximum(points.time[index], 0.0))

    if points.time.shape[0] > _SHARED * num_reads:
        return DiscountReader(log_at, lambda index: jnp.exp(log_at(index)))
    log = log_at(jnp.arange(points.time.shape[0]))
    factor = jnp.exp(log)
    return DiscountReader(lambda index: log[index], lambda index: factor[index])
