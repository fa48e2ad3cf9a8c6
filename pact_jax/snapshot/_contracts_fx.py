"""Rows of currency forwards and options -> their terms."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import numpy as np

from pact_jax.instruments import AbstractTerms, FxForward, FxOption

from ._contract_axes import Axes, discount_points
from ._resolve import years_until
from ._rows import Rows


def fx_forward_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    bought, sold = rows.words("currency"), rows.words("currency_2").or_else(axes.reporting)
    time = years_until(rows.dates("maturity"), axes.valuation_date)
    curves = np.concatenate([bought.index_in(axes.curve_of), sold.index_in(axes.curve_of)])
    discount, point = discount_points(curves, np.concatenate([time, time]))
    return FxForward(
        bought=bought.index_in(axes.currency),
        sold=sold.index_in(axes.currency),
        discount=discount,
        bought_point=point[: len(rows)],
        sold_point=point[len(rows) :],
        strike=rows.numbers("strike"),
    )


def fx_option_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    currency = rows.words("currency")
    time = years_until(rows.dates("maturity"), axes.valuation_date)
    home = np.full(len(rows), axes.curve_of[axes.reporting])
    curves = np.concatenate([currency.index_in(axes.curve_of), home])
    discount, point = discount_points(curves, np.concatenate([time, time]))
    return FxOption(
        currency=currency.index_in(axes.currency),
        surface=currency.index_in(axes.fx_surface),
        discount=discount,
        foreign_point=point[: len(rows)],
        domestic_point=point[len(rows) :],
        strike=rows.numbers("strike"),
        expiry=time,
        is_call=rows.words("option_type").among("call"),
    )
