"""Names -> indices: what the resolvers of all kinds of contracts look up."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pact_jax.instruments import DiscountPoints

from ._capacity import capacity, padded
from ._labels import index_of
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
        curve: index of each curve.
        curve_of: index of each currency's discount curve.
        surface: index of each volatility surface.
        hazard: index of each issuer on the market's hazard axis.
        lgd_of: loss given default of each issuer.
        node_time: nodes of the curves and of the hazards, years.
    """

    valuation_date: date
    reporting: str
    asset: dict[str, int]
    asset_currency: dict[str, str]
    currency: dict[str, int]
    curve: dict[str, int]
    curve_of: dict[str, int]
    surface: dict[str, int]
    hazard: dict[str, int]
    lgd_of: dict[str, float]
    node_time: np.ndarray


def make_axes(snapshot: Snapshot, names: dict[str, tuple[str, ...]], lgd_of: dict[str, float]) -> Axes:
    """Collects the indices of a snapshot's names."""
    curve = index_of(names["curves"])
    assets = snapshot.assets
    hazard_tenors = snapshot.hazards["tenor"] if len(snapshot.hazards) else ()
    return Axes(
        valuation_date=snapshot.valuation_date,
        reporting=snapshot.reporting_currency,
        asset=index_of(names["assets"]),
        asset_currency=dict(zip(assets["asset"], assets["currency"], strict=True)) if len(assets) else {},
        currency=index_of(names["currencies"]),
        curve=curve,
        curve_of={row.currency: curve[row.curve] for row in snapshot.currencies.itertuples()},
        surface=index_of(names["surfaces"]),
        hazard=index_of(names["hazards"]),
        lgd_of=lgd_of,
        node_time=np.unique([*snapshot.curves["tenor"], *hazard_tenors]).astype(float),
    )


def indices_of(column: pd.Series, index: dict[str, int], missing: int = 0) -> np.ndarray:
    # Few names, many rows: each name is looked up once.
    code, names = pd.factorize(column, use_na_sentinel=False)
    return np.array([index.get(name, missing) for name in names], dtype=np.int64)[code]


def discount_points(curve: np.ndarray, time: np.ndarray) -> tuple[DiscountPoints, np.ndarray]:
    """Unique (curve, time) pairs and the pair of each entry."""
    pairs, code = np.unique(np.stack([curve.astype(float), time], axis=1), axis=0, return_inverse=True)
    length = capacity(len(pairs))
    points = DiscountPoints(padded(pairs[:, 0].astype(np.int64), length), padded(pairs[:, 1], length))
    return points, code.reshape(-1)
