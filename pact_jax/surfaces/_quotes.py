"""The host door of every fit: quotes by expiry and strike, checked before anything is compiled."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..errors import ArgumentError


class Quotes(NamedTuple):
    """Checked quotes; cells of weight 0 hold harmless values.

    Attributes:
        expiry: years, positive, ascending.
        place: log-moneyness or strike, ascending along each row.
        vol: implied volatility per square-root year, positive.
        weight: weight of each squared residual, 0 for a cell that holds no quote.
    """

    expiry: Float[Array, "expiries"]
    place: Float[Array, "expiries strikes"]
    vol: Float[Array, "expiries strikes"]
    weight: Float[Array, "expiries strikes"]


def check_quotes(where: str, name: str, expiry, place, vol, weight, *, least: int) -> Quotes:
    """Check quotes on a grid, expiry by expiry, and return them as arrays.

    Args:
        where: the function that was called.
        name: its argument that places quotes in a smile.
        expiry: years.
        place: log-moneyness or strike of each quote, one row an expiry.
        vol: implied volatility of each quote.
        weight: weight of each quote; None for 1 everywhere.
        least: fewest quotes an expiry may have.

    Returns:
        The quotes.

    Raises:
        ArgumentError: for shapes that differ, for NaN, for expiries that are not positive and ascending, for strikes
            that do not ascend, for a volatility that is not positive, for a weight below zero, for too few quotes.
    """
    vol = np.asarray(vol)
    host = {"expiry": np.asarray(expiry), name: np.asarray(place), "implied_vol": vol}
    host["weight"] = np.ones(vol.shape, vol.dtype) if weight is None else np.asarray(weight)
    _check_shapes(where, name, host)
    time, at, live = host["expiry"], host[name], host["weight"] > 0
    _refuse(
        where, "weight", ~(host["weight"] >= 0), host["weight"], "a weight is not negative", "use 0 to leave it out"
    )
    _refuse(where, "expiry", ~(np.isfinite(time) & (time > 0)), time, "an expiry is positive, in years", "drop the row")
    later = np.diff(time, prepend=0.0) > 0
    _refuse(where, "expiry", ~later, time, "expiries ascend", "sort the rows by expiry, one row an expiry")
    _refuse(where, name, live & ~np.isfinite(at), at, "it is a finite number", "fill it, or give the quote weight 0")
    good = np.isfinite(vol) & (vol > 0)
    _refuse(where, "implied_vol", live & ~good, vol, "a volatility is positive", "mend the quote, or give it weight 0")
    before = np.maximum.accumulate(np.where(live, at, -np.inf), axis=1)
    before = np.concatenate([np.full_like(before[:, :1], -np.inf), before[:, :-1]], axis=1)
    _refuse(where, name, live & ~(at > before), at, "it ascends along a smile", "sort the quotes, one a strike")
    few = live.sum(axis=1) < least
    rule = f"a smile needs at least {least} quotes"
    _refuse(where, "implied_vol", few, live.sum(axis=1), rule, "add quotes, or leave the expiry out")
    clean = (time, np.where(live, at, at[live][0]), np.where(live, vol, 1.0), host["weight"])
    return Quotes(*(jnp.asarray(part, dtype=jnp.result_type(float)) for part in clean))


def _check_shapes(where: str, name: str, host: dict[str, np.ndarray]) -> None:
    shape = host["implied_vol"].shape
    if len(shape) != 2 or 0 in shape:
        raise ArgumentError(f"implied_vol has shape {shape}", where, "give one row an expiry and one column a strike")
    for key, expected in (("expiry", shape[:1]), (name, shape), ("weight", shape)):
        if host[key].shape != expected:
            found = f"{key} has shape {host[key].shape}, implied_vol {shape}"
            raise ArgumentError(found, where, f"give {key} in shape {expected}")


def _refuse(where: str, name: str, bad: np.ndarray, values: np.ndarray, rule: str, mend: str) -> None:
    """Raise for the first bad element and say how many there are."""
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        more = f" ({int(bad.sum())} such)" if bad.sum() > 1 else ""
        raise ArgumentError(f"{name}{list(at)} is {values[at]}: {rule}{more}", where, mend)
