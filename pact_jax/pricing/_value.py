"""Present value: dispatch by kind, and the linear form that lets a scenario price each state once."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.errors import UnsupportedInstrument
from pact_jax.instruments import AbstractTerms, LinearFlows, Portfolio, PositionGroup
from pact_jax.market import MarketState


@singledispatch
def state_values(terms: Any, market: MarketState) -> Float[Array, "states"]:
    """Values, in the reporting currency, of the distinct states that a kind's contracts are linear in.

    The states depend on the market only, so P&L by desk is `exposure @ (states(shocked) - states(base))` and a state
    shared by many contracts (a discount factor at one date, an option held on two desks) is priced once. For most
    kinds the states are the unit values of the contracts themselves.

    Args:
        terms: contracts of one kind.
        market: the state of the world.

    Returns:
        One value a state, reporting currency.

    Raises:
        UnsupportedInstrument: no pricing is registered for the kind.
    """
    raise UnsupportedInstrument(
        what=f"no present value is registered for terms of type {type(terms).__name__}",
        where="pact_jax.pricing",
        mend="call pact_jax.pricing.register_kind(TermsType, unit_value) before pricing the book",
    )


@singledispatch
def contract_values(terms: Any, states: Float[Array, "states"]) -> Float[Array, "contracts"]:
    """Unit values of contracts from their states: a linear map, the identity unless a kind registers another.

    Args:
        terms: contracts of one kind.
        states: what `state_values` returned, or any vector of its shape.

    Returns:
        Value of one unit of each contract, reporting currency.
    """
    return states


def states_are_contracts(terms: AbstractTerms) -> bool:
    """Whether the states of a kind are its contracts: no other map is registered."""
    return contract_values.dispatch(type(terms)) is contract_values.dispatch(object)


@singledispatch
def state_flows(terms: Any) -> LinearFlows | None:
    """The linear map of `contract_values` as amounts of states, for kinds whose contracts hold few of many states.

    Args:
        terms: contracts of one kind.

    Returns:
        Amounts whose points are states, such that `contract_values` is their sum; None where the map is the identity or
        has no amounts to speak of.
    """
    return None


@singledispatch
def default_claim(terms: Any, market: MarketState) -> Float[Array, "contracts"]:
    """Amount received per unit if the issuer defaults, reporting currency; 0 unless a kind registers another.

    Args:
        terms: contracts of one kind.
        market: the state of the world; exchange rates turn the claim into the reporting currency.

    Returns:
        Recovery per unit of each contract.
    """
    return jnp.zeros_like(unit_values(terms, market))


class DeliveredAsset(eqx.Module):
    """The asset that one unit of a contract delivers one for one.

    Attributes:
        asset: index of the asset.
        units: units of the asset per contract.
    """

    asset: Int[Array, "contracts"]
    units: Float[Array, "contracts"]


@singledispatch
def delivered_asset(terms: Any) -> DeliveredAsset | None:
    """What must be sold in the market to close one unit, for kinds that are one for one with an asset; None for others.

    Args:
        terms: contracts of one kind.

    Returns:
        Asset and units of each contract, or None.
    """
    return None


def register_kind(
    terms_type: type[AbstractTerms],
    unit_value: Callable[[Any, MarketState], Float[Array, "contracts"]],
) -> None:
    """Makes a kind of your own a peer of the built-in ones: scenarios, VaR, Greeks and explanation follow.

    Args:
        terms_type: final subclass of `AbstractTerms`.
        unit_value: pure function (terms, market) -> value of one unit of each contract, reporting currency.

    Example:
        >>> from typing import ClassVar
        >>> from pact_jax.instruments import AbstractTerms
        >>> from pact_jax.market import FactorGroup, example_market
        >>> class SquaredSpot(AbstractTerms):
        ...     kind: ClassVar[str] = "squared_spot"
        ...     depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.SPOT,)
        ...     asset: Array
        >>> register_kind(SquaredSpot, lambda terms, market: market.spot[terms.asset] ** 2)
        >>> float(unit_values(SquaredSpot(asset=jnp.zeros(1, int)), example_market())[0])
        10000.0
    """
    state_values.register(terms_type)(unit_value)


def unit_values(terms: AbstractTerms, market: MarketState) -> Float[Array, "contracts"]:
    """Value of one unit of each contract, in the reporting currency.

    Args:
        terms: contracts of one kind.
        market: the state of the world.

    Returns:
        Present value per unit.

    Raises:
        UnsupportedInstrument: no pricing is registered for the kind.
    """
    return contract_values(terms, state_values(terms, market))


def held_quantity(group: PositionGroup) -> Float[Array, "positions"]:
    """Signed quantity of each position, 0 for padding."""
    return jnp.where(group.mask, group.quantity, 0.0)


def group_value(group: PositionGroup, market: MarketState) -> Float[Array, "positions"]:
    """Present value of each position of one kind, `quantity x unit value`, reporting currency."""
    return held_quantity(group) * unit_values(group.terms, market)[group.contract]


def present_value(portfolio: Portfolio, market: MarketState) -> Float[Array, "positions"]:
    """Present value of every position: the one function that everything in market risk is a transform of.

    `V_i = quantity_i x unit value of its contract x rate to the reporting currency`.

    Args:
        portfolio: positions grouped by kind; their concatenation is the positions axis.
        market: the state of the world.

    Returns:
        Signed value of each position in the reporting currency; 0 for padding.

    Raises:
        UnsupportedInstrument: a kind has no registered pricing.

    Example:
        >>> from pact_jax.instruments import Stock, position_group
        >>> from pact_jax.market import example_market
        >>> zero = jnp.zeros(1, int)
        >>> shares = position_group(Stock(zero, zero), jnp.full(1, -10.0))
        >>> float(present_value(Portfolio((shares,), num_desks=1, num_buckets=0), example_market())[0])
        -1000.0
    """
    return jnp.concatenate([group_value(group, market) for group in portfolio.groups])
