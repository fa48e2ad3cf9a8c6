"""A small market with no round numbers and one group of each kind on it, for the tests of pricing and Greeks."""

import jax.numpy as jnp
import numpy as np

from pact_jax.instruments import (
    Bond,
    DiscountPoints,
    EuropeanOption,
    Forward,
    FxForward,
    FxOption,
    LinearExposure,
    Loan,
    Portfolio,
    PositionGroup,
    RiskyPoints,
    Stock,
    position_group,
)
from pact_jax.market import MarketState


def market() -> MarketState:
    """Three assets, three currencies (the first is the reporting one), two issuers; surfaces with smile and term."""
    expiry = np.array([[0.25, 1.0, 2.0]] * 4)
    spot, fx = np.array([103.7, 48.2, 2210.0]), np.array([1.0, 1.0893, 0.00713])
    level = np.array([*spot, fx[1]])
    log_strike = np.log(level)[:, None, None] + np.array([-0.6, -0.2, 0.07, 0.5])[None, None, :] * np.ones((4, 3, 1))
    smile = 0.21 + 0.03 * np.arange(4)[:, None, None] + 0.02 * np.arange(3)[None, :, None]
    vol = smile - np.array([-0.05, -0.02, 0.0, 0.015])[None, None, :]
    return MarketState(
        spot=jnp.asarray(spot),
        dividend_yield=jnp.asarray([0.013, 0.0, 0.031]),
        half_spread=jnp.asarray([1e-4, 3e-4, 2e-4]),
        adv=jnp.asarray([1e6, 2e5, 9e3]),
        fx=jnp.asarray(fx),
        curve_time=jnp.asarray([0.25, 1.0, 3.0, 10.0]),
        zero_rate=jnp.asarray([[0.041, 0.043, 0.039, 0.037], [0.021, 0.024, 0.027, 0.03], [-0.001, 0.0, 0.002, 0.006]]),
        hazard_time=jnp.asarray([1.0, 5.0, 10.0]),
        hazard_rate=jnp.asarray([[0.012, 0.018, 0.022], [0.05, 0.04, 0.035]]),
        vol_expiry=jnp.asarray(expiry),
        vol_log_strike=jnp.asarray(log_strike),
        vol_underlying=jnp.asarray([0, 1, 2, 3 + 1]),
        implied_vol=jnp.asarray(vol),
        vol_level=jnp.asarray([1.0, 1.1, 0.9, 1.0]),
        factor=jnp.asarray([0.0, 0.0]),
    )


def hold(terms, quantity, contract=None, mask=None, desk=None) -> PositionGroup:
    """Positions in the contracts of one kind, one each unless `contract` says otherwise."""
    return position_group(terms, jnp.asarray(quantity, dtype=float), contract, desk=desk, mask=mask)


def book(*groups: PositionGroup, num_desks: int = 1) -> Portfolio:
    return Portfolio(groups, num_desks=num_desks, num_buckets=0)


def stocks() -> Stock:
    return Stock(asset=jnp.asarray([0, 1, 2]), currency=jnp.asarray([0, 1, 2]))


def options() -> EuropeanOption:
    """Calls and puts on each asset, in and out of the money, between and outside the surface's expiries."""
    expiry = jnp.asarray([0.1, 0.4, 0.4, 1.7, 3.0, 0.9])
    return EuropeanOption(
        asset=jnp.asarray([0, 0, 1, 1, 2, 2]),
        currency=jnp.asarray([0, 0, 1, 1, 2, 2]),
        surface=jnp.asarray([0, 0, 1, 1, 2, 2]),
        discount=DiscountPoints(curve=jnp.asarray([0, 0, 1, 1, 2, 2]), time=expiry),
        point=jnp.arange(6),
        strike=jnp.asarray([100.0, 120.0, 45.0, 60.0, 1500.0, 2300.0]),
        expiry=expiry,
        is_call=jnp.asarray([True, False, True, False, True, False]),
        multiplier=jnp.asarray([100.0, 100.0, 10.0, 1.0, 1.0, 5.0]),
    )


def forwards() -> Forward:
    return Forward(
        asset=jnp.asarray([0, 1, 2]),
        currency=jnp.asarray([0, 1, 2]),
        discount=DiscountPoints(curve=jnp.asarray([0, 1, 2]), time=jnp.asarray([0.3, 1.5, 4.0])),
        point=jnp.arange(3),
        strike=jnp.asarray([101.0, 50.0, 2000.0]),
        maturity=jnp.asarray([0.3, 1.5, 4.0]),
        margined=jnp.asarray([False, True, False]),
        multiplier=jnp.asarray([1.0, 50.0, 2.0]),
    )


def fx_forwards() -> FxForward:
    return FxForward(
        bought=jnp.asarray([1, 0, 1]),
        sold=jnp.asarray([0, 2, 2]),
        discount=DiscountPoints(curve=jnp.asarray([0, 1, 2, 2]), time=jnp.asarray([0.5, 0.5, 0.5, 2.0])),
        bought_point=jnp.asarray([1, 0, 1]),
        sold_point=jnp.asarray([0, 2, 2]),
        strike=jnp.asarray([1.1, 138.0, 151.0]),
    )


def fx_options() -> FxOption:
    return FxOption(
        currency=jnp.asarray([1, 1]),
        surface=jnp.asarray([3, 3]),
        discount=DiscountPoints(curve=jnp.asarray([0, 1, 0, 1]), time=jnp.asarray([0.5, 0.5, 1.5, 1.5])),
        foreign_point=jnp.asarray([1, 3]),
        domestic_point=jnp.asarray([0, 2]),
        strike=jnp.asarray([1.12, 1.05]),
        expiry=jnp.asarray([0.5, 1.5]),
        is_call=jnp.asarray([True, False]),
    )


def bonds() -> Bond:
    """A three-year annual bond of each issuer, and a government zero in the third currency; 100 face."""
    return bonds_of(
        contract=[0, 0, 0, 1, 1, 1, 2],
        end=[1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 4.5],
        start=[0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0],
        amount=[5.0, 5.0, 105.0, 3.0, 3.0, 103.0, 100.0],
        currency=[0, 1, 2],
        issuer=[0, 1, -1],
        recovery=[40.0, 25.0, 0.0],
    )


def bonds_of(contract, start, end, amount, *, currency, issuer, recovery) -> Bond:
    """Bonds from their periods: what is paid at the end of each, and what is recovered on a default within it."""
    contract, currency, issuer = np.asarray(contract), np.asarray(currency), np.asarray(issuer)
    recovery, both = np.asarray(recovery, float), np.concatenate([contract, contract])
    lost = recovery[contract]
    place = jnp.asarray(currency[both])
    return Bond(
        points=RiskyPoints(
            currency=place,
            curve=place,
            issuer=jnp.asarray(issuer[both]),
            start=jnp.asarray(np.concatenate([end, start]), float),
            end=jnp.asarray(np.concatenate([end, end]), float),
        ),
        flow_point=jnp.arange(len(both)),
        flow_contract=jnp.asarray(both),
        amount=jnp.asarray(np.concatenate([np.asarray(amount, float) - lost, lost])),
        currency=jnp.asarray(currency),
        recovery=jnp.asarray(recovery),
    )


def linear() -> LinearExposure:
    return LinearExposure(value=jnp.asarray([1000.0, -50.0]), sensitivity=jnp.asarray([[3.0, -1.0], [0.0, 2.5]]))


def loans() -> Loan:
    return Loan(currency=jnp.asarray([0, 1]), outstanding=jnp.asarray([1e6, 2e5]))


def everything() -> Portfolio:
    """All kinds, long and short, one padded position and one contract held twice."""
    return book(
        hold(stocks(), [10.0, -20.0, 3.0]),
        hold(options(), [1.0, -2.0, 5.0, 4.0, -1.0, 2.0, 7.0, 99.0], [0, 1, 2, 3, 4, 5, 0, 0], [True] * 7 + [False]),
        hold(forwards(), [3.0, -1.0, 2.0]),
        hold(fx_forwards(), [1e4, 2e3, -5e3]),
        hold(fx_options(), [2e4, -1e4]),
        hold(bonds(), [100.0, -30.0, 5e3]),
        hold(linear(), [1.0, 2.0]),
        hold(loans(), [1.0, 1.0]),
    )
