"""Names of every axis: they stay on the host, beside the arrays that compiled code sees."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Labels:
    """Names of the axes of prepared inputs, in order; padding has none.

    Attributes:
        position_id: id of each row of the positions axis, "" for padding.
        kind: kind of each row of the positions axis.
        position_desk: desk of each row of the positions axis.
        desks: names of the desks.
        assets: names of the assets.
        currencies: names of the currencies, the reporting currency first.
        curves: names of the curves.
        surfaces: names of the volatility surfaces.
        obligors: names of the obligors.
        hazard_issuers: names on the hazard axis of the market.
        exposures: name of each accrual exposure (position id of a loan, or counterparty).
        exposure_kind: "loan" or "credit_exposure".
        exposure_desk: desk of each exposure.
        drivers: names of the systematic drivers.
        factors: history columns, in the order of the scenario layout.
        not_supplied: inputs that were not given, in words.
        assumptions: what was assumed where nothing was known, in words.
    """

    position_id: np.ndarray
    kind: np.ndarray
    position_desk: np.ndarray
    desks: tuple[str, ...]
    assets: tuple[str, ...]
    currencies: tuple[str, ...]
    curves: tuple[str, ...]
    surfaces: tuple[str, ...]
    obligors: tuple[str, ...]
    hazard_issuers: tuple[str, ...]
    exposures: tuple[str, ...]
    exposure_kind: tuple[str, ...]
    exposure_desk: tuple[str, ...]
    drivers: tuple[str, ...]
    factors: tuple[str, ...]
    not_supplied: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = field(default=())


def index_of(names: tuple[str, ...]) -> dict[str, int]:
    """Position of each name on its axis."""
    return {name: k for k, name in enumerate(names)}
