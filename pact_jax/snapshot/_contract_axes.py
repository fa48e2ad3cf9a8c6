"""Names -> indices: what the resolvers of all kinds of contracts look up."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

from dataclasses import dataclass
from datetime import date

import numpy as np

from pact_jax.instruments import DiscountPoints

from ._capacity import capacity, padded
from ._distinct import distinct_rows
from ._labels import index_of
from ._snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class Axes:
    """Indices that terms refer to.

    Attributes:
        valuation_date: dates are measured from it.
        reporting: reporting currency.
        asset: index of each asset.
        asset_currency: index of each asset's currency.
        asset_curve: index of the discount curve of each asset's currency.
        currency: index of each currency.
        curve: index of each curve.
        curve_of: index of each currency's discount curve.
        surface: index of each volatility surface.
        fx_surface: index of the volatility surface of each currency that has one.
        hazard: index of each issuer on the market's hazard axis.
        lgd_of: loss given default of each issuer.
        node_time: nodes of the curves and of the hazards, years.
    """

    valuation_date: date
    reporting: str
    asset: dict[str, int]
    asset_currency: dict[str, int]
    asset_curve: dict[str, int]
    currency: dict[str, int]
    curve: dict[str, int]
    curve_of: dict[str, int]
    surface: dict[str, int]
    fx_surface: dict[str, int]
    hazard: dict[str, int]
    lgd_of: dict[str, float]
    node_time: np.ndarray


def make_axes(snapshot: Snapshot, names: dict[str, tuple[str, ...]], lgd_of: dict[str, float]) -> Axes:
    """Collects the indices of a snapshot's names."""
    currency, curve, surface = (index_of(names[axis]) for axis in ("currencies", "curves", "surfaces"))
    table = snapshot.currencies
    curve_of = {name: curve[of] for name, of in zip(table["currency"], table["curve"], strict=True)}
    assets = snapshot.assets
    quoted_in = dict(zip(assets["asset"], assets["currency"], strict=True)) if len(assets) else {}
    hazard_tenors = snapshot.hazards["tenor"] if len(snapshot.hazards) else ()
    return Axes(
        valuation_date=snapshot.valuation_date,
        reporting=snapshot.reporting_currency,
        asset=index_of(names["assets"]),
        asset_currency={asset: currency[name] for asset, name in quoted_in.items()},
        asset_curve={asset: curve_of[name] for asset, name in quoted_in.items()},
        currency=currency,
        curve=curve,
        curve_of=curve_of,
        surface=surface,
        fx_surface={name: surface[f"FX:{name}"] for name in currency if f"FX:{name}" in surface},
        hazard=index_of(names["hazards"]),
        lgd_of=lgd_of,
        node_time=np.unique([*snapshot.curves["tenor"], *hazard_tenors]).astype(float),
    )


def discount_points(curve: np.ndarray, time: np.ndarray) -> tuple[DiscountPoints, np.ndarray]:
    """Unique (curve, time) pairs and the pair of each entry."""
    place, code = distinct_rows([curve, time])
    length = capacity(len(place))
    return DiscountPoints(padded(curve[place], length), padded(time[place], length)), code
