"""Rows of kinds on one asset -> their terms."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

from typing import Any

import numpy as np
import pandas as pd

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

from ._contract_axes import Axes, discount_points, indices_of
from ._fixings import averaging
from ._resolve import years_until


def _asset_currency(rows: pd.DataFrame, axes: Axes) -> pd.Series:
    return rows["asset"].map(axes.asset_currency)


def stock_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    return Stock(indices_of(rows["asset"], axes.asset), indices_of(_asset_currency(rows, axes), axes.currency))


def _option_columns(rows: pd.DataFrame, axes: Axes) -> dict[str, Any]:
    """What every option on one asset says, by field name."""
    currency = _asset_currency(rows, axes)
    expiry = years_until(rows["maturity"], axes.valuation_date)
    discount, point = discount_points(indices_of(currency, axes.curve_of), expiry)
    return {
        "asset": indices_of(rows["asset"], axes.asset),
        "currency": indices_of(currency, axes.currency),
        "surface": indices_of(rows["asset"], axes.surface),
        "discount": discount,
        "point": point,
        "strike": rows["strike"].to_numpy(float),
        "expiry": expiry,
        "is_call": (rows["option_type"] == "call").to_numpy(),
        "multiplier": rows["multiplier"].to_numpy(float),
    }


def european_option_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    return EuropeanOption(**_option_columns(rows, axes))


def digital_option_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    return DigitalOption(
        option=AssetOption(**_option_columns(rows, axes)),
        cash=rows["cash"].fillna(1.0).to_numpy(float),
        pays_asset=(rows["payout"] == "asset").to_numpy(),
    )


def american_option_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    return AmericanOption(AssetOption(**_option_columns(rows, axes)))


def barrier_option_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    return BarrierOption(
        option=AssetOption(**_option_columns(rows, axes)),
        barrier=rows["barrier"].to_numpy(float),
        rebate=rows["rebate"].fillna(0.0).to_numpy(float),
        is_up=rows["barrier_type"].str.startswith("up").to_numpy(bool),
        is_in=rows["barrier_type"].str.endswith("in").to_numpy(bool),
    )


def asian_option_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    fixings = averaging(rows, axes.valuation_date)
    return AsianOption(
        option=AssetOption(**_option_columns(rows, axes)),
        fixing_time=fixings.time,
        fixing_weight=fixings.weight,
        past_log_sum=fixings.past_weight * np.log(rows["past_average"].fillna(1.0).to_numpy(float)),
    )


def arithmetic_asian_option_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    fixings = averaging(rows, axes.valuation_date)
    return ArithmeticAsianOption(
        option=AssetOption(**_option_columns(rows, axes)),
        fixing_time=fixings.time,
        fixing_weight=fixings.weight,
        past_sum=fixings.past_weight * rows["past_average"].fillna(0.0).to_numpy(float),
    )


def two_asset_option_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    sign = np.where(rows["kind"] == "spread_option", -1.0, 1.0)
    return TwoAssetOption(
        **_option_columns(rows, axes),
        asset_2=indices_of(rows["asset_2"], axes.asset),
        surface_2=indices_of(rows["asset_2"], axes.surface),
        weight_2=sign * rows["weight_2"].fillna(1.0).to_numpy(float),
        correlation=rows["correlation"].to_numpy(float),
    )


def variance_swap_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    shared = _option_columns(rows.assign(option_type=""), axes)
    shared.pop("is_call")
    elapsed = -years_until(rows["start"].fillna(pd.Timestamp(axes.valuation_date)), axes.valuation_date)
    return VarianceSwap(
        **shared,
        total_time=shared["expiry"] + elapsed,
        past_variance=elapsed * rows["past_volatility"].fillna(0.0).to_numpy(float) ** 2,
    )


def forward_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    currency = _asset_currency(rows, axes)
    maturity = years_until(rows["maturity"], axes.valuation_date)
    discount, point = discount_points(indices_of(currency, axes.curve_of), maturity)
    return Forward(
        asset=indices_of(rows["asset"], axes.asset),
        currency=indices_of(currency, axes.currency),
        discount=discount,
        point=point,
        strike=rows["strike"].to_numpy(float),
        maturity=maturity,
        margined=(rows["kind"] == "future").to_numpy(),
        multiplier=rows["multiplier"].to_numpy(float),
    )
