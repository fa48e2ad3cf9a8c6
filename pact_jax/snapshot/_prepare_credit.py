"""Issuers, loans, exposures and netting sets -> the arrays of a credit book."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pact_jax.credit import CreditBook, rating_pds, regulatory_loading

from ._capacity import capacity, padded
from ._kinds import OTC_KINDS
from ._labels import index_of
from ._snapshot import Snapshot

DEFAULT_LGD = 0.45
DEFAULT_CCF = 0.40


@dataclass(frozen=True, eq=False)
class Obligors:
    """Every name that can default, sorted, with what is known of it.

    Attributes:
        table: indexed by name; columns pd, lgd, driver, loading, sector.
        assumptions: what was assumed, in words.
    """

    table: pd.DataFrame
    assumptions: tuple[str, ...]


def collect_obligors(snapshot: Snapshot) -> Obligors:
    """Issuers and the counterparties of given exposures, with every gap filled by a stated assumption."""
    columns = ["name", "pd", "rating", "lgd", "driver", "loading", "sector"]
    parts = []
    if len(snapshot.issuers):
        parts.append(snapshot.issuers.rename(columns={"issuer": "name"})[columns])
    if len(snapshot.credit_exposures):
        exposures = snapshot.credit_exposures.rename(columns={"counterparty": "name", "credit_driver": "driver"})
        parts.append(exposures.assign(loading=np.nan, sector="")[columns])
    if not parts:
        return Obligors(pd.DataFrame(columns=columns[1:]), ())
    table = pd.concat(parts, ignore_index=True).drop_duplicates("name").set_index("name").sort_index()
    said = []
    rated = table["pd"].isna()
    if rated.any():
        table.loc[rated, "pd"] = rating_pds(list(table.loc[rated, "rating"]))
        said.append(f"PD of {int(rated.sum())} obligors read from the shipped rating table")
    unknown = table["lgd"].isna()
    if unknown.any():
        table.loc[unknown, "lgd"] = DEFAULT_LGD
        said.append(f"LGD {DEFAULT_LGD:.0%} where none is known: {int(unknown.sum())} obligors")
    return Obligors(table, tuple(said))


def estimate_loadings(obligors: Obligors, moves: pd.DataFrame) -> Obligors:
    """Loadings where none is given: the correlation with the driver for listed names, else the regulatory root.

    Args:
        obligors: names and drivers.
        moves: H-day log returns of assets and currencies by name ("FX:EUR" for a currency).

    Returns:
        The obligors with loadings, and what was assumed.
    """
    table = obligors.table.copy()
    table.loc[table["driver"] == "", "loading"] = 0.0
    said = list(obligors.assumptions)
    alone = int((table["driver"] == "").sum())
    if alone:
        said.append(f"{alone} obligors have no driver: their defaults are independent (CROSS_RISK_INDEPENDENT)")
    listed = 0
    for name, driver in table.loc[table["loading"].isna(), "driver"].astype(str).items():
        if name in moves.columns and driver in moves.columns and name != driver:
            table.at[name, "loading"] = float(np.clip(moves[str(name)].corr(moves[driver]), 0.0, 0.99))
            listed += 1
    if listed:
        said.append(f"loading of {listed} listed obligors estimated from their own returns against the driver")
    missing = table["loading"].isna()
    if missing.any():
        table.loc[missing, "loading"] = np.asarray(regulatory_loading(table.loc[missing, "pd"].to_numpy(float)))
        said.append(f"loading of {int(missing.sum())} obligors is the root of the regulatory correlation (CRE31.5)")
    return Obligors(table, tuple(said))


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


@dataclass(frozen=True, eq=False)
class Buckets:
    """Credit buckets of marked positions.

    Attributes:
        of_row: bucket of each position row, -1 for none.
        obligor: obligor of each bucket.
        desk: desk index of each bucket.
        currency: currency index of each issuer bucket.
        netting: netting set of each bucket, -1 for issuers.
        num_netting: number of netting sets.
    """

    of_row: np.ndarray
    obligor: np.ndarray
    desk: np.ndarray
    currency: np.ndarray
    netting: np.ndarray
    num_netting: int


def make_buckets(
    positions: pd.DataFrame, obligor: dict[str, int], desk: dict[str, int], currency: dict[str, int]
) -> Buckets:
    """One bucket for each (issuer, desk, currency) of bonds and CDS, and each (counterparty, desk) of OTC contracts."""
    kind = positions["kind"]
    issuer_row = (kind.isin(("bond", "cds")) & (positions["issuer"] != "")).to_numpy()
    netted_row = (kind.isin(OTC_KINDS) & (positions["counterparty"] != "")).to_numpy()
    name = np.where(netted_row, positions["counterparty"], positions["issuer"])
    money = np.where(netted_row, "", positions["currency"])
    keys = pd.DataFrame({"netted": netted_row, "name": name, "desk": positions["desk"].to_numpy(), "currency": money})
    used = issuer_row | netted_row
    groups = keys[used].groupby(["netted", "name", "desk", "currency"], sort=True)
    of_row = np.full(len(positions), -1)
    of_row[used] = groups.ngroup().to_numpy()
    rows = keys[used].drop_duplicates().sort_values(["netted", "name", "desk", "currency"])
    sets = {n: k for k, n in enumerate(sorted(set(rows.loc[rows["netted"], "name"])))}
    return Buckets(
        of_row=of_row,
        obligor=np.array([obligor[n] for n in rows["name"]], dtype=np.int64),
        desk=np.array([desk[d] for d in rows["desk"]], dtype=np.int64),
        currency=np.array([currency.get(c, 0) for c in rows["currency"]], dtype=np.int64),
        netting=np.array([sets[n] if k else -1 for n, k in zip(rows["name"], rows["netted"], strict=True)], np.int64),
        num_netting=len(sets),
    )


@dataclass(frozen=True, eq=False)
class Exposures:
    """Accrual exposures: loans (scaled by their position) and given amounts, with their labels.

    Attributes:
        frame: columns name, kind, desk, obligor, ead, lgd, row (position row, -1 for none).
        assumptions: what was assumed, in words.
    """

    frame: pd.DataFrame
    assumptions: tuple[str, ...]


def collect_exposures(snapshot: Snapshot, positions: pd.DataFrame, obligors: Obligors) -> Exposures:
    """EAD of loans, `outstanding + ccf x undrawn`, and of given exposures as their columns say."""
    fx = dict(zip(snapshot.currencies["currency"], snapshot.currencies["fx"], strict=True))
    lgd_of = obligors.table["lgd"]
    said, parts = [], []
    at = np.flatnonzero((positions["kind"] == "loan").to_numpy())
    if len(at):
        loans = positions.iloc[at]
        undrawn = loans["undrawn"].fillna(0.0)
        assumed = loans["ccf"].isna() & (undrawn > 0.0)
        if assumed.any():
            said.append(f"credit conversion factor {DEFAULT_CCF:.0%} on {int(assumed.sum())} undrawn commitments")
        ead = (loans["outstanding"] + loans["ccf"].fillna(DEFAULT_CCF) * undrawn) * loans["currency"].map(fx)
        lgd = loans["lgd"].fillna(loans["issuer"].map(lgd_of))
        parts.append(
            pd.DataFrame(
                {
                    "name": loans["position_id"].to_numpy(),
                    "kind": "loan",
                    "desk": loans["desk"].to_numpy(),
                    "obligor": loans["issuer"].to_numpy(),
                    "ead": ead.to_numpy(float),
                    "lgd": lgd.to_numpy(float),
                    "row": at,
                }
            )
        )
    if len(snapshot.credit_exposures):
        given = snapshot.credit_exposures.sort_values("counterparty")
        drawn = given["current_exposure"]
        ead = np.where(
            given["undrawn"].notna(), drawn + given["ccf"] * given["undrawn"].fillna(0.0), given["ccf"] * drawn
        )
        parts.append(
            pd.DataFrame(
                {
                    "name": given["counterparty"].to_numpy(),
                    "kind": "credit_exposure",
                    "desk": given["desk"].to_numpy(),
                    "obligor": given["counterparty"].to_numpy(),
                    "ead": ead,
                    "lgd": given["lgd"].fillna(DEFAULT_LGD).to_numpy(float),
                    "row": -1,
                }
            )
        )
    columns = ["name", "kind", "desk", "obligor", "ead", "lgd", "row"]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return Exposures(frame, tuple(said))


def prepare_credit(
    obligors: Obligors,
    exposures: Exposures,
    buckets: Buckets,
    drivers: tuple[str, ...],
    desk: dict[str, int],
    place_of_row: np.ndarray,
) -> CreditBook:
    """Arrays of the credit book, every axis padded to its capacity.

    Args:
        obligors: names with pd, loading, driver.
        exposures: accrual exposures.
        buckets: buckets of marked positions.
        drivers: names of the systematic drivers.
        desk: index of each desk.
        place_of_row: place on the positions axis of each position row.

    Returns:
        The book, as NumPy arrays.
    """
    table, frame = obligors.table, exposures.frame
    names = tuple(map(str, table.index))
    index, driver = index_of(names), index_of(drivers)
    num, num_exp, num_buckets = capacity(max(len(names), 1)), capacity(len(frame)), capacity(len(buckets.obligor))
    row = frame["row"].to_numpy(int) if len(frame) else np.empty(0, int)
    position = np.where(row >= 0, place_of_row[np.maximum(row, 0)], -1) if len(row) else row
    lgd = table["lgd"].to_numpy(float) if len(names) else np.zeros(0)

    def ints(values: list[int] | np.ndarray, length: int, fill: int) -> np.ndarray:
        return padded(np.asarray(values, dtype=np.int64), length, fill)

    return CreditBook(
        pd=padded(table["pd"].to_numpy(float), num, 0.0),
        loading=padded(table["loading"].to_numpy(float), num, 0.0),
        driver=ints([driver.get(d, -1) for d in table["driver"]], num, -1),
        key=padded(obligor_keys(names), num, 0),
        ead=padded(frame["ead"].to_numpy(float), num_exp, 0.0),
        lgd=padded(frame["lgd"].to_numpy(float), num_exp, 0.0),
        obligor=ints([index[n] for n in frame["obligor"]], num_exp, 0),
        desk=ints([desk[d] for d in frame["desk"]], num_exp, 0),
        position=ints(position, num_exp, -1),
        bucket_obligor=ints(buckets.obligor, num_buckets, 0),
        bucket_desk=ints(buckets.desk, num_buckets, 0),
        bucket_currency=ints(buckets.currency, num_buckets, 0),
        bucket_netting=ints(buckets.netting, num_buckets, -1),
        bucket_lgd=padded(lgd[buckets.obligor] if len(lgd) else np.zeros(0), num_buckets, 0.0),
        num_netting=capacity(buckets.num_netting),
    )
