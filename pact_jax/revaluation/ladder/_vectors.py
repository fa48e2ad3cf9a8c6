"""The ladder as a way to revalue a book: planned, built, evaluated, and certified on its own tail."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax._status import Status
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState

from .._full import by_desk_and_bucket
from .._portfolio_base import PortfolioBase, value_base
from .._tile import map_blocks
from .._vectors import VERIFY_TILE, PnlVectors, RevaluationMode, certify_tail, check_level, full_vectors
from ._collapsed import collapse, collapsed_pnl
from ._nodes import LadderNodes
from ._plan import LadderPlan, PlannedBook
from ._plan_ladders import plan_ladders

ONE_BASIS_POINT = 1e-4
"""Tolerance of a certificate: largest error of VaR and ES, as a fraction of the VaR."""


def ladder_vectors(
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
    *,
    confidence: float = 0.975,
    tolerance: float = ONE_BASIS_POINT,
    nodes: LadderNodes | None = None,
    verify: int | None = None,
    planned: PlannedBook | None = None,
) -> PnlVectors:
    """P&L of a book collapsed onto ladders and strips, certified by full revaluation of its tail.

    Options collapse onto ladders, fixed payments onto strips; other kinds are revalued in full, by name. The tail
    scenarios of the result, and a margin beside them, are revalued in full; if VaR or ES is off by more than the
    tolerance, or anything is not finite, the whole book is.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis, equally weighted.
        confidence: level of the VaR and ES that are certified.
        tolerance: largest error of either, as a fraction of the VaR.
        nodes: how fine the ladders are.
        verify: how many scenarios to revalue in full; None for the whole tail and its margin. A sample is judged by its
            largest error.
        planned: what `plan_ladders` said of this book and shock, where it is already known.

    Returns:
        P&L by desk and bucket. `mode` is FULL if the certificate did not hold; the certificate that failed is kept.

    Raises:
        ArgumentError: a level outside (0, 1), or a tolerance that is not positive.

    Example:
        >>> from pact_jax.instruments import DiscountPoints, EuropeanOption, position_group
        >>> from pact_jax.market import example_market
        >>> zero, one = jnp.zeros(1, int), jnp.ones(1)
        >>> at = DiscountPoints(zero, one)
        >>> call = EuropeanOption(zero, zero, zero, at, zero, 100.0 * one, one, jnp.ones(1, bool), one)
        >>> group = position_group(call, -one)
        >>> moves = MarketShock(spot=jnp.linspace(-0.1, 0.1, 101)[:, None])
        >>> book = Portfolio((group,), num_desks=1, num_buckets=0)
        >>> result = ladder_vectors(book, example_market(), moves, confidence=0.9)
        >>> result.mode.value, result.certificate.holds
        ('ladder', True)
    """
    check_level(confidence, tolerance)
    nodes = (LadderNodes() if nodes is None else nodes).fitted(shock)
    plan, left = plan_ladders(portfolio, market, shock) if planned is None else planned
    exact = tuple(f"{kind}: {kind.reason}" for kind in left)
    if plan is None:
        full = full_vectors(portfolio, market, shock)
        return dataclasses.replace(full, exact=exact, remark="no ladder covers any position: all are revalued in full")
    base = value_base(portfolio, market)
    covered, covered_bucket = _approximate(plan, portfolio, base, market, shock, nodes)
    others, others_base = plan.rest(portfolio, base)
    rest = full_vectors(others, market, shock, base=others_base)
    pnl = np.asarray(covered) + np.asarray(rest.pnl)
    certificate = certify_tail(
        pnl,
        np.asarray(covered),
        shock,
        functools.partial(_revalue_covered, *plan.covered(portfolio, base), market),
        confidence=confidence,
        tolerance=tolerance,
        verify=verify,
    )
    if not certificate.holds:
        remark = "the ladder's certificate did not hold: all positions are revalued in full"
        return dataclasses.replace(
            full_vectors(portfolio, market, shock), certificate=certificate, exact=exact, remark=remark
        )
    status = np.asarray(rest.status) | np.where(np.isfinite(pnl).all(axis=1), 0, int(Status.NONFINITE_PNL))
    return PnlVectors(
        jnp.asarray(pnl),
        rest.bucket_pnl + covered_bucket,
        jnp.asarray(status.astype(np.uint32)),
        RevaluationMode.LADDER,
        certificate,
        exact,
    )


@functools.partial(jax.jit, static_argnames=("nodes",))
def _approximate(
    plan: LadderPlan,
    portfolio: Portfolio,
    base: PortfolioBase,
    market: MarketState,
    shock: MarketShock,
    nodes: LadderNodes,
) -> tuple[Float[Array, "scenarios desks"], Float[Array, "scenarios buckets"]]:
    return collapsed_pnl(plan, collapse(plan, portfolio, base, market, shock, nodes), portfolio, market, shock)


@jax.jit
def _revalue_covered(
    covered: Portfolio, base: PortfolioBase, market: MarketState, shock: MarketShock
) -> Float[Array, "scenarios desks"]:
    return map_blocks(lambda some: by_desk_and_bucket(covered, base, market, some)[0], shock, tile=VERIFY_TILE)
