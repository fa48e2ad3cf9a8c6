"""Rows of kinds on one asset -> their terms."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

from typing import Any

import numpy as np

from pact_jax.instruments import (
    AbstractTerms,
    AmericanOption,
    ArithmeticAsianOption,
    AsianOption,
    AssetOption,
    BarrierOption,
    DigitalOption,
    EuropeanOption,
    Forward,
    Stock,
    TwoAssetOption,
    VarianceSwap,
)

from ._contract_axes import Axes, discount_points
from ._fixings import averaging
from ._resolve import years_until
from ._rows import Rows


def stock_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    asset = rows.words("asset")
    return Stock(asset.index_in(axes.asset), asset.index_in(axes.asset_currency))


def _volatility_columns(rows: Rows, axes: Axes) -> dict[str, Any]:
    """What every contract on the volatility of one asset says, by field name."""
    asset = rows.words("asset")
    expiry = years_until(rows.dates("maturity"), axes.valuation_date)
    discount, point = discount_points(asset.index_in(axes.asset_curve), expiry)
    return {
        "asset": asset.index_in(axes.asset),
        "currency": asset.index_in(axes.asset_currency),
        "surface": asset.index_in(axes.surface),
        "discount": discount,
        "point": point,
        "strike": rows.numbers("strike"),
        "expiry": expiry,
        "multiplier": rows.numbers("multiplier"),
    }


def _option_columns(rows: Rows, axes: Axes) -> dict[str, Any]:
    """What every option on one asset says, by field name."""
    return {**_volatility_columns(rows, axes), "is_call": rows.words("option_type").among("call")}


def european_option_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    return EuropeanOption(**_option_columns(rows, axes))


def digital_option_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    return DigitalOption(
        option=AssetOption(**_option_columns(rows, axes)),
        cash=rows.numbers("cash", empty=1.0),
        pays_asset=rows.words("payout").among("asset"),
    )


def american_option_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    return AmericanOption(AssetOption(**_option_columns(rows, axes)))


def barrier_option_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    barrier_type = rows.words("barrier_type")
    return BarrierOption(
        option=AssetOption(**_option_columns(rows, axes)),
        barrier=rows.numbers("barrier"),
        rebate=rows.numbers("rebate", empty=0.0),
        is_up=barrier_type.among("up_in", "up_out"),
        is_in=barrier_type.among("up_in", "down_in"),
    )


def asian_option_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    fixings = averaging(rows, axes.valuation_date)
    return AsianOption(
        option=AssetOption(**_option_columns(rows, axes)),
        fixing_time=fixings.time,
        fixing_weight=fixings.weight,
        past_log_sum=fixings.past_weight * np.log(rows.numbers("past_average", empty=1.0)),
    )


def arithmetic_asian_option_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    fixings = averaging(rows, axes.valuation_date)
    return ArithmeticAsianOption(
        option=AssetOption(**_option_columns(rows, axes)),
        fixing_time=fixings.time,
        fixing_weight=fixings.weight,
        past_sum=fixings.past_weight * rows.numbers("past_average", empty=0.0),
    )


def two_asset_option_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    sign, second = np.where(rows.words("kind").among("spread_option"), -1.0, 1.0), rows.words("asset_2")
    return TwoAssetOption(
        **_option_columns(rows, axes),
        asset_2=second.index_in(axes.asset),
        surface_2=second.index_in(axes.surface),
        weight_2=sign * rows.numbers("weight_2", empty=1.0),
        correlation=rows.numbers("correlation"),
    )


def variance_swap_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    shared = _volatility_columns(rows, axes)
    today = np.datetime64(axes.valuation_date)
    elapsed = -years_until(rows.dates("start", empty=today), axes.valuation_date)
    return VarianceSwap(
        **shared,
        total_time=shared["expiry"] + elapsed,
        past_variance=elapsed * rows.numbers("past_volatility", empty=0.0) ** 2,
    )


def forward_terms(rows: Rows, axes: Axes) -> AbstractTerms:
    asset = rows.words("asset")
    maturity = years_until(rows.dates("maturity"), axes.valuation_date)
    discount, point = discount_points(asset.index_in(axes.asset_curve), maturity)
    return Forward(
        asset=asset.index_in(axes.asset),
        currency=asset.index_in(axes.asset_currency),
        discount=discount,
        point=point,
        strike=rows.numbers("strike"),
        maturity=maturity,
        margined=rows.words("kind").among("future"),
        multiplier=rows.numbers("multiplier"),
    )
