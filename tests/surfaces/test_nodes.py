"""A fitted surface in a market state: read back, its error between nodes, what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.errors import ArgumentError
from pact_jax.market import example_market, implied_vol
from pact_jax.surfaces import surface_nodes, svi_implied_vol, svi_total_variance, with_surface

from .smiles import SVI

FORWARD = jnp.asarray([101.0, 103.0, 106.0, 110.0])


def _nodes(expiries, strikes):
    own = jax.tree.map(lambda x: jnp.asarray(x[:expiries]), SVI)
    time = jnp.asarray([0.1, 0.5, 1.0, 3.0])[:expiries]
    return own, surface_nodes(svi_total_variance, own, time, FORWARD[:expiries], jnp.linspace(-0.4, 0.4, strikes))


def test_the_market_reads_the_fit_at_nodes_and_the_stated_error_between():
    market = example_market()
    _, expiries, strikes = market.implied_vol.shape
    own, nodes = _nodes(expiries, strikes)
    state = with_surface(market, 0, nodes)
    at = np.asarray(nodes.vol_log_strike)
    places = np.concatenate([at, 0.5 * (at[:, 1:] + at[:, :-1])], axis=1)
    count = places.shape[1]
    when = np.repeat(np.asarray(nodes.vol_expiry), count)
    read = jax.jit(implied_vol)(state, np.zeros(when.size, int), when, places.reshape(-1)).reshape(places.shape)
    moneyness = places - np.log(FORWARD[:expiries])[:, None]
    exact = jax.jit(jax.vmap(svi_implied_vol))(own, moneyness, nodes.vol_expiry)
    error = np.concatenate([np.zeros((expiries, strikes)), nodes.interpolation_error], axis=1)
    np.testing.assert_allclose(read - exact, error, atol=1e-14)
    assert float(np.max(np.abs(nodes.interpolation_error))) > 1e-5


def test_error_falls_with_the_square_of_the_distance():
    coarse, fine = (float(np.max(np.abs(_nodes(4, n)[1].interpolation_error[1:]))) for n in (41, 81))
    assert coarse / fine == pytest.approx(4.0, rel=0.15)


def test_other_surfaces_stay():
    market = example_market()
    count, expiries, strikes = market.implied_vol.shape
    state = with_surface(market, count - 1, _nodes(expiries, strikes)[1])
    np.testing.assert_array_equal(state.implied_vol[:-1], market.implied_vol[:-1])
    np.testing.assert_array_equal(state.spot, market.spot)
    assert float(state.vol_level[count - 1]) == 1.0


def test_refused():
    market = example_market()
    count, expiries, strikes = market.implied_vol.shape
    nodes = _nodes(expiries, strikes)[1]
    with pytest.raises(ArgumentError, match=f"surface is {count}"):
        with_surface(market, count, nodes)
    with pytest.raises(ArgumentError, match="the market keeps"):
        with_surface(market, 0, _nodes(expiries, strikes + 1)[1])
    with pytest.raises(ArgumentError, match="not a positive volatility"):
        with_surface(market, 0, nodes._replace(implied_vol=nodes.implied_vol * jnp.nan))
