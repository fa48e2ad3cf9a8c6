"""What the pricing formulas of options on one asset read from the market."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import AssetOption, EuropeanOption
from pact_jax.market import MarketState, base_implied_vol, log_discount_factor

from .formulas import safe_sqrt

# An expiry this close counts as now where a rate per year must be had from a discount factor.
_NO_TIME = 1e-12


class AssetInputs(NamedTuple):
    """Market inputs of contracts on one asset, each looked up once.

    Attributes:
        spot: price of the asset.
        time: years to expiry, not negative.
        discount: discount factor to expiry.
        log_discount: its logarithm.
        log_moneyness: `log(S e^{-qT} / (K P))`, with the logarithm of the spot taken once an asset.
        prepaid: value today of the asset at expiry, `S e^{-qT}`.
        total_vol: volatility at the strike, level of the surface included, times the square root of time.
        unit: reporting currency per unit of the payoff: multiplier times exchange rate.
    """

    spot: Float[Array, "contracts"]
    time: Float[Array, "contracts"]
    discount: Float[Array, "contracts"]
    log_discount: Float[Array, "contracts"]
    log_moneyness: Float[Array, "contracts"]
    prepaid: Float[Array, "contracts"]
    total_vol: Float[Array, "contracts"]
    unit: Float[Array, "contracts"]

    @property
    def forward(self) -> Float[Array, "contracts"]:
        """Forward price at expiry."""
        return self.prepaid / self.discount


class FlatInputs(NamedTuple):
    """The constant rate and volatility that a formula with early decisions needs.

    Attributes:
        vol: volatility at the strike, per square-root year.
        rate: zero rate to expiry, continuously compounded.
        dividend_yield: per year.
    """

    vol: Float[Array, "contracts"]
    rate: Float[Array, "contracts"]
    dividend_yield: Float[Array, "contracts"]


def asset_inputs(terms: AssetOption | EuropeanOption, market: MarketState) -> AssetInputs:
    """Looks up spot, carry, discount and volatility of options on one asset.

    Logarithms and exponentials are taken per asset and per discount point, not per contract.

    Args:
        terms: the options.
        market: the state of the world.

    Returns:
        One number a contract.
    """
    time = jnp.maximum(terms.expiry, 0.0)
    log_strike = jnp.log(terms.strike)
    vol = base_implied_vol(market, terms.surface, time, log_strike) * safe_sqrt(time)
    carry = -market.dividend_yield[terms.asset] * time
    log_discount = log_discount_factor(market, terms.discount.curve, jnp.maximum(terms.discount.time, 0.0))
    log_moneyness = (jnp.log(market.spot)[terms.asset] - log_discount[terms.point]) + (carry - log_strike)
    spot = market.spot[terms.asset]
    return AssetInputs(
        spot=spot,
        time=time,
        discount=jnp.exp(log_discount)[terms.point],
        log_discount=log_discount[terms.point],
        log_moneyness=log_moneyness,
        prepaid=spot * jnp.exp(carry),
        total_vol=vol * market.vol_level[terms.surface],
        unit=terms.multiplier * market.fx[terms.currency],
    )


def flat_inputs(terms: AssetOption, market: MarketState, found: AssetInputs) -> FlatInputs:
    """The volatility, rate and yield that are constant over the life of each contract.

    Args:
        terms: the options.
        market: the state of the world.
        found: what `asset_inputs` returned for them.

    Returns:
        Per year; the rate of an expired contract is 0.
    """
    vol = base_implied_vol(market, terms.surface, found.time, jnp.log(terms.strike)) * market.vol_level[terms.surface]
    live = found.time > _NO_TIME
    rate = jnp.where(live, -found.log_discount / jnp.where(live, found.time, 1.0), 0.0)
    return FlatInputs(vol, rate, market.dividend_yield[terms.asset])
