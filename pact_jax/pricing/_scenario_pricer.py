"""Pricing many scenarios at once, one row a state: the hot path of a revaluation."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from pact_jax.instruments import DiscountPoints
from pact_jax.market import MarketState, scenario_log_discount


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


def scenario_point_discount(points: DiscountPoints, markets: MarketState) -> Float[Array, "points scenarios"]:
    """Log discount factors of the payment points that contracts share; a date that has passed counts as today."""
    return scenario_log_discount(markets, points.curve, jnp.maximum(points.time, 0.0))
