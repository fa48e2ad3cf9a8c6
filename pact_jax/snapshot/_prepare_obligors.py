"""Everyone who can default: probabilities, losses given default, drivers and loadings, gaps filled as stated."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float

from pact_jax.credit import rating_pds, regulatory_loading

from ._rows import words_of
from ._snapshot import Snapshot

DEFAULT_LGD = 0.45


@dataclass(frozen=True, eq=False)
class Obligors:
    """Every name that can default, sorted, with what is known of it.

    Attributes:
        names: the names.
        pd: one-year probability of default.
        lgd: loss given default.
        driver: systematic driver, "" for none.
        loading: loading on the driver, NaN until it is estimated.
        assumptions: what was assumed, in words.
    """

    names: tuple[str, ...]
    pd: Float[np.ndarray, "issuers"]
    lgd: Float[np.ndarray, "issuers"]
    driver: tuple[str, ...]
    loading: Float[np.ndarray, "issuers"]
    assumptions: tuple[str, ...] = ()


def collect_obligors(snapshot: Snapshot) -> Obligors:
    """Issuers and the counterparties of given exposures, with every gap filled by a stated assumption."""
    parts = []
    if len(issuers := snapshot.issuers):
        parts.append(_columns(issuers, "issuer", "pd", "rating", "lgd", "driver", "loading"))
    if len(given := snapshot.credit_exposures):
        columns = _columns(given, "counterparty", "pd", "rating", "lgd", "credit_driver")
        parts.append([*columns, np.full(len(given), np.nan)])
    if not parts:
        return Obligors((), np.empty(0), np.empty(0), (), np.empty(0))
    names, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    # Who is in both tables is described by the first.
    names, first = np.unique(names, return_index=True)
    probability, rating, lgd, driver, loading = (column[first] for column in columns)
    said = []
    rated = np.isnan(probability)
    if rated.any():
        word = words_of(rating[rated])
        probability[rated] = rating_pds(word.names)[word.code]
        said.append(f"PD of {int(rated.sum())} obligors read from the shipped rating table")
    unknown = np.isnan(lgd)
    if unknown.any():
        lgd[unknown] = DEFAULT_LGD
        said.append(f"LGD {DEFAULT_LGD:.0%} where none is known: {int(unknown.sum())} obligors")
    return Obligors(tuple(names), probability, lgd, tuple(driver), loading, tuple(said))


def _columns(table: pd.DataFrame, *names: str) -> list[np.ndarray]:
    return [table[name].to_numpy() for name in names]


def estimate_loadings(obligors: Obligors, moves: Mapping[str, np.ndarray]) -> Obligors:
    """Loadings where none is given: the correlation with the driver for listed names, else the regulatory root.

    Args:
        obligors: names and drivers.
        moves: H-day log returns of assets and currencies by name ("FX:EUR" for a currency).

    Returns:
        The obligors with loadings, and what was assumed.
    """
    alone = np.array([driver == "" for driver in obligors.driver], dtype=bool)
    loading = np.where(alone, 0.0, obligors.loading)
    said = list(obligors.assumptions)
    if alone.any():
        said.append(f"{alone.sum()} obligors have no driver: their defaults are independent (CROSS_RISK_INDEPENDENT)")
    listed = [
        at
        for at in np.flatnonzero(np.isnan(loading))
        if obligors.names[at] in moves and obligors.driver[at] in moves and obligors.names[at] != obligors.driver[at]
    ]
    for at in listed:
        with np.errstate(invalid="ignore", divide="ignore"):
            correlation = _correlation(moves[obligors.names[at]], moves[obligors.driver[at]])
        loading[at] = np.clip(correlation, 0.0, 0.99)
    if listed:
        said.append(f"loading of {len(listed)} listed obligors estimated from their own returns against the driver")
    missing = np.isnan(loading)
    if missing.any():
        with jax.enable_x64(True):  # whatever the process is set to: loadings are float64
            loading[missing] = np.asarray(regulatory_loading(jax.device_put(obligors.pd[missing])))
        said.append(f"loading of {int(missing.sum())} obligors is the root of the regulatory correlation (CRE31.5)")
    return replace(obligors, loading=loading, assumptions=tuple(said))


def _correlation(first: Float[np.ndarray, "dates"], second: Float[np.ndarray, "dates"]) -> np.float64:
    """What `np.corrcoef` says of two vectors, to the bit, in half its time."""
    both = np.stack([first, second])
    both -= both.mean(axis=1, keepdims=True)
    (own, shared), (_, other) = np.dot(both, both.T) * (1.0 / (len(first) - 1))
    return shared / np.sqrt(own) / np.sqrt(other)


def obligor_keys(names: tuple[str, ...]) -> np.ndarray:
    """Stable, distinct 32-bit key of each name: its checksum, with a salt for a name whose checksum is taken."""
    taken: set[int] = set()
    keys = []
    for name in names:
        salt, key = 0, zlib.crc32(name.encode())
        while key in taken:
            salt += 1
            key = zlib.crc32(f"{name}#{salt}".encode())
        taken.add(key)
        keys.append(key)
    return np.array(keys, dtype=np.uint32)
