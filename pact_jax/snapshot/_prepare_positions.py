"""Position rows -> position groups: distinct contracts per kind, padded, in one fixed order of kinds."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import equinox as eqx
import numpy as np

from pact_jax.instruments import AbstractTerms, AssetOption, LinearExposure, PositionGroup, RateVolTerms, books_of

from ._capacity import capacity, padded
from ._contract_axes import Axes
from ._contracts_asset import (
    american_option_terms,
    arithmetic_asian_option_terms,
    asian_option_terms,
    barrier_option_terms,
    digital_option_terms,
    european_option_terms,
    forward_terms,
    stock_terms,
    two_asset_option_terms,
    variance_swap_terms,
)
from ._contracts_credit import cds_terms
from ._contracts_fx import fx_forward_terms, fx_option_terms
from ._contracts_rate_options import cap_floor_terms, swap_terms, swaption_terms
from ._contracts_rates import bond_terms, loan_terms
from ._distinct import distinct_rows
from ._rows import Rows, SortedTable, Words
from ._snapshot import LinearBook, Snapshot

_MIN_BOOKS = 4


@dataclass(frozen=True)
class Resolver:
    """How rows become the terms of one group.

    Attributes:
        kinds: row kinds that share the group.
        columns: what makes two rows the same contract.
        terms: makes the terms of the distinct contracts.
        only: a column and what it must say, where one row kind has several groups.
    """

    kinds: tuple[str, ...]
    columns: tuple[str, ...]
    terms: Callable[[Rows, Axes], AbstractTerms]
    only: tuple[str, str] | None = None


_OPTION = ("asset", "maturity", "strike", "option_type", "multiplier")
_ASIAN = (*_OPTION, "first_fixing", "fixing_frequency", "past_average")
_FLOATING = ("currency", "start", "maturity", "face", "forward_curve", "float_frequency", "float_day_count")
_RATE_OPTION = ("strike", "option_type", "surface", "vol_model", "displacement")

RESOLVERS: tuple[Resolver, ...] = (
    Resolver(("stock",), ("asset",), stock_terms),
    Resolver(("european_option",), _OPTION, european_option_terms),
    Resolver(("forward", "future"), ("asset", "kind", "maturity", "strike", "multiplier"), forward_terms),
    Resolver(("fx_forward",), ("currency", "currency_2", "maturity", "strike"), fx_forward_terms),
    Resolver(("fx_option",), ("currency", "maturity", "strike", "option_type"), fx_option_terms),
    Resolver(
        ("bond",),
        ("currency", "issuer", "maturity", "coupon", "frequency", "day_count", "face", "lgd"),
        bond_terms,
    ),
    Resolver(("loan",), ("currency", "outstanding"), loan_terms),
    Resolver(("digital_option",), (*_OPTION, "payout", "cash"), digital_option_terms),
    Resolver(("american_option",), _OPTION, american_option_terms),
    Resolver(("barrier_option",), (*_OPTION, "barrier", "barrier_type", "rebate"), barrier_option_terms),
    Resolver(("asian_option",), _ASIAN, asian_option_terms, only=("averaging", "geometric")),
    Resolver(
        ("swap",),
        (*_FLOATING, "frequency", "day_count", "coupon", "spread", "fixing", "compounded"),
        swap_terms,
    ),
    Resolver(("cap_floor",), (*_FLOATING, *_RATE_OPTION, "fixing"), cap_floor_terms),
    Resolver(("swaption",), (*_FLOATING, *_RATE_OPTION, "expiry", "frequency", "day_count"), swaption_terms),
    Resolver(
        ("variance_swap",),
        ("asset", "maturity", "strike", "start", "past_volatility", "multiplier"),
        variance_swap_terms,
    ),
    Resolver(("cds",), ("currency", "issuer", "maturity", "coupon", "face", "lgd"), cds_terms),
    Resolver(("asian_option",), _ASIAN, arithmetic_asian_option_terms, only=("averaging", "arithmetic")),
    Resolver(
        ("spread_option", "basket_option"),
        (*_OPTION, "kind", "asset_2", "weight_2", "correlation"),
        two_asset_option_terms,
    ),
)
"""One for each group, in the order of the positions axis: new ones at the end, so that old books keep their order."""


@dataclass(frozen=True, eq=False)
class PreparedPositions:
    """Groups, and the row of the (sorted) positions table behind each place of the positions axis (-1: padding)."""

    groups: tuple[PositionGroup, ...]
    row: np.ndarray


def prepare_positions(
    positions: SortedTable, snapshot: Snapshot, axes: Axes, desk: dict[str, int], bucket: np.ndarray
) -> PreparedPositions:
    """Groups the positions by kind, stores each distinct contract once, and pads every axis to a capacity.

    Args:
        positions: rows sorted by id, with lgd filled for bonds.
        snapshot: for the linear book.
        axes: indices that terms refer to.
        desk: index of each desk.
        bucket: credit bucket of each row, -1 for none.

    Returns:
        Groups and the row of each place on the positions axis.
    """
    # Without an issuer nothing is lost; the value only has to be the same for all such bonds.
    positions = positions.replace("lgd", np.nan_to_num(positions.array("lgd"), nan=0.0))
    kind, held = positions.words("kind"), _Held(positions, positions.words("desk").index_in(desk), bucket)
    groups, rows = [], []
    for resolver in RESOLVERS:
        if not set(resolver.kinds) & set(kind.names):
            continue
        chosen = kind.among(*resolver.kinds)
        if resolver.only is not None:
            chosen &= positions.words(resolver.only[0]).among(resolver.only[1])
        at = np.flatnonzero(chosen)
        if not len(at):
            continue
        contracts, code = _distinct(positions.rows(at, resolver.columns))
        terms = _pad_contracts(resolver.terms(contracts, axes), capacity(len(contracts)))
        groups.append(held.group(terms, code, at))
        rows.append(padded(at, _length(at), -1))
    if snapshot.linear is not None:
        at = np.flatnonzero(kind.among("linear"))
        groups.append(held.group(_linear_terms(positions, snapshot.linear, at), np.arange(len(at)), at))
        rows.append(padded(at, _length(at), -1))
    return PreparedPositions(tuple(groups), np.concatenate(rows))


def _distinct(rows: Rows) -> tuple[Rows, np.ndarray]:
    """The distinct contracts among some rows, and which one each row is."""
    columns = [column.code if isinstance(column, Words) else column for column in rows.columns.values()]
    place, code = distinct_rows(columns)
    return rows.take(place), code


@dataclass(frozen=True, eq=False)
class _Held:
    """Who holds each row of the positions: its desk, and its credit bucket (-1 for none)."""

    positions: SortedTable
    desk: np.ndarray
    bucket: np.ndarray

    def group(self, terms: AbstractTerms, contract: np.ndarray, at: np.ndarray) -> PositionGroup:
        """The rows at some places as one group."""
        length, bucket = _length(at), self.bucket[at]
        book, book_desk, book_bucket = books_of(self.desk[at], bucket if (bucket >= 0).any() else None)
        num_books = capacity(max(len(book_desk), 1), minimum=_MIN_BOOKS)
        return PositionGroup(
            terms=terms,
            contract=padded(contract.astype(np.int64), length, 0),
            quantity=padded(self.positions.array("quantity")[at].astype(np.float64), length, 0.0),
            book=padded(book, length, 0),
            mask=padded(np.ones(len(at), bool), length, False),
            book_desk=padded(book_desk, num_books),
            book_bucket=None if book_bucket is None else padded(book_bucket, num_books),
        )


def _length(at: np.ndarray) -> int:
    """Places of a group: a book of exposures alone has a positions axis of padding."""
    return capacity(max(len(at), 1))


def _linear_terms(positions: SortedTable, linear: LinearBook, at: np.ndarray) -> LinearExposure:
    value = positions.array("value").astype(np.float64)[at]
    # Rows of the matrix follow the linear rows of the snapshot's own order.
    own = np.sort(positions.order[at])
    sensitivity = linear.sensitivity[np.searchsorted(own, positions.order[at])]
    length = _length(at)
    return LinearExposure(padded(value, length, 0.0), padded(value[:, None] * sensitivity, length, 0.0))


_Terms = TypeVar("_Terms", bound=eqx.Module)


def _pad_contracts(terms: _Terms, length: int) -> _Terms:
    """Pads the leaves on the contracts axis; points and flows are padded where they are made."""
    own = {}
    for field in dataclasses.fields(terms):
        value = getattr(terms, field.name)
        if isinstance(value, AssetOption | RateVolTerms):
            own[field.name] = _pad_contracts(value, length)
        elif isinstance(value, np.ndarray) and not field.name.startswith(("flow_", "amount", "recovery_")):
            own[field.name] = padded(value, length)
    return dataclasses.replace(terms, **own)
