"""Greeks by automatic differentiation: per position in a few forward passes, per market factor in one reverse pass."""

import dataclasses
from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax.instruments import AbstractTerms, Accounting, Portfolio, PositionGroup
from pact_jax.market import FactorGroup, MarketState, VolDynamics

from ._greeks_factor import cross_gamma, factor_gradient
from ._greeks_move import FactorVector, move_market
from ._greeks_traits import GreekEstimator, ThetaEstimator, aged, greek_traits, theta_estimator
from ._value import held_quantity, unit_values

BUSINESS_DAY = 1.0 / 250.0
"""Years of one average business day: weekends and holidays are spread over 250 days a year."""

_BASIS_POINT = 1e-4
_VOL_POINT = 0.01


class PositionGreeks(eqx.Module):
    """Greeks of every position, in the reporting currency.

    They are 0 for padding and for accrual kinds, and exactly 0 for groups of factors that a kind does not depend on.
    Second-order fields are None where they were not asked for.

    Attributes:
        present_value: signed value (carrying value of accrual kinds).
        delta: per unit of the spot of the position's own asset, in the asset's currency.
        delta_cash: delta times spot: the value change for a relative spot move of 1.
        gamma: change of delta per unit of spot.
        fx_delta: per unit of exchange rate, all foreign currencies up by one unit; one term for a position in one
            foreign currency.
        fx_delta_cash: value change for a relative move of 1 of all foreign currencies against the reporting one.
        fx_gamma: change of `fx_delta` per unit of exchange rate.
        vega: per 1.00 of volatility, all nodes of the surface up together.
        volga: change of vega per 1.00 of volatility.
        vanna: change of delta per 1.00 of volatility.
        fx_vanna: change of `fx_delta` per 1.00 of volatility.
        theta: value change over the time step, market unchanged (curves and surfaces as functions of time to date).
        rho: per 1.00 of zero rate, all curves and tenors up together.
        cs01: for one basis point up on all hazard rates.
    """

    present_value: Float[Array, "positions"]
    delta: Float[Array, "positions"]
    delta_cash: Float[Array, "positions"]
    fx_delta: Float[Array, "positions"]
    fx_delta_cash: Float[Array, "positions"]
    vega: Float[Array, "positions"]
    theta: Float[Array, "positions"]
    rho: Float[Array, "positions"]
    cs01: Float[Array, "positions"]
    gamma: Float[Array, "positions"] | None = None
    fx_gamma: Float[Array, "positions"] | None = None
    volga: Float[Array, "positions"] | None = None
    vanna: Float[Array, "positions"] | None = None
    fx_vanna: Float[Array, "positions"] | None = None

    @property
    def vega_pct(self) -> Float[Array, "positions"]:
        """Value change for one vol point (0.01) up."""
        return _VOL_POINT * self.vega

    @property
    def pv01(self) -> Float[Array, "positions"]:
        """Value change for one basis point up on all curves and tenors."""
        return _BASIS_POINT * self.rho


@dataclasses.dataclass(frozen=True)
class KindEstimator:
    """How the Greeks of one position group were obtained.

    Attributes:
        kind: name of the kind.
        sensitivities: smoothness of the present value that was differentiated.
        theta: how theta was obtained.
    """

    kind: str
    sensitivities: GreekEstimator
    theta: ThetaEstimator


class Greeks(eqx.Module):
    """Greeks of a book, with the conventions they were computed under.

    Attributes:
        by_position: one row a position.
        by_factor: gradient of the book's marked value, one number a market factor.
        cross_gamma: second derivatives with respect to pairs of spots; None if not asked for.
        estimator: how each group's numbers were obtained, in portfolio order.
        vol_dynamics: what a surface does when its underlying moves.
    """

    by_position: PositionGreeks
    by_factor: FactorVector
    cross_gamma: Float[Array, "assets assets"] | None
    estimator: tuple[KindEstimator, ...] = eqx.field(static=True)
    vol_dynamics: VolDynamics = eqx.field(static=True)

    @property
    def key_rate_pv01(self) -> Float[Array, "curves tenors"]:
        """Value change of the book for one basis point up on one node of one curve."""
        return _BASIS_POINT * _present(self.by_factor.zero_rate)

    @property
    def curve_pv01(self) -> Float[Array, "curves"]:
        """Value change of the book for one basis point up on all nodes of one curve."""
        return jnp.sum(self.key_rate_pv01, axis=1)

    @property
    def issuer_cs01(self) -> Float[Array, "issuers"]:
        """Value change of the book for one basis point up on all hazard rates of one issuer."""
        return _BASIS_POINT * jnp.sum(_present(self.by_factor.hazard_rate), axis=1)

    @property
    def bucketed_vega(self) -> Float[Array, "surfaces expiries strikes"]:
        """Value change of the book for one vol point up on one node of one surface."""
        return _VOL_POINT * _present(self.by_factor.implied_vol)


@partial(jax.jit, static_argnames=("vol_dynamics", "second_order"))
def greeks(
    portfolio: Portfolio,
    market: MarketState,
    *,
    time_step: Float[Array, ""] | float = BUSINESS_DAY,
    vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE,
    second_order: bool = True,
) -> Greeks:
    """All Greeks of a book, per position and per market factor, by automatic differentiation of its present value.

    Each contract is differentiated along parallel directions (its spot, its volatility, ...), one forward pass a
    direction for all positions at once; the factor gradient is one reverse pass. No bumps, except that theta is a full
    revaluation of the contracts aged by `time_step`. Volatility is linear in log-strike between surface nodes, so a
    strike on a node has a one-sided skew under sticky moneyness.

    Args:
        portfolio: the positions.
        market: the state of the world.
        time_step: years that theta looks ahead; the default is an average business day, 1/250. The exact step to the
            next business day is 1/365 overnight and 3/365 over a weekend under Act/365.
        vol_dynamics: what a surface does when its underlying moves.
        second_order: whether to compute gamma, volga, vanna and cross-gamma.

    Returns:
        Greeks in the reporting currency, with the estimator of each kind.

    Raises:
        UnsupportedInstrument: a kind has no registered pricing.

    Example:
        >>> from pact_jax.instruments import Stock, position_group
        >>> from pact_jax.market import example_market
        >>> zero = jnp.zeros(1, int)
        >>> shares = position_group(Stock(zero, zero), jnp.full(1, 10.0))
        >>> result = greeks(Portfolio((shares,), num_desks=1, num_buckets=0), example_market())
        >>> float(result.by_position.delta[0]), float(result.by_position.delta_cash[0]), float(result.by_factor.spot[0])
        (10.0, 1000.0, 10.0)

    References:
        J. C. Hull, Options, Futures, and Other Derivatives, chapter 19 (definitions).
    """
    step = jnp.asarray(time_step, market.spot.dtype)
    by_group = [_group_greeks(group, market, step, vol_dynamics, second_order) for group in portfolio.groups]
    return Greeks(
        by_position=jax.tree.map(lambda *parts: jnp.concatenate(parts), *by_group),
        by_factor=factor_gradient(portfolio, market, vol_dynamics=vol_dynamics),
        cross_gamma=cross_gamma(portfolio, market, vol_dynamics=vol_dynamics) if second_order else None,
        estimator=tuple(
            KindEstimator(g.terms.kind, greek_traits(g.terms).estimator, theta_estimator(g.terms))
            for g in portfolio.groups
        ),
        vol_dynamics=vol_dynamics,
    )


def _group_greeks(
    group: PositionGroup,
    market: MarketState,
    step: Float[Array, ""],
    vol_dynamics: VolDynamics,
    second_order: bool,
) -> PositionGreeks:
    # Without the barrier the compiler evaluates the whole formula again for each output that gathers from it.
    unit = jax.lax.optimization_barrier(_unit_greeks(group.terms, market, step, vol_dynamics, second_order))
    quantity = held_quantity(group)
    return jax.tree.map(lambda leaf: quantity * leaf[group.contract], unit)


def _unit_greeks(
    terms: AbstractTerms,
    market: MarketState,
    step: Float[Array, ""],
    vol_dynamics: VolDynamics,
    second_order: bool,
) -> PositionGreeks:
    """Greeks of one unit of each contract: derivatives of the vector of prices along scalar parameters."""
    value = unit_values(terms, market)
    groups = () if terms.accounting is Accounting.ACCRUAL else terms.depends_on
    live = {name: d for name, (group, d) in _directions(market).items() if group in groups}

    def at(move: FactorVector) -> Float[Array, "contracts"]:
        return unit_values(terms, move_market(market, move, vol_dynamics))

    found = dict.fromkeys(_directions(market), jnp.zeros_like(value))
    found |= {name: _slope(at, direction, value.dtype) for name, direction in live.items()}
    if second_order:
        for name, (left, right) in _PAIRS.items():
            both = left in live and right in live
            found[name] = _mixed(at, live[left], live[right], value.dtype) if both else jnp.zeros_like(value)
    return PositionGreeks(present_value=value, theta=_unit_theta(terms, market, value, step), **found)


def _directions(market: MarketState) -> dict[str, tuple[FactorGroup, FactorVector]]:
    """The direction that each first-order Greek is a derivative along."""
    return {
        "delta": (FactorGroup.SPOT, FactorVector(spot=jnp.ones_like(market.spot))),
        "delta_cash": (FactorGroup.SPOT, FactorVector(spot=market.spot)),
        "fx_delta": (FactorGroup.FX, FactorVector(fx=jnp.ones_like(market.fx))),
        "fx_delta_cash": (FactorGroup.FX, FactorVector(fx=market.fx)),
        "vega": (FactorGroup.VOL, FactorVector(implied_vol=jnp.ones_like(market.implied_vol))),
        "rho": (FactorGroup.RATES, FactorVector(zero_rate=jnp.ones_like(market.zero_rate))),
        "cs01": (FactorGroup.SPREAD, FactorVector(hazard_rate=jnp.full_like(market.hazard_rate, _BASIS_POINT))),
    }


_PAIRS = {
    "gamma": ("delta", "delta"),
    "fx_gamma": ("fx_delta", "fx_delta"),
    "volga": ("vega", "vega"),
    "vanna": ("delta", "vega"),
    "fx_vanna": ("fx_delta", "vega"),
}
"""Second-order Greeks, by the directions of the first-order ones."""


def _slope(
    at: Callable[[FactorVector], Float[Array, "contracts"]], direction: FactorVector, dtype: jnp.dtype
) -> Float[Array, "contracts"]:
    zero, one = jnp.zeros((), dtype), jnp.ones((), dtype)
    return jax.jvp(lambda x: at(_scaled(direction, x)), (zero,), (one,))[1]


def _mixed(
    at: Callable[[FactorVector], Float[Array, "contracts"]], left: FactorVector, right: FactorVector, dtype: jnp.dtype
) -> Float[Array, "contracts"]:
    """Second derivative along two directions, forward over forward."""
    zero, one = jnp.zeros((), dtype), jnp.ones((), dtype)

    def slope(y: Float[Array, ""]) -> Float[Array, "contracts"]:
        return jax.jvp(lambda x: at(_sum(_scaled(left, x), _scaled(right, y))), (zero,), (one,))[1]

    return jax.jvp(slope, (zero,), (one,))[1]


def _unit_theta(
    terms: AbstractTerms, market: MarketState, value: Float[Array, "contracts"], step: Float[Array, ""]
) -> Float[Array, "contracts"]:
    estimator = theta_estimator(terms)
    if estimator is ThetaEstimator.NO_TIMES or terms.accounting is Accounting.ACCRUAL:
        return jnp.zeros_like(value)
    if estimator is ThetaEstimator.UNKNOWN:
        # A zero would read as "no time decay": what is unknown must not add up to a number.
        return jnp.full_like(value, jnp.nan)
    return unit_values(aged(terms, step), market) - value


def _scaled(direction: FactorVector, scale: Float[Array, ""]) -> FactorVector:
    return jax.tree.map(lambda leaf: scale * leaf, direction)


def _sum(left: FactorVector, right: FactorVector) -> FactorVector:
    def add(x: Array | None, y: Array | None) -> Array | None:
        return y if x is None else x if y is None else x + y

    return jax.tree.map(add, left, right, is_leaf=lambda leaf: leaf is None)


def _present(leaf: Array | None) -> Array:
    if leaf is None:
        raise AssertionError("a factor gradient has every leaf")
    return leaf
