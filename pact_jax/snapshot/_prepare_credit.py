"""Obligors, exposures and buckets -> the arrays of a credit book."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

from collections.abc import Sequence

import numpy as np

from pact_jax.credit import CreditBook

from ._capacity import capacity, padded
from ._labels import index_of
from ._prepare_exposures import Buckets, Exposures
from ._prepare_obligors import Obligors, obligor_keys


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
    names = obligors.names
    index, driver = index_of(names), index_of(drivers)
    num, num_exp = capacity(max(len(names), 1)), capacity(len(exposures.name))
    num_buckets = capacity(len(buckets.obligor))
    row = exposures.row
    position = np.where(row >= 0, place_of_row[np.maximum(row, 0)], -1) if (row >= 0).any() else row

    def ints(values: Sequence[int] | np.ndarray, length: int, fill: int) -> np.ndarray:
        return padded(np.asarray(values, dtype=np.int64), length, fill)

    return CreditBook(
        pd=padded(obligors.pd, num, 0.0),
        loading=padded(obligors.loading, num, 0.0),
        driver=ints([driver.get(name, -1) for name in obligors.driver], num, -1),
        key=padded(obligor_keys(names), num, 0),
        ead=padded(exposures.ead, num_exp, 0.0),
        lgd=padded(exposures.lgd, num_exp, 0.0),
        obligor=ints([index[name] for name in exposures.obligor], num_exp, 0),
        desk=ints([desk[name] for name in exposures.desk], num_exp, 0),
        position=ints(position, num_exp, -1),
        bucket_obligor=ints(buckets.obligor, num_buckets, 0),
        bucket_desk=ints(buckets.desk, num_buckets, 0),
        bucket_currency=ints(buckets.currency, num_buckets, 0),
        bucket_netting=ints(buckets.netting, num_buckets, -1),
        bucket_lgd=padded(obligors.lgd[buckets.obligor], num_buckets, 0.0),
        num_netting=capacity(buckets.num_netting),
    )
