"""A fitted surface as the nodes that a market state keeps."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..errors import ArgumentError
from ..market import MarketState


class SurfaceNodes(NamedTuple):
    """Nodes of one surface, as `MarketState` keeps them.

    Attributes:
        vol_expiry: years.
        vol_log_strike: natural logarithm of absolute strike.
        implied_vol: per square-root year.
        interpolation_error: what a market state reads halfway (in log-strike) between two nodes of an expiry, minus
            the volatility of the fitted smile there.
    """

    vol_expiry: Float[Array, "expiries"]
    vol_log_strike: Float[Array, "expiries strikes"]
    implied_vol: Float[Array, "expiries strikes"]
    interpolation_error: Float[Array, "expiries strikes-1"]


@partial(jax.jit, static_argnums=0)
def surface_nodes(
    total_variance: Callable[[Any, Float[Array, "strikes"]], Float[Array, "strikes"]],
    parameters: Any,
    expiry: Float[Array, "expiries"],
    forward: Float[Array, "expiries"],
    log_moneyness: Float[Array, "strikes"],
) -> SurfaceNodes:
    """Read a fitted surface at nodes of moneyness and place them at absolute strikes.

    A market state is linear in volatility between strikes, and linear in total variance between expiries at fixed
    strike; volatility is flat beyond the nodes. The error of the first is returned; it falls with the square of the
    distance of the nodes. A fitted smile says nothing between expiries, so there is no error to state there.

    Args:
        total_variance: of one expiry, from its parameters and log-moneyness: `svi_total_variance`,
            `sabr_total_variance`.
        parameters: pytree of arrays with one element an expiry.
        expiry: years, positive, ascending.
        forward: of each expiry, positive.
        log_moneyness: nodes, ascending.

    Returns:
        The nodes.

    Example:
        >>> from pact_jax.surfaces import SVIParameters, svi_total_variance
        >>> smile = SVIParameters(*(jnp.asarray([x]) for x in (0.04, 0.4, -0.4, 0.05, 0.1)))
        >>> one = jnp.ones(1)
        >>> nodes = surface_nodes(svi_total_variance, smile, one, 100.0 * one, jnp.linspace(-0.5, 0.5, 21))
        >>> bool(abs(nodes.interpolation_error).max() < 2.1e-3)
        True
    """
    middle = 0.5 * (log_moneyness[1:] + log_moneyness[:-1])

    def one(own, time):
        node = jnp.sqrt(total_variance(own, log_moneyness) / time)
        return node, 0.5 * (node[1:] + node[:-1]) - jnp.sqrt(total_variance(own, middle) / time)

    vol, error = jax.vmap(one)(parameters, expiry)
    return SurfaceNodes(expiry, jnp.log(forward)[:, None] + log_moneyness[None, :], vol, error)


def with_surface(market: MarketState, surface: int, nodes: SurfaceNodes) -> MarketState:
    """Replace the nodes of one surface; its level multiplier becomes 1.

    Args:
        market: the state.
        surface: index of the surface.
        nodes: as many expiries and strikes as the state keeps for each surface.

    Returns:
        The state with the fitted surface.

    Raises:
        ArgumentError: for an index that does not exist, a grid of another shape, or a node that is not a positive
            volatility.
    """
    where = "with_surface"
    count, *shape = market.implied_vol.shape
    if not 0 <= surface < count:
        raise ArgumentError(f"surface is {surface}", where, f"give an index from 0 to {count - 1}")
    if list(nodes.implied_vol.shape) != shape:
        found = f"nodes have shape {nodes.implied_vol.shape}, the market keeps {tuple(shape)}"
        raise ArgumentError(found, where, "read the surface at as many expiries and strikes as the market keeps")
    if not bool(jnp.all(jnp.isfinite(nodes.implied_vol) & (nodes.implied_vol > 0.0))):
        raise ArgumentError("a node is not a positive volatility", where, "check the fit with smile_violations")
    return eqx.tree_at(
        lambda state: (state.vol_expiry, state.vol_log_strike, state.implied_vol, state.vol_level),
        market,
        (
            market.vol_expiry.at[surface].set(nodes.vol_expiry),
            market.vol_log_strike.at[surface].set(nodes.vol_log_strike),
            market.implied_vol.at[surface].set(nodes.implied_vol),
            market.vol_level.at[surface].set(1.0),
        ),
    )
