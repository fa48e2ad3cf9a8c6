"""Position rows -> position groups: distinct contracts per kind, padded, in one fixed order of kinds."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pact_jax.instruments import (
    AbstractTerms,
    Bond,
    DiscountPoints,
    EuropeanOption,
    Forward,
    FxForward,
    FxOption,
    LinearExposure,
    Loan,
    PositionGroup,
    RiskyPoints,
    Stock,
)

from ._capacity import capacity, padded
from ._labels import index_of
from ._resolve import bond_flows, distinct, years_until
from ._snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class Axes:
    """Indices that terms refer to.

    Attributes:
        valuation_date: dates are measured from it.
        reporting: reporting currency.
        asset: index of each asset.
        asset_currency: currency of each asset.
        currency: index of each currency.
        curve_of: index of each currency's discount curve.
        surface: index of each volatility surface.
        hazard: index of each issuer on the market's hazard axis.
        lgd_of: loss given default of each issuer.
    """

    valuation_date: date
    reporting: str
    asset: dict[str, int]
    asset_currency: dict[str, str]
    currency: dict[str, int]
    curve_of: dict[str, int]
    surface: dict[str, int]
    hazard: dict[str, int]
    lgd_of: dict[str, float]


def make_axes(snapshot: Snapshot, names: dict[str, tuple[str, ...]], lgd_of: dict[str, float]) -> Axes:
    """Collects the indices of a snapshot's names."""
    curve = index_of(names["curves"])
    assets = snapshot.assets
    return Axes(
        valuation_date=snapshot.valuation_date,
        reporting=snapshot.reporting_currency,
        asset=index_of(names["assets"]),
        asset_currency=dict(zip(assets["asset"], assets["currency"], strict=True)) if len(assets) else {},
        currency=index_of(names["currencies"]),
        curve_of={row.currency: curve[row.curve] for row in snapshot.currencies.itertuples()},
        surface=index_of(names["surfaces"]),
        hazard=index_of(names["hazards"]),
        lgd_of=lgd_of,
    )


def _of(column: pd.Series, index: dict[str, int], missing: int = 0) -> np.ndarray:
    return np.array([index.get(name, missing) for name in column], dtype=np.int64)


def _points(curve: np.ndarray, time: np.ndarray) -> tuple[DiscountPoints, np.ndarray]:
    """Unique (curve, time) pairs and the pair of each entry."""
    pairs, code = np.unique(np.stack([curve.astype(float), time], axis=1), axis=0, return_inverse=True)
    length = capacity(len(pairs))
    points = DiscountPoints(padded(pairs[:, 0].astype(np.int64), length), padded(pairs[:, 1], length))
    return points, code.reshape(-1)


def _asset_currency(rows: pd.DataFrame, axes: Axes) -> pd.Series:
    return rows["asset"].map(axes.asset_currency)


def _stock(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    return Stock(_of(rows["asset"], axes.asset), _of(_asset_currency(rows, axes), axes.currency))


def _european_option(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    currency = _asset_currency(rows, axes)
    expiry = years_until(rows["maturity"], axes.valuation_date)
    discount, point = _points(_of(currency, axes.curve_of), expiry)
    return EuropeanOption(
        asset=_of(rows["asset"], axes.asset),
        currency=_of(currency, axes.currency),
        surface=_of(rows["asset"], axes.surface),
        discount=discount,
        point=point,
        strike=rows["strike"].to_numpy(float),
        expiry=expiry,
        is_call=(rows["option_type"] == "call").to_numpy(),
        multiplier=rows["multiplier"].to_numpy(float),
    )


def _forward(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    currency = _asset_currency(rows, axes)
    maturity = years_until(rows["maturity"], axes.valuation_date)
    discount, point = _points(_of(currency, axes.curve_of), maturity)
    return Forward(
        asset=_of(rows["asset"], axes.asset),
        currency=_of(currency, axes.currency),
        discount=discount,
        point=point,
        strike=rows["strike"].to_numpy(float),
        maturity=maturity,
        margined=(rows["kind"] == "future").to_numpy(),
        multiplier=rows["multiplier"].to_numpy(float),
    )


def _fx_forward(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    sold = rows["currency_2"].where(rows["currency_2"] != "", axes.reporting)
    time = years_until(rows["maturity"], axes.valuation_date)
    curves = np.concatenate([_of(rows["currency"], axes.curve_of), _of(sold, axes.curve_of)])
    discount, point = _points(curves, np.concatenate([time, time]))
    return FxForward(
        bought=_of(rows["currency"], axes.currency),
        sold=_of(sold, axes.currency),
        discount=discount,
        bought_point=point[: len(rows)],
        sold_point=point[len(rows) :],
        strike=rows["strike"].to_numpy(float),
    )


def _fx_option(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    time = years_until(rows["maturity"], axes.valuation_date)
    home = np.full(len(rows), axes.curve_of[axes.reporting])
    curves = np.concatenate([_of(rows["currency"], axes.curve_of), home])
    discount, point = _points(curves, np.concatenate([time, time]))
    return FxOption(
        currency=_of(rows["currency"], axes.currency),
        surface=_of("FX:" + rows["currency"], axes.surface),
        discount=discount,
        foreign_point=point[: len(rows)],
        domestic_point=point[len(rows) :],
        strike=rows["strike"].to_numpy(float),
        expiry=time,
        is_call=(rows["option_type"] == "call").to_numpy(),
    )


def _bond(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    flows = bond_flows(rows, axes.valuation_date)
    issuer = _of(rows["issuer"], axes.hazard, missing=-1)
    currency = _of(rows["currency"], axes.currency)
    curve = _of(rows["currency"], axes.curve_of)
    of = flows.contract
    keys = np.stack([currency[of], curve[of], issuer[of], flows.start, flows.end], axis=1)
    # A default-free point does not depend on where its period starts.
    keys[:, 3] = np.where(issuer[of] < 0, 0.0, keys[:, 3])
    unique, code = np.unique(keys, axis=0, return_inverse=True)
    num_points, num_flows = capacity(len(unique)), capacity(len(of))
    unique = padded(unique, num_points)
    lgd = rows["lgd"].to_numpy(float)
    recovery = np.where(issuer >= 0, (1.0 - lgd) * rows["face"].to_numpy(float), 0.0)
    return Bond(
        points=RiskyPoints(
            currency=unique[:, 0].astype(np.int64),
            curve=unique[:, 1].astype(np.int64),
            issuer=unique[:, 2].astype(np.int64),
            start=unique[:, 3],
            end=unique[:, 4],
        ),
        flow_point=padded(code.reshape(-1), num_flows, 0),
        flow_contract=padded(of, num_flows, 0),
        amount=padded(flows.amount, num_flows, 0.0),
        recovery_amount=padded(recovery[of], num_flows, 0.0),
        currency=currency,
        recovery=recovery,
    )


def _loan(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    return Loan(_of(rows["currency"], axes.currency), rows["outstanding"].to_numpy(float))


_Resolve = Callable[[pd.DataFrame, Axes], AbstractTerms]

KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], _Resolve]] = {
    "stock": (("stock",), ("asset",), _stock),
    "european_option": (
        ("european_option",),
        ("asset", "maturity", "strike", "option_type", "multiplier"),
        _european_option,
    ),
    "forward": (("forward", "future"), ("asset", "kind", "maturity", "strike", "multiplier"), _forward),
    "fx_forward": (("fx_forward",), ("currency", "currency_2", "maturity", "strike"), _fx_forward),
    "fx_option": (("fx_option",), ("currency", "maturity", "strike", "option_type"), _fx_option),
    "bond": (
        ("bond",),
        ("currency", "issuer", "maturity", "coupon", "frequency", "day_count", "face", "lgd"),
        _bond,
    ),
    "loan": (("loan",), ("currency", "outstanding"), _loan),
}
"""For each group, in the order of the positions axis: row kinds, the columns that make a contract, the resolver."""


@dataclass(frozen=True, eq=False)
class PreparedPositions:
    """Groups, and the row of the (sorted) positions table behind each place of the positions axis (-1: padding)."""

    groups: tuple[PositionGroup, ...]
    row: np.ndarray


def prepare_positions(
    positions: pd.DataFrame, snapshot: Snapshot, axes: Axes, desk: dict[str, int], bucket: np.ndarray
) -> PreparedPositions:
    """Groups the positions by kind, stores each distinct contract once, and pads every axis to a capacity.

    Args:
        positions: rows sorted by id, with lgd filled for bonds.
        snapshot: for the linear book.
        axes: indices that terms refer to.
        desk: index of each desk.
        bucket: credit bucket of each row, -1 for none.

    Returns:
        Groups and the row of each place on the positions axis.
    """
    groups, rows = [], []
    desks = _of(positions["desk"], desk)
    for kinds, columns, resolve in KINDS.values():
        at = np.flatnonzero(positions["kind"].isin(kinds).to_numpy())
        if not len(at):
            continue
        contracts = distinct(positions.iloc[at][list(columns)].fillna({"lgd": 0.0}))
        keys = contracts.rows
        if "kind" not in keys:
            keys = keys.assign(kind=kinds[0])
        terms = _pad_contracts(resolve(keys, axes), len(keys))
        groups.append(_group(terms, contracts.code, positions, at, desks, bucket))
        rows.append(padded(at, capacity(len(at)), -1))
    if snapshot.linear is not None:
        at = np.flatnonzero((positions["kind"] == "linear").to_numpy())
        groups.append(_linear_group(positions, snapshot, at, desks, bucket))
        rows.append(padded(at, capacity(len(at)), -1))
    return PreparedPositions(tuple(groups), np.concatenate(rows))


def _group(
    terms: AbstractTerms,
    code: np.ndarray,
    positions: pd.DataFrame,
    at: np.ndarray,
    desks: np.ndarray,
    bucket: np.ndarray,
) -> PositionGroup:
    length = capacity(len(at))
    own = bucket[at]
    return PositionGroup(
        terms=terms,
        contract=padded(code.astype(np.int64), length, 0),
        quantity=padded(positions["quantity"].to_numpy(float)[at], length, 0.0),
        desk=padded(desks[at], length, 0),
        bucket=padded(own, length, -1) if (own >= 0).any() else None,
        mask=padded(np.ones(len(at), bool), length, False),
    )


def _linear_group(
    positions: pd.DataFrame, snapshot: Snapshot, at: np.ndarray, desks: np.ndarray, bucket: np.ndarray
) -> PositionGroup:
    assert snapshot.linear is not None
    value = positions["value"].to_numpy(float)[at]
    # The sensitivity matrix follows the order of the snapshot's own rows; `_linear_row` carries it through the sort.
    sensitivity = snapshot.linear.sensitivity[positions["_linear_row"].to_numpy(int)[at]]
    length = capacity(len(at))
    terms = LinearExposure(padded(value, length, 0.0), padded(value[:, None] * sensitivity, length, 0.0))
    return _group(terms, np.arange(len(at)), positions, at, desks, bucket)


def _pad_contracts(terms: AbstractTerms, count: int) -> AbstractTerms:
    """Pads the leaves on the contracts axis; points and flows are padded where they are made."""
    length = capacity(count)
    own = {
        f.name: padded(getattr(terms, f.name), length)
        for f in dataclasses.fields(terms)
        if isinstance(getattr(terms, f.name), np.ndarray) and not f.name.startswith(("flow_", "amount", "recovery_"))
    }
    return dataclasses.replace(terms, **own)
