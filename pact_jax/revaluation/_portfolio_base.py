"""The book at the base market, valued once: what every agent measures the scenarios against."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax._program import program
from pact_jax.instruments import Accounting, Portfolio, PositionGroup
from pact_jax.market import MarketState
from pact_jax.pricing import contract_values, default_claim, held_quantity, state_values

from ._exposure import group_exposure


class PortfolioBase(eqx.Module):
    """A portfolio at the base market.

    Attributes:
        value: present value of each position, reporting currency.
        claim: amount each position receives if its issuer defaults; 0 where no position of its kind has a bucket.
        states: base states of each group, in the order of the portfolio's groups.
        exposure: holdings of each group's states by book; None for accrual kinds, which have no market loss.
    """

    value: Float[Array, "positions"]
    claim: Float[Array, "positions"]
    states: tuple[Float[Array, "states"], ...]
    exposure: tuple[Float[Array, "books states"] | None, ...]

    def marked(
        self, portfolio: Portfolio
    ) -> list[tuple[PositionGroup, Float[Array, "states"], Float[Array, "books states"]]]:
        """The groups that move with the market, with their base states and exposures."""
        every = zip(portfolio.groups, self.states, self.exposure, strict=True)
        return [(group, states, exposure) for group, states, exposure in every if exposure is not None]


@program
def value_base(portfolio: Portfolio, market: MarketState) -> PortfolioBase:
    """Values the book at the base market and collapses it onto the states that the market moves.

    One executable serves every agent: none of them compiles the base valuation again.

    Args:
        portfolio: the positions.
        market: the base state.

    Returns:
        Values, claims, base states and exposures.

    Example:
        >>> from pact_jax.instruments import Stock, position_group
        >>> from pact_jax.market import example_market
        >>> zero = jnp.zeros(1, int)
        >>> shares = position_group(Stock(zero, zero), jnp.full(1, 10.0))
        >>> value_base(Portfolio((shares,), num_desks=1, num_buckets=0), example_market()).value.tolist()
        [1000.0]
    """
    states = [state_values(group.terms, market) for group in portfolio.groups]
    exposure = [
        group_exposure(group, base) if group.terms.accounting is Accounting.MARKED else None
        for group, base in zip(portfolio.groups, states, strict=True)
    ]
    value = [
        _by_position(group, contract_values(group.terms, base))
        for group, base in zip(portfolio.groups, states, strict=True)
    ]
    claim = [
        jnp.zeros_like(held_quantity(group))
        if group.book_bucket is None
        else _by_position(group, default_claim(group.terms, market))
        for group in portfolio.groups
    ]
    return PortfolioBase(jnp.concatenate(value), jnp.concatenate(claim), tuple(states), tuple(exposure))


def _by_position(group: PositionGroup, unit: Float[Array, "contracts"]) -> Float[Array, "positions"]:
    return held_quantity(group) * unit[group.contract]
