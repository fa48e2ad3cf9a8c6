"""What one more trade does: only the trade is repriced, against the stored scenarios and losses of the book."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from pact_jax._status import Status
from pact_jax.instruments import Accounting, Portfolio, PositionGroup
from pact_jax.market import MarketShock, MarketState, scenario_markets
from pact_jax.measures import (
    TailMeasures,
    tail_mean,
    tail_measures,
    tail_weights_at,
)
from pact_jax.pricing import contract_values, held_quantity, scenario_pricer, state_values


class BookScenarios(eqx.Module):
    """What a what-if needs to remember of a book: the shocked markets and one loss a scenario.

    Attributes:
        market: the base state.
        markets: the scenarios, as `scenario_markets` lays them out.
        loss: loss of the whole book; whatever is in it besides the market's part stays as it is.
        weight: probability of each scenario; None for equal ones.
        levels: confidence levels.
        measures: VaR and ES of the book at the levels.
    """

    market: MarketState
    markets: MarketState
    loss: Float[Array, "scenarios"]
    weight: Float[Array, "scenarios"] | None
    levels: Float[Array, "levels"]
    measures: TailMeasures


class WhatIf(eqx.Module):
    """The book with a trade added, removed or resized.

    Attributes:
        value: present value of the trade, reporting currency.
        pnl: P&L of the trade in each scenario.
        before: VaR and ES of the book as it is.
        after: VaR and ES with the trade.
        incremental: ES after minus before, by level: full recomputation, never summed.
        contribution: the trade's part of the ES after, by level: it adds up with the other positions' parts.
        standalone: VaR and ES of the trade alone.
        status: bits of `Status`.
    """

    value: Float[Array, ""]
    pnl: Float[Array, "scenarios"]
    before: TailMeasures
    after: TailMeasures
    incremental: Float[Array, "levels"]
    contribution: Float[Array, "levels"]
    standalone: TailMeasures
    status: UInt32[Array, ""]

    def headroom(self, limit: Float[Array, "levels"]) -> Float[Array, "levels"]:
        """What is left of limits on the ES with the trade; negative is a breach.

        Args:
            limit: largest ES allowed at each level, reporting currency.

        Returns:
            Limit minus ES.
        """
        return limit - self.after.expected_shortfall


@jax.jit
def remember_book(
    market: MarketState,
    shock: MarketShock,
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    levels: Float[Array, "levels"],
) -> BookScenarios:
    """Keeps what later what-ifs need; once a book and scenario set.

    Args:
        market: the base state.
        shock: shocks with a leading scenarios axis.
        loss: loss of the whole book in each of them; positive is a loss.
        weight: probability of each scenario; None for equal ones.
        levels: confidence levels.

    Returns:
        The memory: shocked factors x scenarios, no position.
    """
    return BookScenarios(
        market, scenario_markets(market, shock), loss, weight, levels, tail_measures(loss, weight, levels)
    )


@jax.jit
def what_if(book: BookScenarios, trade: PositionGroup | Portfolio) -> WhatIf:
    """VaR and ES of a book with some positions added, removed or resized.

    The loss with the trade is `loss(w) - sum_i dq_i [V_i(w) - V_i(base)]`: only the trade is priced. The rest of the
    loss is the book's own, so the result is that of repricing everything up to rounding. It holds the market loss of
    the trade; defaults and liquidation of the trade itself are not in it.

    Args:
        book: what `remember_book` kept.
        trade: positions of one kind, or of several; quantities are changes: positive adds, minus the holding removes.

    Returns:
        Measures before and after, incremental and component ES of the trade.

    Example:
        >>> from pact_jax.instruments import Stock, position_group
        >>> from pact_jax.market import example_market
        >>> zero = jnp.zeros(1, int)
        >>> moves = MarketShock(spot=jnp.log(jnp.linspace(0.81, 1.2, 40))[:, None])
        >>> book = remember_book(example_market(), moves, jnp.linspace(19.0, -20.0, 40), None, jnp.asarray([0.95]))
        >>> hedge = position_group(Stock(zero, zero), jnp.full(1, -1.0))
        >>> result = what_if(book, hedge)
        >>> before, after = (float(x.expected_shortfall[0]) for x in (result.before, result.after))
        >>> round(before, 9), abs(round(after, 9))
        (18.5, 0.0)
    """
    groups = trade.groups if isinstance(trade, Portfolio) else (trade,)
    parts = [_trade_pnl(book, group) for group in groups]
    value, pnl = (functools.reduce(jnp.add, column) for column in zip(*parts, strict=True))
    loss = book.loss - pnl
    after = tail_measures(loss, book.weight, book.levels)

    def component(level: Float[Array, ""], value_at_risk: Float[Array, ""]) -> Float[Array, ""]:
        return tail_mean(tail_weights_at(loss, book.weight, level, value_at_risk), -pnl)

    finite = jnp.isfinite(value) & jnp.all(jnp.isfinite(pnl))
    return WhatIf(
        value=value,
        pnl=pnl,
        before=book.measures,
        after=after,
        incremental=after.expected_shortfall - book.measures.expected_shortfall,
        contribution=jax.vmap(component)(book.levels, after.value_at_risk),
        standalone=tail_measures(-pnl, book.weight, book.levels),
        status=jnp.where(finite, 0, int(Status.NONFINITE_PNL)).astype(jnp.uint32),
    )


def _trade_pnl(book: BookScenarios, trade: PositionGroup) -> tuple[Float[Array, ""], Float[Array, "scenarios"]]:
    """Present value, and P&L in every scenario."""
    terms, quantity = trade.terms, held_quantity(trade)
    base = state_values(terms, book.market)
    value = jnp.sum(quantity * contract_values(terms, base)[trade.contract])
    if terms.accounting is Accounting.ACCRUAL:
        return value, jnp.zeros_like(book.loss)
    pricer = scenario_pricer(terms, book.markets)
    states = _plain_states(book, trade) if pricer is None else pricer.price(pricer.rows)
    change = jnp.broadcast_to(states - base[:, None], (base.shape[0], book.loss.shape[0]))
    per_contract = jax.vmap(lambda one: contract_values(terms, one), in_axes=-1, out_axes=-1)(change)
    return value, jnp.sum(per_contract[trade.contract] * quantity[:, None], axis=0)


def _plain_states(book: BookScenarios, trade: PositionGroup) -> Float[Array, "states scenarios"]:
    """States of a kind that has no pricer of its own, one scenario at a time under `vmap`."""
    axes = jax.tree.map(lambda leaf: -1 if leaf.shape[-1] == book.loss.shape[0] > 1 else None, book.markets)
    some = jax.tree.map(lambda leaf: leaf if leaf.shape[-1] == book.loss.shape[0] > 1 else leaf[..., 0], book.markets)
    if not any(axis is not None for axis in jax.tree.leaves(axes, is_leaf=lambda axis: axis is None)):
        return state_values(trade.terms, some)[:, None]
    return jax.vmap(lambda one: state_values(trade.terms, one), in_axes=(axes,), out_axes=-1)(some)
