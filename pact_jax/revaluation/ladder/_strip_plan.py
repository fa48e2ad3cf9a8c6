"""Which strips the fixed payments of a book make; on the host, once a book."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays all together.

import equinox as eqx
import numpy as np
from jaxtyping import Array, Bool, Int

from pact_jax.instruments import PositionGroup
from pact_jax.pricing import FixedPayments

_ROUNDED = 8
"""Numbers of strips and bundles are rounded up to a multiple of this: few changes of a book compile anything."""

_ROWS = 4
"""Strips in a bundle."""


class StripPlan(eqx.Module):
    """Which strips the payments of one leg make: names, without an amount in them.

    Strips that share a curve and an issuer are evaluated together, a few at a time.

    Attributes:
        book: index of the group's book.
        currency: index of the currency paid.
        bundle: where the strip is evaluated.
        used: false for what rounds up the number of strips.
        curve: discount curve of each bundle.
        issuer: issuer of each bundle, -1 for none; None where no payment has one.
        row: the strips of each bundle; their number for none.
    """

    book: Int[Array, "strips"]
    currency: Int[Array, "strips"]
    bundle: Int[Array, "strips"]
    used: Bool[Array, "strips"]
    curve: Int[Array, "bundles"]
    issuer: Int[Array, "bundles"] | None
    row: Int[Array, "bundles strips"]


def plan_strips(group: PositionGroup, leg: FixedPayments) -> StripPlan:
    """Finds the strips that occur; on the host, once a book.

    Args:
        group: the positions.
        leg: what the states of their kind pay.

    Returns:
        One strip for each book, currency, curve and issuer that occur together; NumPy arrays.
    """
    issuer = np.full(leg.end.shape[0], -1) if leg.issuer is None else np.asarray(leg.issuer)
    columns = (np.asarray(leg.curve), issuer + 1, np.asarray(leg.currency))
    size = tuple(int(column.max(initial=0)) + 1 for column in columns)
    names, name = np.unique(np.ravel_multi_index(columns, size), return_inverse=True)
    contract, book = (np.asarray(part)[np.asarray(group.mask)] for part in (group.contract, group.book))
    held = np.zeros((len(names), group.book_desk.shape[0]), bool)
    if leg.flow is None:
        held[name[contract], book] = True
    else:
        flow_contract, flow_state = (np.asarray(part, np.int64) for part in leg.flow)
        pays = np.zeros((int(max(flow_contract.max(initial=0), contract.max(initial=0))) + 1, len(names)), bool)
        pays.reshape(-1)[flow_contract * len(names) + name[flow_state]] = True
        position, paid = np.nonzero(pays[contract])
        held[paid, book[position]] = True
    of_name, of_book = np.nonzero(held)
    curve, issuer, currency = np.unravel_index(names[of_name], size)
    bundle, place = _bundles(curve * size[1] + issuer)
    num_strips, num_bundles = _rounded(len(of_book)), _rounded(int(bundle.max(initial=0)) + 1)
    row = np.full((num_bundles, _ROWS), num_strips)
    row[bundle, place] = np.arange(len(of_book))
    of_bundle = np.zeros((2, num_bundles), int)
    of_bundle[:, bundle] = curve, issuer - 1
    used = np.arange(num_strips) < len(of_book)
    strips = np.zeros((3, num_strips), int)
    strips[:, : len(of_book)] = of_book, currency, bundle
    return StripPlan(
        book=strips[0],
        currency=strips[1],
        bundle=strips[2],
        used=used,
        curve=of_bundle[0],
        issuer=None if leg.issuer is None else of_bundle[1],
        row=row,
    )


def _bundles(pair: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bundle of each strip and its place in it, for strips sorted by curve and issuer."""
    _, first, own, count = np.unique(pair, return_index=True, return_inverse=True, return_counts=True)
    within = np.arange(len(pair)) - first[own]
    needed = -(-count // _ROWS)
    return (np.cumsum(needed) - needed)[own] + within // _ROWS, within % _ROWS


def _rounded(count: int) -> int:
    return max(-(-count // _ROUNDED), 1) * _ROUNDED
