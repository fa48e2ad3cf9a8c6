"""The loss of a book as a function of the moves of its factors: what reverse stress searches."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import Portfolio
from pact_jax.market import MarketState
from pact_jax.scenarios import ShockLayout

from ._full import revalue
from ._portfolio_base import PortfolioBase


class MoveLoss(eqx.Module):
    """Loss of the marked positions after one move of every factor, by full revaluation; callable, differentiable.

    Attributes:
        portfolio: the positions.
        market: the base state.
        base: what `value_base` says of them.
        layout: where each factor sits in a shock.
    """

    portfolio: Portfolio
    market: MarketState
    base: PortfolioBase
    layout: ShockLayout = eqx.field(static=True)

    def by_desk(self, move: Float[Array, "factors"]) -> Float[Array, "desks"]:
        """Loss of each desk, reporting currency, positive is a loss."""
        shock = self.layout.to_shock(move[None, :], self.market)
        return -revalue(self.portfolio, self.market, shock, base=self.base, tile=1).pnl[0]

    def __call__(self, move: Float[Array, "factors"]) -> Float[Array, ""]:
        """Loss of the whole book, reporting currency, positive is a loss."""
        return jnp.sum(self.by_desk(move))
