"""The loss agents as the orchestrator calls them: the same compiled functions that `evaluate` calls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pact_jax.agents import (
    CreditObservation,
    CreditTail,
    LiquidityObservation,
    LiquidityTail,
    MarketObservation,
    attribute_credit,
    attribute_liquidity,
    attribute_market,
    observe_credit,
    observe_liquidity,
    observe_market,
)
from pact_jax.consensus import LossAgent
from pact_jax.revaluation import TailPnl


@dataclass(frozen=True)
class LossAgents:
    """The functions of the loss agents; replaced one by one to inject faults or to call something remote.

    Attributes:
        observe_market: losses of marked positions.
        observe_credit: losses of sampled defaults.
        observe_liquidity: costs of selling and funding.
        attribute_market: tail-weighted P&L.
        attribute_credit: tail-weighted defaults.
        attribute_liquidity: tail-weighted costs.
    """

    observe_market: Callable[..., MarketObservation] = observe_market
    observe_credit: Callable[..., CreditObservation] = observe_credit
    observe_liquidity: Callable[..., LiquidityObservation] = observe_liquidity
    attribute_market: Callable[..., TailPnl] = attribute_market
    attribute_credit: Callable[..., CreditTail] = attribute_credit
    attribute_liquidity: Callable[..., LiquidityTail] = attribute_liquidity

    def observe(self, agent: LossAgent) -> Callable[..., Any]:
        """First phase of one agent."""
        return (self.observe_market, self.observe_credit, self.observe_liquidity)[agent]

    def attribute(self, agent: LossAgent) -> Callable[..., Any]:
        """Second phase of one agent."""
        return (self.attribute_market, self.attribute_credit, self.attribute_liquidity)[agent]


COMPILED = LossAgents()
"""Our own agents, whose shapes every replacement must answer in."""
