"""The host door to P&L explain: two states of the world in, labelled frames that add up out."""

import dataclasses
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ._assess import precision, to_device
from ._stress import factor_history, factor_names, incomplete
from .errors import ArgumentError
from .instruments import Accounting, Portfolio
from .market import MarketState, apply_shock
from .pricing import PNL_GROUPS, PnlGroup, PnlParts, explain_value_change, untimed_kinds
from .scenarios import StressScenario, stress_shocks
from .snapshot import Labels, Prepared, Snapshot, prepare

_FIRST = {
    PnlGroup.SPOT: "delta",
    PnlGroup.RATES: "rho",
    PnlGroup.VOL: "vega",
    PnlGroup.FX: "fx_delta",
    PnlGroup.SPREAD: "cs01",
    PnlGroup.FACTOR: "factor",
    PnlGroup.DIVIDEND: "dividend_rho",
    PnlGroup.TIME: "theta",
}
_SECOND = {
    PnlGroup.SPOT: "gamma",
    PnlGroup.RATES: "rate_convexity",
    PnlGroup.VOL: "volga",
    PnlGroup.FX: "fx_gamma",
    PnlGroup.SPREAD: "spread_convexity",
}
_CROSS = {
    (PnlGroup.SPOT, PnlGroup.VOL): "vanna",
    (PnlGroup.SPOT, PnlGroup.FX): "spot_fx",
    (PnlGroup.SPOT, PnlGroup.TIME): "charm",
}
_MARKET_TABLES = ("curves", "currencies", "assets", "vols", "issuers", "hazards")
_SAME = ("curve_time", "hazard_time")


@dataclass(frozen=True, eq=False)
class PnlExplanation:
    """P&L of a book between two states of the world, explained; reporting currency, positive is a gain.

    `attrs` of the frames say what the columns mean and over how many days.

    Attributes:
        by_position: one row a position: desk, kind, `pnl`, then the path integral by group (spot, rates, vol, fx,
            spread, factor, dividend, time) and `residual`, the error of the quadrature; they sum to the P&L.
        greeks: one row a position: desk, kind, `pnl`, then the Taylor terms at the start along the moves that came:
            delta, gamma, vega, volga, rho, theta, vanna and so on, `cross_other`, and `unexplained`; they sum as well.
        by_factor: one row a market number: group, name, tenor and its part of the path integral (`contribution`); then
            time, and `residual`; they sum to the P&L of the book.
        total: P&L of the book.
        flags: what is left out, in words.
        reporting_currency: of all amounts.
    """

    by_position: pd.DataFrame
    greeks: pd.DataFrame
    by_factor: pd.DataFrame
    total: float
    flags: tuple[str, ...]
    reporting_currency: str

    def __repr__(self) -> str:
        unexplained = float(self.greeks["unexplained"].sum())
        residual = float(self.by_position["residual"].sum())
        return (
            f"PnlExplanation: {self.total:,.2f} {self.reporting_currency} of {len(self.by_position)} positions; path "
            f"integral leaves {residual:,.2g}, Greeks leave {unexplained:,.2f}"
        )


def explain_pnl(snapshot: Snapshot, to: Snapshot | StressScenario, *, num_nodes: int = 16) -> PnlExplanation:
    r"""Why a book's value changes from one state of the world to another, by position, group and market number.

    Two explanations stand side by side. The path integral $\int_0^1 \nabla V(x(s)) \cdot \Delta x\,ds$ along the
    straight line between the states sums to the P&L up to the quadrature, whose error is shown as `residual` (a kink
    or a jump of a payoff on the way is what makes it large). The Greeks of the start times the moves that came, to
    second order with cross terms, leave the rest `unexplained`. Runs in float64.

    The book is that of the start: no new trades, no cash but what falls due in between, which counts at face value.

    Args:
        snapshot: the start: positions and market.
        to: a later snapshot, whose market and valuation date are taken (its positions are not looked at), or a named
            stress of the start's market, without passing time.
        num_nodes: Gauss-Legendre nodes of the quadrature.

    Returns:
        Frames with one row for each position of the start, whatever its P&L.

    Raises:
        ArgumentError: the second state has other assets, curves, surfaces or tenors, another reporting currency or an
            earlier date; a kind does not declare its times; a stress cannot be built; or a book of sensitivities.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> from pact_jax.scenarios import STRESS_LIBRARY  # doctest: +SKIP
        >>> explain_pnl(load_desk(), STRESS_LIBRARY[0]).by_position.sum(numeric_only=True)  # doctest: +SKIP
    """
    if snapshot.linear is not None:
        _refuse("a book of sensitivities is linear: its P&L is sensitivity times move", "multiply them")
    if num_nodes < 1:
        _refuse(f"num_nodes is {num_nodes}", "use at least 1; 16 is enough where nothing has a kink")
    prepared = prepare(snapshot, horizon_days=1)
    days = 0
    with precision(float32=False):
        dtype = jnp.dtype(jnp.float64)
        held = (prepared.inputs.portfolio, prepared.inputs.market)
        portfolio, market = to_device(held, dtype)
        if isinstance(to, Snapshot):
            days = _days_between(snapshot, to)
            end = to_device(_market_of(snapshot, prepared, to), dtype)
        else:
            end = _stressed(prepared, market, to)
        unknown = untimed_kinds(portfolio) if days else ()
        if unknown:
            _refuse(
                f"{', '.join(unknown)} do not declare their times, and {days} days pass",
                "declare them: register_greeks",
            )
        node, weight = np.polynomial.legendre.leggauss(num_nodes)
        years = jnp.asarray(days / 365.0, dtype)
        parts = explain_value_change(
            portfolio, market, end, years, *map(jnp.asarray, ((node + 1.0) / 2.0, weight / 2.0))
        )
        parts = jax.tree.map(np.asarray, parts)
    about: dict[Hashable, Any] = {"days": days, "currency": snapshot.reporting_currency, "num_nodes": num_nodes}
    by_position, greeks = _position_frames(parts, prepared, about)
    return PnlExplanation(
        by_position=by_position,
        greeks=greeks,
        by_factor=_factor_frame(parts, prepared, by_position, about),
        total=float(by_position["pnl"].sum()),
        flags=(*_accrual(portfolio, prepared), *incomplete(snapshot)),
        reporting_currency=snapshot.reporting_currency,
    )


def _refuse(what: str, mend: str) -> NoReturn:
    raise ArgumentError(what, where="explain_pnl", mend=mend)


def _days_between(start: Snapshot, end: Snapshot) -> int:
    days = (np.datetime64(end.valuation_date, "D") - np.datetime64(start.valuation_date, "D")).astype(int)
    if days < 0:
        _refuse(f"{end.valuation_date} is before {start.valuation_date}", "pass the earlier snapshot first")
    if start.reporting_currency != end.reporting_currency:
        _refuse(
            f"reporting currencies are {start.reporting_currency} and {end.reporting_currency}",
            "bring both snapshots to one reporting currency",
        )
    return int(days)


def _market_of(start: Snapshot, prepared: Prepared, end: Snapshot) -> MarketState:
    """The second market in the first one's axes; surfaces stand where their own forwards put them."""
    names = factor_names(prepared)
    there = prepare(dataclasses.replace(start, **{name: getattr(end, name) for name in _MARKET_TABLES}), horizon_days=1)
    for axis in ("assets", "currencies", "curves", "surfaces", "issuers"):
        here, now = set(getattr(names, axis)), set(getattr(factor_names(there), axis))
        if here != now:
            _refuse(f"{axis} differ: {sorted(here ^ now)}", "name the same market in both snapshots")
    first, second = prepared.inputs.market, there.inputs.market
    for name in (*_SAME, "implied_vol"):
        one, two = np.asarray(getattr(first, name)), np.asarray(getattr(second, name))
        if one.shape != two.shape or (name in _SAME and not np.array_equal(one, two)):
            _refuse(f"{name} has other nodes", "give both markets on the same tenors, expiries and strikes")
    return second


def _stressed(prepared: Prepared, market: MarketState, scenario: StressScenario) -> MarketState:
    shocks = stress_shocks([scenario], market, factor_names(prepared), history=factor_history(prepared))
    return apply_shock(market, jax.tree.map(lambda leaf: leaf[0], shocks.shock))


def _accrual(portfolio: Portfolio, prepared: Prepared) -> tuple[str, ...]:
    place, count = 0, 0
    for group in portfolio.groups:
        size = group.quantity.shape[0]
        if group.terms.accounting is Accounting.ACCRUAL:
            count += int(np.sum(prepared.row[place : place + size] >= 0))
        place += size
    return (f"ACCRUAL: {count} positions at carrying value have no market P&L",) if count else ()


def _position_frames(
    parts: PnlParts, prepared: Prepared, about: dict[Hashable, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    held, labels = np.flatnonzero(prepared.row >= 0), prepared.labels
    index = pd.Index(labels.position_id[held], name="position_id")
    given = {"desk": labels.position_desk[held], "kind": labels.kind[held], "pnl": parts.pnl[held]}
    path = pd.DataFrame(parts.path[held], index, [group.value for group in PNL_GROUPS])
    by_position = pd.DataFrame(given, index=index).join(path)
    by_position["residual"] = np.asarray(parts.pnl[held]) - path.to_numpy().sum(axis=1)
    greeks = pd.DataFrame(given, index=index).join(_taylor(parts, held, index))
    terms = greeks.drop(columns=["desk", "kind", "pnl"])
    greeks["unexplained"] = np.asarray(parts.pnl[held]) - terms.to_numpy().sum(axis=1)
    by_position.attrs.update(about | {"method": "integral of the gradient along the straight path between the states"})
    greeks.attrs.update(about | {"method": "Taylor terms at the start along the moves that came"})
    return by_position, greeks


def _taylor(parts: PnlParts, held: np.ndarray, index: pd.Index) -> pd.DataFrame:
    columns = {_FIRST[group]: parts.first[held, k] for k, group in enumerate(PNL_GROUPS)}
    columns |= {_SECOND[group]: parts.second[held, k, k] for k, group in enumerate(PNL_GROUPS) if group in _SECOND}
    place = {group: k for k, group in enumerate(PNL_GROUPS)}
    columns |= {name: parts.second[held, place[a], place[b]] for (a, b), name in _CROSS.items()}
    frame = pd.DataFrame(columns, index=index)
    named = frame[[*_SECOND.values(), *_CROSS.values()]].to_numpy().sum(axis=1)
    frame["cross_other"] = np.asarray(parts.second[held]).sum(axis=(1, 2)) - named
    return frame


def _factor_frame(
    parts: PnlParts, prepared: Prepared, by_position: pd.DataFrame, about: dict[Hashable, Any]
) -> pd.DataFrame:
    labels, leaf = prepared.labels, parts.by_leaf
    surface = sum(leaf[name].reshape(len(leaf["vol_level"]), -1).sum(axis=1) for name in _VOL_LEAVES)
    frames = [
        _rows("spot", labels.assets, leaf["spot"]),
        _rows("fx", labels.currencies, leaf["fx"])[1:],
        _curves(labels, prepared, leaf["zero_rate"]),
        _rows("vol", labels.surfaces, surface),
        _rows("spread", labels.hazard_issuers, leaf["hazard_rate"].sum(axis=1)),
        _rows("dividend", labels.assets, leaf["dividend_yield"]),
        _rows("time", ("",), np.array([by_position["time"].sum()])),
    ]
    frame = pd.concat([part for part in frames if len(part)], ignore_index=True)
    rest = by_position["pnl"].sum() - frame["contribution"].sum()
    frame = pd.concat([frame, _rows("residual", ("",), np.array([rest]))], ignore_index=True)
    frame.attrs.update(about)
    return frame


_VOL_LEAVES = ("implied_vol", "vol_level", "vol_log_strike", "vol_expiry")


def _rows(group: str, names: tuple[str, ...], values: ArrayLike) -> pd.DataFrame:
    found = {"group": group, "name": list(names), "tenor": np.nan, "contribution": np.asarray(values)[: len(names)]}
    return pd.DataFrame(found)


def _curves(labels: Labels, prepared: Prepared, values: ArrayLike) -> pd.DataFrame:
    nodes, count = np.asarray(prepared.inputs.market.curve_time), len(labels.curves)
    return pd.DataFrame(
        {
            "group": "rates",
            "name": np.repeat(np.array(labels.curves, dtype=object), len(nodes)),
            "tenor": np.tile(nodes, count),
            "contribution": np.asarray(values)[:count].ravel(),
        }
    )
