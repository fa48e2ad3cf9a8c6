"""The host door to Greeks: a snapshot in, labelled frames out."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from . import pricing
from ._assess import precision, to_device
from .market import MarketState, VolDynamics
from .snapshot import Labels, Prepared, Snapshot, prepare

_UNITS = {
    "present_value": "reporting currency",
    "delta": "per unit of the own asset's spot",
    "delta_cash": "delta times spot: for a relative move of 1 of the own asset",
    "gamma": "change of delta per unit of spot",
    "fx_delta": "per unit of exchange rate, all foreign currencies together",
    "fx_delta_cash": "for a relative move of 1 of all foreign currencies",
    "fx_gamma": "change of fx_delta per unit of exchange rate",
    "vega": "per 1.00 of volatility, all nodes of the surface together",
    "vega_pct": "for one vol point (0.01)",
    "volga": "change of vega per 1.00 of volatility",
    "vanna": "change of delta per 1.00 of volatility",
    "fx_vanna": "change of fx_delta per 1.00 of volatility",
    "theta": "value change to the next business day, market unchanged",
    "rho": "per 1.00 of zero rate, all curves and tenors together",
    "pv01": "for one basis point up on all curves and tenors",
    "cs01": "for one basis point up on all hazard rates",
}
_SECOND_ORDER = ("gamma", "fx_gamma", "volga", "vanna", "fx_vanna")
_BASIS_POINT, _PERCENT = 1e-4, 0.01


@dataclass(frozen=True, eq=False)
class GreekReport:
    """Greeks of a book, labelled; every amount is in the reporting currency.

    `attrs` of each frame state the volatility dynamics, the days that theta looks ahead and the units of its columns.

    Attributes:
        by_position: one row a position, indexed by position id: desk, kind, estimator, then the Greeks.
        by_factor: one row a market factor: its level, the derivative of the book's value, a usual move and the value
            change for it. Spots and exchange rates move by 1 % of their level, rates and hazards by a basis point,
            volatilities by a vol point, abstract factors by 1.
        pv01_by_curve: one row a position, one column a curve: value change for a basis point up on all its tenors.
        cross_gamma: one row and column an asset: second derivatives of the book; None without second order.
        estimator: one row a kind: how its sensitivities and its theta were obtained.
    """

    by_position: pd.DataFrame
    by_factor: pd.DataFrame
    pv01_by_curve: pd.DataFrame
    cross_gamma: pd.DataFrame | None
    estimator: pd.DataFrame
    reporting_currency: str = field(default="")

    def __repr__(self) -> str:
        about = self.by_position.attrs
        return (
            f"GreekReport: {len(self.by_position)} positions, {len(self.by_factor)} factors, "
            f"{self.reporting_currency}, volatility {about['vol_dynamics']}, theta over {about['theta_days']} days"
        )


def greeks(
    snapshot: Snapshot,
    *,
    vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE,
    second_order: bool = True,
) -> GreekReport:
    """All Greeks of a snapshot's positions, per position and per market factor, by automatic differentiation.

    Runs in float64 inside its own precision context. Theta is the full revaluation of the contracts at the next
    weekday (Act/365F: three days over a weekend) in an unchanged market; everything else is a derivative, no bump.

    Args:
        snapshot: what is held and known; its history is not needed.
        vol_dynamics: what a surface does when its underlying moves.
        second_order: whether to compute gamma, volga, vanna and cross-gamma; without, it compiles faster.

    Returns:
        Labelled frames with units, estimators and conventions.

    Raises:
        PactError: the snapshot holds something that is not supported.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> greeks(load_desk()).by_position[["delta", "gamma", "vega_pct", "theta"]]  # doctest: +SKIP
    """
    prepared = prepare(snapshot, horizon_days=1)
    days = _days_ahead(snapshot)
    with precision(float32=False):
        dtype = jnp.dtype(jnp.float64)
        portfolio, market = to_device((prepared.inputs.portfolio, prepared.inputs.market), dtype)
        found = pricing.greeks(
            portfolio, market, time_step=days / 365.0, vol_dynamics=vol_dynamics, second_order=second_order
        )
        by_curve = np.asarray(_pv01_by_curve(portfolio, market))
        held = np.flatnonzero(prepared.row >= 0)
        found = jax.tree.map(np.asarray, found)
    about: dict[Hashable, Any] = {
        "vol_dynamics": vol_dynamics.value,
        "theta_days": days,
        "currency": snapshot.reporting_currency,
    }
    estimator = _estimators(found.estimator)
    position = pd.Index(prepared.labels.position_id[held], name="position_id")
    pv01 = pd.DataFrame(by_curve[held][:, : len(prepared.labels.curves)], position, list(prepared.labels.curves))
    pv01.attrs.update(about | {"units": "for one basis point up on all tenors of the curve"})
    return GreekReport(
        by_position=_position_frame(found.by_position, prepared, held, position, estimator, about),
        by_factor=_factor_frame(found.by_factor, prepared, about),
        pv01_by_curve=pv01,
        cross_gamma=_cross_gamma_frame(found.cross_gamma, prepared.labels, about),
        estimator=estimator,
        reporting_currency=snapshot.reporting_currency,
    )


_pv01_by_curve = jax.jit(pricing.pv01_by_curve)


def _days_ahead(snapshot: Snapshot) -> int:
    today = np.datetime64(snapshot.valuation_date, "D")
    return int((np.busday_offset(today, 1, roll="backward") - today).astype(int))


def _estimators(found: tuple[pricing.KindEstimator, ...]) -> pd.DataFrame:
    rows = [(one.kind, one.sensitivities.name, one.sensitivities.value, one.theta.value) for one in found]
    columns = ["kind", "estimator", "sensitivities", "theta"]
    return pd.DataFrame(rows, columns=columns).set_index("kind")


def _position_frame(
    found: pricing.PositionGreeks,
    prepared: Prepared,
    held: np.ndarray,
    position: pd.Index,
    estimator: pd.DataFrame,
    about: dict[Hashable, Any],
) -> pd.DataFrame:
    labels = prepared.labels
    columns = {"desk": labels.position_desk[held], "kind": labels.kind[held]}
    # A future is a forward that is margined: one group, one estimator.
    group = np.where(labels.kind[held] == "future", "forward", labels.kind[held])
    columns["estimator"] = estimator["estimator"].reindex(group).to_numpy()
    for name in _UNITS:
        values = getattr(found, name)
        if values is not None:
            columns[name] = np.asarray(values)[held]
    frame = pd.DataFrame(columns, index=position)
    frame.attrs.update(about | {"units": {name: unit for name, unit in _UNITS.items() if name in frame}})
    return frame


def _factor_frame(found: pricing.FactorVector, prepared: Prepared, about: dict[Hashable, Any]) -> pd.DataFrame:
    labels, market = prepared.labels, prepared.inputs.market
    parts = [
        _by_name("spot", labels.assets, market.spot, found.spot, _PERCENT * np.asarray(market.spot)),
        _by_name("fx", labels.currencies, market.fx, found.fx, _PERCENT * np.asarray(market.fx))[1:],
        _by_node("zero", labels.curves, market.curve_time, market.zero_rate, found.zero_rate),
        _by_node("hazard", labels.hazard_issuers, market.hazard_time, market.hazard_rate, found.hazard_rate),
        _by_surface(labels, market, found),
    ]
    if prepared.factors.correlation is not None:
        parts.append(_by_name("factor", labels.factors, market.factor, found.factor, np.ones(len(labels.factors))))
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    frame["change"] = frame["derivative"] * frame["move"]
    frame.attrs.update(
        about
        | {
            "units": {
                "derivative": "reporting currency per unit of the factor's level",
                "move": "a usual move, in units of the level",
                "change": "value change of the book for that move, first order",
            }
        }
    )
    return frame[["group", "name", "tenor", "strike", "level", "derivative", "move", "change"]]


def _by_name(group: str, names: tuple[str, ...], level, derivative, move) -> pd.DataFrame:
    count = len(names)
    columns = {"level": level, "derivative": derivative, "move": move}
    values = {key: np.asarray(value)[:count] for key, value in columns.items()}
    return pd.DataFrame({"group": group, "name": list(names), "tenor": np.nan, "strike": np.nan} | values)


def _by_node(group: str, names: tuple[str, ...], time, level, derivative) -> pd.DataFrame:
    count, nodes = len(names), np.asarray(time)
    return pd.DataFrame(
        {
            "group": group,
            "name": np.repeat(np.array(names, dtype=object), len(nodes)),
            "tenor": np.tile(nodes, count),
            "strike": np.nan,
            "level": np.asarray(level)[:count].ravel(),
            "derivative": np.asarray(derivative)[:count].ravel(),
            "move": _BASIS_POINT,
        }
    )


def _by_surface(labels: Labels, market: MarketState, found: pricing.FactorVector) -> pd.DataFrame:
    names, shape = labels.surfaces, np.asarray(market.implied_vol).shape
    count = len(names)
    strike = np.asarray(market.vol_log_strike)[:count]
    of_rates = np.array([name.startswith("RATE:") for name in names], dtype=bool)[:, None, None]
    # Surfaces of rates stand on the strikes themselves, the others on their logarithms.
    absolute = np.where(of_rates, strike, np.exp(np.where(of_rates, 0.0, strike)))
    return pd.DataFrame(
        {
            "group": "vol",
            "name": np.repeat(np.array(names, dtype=object), shape[1] * shape[2]),
            "tenor": np.repeat(np.asarray(market.vol_expiry)[:count].ravel(), shape[2]),
            "strike": absolute.ravel(),
            "level": (np.asarray(market.implied_vol) * np.asarray(market.vol_level)[:, None, None])[:count].ravel(),
            "derivative": np.asarray(found.implied_vol)[:count].ravel(),
            "move": _PERCENT,
        }
    )


def _cross_gamma_frame(found: np.ndarray | None, labels: Labels, about: dict[Hashable, Any]) -> pd.DataFrame | None:
    if found is None:
        return None
    names = list(labels.assets)
    frame = pd.DataFrame(np.asarray(found)[: len(names), : len(names)], names, names)
    frame.attrs.update(about | {"units": "reporting currency per unit of both spots"})
    return frame
