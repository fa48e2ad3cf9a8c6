"""What is lost when a name defaults: buckets of marked positions, and exposures that are booked at amounts."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ._distinct import distinct_rows
from ._kinds import OTC_KINDS
from ._prepare_obligors import DEFAULT_LGD
from ._rows import SortedTable, sorted_by
from ._snapshot import Snapshot

DEFAULT_CCF = 0.40


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

    of_row: Int[np.ndarray, "positions"]
    obligor: Int[np.ndarray, "buckets"]
    desk: Int[np.ndarray, "buckets"]
    currency: Int[np.ndarray, "buckets"]
    netting: Int[np.ndarray, "buckets"]
    num_netting: int


def make_buckets(
    positions: SortedTable, obligor: dict[str, int], desk: dict[str, int], currency: dict[str, int]
) -> Buckets:
    """One bucket for each (issuer, desk, currency) of bonds and CDS, and each (counterparty, desk) of OTC contracts.

    Args:
        positions: rows sorted by id.
        obligor: index of each obligor.
        desk: index of each desk.
        currency: index of each currency.

    Returns:
        The buckets, those of issuers first; sorted by name, desk and currency.
    """
    kind, issuer, counterparty, money = (
        positions.words(name) for name in ("kind", "issuer", "counterparty", "currency")
    )
    netted = kind.among(*OTC_KINDS) & ~counterparty.among("")
    used = np.flatnonzero(netted | (kind.among("bond", "cds") & ~issuer.among("")))
    netted = netted[used]
    # Obligors and desks are numbered in the order of their names; currencies are not.
    party = np.where(netted, counterparty.index_in(obligor, -1)[used], issuer.index_in(obligor, -1)[used])
    assert (party >= 0).all(), "a snapshot knows every issuer and counterparty of its positions"
    desk_of = positions.words("desk").index_in(desk)[used]
    place, code = distinct_rows([netted, party, desk_of, np.where(netted, -1, money.code[used])])
    of_row = np.full(len(positions), -1)
    of_row[used] = code
    netted, name = netted[place], party[place]
    sets, netting = np.unique(name[netted], return_inverse=True)
    of_bucket = np.full(len(place), -1)
    of_bucket[netted] = netting
    return Buckets(
        of_row=of_row,
        obligor=name,
        desk=desk_of[place],
        currency=np.where(netted, 0, money.take(used[place]).index_in(currency)),
        netting=of_bucket,
        num_netting=len(sets),
    )


@dataclass(frozen=True, eq=False)
class Exposures:
    """Accrual exposures: loans (scaled by their position) and given amounts, with their labels.

    Attributes:
        name: position id of a loan, or counterparty.
        kind: "loan" or "credit_exposure".
        desk: name of the desk.
        obligor: name of the obligor.
        ead: exposure at default, reporting currency.
        lgd: loss given default.
        row: position row, -1 for none.
        assumptions: what was assumed, in words.
    """

    name: tuple[str, ...]
    kind: tuple[str, ...]
    desk: tuple[str, ...]
    obligor: tuple[str, ...]
    ead: Float[np.ndarray, "exposures"]
    lgd: Float[np.ndarray, "exposures"]
    row: Int[np.ndarray, "exposures"]
    assumptions: tuple[str, ...] = ()


def collect_exposures(snapshot: Snapshot, positions: SortedTable) -> Exposures:
    """EAD of loans, `outstanding + ccf x undrawn`, and of given exposures as their columns say."""
    loans, given = _loans(snapshot, positions), _given(snapshot)
    return Exposures(
        name=loans.name + given.name,
        kind=loans.kind + given.kind,
        desk=loans.desk + given.desk,
        obligor=loans.obligor + given.obligor,
        ead=np.concatenate([loans.ead, given.ead]),
        lgd=np.concatenate([loans.lgd, given.lgd]),
        row=np.concatenate([loans.row, given.row]),
        assumptions=loans.assumptions,
    )


def _loans(snapshot: Snapshot, positions: SortedTable) -> Exposures:
    at = np.flatnonzero(positions.words("kind").among("loan"))
    rows = positions.rows(at, ("currency", "outstanding", "undrawn", "ccf", "lgd"))
    fx = dict(zip(snapshot.currencies["currency"], snapshot.currencies["fx"], strict=True))
    undrawn, ccf = rows.numbers("undrawn", empty=0.0), rows.numbers("ccf")
    assumed = np.count_nonzero(np.isnan(ccf) & (undrawn > 0.0))
    said = f"credit conversion factor {DEFAULT_CCF:.0%} on {assumed} undrawn commitments"
    drawn = rows.numbers("outstanding") + rows.numbers("ccf", empty=DEFAULT_CCF) * undrawn
    return Exposures(
        name=tuple(positions.array("position_id")[at]),
        kind=("loan",) * len(at),
        desk=tuple(positions.array("desk")[at]),
        obligor=tuple(positions.array("issuer")[at]),
        ead=drawn * rows.words("currency").value_in(fx),
        lgd=rows.numbers("lgd"),
        row=at,
        assumptions=(said,) if assumed else (),
    )


def _given(snapshot: Snapshot) -> Exposures:
    table = snapshot.credit_exposures
    if not len(table):
        return Exposures((), (), (), (), np.empty(0), np.empty(0), np.empty(0, np.int64))
    given = sorted_by(table, "counterparty")
    name = tuple(given.array("counterparty"))
    drawn, undrawn, ccf, lgd = (given.array(key) for key in ("current_exposure", "undrawn", "ccf", "lgd"))
    return Exposures(
        name=name,
        kind=("credit_exposure",) * len(name),
        desk=tuple(given.array("desk")),
        obligor=name,
        ead=np.where(np.isnan(undrawn), ccf * drawn, drawn + ccf * np.nan_to_num(undrawn, nan=0.0)),
        lgd=np.where(np.isnan(lgd), DEFAULT_LGD, lgd),
        row=np.full(len(name), -1),
    )
