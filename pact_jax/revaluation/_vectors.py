"""One form for the P&L of a book in every scenario, however it was had, with its error against full revaluation."""

import dataclasses
import enum
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt32

from pact_jax.errors import ArgumentError
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketShock, MarketState
from pact_jax.measures import tail_measures

from ._full import revalue
from ._portfolio_base import PortfolioBase

VERIFY_TILE = 32
"""Scenarios of the tail that are revalued at a time."""


class RevaluationMode(enum.Enum):
    """How a P&L was had."""

    FULL = "full revaluation"
    LADDER = "ladder"
    DELTA_GAMMA = "delta-gamma"
    SUPPLIED = "supplied vectors"


@dataclasses.dataclass(frozen=True, eq=False)
class Certificate:
    """What full revaluation says of the scenarios that make the tail.

    Attributes:
        verified: scenarios revalued in full.
        complete: true if they are the whole tail and what lies next to it, so that the errors of VaR and ES are those
            of the book; false for a sample, which is judged by its largest error alone.
        max_error: largest difference in P&L over those scenarios.
        value_at_risk: with the verified scenarios put in place of their approximations.
        value_at_risk_error: absolute difference to the VaR of the approximation; for a sample `max_error`.
        expected_shortfall: as `value_at_risk`.
        expected_shortfall_error: as `value_at_risk_error`.
        tolerance: largest error that is accepted, as a fraction of the VaR.
    """

    verified: int
    complete: bool
    max_error: float
    value_at_risk: float
    value_at_risk_error: float
    expected_shortfall: float
    expected_shortfall_error: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the approximation may stand in for full revaluation; false if anything is not finite."""
        limit = self.tolerance * abs(self.value_at_risk)
        return bool(self.value_at_risk_error <= limit and self.expected_shortfall_error <= limit)


@dataclasses.dataclass(frozen=True, eq=False)
class PnlVectors:
    """P&L of the marked positions in every scenario.

    Attributes:
        pnl: by desk, reporting currency, negative is a loss.
        bucket_pnl: by credit bucket.
        status: bits of `Status` for each scenario.
        mode: how the P&L was had.
        certificate: error against full revaluation; None where the P&L is that of full revaluation or is not ours.
        exact: what is not approximated: kinds revalued in full, and why.
        remark: what a reader has to know; empty if nothing.
    """

    pnl: Float[Array, "scenarios desks"]
    bucket_pnl: Float[Array, "scenarios buckets"]
    status: UInt32[Array, "scenarios"]
    mode: RevaluationMode
    certificate: Certificate | None = None
    exact: tuple[str, ...] = ()
    remark: str = ""

    @property
    def loss(self) -> np.ndarray:
        """Loss of the whole book in every scenario, positive is a loss."""
        return -np.asarray(self.pnl).sum(axis=1)


def full_vectors(
    portfolio: Portfolio, market: MarketState, shock: MarketShock, *, base: PortfolioBase | None = None
) -> PnlVectors:
    """P&L by full revaluation, in the form that every mode has.

    Args:
        portfolio: the positions.
        market: the base state.
        shock: shocks with a leading scenarios axis.
        base: what `value_base` says of this portfolio and market, where it is already known.

    Returns:
        P&L by desk and bucket.
    """
    if not portfolio.groups:
        return _nothing(portfolio, market, shock)
    result = _revalue(portfolio, market, shock, base=base)
    return PnlVectors(result.pnl, result.bucket_pnl, result.status, RevaluationMode.FULL)


def certify(
    approximate: np.ndarray, verified: np.ndarray, exact: np.ndarray, confidence: float, tolerance: float
) -> Certificate:
    """Compares an approximate loss vector with full revaluation of some of its scenarios.

    Args:
        approximate: loss of the book in every scenario.
        verified: indices of the scenarios that were revalued in full.
        exact: their losses.
        confidence: level of VaR and ES.
        tolerance: largest error that is accepted, as a fraction of the VaR.

    Returns:
        The certificate. It is complete if no other scenario can have crossed the VaR: each of them would have to be
        further off than every verified one.
    """
    corrected = approximate.copy()
    corrected[verified] = exact
    max_error = float(np.max(np.abs(approximate[verified] - exact)))
    ours, true = (_var_es(loss, confidence) for loss in (approximate, corrected))
    others = np.delete(approximate, verified)
    complete = bool(len(others) == 0 or np.max(others) + max_error < true[0])
    errors = tuple(abs(a - b) for a, b in zip(ours, true, strict=True)) if complete else (max_error, max_error)
    return Certificate(len(verified), complete, max_error, true[0], errors[0], true[1], errors[1], tolerance)


def tail_scenarios(loss: np.ndarray, confidence: float, verify: int | None) -> np.ndarray:
    """The scenarios to revalue in full: the tail with a margin, or a sample of it.

    Args:
        loss: approximate losses.
        confidence: level of VaR and ES.
        verify: how many at most; None for all.

    Returns:
        Indices; a sample is spread evenly over the ranks and keeps both ends.
    """
    tail = int(np.ceil((1.0 - confidence) * len(loss)))
    wanted = min(len(loss), tail + max(16, tail // 8))
    order = np.argpartition(loss, len(loss) - wanted)[len(loss) - wanted :]
    order = order[np.argsort(-loss[order], kind="stable")]
    if verify is None or verify >= wanted:
        return order
    if verify < 2:
        raise ArgumentError(f"verify={verify}", where="ladder", mend="verify at least 2 scenarios, or all with None")
    return order[np.unique(np.linspace(0, wanted - 1, verify).round().astype(int))]


def certify_tail(
    pnl: np.ndarray,
    covered: np.ndarray,
    shock: MarketShock,
    revalue_covered: Callable[[MarketShock], Float[Array, "scenarios desks"]],
    *,
    confidence: float,
    tolerance: float,
    verify: int | None,
) -> Certificate:
    """Revalues the tail of an approximation in full, and says how far off it was.

    Args:
        pnl: P&L by scenario and desk, what is approximated and what is not.
        covered: the part that is approximated.
        shock: the scenarios.
        revalue_covered: that part in some scenarios by full revaluation.
        confidence: level of VaR and ES.
        tolerance: largest error that is accepted, as a fraction of the VaR.
        verify: how many scenarios at most; None for the whole tail and its margin.

    Returns:
        The certificate.
    """
    loss = -pnl.sum(axis=1)
    chosen = tail_scenarios(np.nan_to_num(loss, nan=np.inf), confidence, verify)
    # Whole tiles, so that a few more or fewer scenarios compile nothing new.
    padded = np.concatenate([chosen, np.repeat(chosen[:1], -len(chosen) % VERIFY_TILE)])
    some = jax.tree.map(lambda leaf: leaf[padded], shock)
    full = np.asarray(revalue_covered(some))[: len(chosen)]
    exact = loss[chosen] + covered[chosen].sum(axis=1) - full.sum(axis=1)
    return certify(loss, chosen, exact, confidence, tolerance)


def _var_es(loss: np.ndarray, confidence: float) -> tuple[float, float]:
    both = _tail(jnp.asarray(loss), jnp.asarray(confidence, loss.dtype))
    return float(both.value_at_risk), float(both.expected_shortfall)


_tail = jax.jit(lambda loss, confidence: tail_measures(loss, None, confidence))
_revalue = jax.jit(revalue, static_argnames=("tile", "mesh"))


def check_level(confidence: float, tolerance: float) -> None:
    """Refuses a level outside (0, 1) and a tolerance that is not positive."""
    if not 0.0 < confidence < 1.0:
        raise ArgumentError(f"confidence {confidence}", where="revaluation", mend="give a level such as 0.975")
    if not tolerance > 0.0:
        raise ArgumentError(f"tolerance {tolerance}", where="revaluation", mend="give a fraction such as 1e-4")


def _nothing(portfolio: Portfolio, market: MarketState, shock: MarketShock) -> PnlVectors:
    count, dtype = jax.tree.leaves(shock)[0].shape[0], market.spot.dtype
    return PnlVectors(
        jnp.zeros((count, portfolio.num_desks), dtype),
        jnp.zeros((count, portfolio.num_buckets), dtype),
        jnp.zeros(count, jnp.uint32),
        RevaluationMode.FULL,
    )
