"""What a position is worth by its own input price, and how big it is: for checks and for rows that were rejected."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from ._context import Context
from ._kinds import FACE_KINDS, FX_KINDS, PER_UNDERLYING_KINDS
from ._snapshot import Snapshot


def input_value(snapshot: Snapshot) -> pd.Series:
    """Value of each position by its input price.

    `quantity x price x multiplier x fx`, the multiplier only for kinds quoted per unit of the underlying.

    Args:
        snapshot: The snapshot.

    Returns:
        Signed value in the reporting currency, indexed by position id; NaN where no price was given.

    Example:
        >>> from pact_jax.datasets import load_desk  # doctest: +SKIP
        >>> input_value(load_desk()).sum()  # doctest: +SKIP
    """
    context = Context(snapshot.valuation_date, snapshot.reporting_currency)
    context.tables.update(assets=snapshot.assets, currencies=snapshot.currencies)
    values = value_at_input_price(snapshot.positions, context)
    return pd.Series(values, index=pd.Index(snapshot.positions["position_id"]), name="input_value")


def value_at_input_price(frame: pd.DataFrame, context: Context) -> Float[np.ndarray, "positions"]:
    """`quantity x price x multiplier x fx`, NaN where the price or the exchange rate is not known."""
    if "value" in frame:
        return (frame["quantity"] * frame["value"]).to_numpy()
    per_underlying = frame["kind"].isin(PER_UNDERLYING_KINDS)
    units = frame["quantity"] * frame["multiplier"].where(per_underlying, 1.0)
    quoted_in = frame["currency"].where(~frame["kind"].isin(FX_KINDS), frame["currency_2"])
    quoted_in = quoted_in.where(quoted_in != "", context.reporting_currency)
    return (units * frame["price"] * _rate(quoted_in, context)).to_numpy(dtype="float64")


def notional(table: str, frame: pd.DataFrame, context: Context) -> Float[np.ndarray, "positions"]:
    """Size of each row in the reporting currency, NaN where it has none or where it is not known."""
    if table == "credit_exposures":
        return (frame["current_exposure"] + frame["undrawn"].fillna(0.0)).to_numpy()
    if table == "cash_flows":
        return frame["amount"].abs().to_numpy()
    if table != "positions":
        return np.full(len(frame), np.nan)
    if "value" in frame:
        return frame["value"].abs().to_numpy()
    assets = context.tables["assets"]
    spot = frame["asset"].map(dict(zip(assets.get("asset", ()), assets.get("spot", ()), strict=True))).astype("float64")
    kind = frame["kind"]
    unit = pd.Series(np.nan, index=frame.index)
    unit = unit.mask(kind == "stock", spot)
    unit = unit.mask(kind.isin(PER_UNDERLYING_KINDS), frame["multiplier"] * frame["strike"].fillna(spot))
    unit = unit.mask(kind.isin(FACE_KINDS), frame["face"])
    unit = unit.mask(kind == "loan", frame["outstanding"] + frame["undrawn"].fillna(0.0))
    unit = unit.mask(kind.isin(FX_KINDS), 1.0)
    return (frame["quantity"].abs() * unit * _rate(frame["currency"], context)).to_numpy(dtype="float64")


def _rate(currency: pd.Series, context: Context) -> pd.Series:
    table = context.tables["currencies"]
    rates = dict(zip(table.get("currency", ()), table.get("fx", ()), strict=True))
    return currency.map(rates).astype("float64")
