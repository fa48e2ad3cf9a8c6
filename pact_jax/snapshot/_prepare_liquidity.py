"""Cash flows, buffers and trading costs -> the arrays of a liquidity book."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import numpy as np
from jaxtyping import Float

from pact_jax.liquidity import LiquidityBook

from ._labels import index_of
from ._rows import sorted_by
from ._snapshot import Snapshot

_VOL_WINDOW = 250
_MIN_DATES = 20


def net_outflow(snapshot: Snapshot, horizon_days: int) -> float:
    """Largest cumulative contractual net outflow within the horizon (business days), at least 0."""
    if not len(snapshot.cash_flows):
        return 0.0
    last = np.busday_offset(np.datetime64(snapshot.valuation_date, "D"), horizon_days, roll="forward")
    amount, date = snapshot.cash_flows["amount"], snapshot.cash_flows["date"].to_numpy()
    within = date.astype("datetime64[D]") <= last
    cumulative = amount[within].groupby(date[within]).sum().to_numpy().cumsum()
    return float(max(-cumulative.min(initial=0.0), 0.0))


def prepare_liquidity(
    snapshot: Snapshot, names: dict[str, tuple[str, ...]], horizon_days: int
) -> tuple[LiquidityBook, tuple[str, ...]]:
    """Arrays of the liquidity book, and what was not supplied, in words.

    Args:
        snapshot: checked tables.
        names: names of the market's axes.
        horizon_days: business days of the view.

    Returns:
        The book, as NumPy arrays; and the list of missing inputs.
    """
    missing = []
    assets = names["assets"]
    num_assets = max(len(assets), 1)
    supplied, daily_vol = np.zeros(num_assets, bool), np.zeros(num_assets)
    currency, surface = np.zeros(num_assets, np.int64), np.full(num_assets, -1)
    if assets:
        table = sorted_by(snapshot.assets, "asset")
        daily_vol = _daily_vol(snapshot, assets)
        supplied = np.isfinite(table.array("half_spread")) & np.isfinite(table.array("adv")) & np.isfinite(daily_vol)
        without = [name for name, known in zip(assets, supplied, strict=True) if not known]
        if without:
            missing.append(f"liquidation cost of {', '.join(without[:5])}{' ...' if len(without) > 5 else ''}")
        daily_vol = np.nan_to_num(daily_vol, nan=0.0)
        of_currency, of_surface = index_of(names["currencies"]), index_of(names["surfaces"])
        currency = np.array([of_currency[c] for c in table.array("currency")], np.int64)
        surface = np.array([of_surface.get(name, -1) for name in assets], np.int64)
    if snapshot.cash_buffer is None or not len(snapshot.cash_flows):
        missing.append("funding: cash_buffer and cash_flows")
        outflow, buffer = 0.0, 0.0
    else:
        outflow, buffer = net_outflow(snapshot, horizon_days), snapshot.cash_buffer
    book = LiquidityBook(
        fraction=np.float64(snapshot.liquidation_fraction),
        impact_coefficient=np.float64(snapshot.impact_coefficient),
        participation_cap=np.float64(snapshot.participation_cap),
        daily_vol=daily_vol,
        currency=currency,
        surface=surface,
        supplied=supplied,
        net_outflow=np.float64(outflow),
        cash_buffer=np.float64(buffer),
        penalty_rate=np.float64(snapshot.funding_penalty_rate),
    )
    return book, tuple(missing)


def _daily_vol(snapshot: Snapshot, assets: tuple[str, ...]) -> Float[np.ndarray, "assets"]:
    """Standard deviation of the last year's daily log returns, NaN without history."""
    history = snapshot.history
    column = index_of(tuple(history.columns))
    place = np.array([column.get(f"spot:{name}", -1) for name in assets], np.int64)
    daily_vol = np.full(len(assets), np.nan)
    if len(history) >= _MIN_DATES:
        levels = history.iloc[-_VOL_WINDOW - 1 :].to_numpy(float)[:, place[place >= 0]]
        moves = np.ascontiguousarray(np.diff(np.log(levels), axis=0).T)
        daily_vol[place >= 0] = moves.std(axis=1, ddof=1)
    return daily_vol
