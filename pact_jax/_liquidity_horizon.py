"""The host door to expected shortfall over liquidity horizons: factors sorted into horizons, one ES for each set."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ._assess import check_arguments, precision, to_device
from ._stress import incomplete
from .agents import observe_market
from .assessment import Generator, Historical, RootTime, estimate_tails, generate_noted
from .errors import ArgumentError
from .measures import (
    LIQUIDITY_HORIZONS,
    LiquidityClass,
    default_lag,
    liquidity_horizon_cascade,
    liquidity_horizon_scale,
)
from .revaluation import TILE
from .scenarios import ShockLeaf
from .snapshot import Prepared, Snapshot, prepare

_BASE_DAYS = LIQUIDITY_HORIZONS[0]
_NOT_PRICED = (ShockLeaf.HALF_SPREAD, ShockLeaf.ADV)
_NOTES = (
    "RULE: MAR33.4-33.5, whole portfolio, no constraint by risk class (MAR33.14-33.15)",
    "RULE: this history, no period of stress and no reduced set of factors (MAR33.6-33.7)",
    "RULE: horizons are not capped at the maturity of an instrument (MAR33.12, a choice of the bank)",
)


@dataclass(frozen=True, eq=False)
class LiquidityHorizonReport:
    """Expected shortfall of the marked positions over liquidity horizons; reporting currency.

    Attributes:
        expected_shortfall: the cascade.
        standard_error: its standard error if the errors of all steps moved together: an upper bound.
        steps: one row a horizon LH_j: `num_factors` of exactly that horizon, `num_shocked` in the step,
            `expected_shortfall` over ten days with those shocked, `standard_error`, `scale` and `share` of the square
            of the whole.
        factors: one row a factor: the pattern that matched it, its category and horizon.
        confidence: quantile level.
        flags: what the rule leaves out, in words.
        reporting_currency: of all amounts.
    """

    expected_shortfall: float
    standard_error: float
    steps: pd.DataFrame
    factors: pd.DataFrame
    confidence: float
    flags: tuple[str, ...]
    reporting_currency: str

    def __repr__(self) -> str:
        plain = float(self.steps["expected_shortfall"].iloc[0])
        return (
            f"LiquidityHorizonReport: ES {self.confidence:.1%} {self.expected_shortfall:,.0f} "
            f"{self.reporting_currency} over liquidity horizons, {plain:,.0f} over {_BASE_DAYS} days"
        )


def liquidity_horizon_shortfall(
    snapshot: Snapshot,
    classes: Mapping[str, LiquidityClass],
    *,
    generator: Generator | None = None,
    confidence: float = 0.975,
    seed: int = 0,
) -> LiquidityHorizonReport:
    """Expected shortfall with ten-day shocks cascaded over liquidity horizons of 10, 20, 40, 60 and 120 days.

    Five full revaluations of the same ten-day scenarios: in step j only the factors whose horizon is at least LH_j are
    shocked. Moves are those of ten days themselves, never of one day scaled up (MAR33.4). Runs in float64.

    Args:
        snapshot: what is held and known; with a history.
        classes: category of each factor, by name or by the start of a name (`spot:`, `vol:SP500`); the longest match
            counts. The categories need facts that no price history holds (market capitalisation, sovereign or
            corporate, grade), so that nothing is assumed: every factor that prices depend on must be matched.
        generator: `Historical()` by default, as the standard has it.
        confidence: quantile level.
        seed: seed of drawn scenarios.

    Returns:
        The cascade, its steps and the category of each factor.

    Raises:
        ArgumentError: a factor without a category, a pattern without a factor, a root-time generator, a book of
            sensitivities, or an argument outside its range.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> liquidity_horizon_shortfall(load_desk(), {"spot:": LiquidityClass.EQUITY_LARGE_CAP})  # doctest: +SKIP

    References:
        Basel Framework, MAR33.4, 33.5 and 33.12 (2019).
    """
    generator = Historical() if generator is None else generator
    check_arguments(_BASE_DAYS, confidence, (), generator)
    if isinstance(generator, RootTime) or snapshot.linear is not None:
        what = "root-time moves" if isinstance(generator, RootTime) else "a book of sensitivities"
        mend = "use positions with a history, and a generator of ten-day moves"
        raise ArgumentError(
            f"{what}: the rule needs ten-day moves of named factors", "liquidity_horizon_shortfall", mend
        )
    prepared = prepare(snapshot, horizon_days=_BASE_DAYS)
    factors = _classify(prepared, classes)
    with precision(float32=False):
        dtype = jnp.dtype(jnp.float64)
        held = (prepared.inputs.portfolio, prepared.inputs.market)
        portfolio, market = to_device(held, dtype)
        scenarios, prepared = generate_noted(generator, prepared, market, horizon_days=_BASE_DAYS, seed=seed)
        moves = np.asarray(prepared.factors.layout.to_moves(scenarios.shock))
        days = factors["liquidity_horizon"].reindex(prepared.labels.factors).fillna(0).to_numpy()
        losses = []
        for horizon in LIQUIDITY_HORIZONS:
            shock = prepared.factors.layout.to_shock(jnp.asarray(moves * (days >= horizon)), market)
            # Called as `evaluate` calls it, tile and all: one program for every step.
            losses.append(observe_market(portfolio, market, shock, tile=TILE, mesh=None).loss.sum(axis=1))
        lag = default_lag(scenarios.num_scenarios, _BASE_DAYS)
        found = _estimate(
            jnp.stack(losses, axis=1),
            scenarios.weight,
            jnp.asarray([confidence], dtype),
            sampling=scenarios.sampling,
            lag=lag,
            num_randomisations=scenarios.num_randomisations,
        )
        shortfall = found.expected_shortfall[:, 0]
        total = float(liquidity_horizon_cascade(shortfall))
        steps = _steps(np.asarray(shortfall), np.asarray(found.expected_shortfall_error[:, 0]), days, total)
    slope = steps["scale"] ** 2 * steps["expected_shortfall"].abs() / (total or np.nan)
    return LiquidityHorizonReport(
        expected_shortfall=total,
        standard_error=float((slope * steps["standard_error"]).sum()),
        steps=steps,
        factors=factors,
        confidence=confidence,
        flags=(*_NOTES, *incomplete(snapshot)),
        reporting_currency=snapshot.reporting_currency,
    )


_estimate = partial(jax.jit, static_argnames=("sampling", "num_randomisations"))(estimate_tails)


def _classify(prepared: Prepared, classes: Mapping[str, LiquidityClass]) -> pd.DataFrame:
    columns = zip(prepared.labels.factors, prepared.factors.layout.columns, strict=True)
    priced = [name for name, column in columns if column.leaf not in _NOT_PRICED]
    match = {name: max((p for p in classes if name.startswith(p)), key=len, default=None) for name in priced}
    missing = [name for name, pattern in match.items() if pattern is None]
    unused = sorted(set(classes) - {pattern for pattern in match.values() if pattern is not None})
    if missing or unused:
        what = f"no category for {missing[:8]}" if missing else f"no factor starts with {unused}"
        mend = f"name each of the {len(priced)} factors or the start of their names, such as 'spot:'"
        raise ArgumentError(what, where="liquidity_horizon_shortfall", mend=mend)
    rows = [(name, str(match[name]), classes[str(match[name])]) for name in priced]
    frame = pd.DataFrame(
        {
            "pattern": [pattern for _, pattern, _ in rows],
            "category": [category.value[0] for *_, category in rows],
            "liquidity_horizon": [category.days for *_, category in rows],
        },
        index=pd.Index([name for name, *_ in rows], name="factor"),
    )
    return frame


def _steps(shortfall: np.ndarray, error: np.ndarray, days: np.ndarray, total: float) -> pd.DataFrame:
    scale = liquidity_horizon_scale()
    return pd.DataFrame(
        {
            "num_factors": [int(np.sum(days == horizon)) for horizon in LIQUIDITY_HORIZONS],
            "num_shocked": [int(np.sum(days >= horizon)) for horizon in LIQUIDITY_HORIZONS],
            "expected_shortfall": shortfall,
            "standard_error": error,
            "scale": scale,
            "share": (scale * shortfall) ** 2 / (total**2 or np.nan),
        },
        index=pd.Index(LIQUIDITY_HORIZONS, name="liquidity_horizon"),
    )
