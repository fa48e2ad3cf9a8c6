"""Rows of currency forwards and options -> their terms."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import numpy as np
import pandas as pd

from pact_jax.instruments import AbstractTerms, FxForward, FxOption

from ._contract_axes import Axes, discount_points, indices_of
from ._resolve import years_until


def fx_forward_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    sold = rows["currency_2"].where(rows["currency_2"] != "", axes.reporting)
    time = years_until(rows["maturity"], axes.valuation_date)
    curves = np.concatenate([indices_of(rows["currency"], axes.curve_of), indices_of(sold, axes.curve_of)])
    discount, point = discount_points(curves, np.concatenate([time, time]))
    return FxForward(
        bought=indices_of(rows["currency"], axes.currency),
        sold=indices_of(sold, axes.currency),
        discount=discount,
        bought_point=point[: len(rows)],
        sold_point=point[len(rows) :],
        strike=rows["strike"].to_numpy(float),
    )


def fx_option_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    time = years_until(rows["maturity"], axes.valuation_date)
    home = np.full(len(rows), axes.curve_of[axes.reporting])
    curves = np.concatenate([indices_of(rows["currency"], axes.curve_of), home])
    discount, point = discount_points(curves, np.concatenate([time, time]))
    return FxOption(
        currency=indices_of(rows["currency"], axes.currency),
        surface=indices_of("FX:" + rows["currency"], axes.surface),
        discount=discount,
        foreign_point=point[: len(rows)],
        domestic_point=point[len(rows) :],
        strike=rows["strike"].to_numpy(float),
        expiry=time,
        is_call=(rows["option_type"] == "call").to_numpy(),
    )
