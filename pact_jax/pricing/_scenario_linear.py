"""Many scenarios at once for kinds without an option in them: shares, forwards, currency forwards, bonds, swaps."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import Bond, Forward, FxForward, RiskyPoints, Stock, Swap
from pact_jax.market import MarketState, scenario_log_discount, scenario_log_survival

from ._scenario_pricer import ScenarioPricer, discount_reader, scenario_pricer


@scenario_pricer.register
def stock_scenario_pricer(terms: Stock, markets: MarketState) -> ScenarioPricer:
    """`stock_value` in many scenarios.

    Args:
        terms: the shares.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        One row a contract.
    """

    def price(of: Stock) -> Float[Array, "contracts scenarios"]:
        return markets.spot[of.asset] * markets.fx[of.currency]

    return ScenarioPricer(terms, price)


class _ForwardRows(NamedTuple):
    """Forwards as `forward_value` reads them, one row each."""

    asset: Array
    currency: Array
    point: Array
    strike: Array
    margined: Array
    multiplier: Array
    carry: Array


@scenario_pricer.register
def forward_scenario_pricer(terms: Forward, markets: MarketState) -> ScenarioPricer:
    """`forward_value` in many scenarios.

    Args:
        terms: the forwards and futures.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        One row a contract.
    """
    discount = discount_reader(terms.discount, markets, terms.point.shape[0])
    carry = jnp.exp(-markets.dividend_yield[terms.asset, 0] * jnp.maximum(terms.maturity, 0.0))
    shared = (terms.asset, terms.currency, terms.point, terms.strike, terms.margined, terms.multiplier)

    def price(of: _ForwardRows) -> Float[Array, "contracts scenarios"]:
        paid = discount.factor(of.point)
        value = markets.spot[of.asset] * of.carry[:, None] - of.strike[:, None] * paid
        settled = value / jnp.where(of.margined[:, None], paid, 1.0)
        return settled * (of.multiplier[:, None] * markets.fx[of.currency])

    return ScenarioPricer(_ForwardRows(*shared, carry), price)


class _FxForwardRows(NamedTuple):
    """Currency forwards as `fx_forward_value` reads them, one row each."""

    bought: Array
    sold: Array
    bought_point: Array
    sold_point: Array
    strike: Array


@scenario_pricer.register
def fx_forward_scenario_pricer(terms: FxForward, markets: MarketState) -> ScenarioPricer:
    """`fx_forward_value` in many scenarios.

    Args:
        terms: the forwards.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        One row a contract.
    """
    discount = discount_reader(terms.discount, markets, 2 * terms.strike.shape[0])
    rows = _FxForwardRows(*(getattr(terms, name) for name in _FxForwardRows._fields))

    def price(of: _FxForwardRows) -> Float[Array, "contracts scenarios"]:
        received = markets.fx[of.bought] * discount.factor(of.bought_point)
        return received - of.strike[:, None] * markets.fx[of.sold] * discount.factor(of.sold_point)

    return ScenarioPricer(rows, price)


@scenario_pricer.register
def bond_scenario_pricer(terms: Bond, markets: MarketState) -> ScenarioPricer:
    """`bond_states` in many scenarios.

    Args:
        terms: the bonds.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        One row a point.
    """

    def price(of: RiskyPoints) -> Float[Array, "states scenarios"]:
        log_discount = scenario_log_discount(markets, of.curve, of.end)
        log_survival = scenario_log_survival(markets, of.issuer, of.start)
        return markets.fx[of.currency] * jnp.exp(log_discount + log_survival)

    return ScenarioPricer(terms.points, price)


class _PaymentRows(NamedTuple):
    """Payments as `swap_states` values them, one row each; a payment that grows over no period is cash."""

    currency: Array
    curve: Array
    end: Array
    forward_curve: Array
    start: Array


@scenario_pricer.register
def swap_scenario_pricer(terms: Swap, markets: MarketState) -> ScenarioPricer:
    """`swap_states` in many scenarios.

    Args:
        terms: the swaps.
        markets: the scenarios, as `scenario_markets` lays them out.

    Returns:
        One row a point: the payments, then the floating periods on other forward curves.
    """
    cash, growth = terms.cash, terms.growth
    paid = jnp.maximum(cash.time, 0.0)
    pairs = (
        (cash.currency, growth.currency),
        (cash.curve, growth.curve),
        (paid, jnp.maximum(growth.end, 0.0)),
        (cash.curve, growth.forward_curve),
        (paid, jnp.maximum(growth.start, 0.0)),
    )
    rows = _PaymentRows(*(jnp.concatenate(pair) for pair in pairs))
    grows = growth.end.shape[0] > 0

    def price(of: _PaymentRows) -> Float[Array, "states scenarios"]:
        log_value = scenario_log_discount(markets, of.curve, of.end)
        if grows:
            start, end = (scenario_log_discount(markets, of.forward_curve, time) for time in (of.start, of.end))
            log_value = log_value + (start - end)
        return markets.fx[of.currency] * jnp.exp(log_value)

    return ScenarioPricer(rows, price)
