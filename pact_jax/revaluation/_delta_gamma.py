"""Delta-gamma: the book as a quadratic form in the moves, as P&L vectors and as a law under Gaussian factors."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from pact_jax._status import Status
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState, apply_shock
from pact_jax.pricing import state_values

from ._exposure import sum_by_desk
from ._full import revalue
from ._portfolio_base import value_base
from ._quadratic import QuadraticLaw, quadratic_law
from ._vectors import VERIFY_TILE, PnlVectors, RevaluationMode, certify_tail, check_level, full_vectors


class DeltaGamma(eqx.Module):
    """First and second derivatives of the marked value by desk, in the coordinates of a shock.

    The factors are the leaves that the shock moves, in its order: log returns, log moves of volatility, moves of rates.

    Attributes:
        delta: gradient.
        gamma: matrix of second derivatives.
    """

    delta: Float[Array, "desks factors"]
    gamma: Float[Array, "desks factors factors"]

    def law(self, covariance: Float[Array, "factors factors"]) -> QuadraticLaw:
        """Law of the whole book's loss under Gaussian factors with mean 0.

        Args:
            covariance: of the factors' moves, in the shock's order.

        Returns:
            A quadratic form of independent normals, for `cornish_fisher` and `fourier_tail`.
        """
        return quadratic_law(jnp.sum(self.delta, axis=0), jnp.sum(self.gamma, axis=0), covariance)


@jax.jit
def delta_gamma(portfolio: Portfolio, market: MarketState, shock: MarketShock) -> DeltaGamma:
    """Derivatives of the marked positions' value with respect to what a shock moves, at no move.

    One gradient, and one product with the matrix of second derivatives for each factor, forward over reverse.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis; only which leaves it moves, and their shapes, count.

    Returns:
        Derivatives by desk.

    Raises:
        DifferentiationError: the value of a kind has no derivative here.

    Example:
        >>> from pact_jax.instruments import Stock, position_group
        >>> from pact_jax.market import example_market
        >>> zero = jnp.zeros(1, int)
        >>> shares = position_group(Stock(zero, zero), jnp.full(1, 10.0))
        >>> book = Portfolio((shares,), num_desks=1, num_buckets=0)
        >>> found = delta_gamma(book, example_market(), MarketShock(spot=jnp.zeros((3, 1))))
        >>> round(float(found.delta[0, 0]), 9), round(float(found.gamma[0, 0, 0]), 9)
        (1000.0, 1000.0)
    """
    marked = value_base(portfolio, market).marked(portfolio)
    origin, unravel = ravel_pytree(jax.tree.map(lambda leaf: jnp.zeros(leaf.shape[1:], leaf.dtype), shock))

    def value(move: Float[Array, "factors"], held: list[Float[Array, "states"]]) -> Float[Array, ""]:
        moved = apply_shock(market, unravel(move))
        total = jnp.zeros((), origin.dtype)
        for (group, _, _), holding in zip(marked, held, strict=True):
            total = total + jnp.sum(holding * state_values(group.terms, moved))
        return total

    def one_desk(held: list[Float[Array, "states"]]) -> tuple[Float[Array, "factors"], Float[Array, "factors factors"]]:
        def slope(move: Float[Array, "factors"]) -> Float[Array, "factors"]:
            return jax.grad(value)(move, held)

        columns = jax.lax.map(
            lambda unit: jax.jvp(slope, (origin,), (unit,))[1], jnp.eye(len(origin), dtype=origin.dtype)
        )
        return slope(origin), 0.5 * (columns + columns.T)

    return DeltaGamma(
        *jax.lax.map(one_desk, [sum_by_desk(group, exposure, portfolio.num_desks) for group, _, exposure in marked])
    )


def delta_gamma_vectors(
    portfolio: Portfolio,
    market: MarketState,
    shock: MarketShock,
    *,
    confidence: float = 0.975,
    tolerance: float = 0.01,
    verify: int | None = None,
) -> PnlVectors:
    """P&L of a book by its first and second derivatives, with its error on the tail by full revaluation.

    `pnl = delta . x + x . gamma x / 2`. An approximation that is asked for by name: it is returned even where its error
    is above the tolerance, with a remark. Kinds with credit buckets are revalued in full.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis, equally weighted.
        confidence: level of the VaR and ES whose error is stated.
        tolerance: error beyond which the result carries a remark, as a fraction of the VaR.
        verify: how many tail scenarios to revalue in full; None for all, with a margin.

    Returns:
        P&L by desk and bucket.
    """
    check_level(confidence, tolerance)
    covered = tuple(group for group in portfolio.groups if group.book_bucket is None)
    rest = tuple(group for group in portfolio.groups if group.book_bucket is not None)
    part, left = (Portfolio(g, portfolio.num_desks, portfolio.num_buckets) for g in (covered, rest))
    exact = tuple(f"{group.terms.kind}: its positions can default with an issuer" for group in rest)
    if not covered:
        return dataclasses.replace(full_vectors(portfolio, market, shock), exact=exact)
    approximate = np.asarray(_quadratic_pnl(delta_gamma(part, market, shock), shock))
    others = full_vectors(left, market, shock)
    pnl = approximate + np.asarray(others.pnl)
    certificate = certify_tail(
        pnl,
        approximate,
        shock,
        lambda some: _revalue(part, market, some),
        confidence=confidence,
        tolerance=tolerance,
        verify=verify,
    )
    status = np.asarray(others.status) | np.where(np.isfinite(pnl).all(axis=1), 0, int(Status.NONFINITE_PNL))
    return PnlVectors(
        jnp.asarray(pnl),
        others.bucket_pnl,
        jnp.asarray(status.astype(np.uint32)),
        RevaluationMode.DELTA_GAMMA,
        certificate,
        exact,
        "" if certificate.holds else "the error of this approximation is above the tolerance",
    )


@jax.jit
def _quadratic_pnl(form: DeltaGamma, shock: MarketShock) -> Float[Array, "scenarios desks"]:
    moves = jax.vmap(lambda one: ravel_pytree(one)[0])(shock)
    high = jax.lax.Precision.HIGHEST

    def one_desk(part: DeltaGamma) -> Float[Array, "scenarios"]:
        bent = jnp.matmul(moves, part.gamma, precision=high)
        return jnp.matmul(moves, part.delta, precision=high) + 0.5 * jnp.sum(bent * moves, axis=1)

    return jax.lax.map(one_desk, form).T


@jax.jit
def _revalue(portfolio: Portfolio, market: MarketState, shock: MarketShock) -> Float[Array, "scenarios desks"]:
    return revalue(portfolio, market, shock, tile=VERIFY_TILE).pnl
