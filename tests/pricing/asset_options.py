"""The same few dozen contracts as every kind of option on one asset, priced by one compiled program."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from pact_jax.instruments import (
    AmericanOption,
    AsianOption,
    AssetOption,
    BarrierOption,
    DigitalOption,
    DiscountPoints,
    EuropeanOption,
)
from pact_jax.market import MarketState, example_market
from pact_jax.pricing import state_values

COUNT = 32
FIXINGS = 3
"""Fixings still to come; one more was fixed at `PAST`."""
PAST = 98.0
DAYS = np.random.default_rng(3).integers(20, 900, COUNT)
BARRIER_UP = np.arange(COUNT) // 2 % 2 == 0
BARRIER_IN = np.arange(COUNT) // 4 % 2 == 0


def market(spot: float = 100.0, zero_rate: float = 0.03, vol: float = 0.25) -> MarketState:
    """One asset with a yield of 2 %; everything else flat."""
    at = dataclasses.replace(example_market(spot, zero_rate, vol), dividend_yield=jnp.full(1, 0.02))
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)), at)  # no weak types: one trace for all markets


def option(is_call: Array | None = None, expiry: Array | None = None) -> AssetOption:
    """Strikes from 70 to 140 on the only asset, calls and puts in turn."""
    zero = jnp.zeros(COUNT, int)
    expiry = jnp.asarray(DAYS / 365.0) if expiry is None else expiry
    return AssetOption(
        asset=zero,
        currency=zero,
        surface=zero,
        discount=DiscountPoints(zero, expiry),
        point=jnp.arange(COUNT),
        strike=jnp.asarray(np.linspace(70.0, 140.0, COUNT).round(2)),
        expiry=expiry,
        is_call=jnp.asarray(np.arange(COUNT) % 2 == 0) if is_call is None else is_call,
        multiplier=jnp.full(COUNT, 10.0),
    )


def kinds(on: AssetOption) -> tuple:
    """European, cash digital, asset digital, American, barrier with rebate, its in-out twin without, Asian."""
    share = np.arange(1.0, FIXINGS + 1.0) / FIXINGS
    weight = jnp.full((COUNT, FIXINGS), 1.0 / (FIXINGS + 1.0))
    past = jnp.full(COUNT, np.log(PAST) / (FIXINGS + 1.0))
    level = jnp.where(jnp.asarray(BARRIER_UP), 125.0, 80.0)
    up, into, none = jnp.asarray(BARRIER_UP), jnp.asarray(BARRIER_IN), jnp.zeros(COUNT)
    fields = {f.name: getattr(on, f.name) for f in dataclasses.fields(on)}
    return (
        EuropeanOption(**fields),
        DigitalOption(on, jnp.full(COUNT, 5.0), jnp.zeros(COUNT, bool)),
        DigitalOption(on, jnp.ones(COUNT), jnp.ones(COUNT, bool)),
        AmericanOption(on),
        BarrierOption(on, level, jnp.full(COUNT, 3.0), up, into),
        BarrierOption(on, level, none, up, into),
        BarrierOption(on, level, none, up, ~into),
        AsianOption(on, on.expiry[:, None] * jnp.asarray(share)[None, :], weight, past),
    )


TRACES: list[None] = []


@jax.jit
def values(on: AssetOption, at: MarketState) -> tuple[Array, ...]:
    """Value of one contract of each kind, in the order of `kinds`."""
    TRACES.append(None)
    return tuple(state_values(terms, at) for terms in kinds(on))
