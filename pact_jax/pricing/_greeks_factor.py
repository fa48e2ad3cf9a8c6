"""Greeks of the whole book by market factor: one reverse pass, and products with the second-derivative matrix."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import Accounting, Portfolio, PositionGroup
from pact_jax.market import FactorGroup, MarketState, VolDynamics

from ._greeks_move import FactorVector, move_market, no_move
from ._greeks_traits import greek_traits
from ._value import group_value, held_quantity, unit_values

_BLOCK = 16
"""Assets whose Hessian-vector products run side by side where cross-gamma needs the full matrix."""


def marked_value(groups: tuple[PositionGroup, ...], market: MarketState) -> Float[Array, ""]:
    """Present value of all positions that are marked to market; accrual kinds do not move with it."""
    total = jnp.zeros((), market.spot.dtype)
    for group in groups:
        if group.terms.accounting is Accounting.MARKED:
            total = total + jnp.sum(group_value(group, market))
    return total


def factor_gradient(
    portfolio: Portfolio, market: MarketState, *, vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE
) -> FactorVector:
    """Gradient of the book's marked value with respect to every market factor, `dV / dx_k`.

    Key-rate PV01 is 1e-4 times the `zero_rate` leaf, bucketed vega per vol point 0.01 times the `implied_vol` leaf.

    Args:
        portfolio: the positions.
        market: the state of the world.
        vol_dynamics: what a surface does when its underlying moves.

    Returns:
        Reporting currency per unit of each factor.
    """
    return jax.grad(lambda move: marked_value(portfolio.groups, move_market(market, move, vol_dynamics)))(
        no_move(market)
    )


def hessian_vector_product(
    portfolio: Portfolio,
    market: MarketState,
    direction: FactorVector,
    *,
    vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE,
) -> FactorVector:
    """Change of the gradient along a direction, `H d`, without forming the matrix of second derivatives.

    `d . H d / 2` is the second-order P&L of the move `d`. Forward over reverse: the cost is a small multiple of one
    gradient, however many factors there are.

    Args:
        portfolio: the positions.
        market: the state of the world.
        direction: absolute moves; None leaves do not move.
        vol_dynamics: what a surface does when its underlying moves.

    Returns:
        Reporting currency per unit of each factor.

    Example:
        >>> from pact_jax.instruments import Stock, position_group
        >>> from pact_jax.market import example_market
        >>> zero = jnp.zeros(1, int)
        >>> shares = position_group(Stock(zero, zero), jnp.ones(1))
        >>> book = Portfolio((shares,), num_desks=1, num_buckets=0)
        >>> float(hessian_vector_product(book, example_market(), FactorVector(spot=jnp.ones(1))).spot[0])
        0.0

    References:
        B. A. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994).
    """

    def gradient(scale: Float[Array, ""]) -> FactorVector:
        moved = move_market(market, jax.tree.map(lambda leaf: scale * leaf, direction), vol_dynamics)
        return factor_gradient(portfolio, moved, vol_dynamics=vol_dynamics)

    return _slope(gradient, market)


def cross_gamma(
    portfolio: Portfolio, market: MarketState, *, vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE
) -> Float[Array, "assets assets"]:
    """Second derivatives of the book's marked value with respect to pairs of spots, `d2V / dS_a dS_b`.

    Kinds that declared their one asset have a diagonal block, the sum of their contracts' gammas by asset; for the
    others Hessian-vector products with every asset run in blocks.

    Args:
        portfolio: the positions.
        market: the state of the world.
        vol_dynamics: what a surface does when its underlying moves.

    Returns:
        Symmetric matrix, reporting currency per unit of both spots.
    """
    spot = market.spot
    matrix = jnp.zeros((spot.shape[0], spot.shape[0]), spot.dtype)
    moving = [g for g in portfolio.groups if FactorGroup.SPOT in g.terms.depends_on]
    several = tuple(group for group in moving if greek_traits(group.terms).asset is None)
    for group in moving:
        own = greek_traits(group.terms).asset
        if own is not None and group.terms.accounting is Accounting.MARKED:
            asset = own(group.terms)[group.contract]
            matrix = matrix.at[asset, asset].add(_gamma(group, market, vol_dynamics))
    if several:
        basis = jnp.eye(spot.shape[0], dtype=spot.dtype)
        rows = jax.lax.map(lambda e: _spot_product(several, market, e, vol_dynamics), basis, batch_size=_BLOCK)
        # Rounding aside the matrix is symmetric; the mean makes it so to the last bit.
        matrix = matrix + 0.5 * (rows + rows.T)
    return matrix


def pv01_by_curve(portfolio: Portfolio, market: MarketState) -> Float[Array, "positions curves"]:
    """Value change of each position for one basis point up on all tenors of one curve, `1e-4 sum_t dV / dz(c, t)`.

    One forward pass a curve; `Greeks.by_position.pv01` is the sum over curves at the cost of one.

    Args:
        portfolio: the positions.
        market: the state of the world.

    Returns:
        Reporting currency; 0 for padding and for kinds that do not depend on rates.
    """
    num_curves = market.zero_rate.shape[0]

    def of_group(group: PositionGroup) -> Float[Array, "positions curves"]:
        if group.terms.accounting is Accounting.ACCRUAL or FactorGroup.RATES not in group.terms.depends_on:
            return jnp.zeros((group.quantity.shape[0], num_curves), market.zero_rate.dtype)

        def unit(shift: Float[Array, "curves"]) -> Float[Array, "contracts"]:
            move = FactorVector(zero_rate=jnp.broadcast_to(shift[:, None], market.zero_rate.shape))
            return unit_values(group.terms, move_market(market, move))

        slope = jax.jacfwd(unit)(jnp.zeros(num_curves, market.zero_rate.dtype))
        return 1e-4 * held_quantity(group)[:, None] * slope[group.contract]

    return jnp.concatenate([of_group(group) for group in portfolio.groups])


def _gamma(group: PositionGroup, market: MarketState, vol_dynamics: VolDynamics) -> Float[Array, "positions"]:
    def slope(x: Float[Array, ""]) -> Float[Array, "contracts"]:
        def value(y: Float[Array, ""]) -> Float[Array, "contracts"]:
            move = FactorVector(spot=(x + y) * jnp.ones_like(market.spot))
            return unit_values(group.terms, move_market(market, move, vol_dynamics))

        return _slope(value, market)

    return held_quantity(group) * _slope(slope, market)[group.contract]


def _spot_product(
    groups: tuple[PositionGroup, ...],
    market: MarketState,
    direction: Float[Array, "assets"],
    vol_dynamics: VolDynamics,
) -> Float[Array, "assets"]:
    def gradient(scale: Float[Array, ""]) -> Float[Array, "assets"]:
        def value(spot_move: Float[Array, "assets"]) -> Float[Array, ""]:
            return marked_value(groups, move_market(market, FactorVector(spot=spot_move), vol_dynamics))

        return jax.grad(value)(scale * direction)

    return _slope(gradient, market)


def _slope(function, market: MarketState):
    zero = jnp.zeros((), market.spot.dtype)
    return jax.jvp(function, (zero,), (jnp.ones_like(zero),))[1]
