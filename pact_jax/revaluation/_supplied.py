"""P&L vectors that another engine computed, taken in only if they belong to the scenarios at hand."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax._status import Status
from pact_jax.errors import ArgumentError

from ._vectors import PnlVectors, RevaluationMode


def supplied_vectors(
    pnl: Float[Array, "scenarios desks"],
    *,
    set_id: str,
    expected_set_id: str,
    num_scenarios: int,
    num_desks: int,
    bucket_pnl: Float[Array, "scenarios buckets"] | None = None,
    num_buckets: int = 0,
    source: str,
) -> PnlVectors:
    """Takes in the P&L vectors of another engine.

    Vectors of other scenarios, or in another order, add up to a number that means nothing and looks right: they are
    refused unless they carry the id of the scenario set that everything else uses.

    Args:
        pnl: by scenario and desk, reporting currency; positive is a profit.
        set_id: id of the scenario set that they were computed on.
        expected_set_id: id of the scenario set at hand.
        num_scenarios: scenarios of that set.
        num_desks: desks of the book.
        bucket_pnl: the same by credit bucket; needed if the book has any.
        num_buckets: credit buckets of the book.
        source: the engine, as it is to stand in reports.

    Returns:
        P&L by desk and bucket. NaN and infinities are carried and flagged.

    Raises:
        ArgumentError: another scenario set, another shape, missing buckets, or no source.

    Example:
        >>> taken = supplied_vectors(jnp.ones((2, 1)), set_id="a1", expected_set_id="a1", num_scenarios=2, num_desks=1,
        ...                          source="desk engine 4.2")
        >>> taken.mode.value, taken.loss.tolist()
        ('supplied vectors', [-1.0, -1.0])
    """
    where = "supplied_vectors"
    if set_id != expected_set_id:
        mend = "recompute the vectors on the scenario set at hand"
        raise ArgumentError(f"vectors of scenario set {set_id!r}, not {expected_set_id!r}", where=where, mend=mend)
    if not source.strip():
        raise ArgumentError("supplied vectors without a source", where=where, mend="name the engine they come from")
    if num_buckets and bucket_pnl is None:
        mend = f"supply the P&L of the {num_buckets} credit buckets, which the joint default loss needs"
        raise ArgumentError("no P&L by credit bucket", where=where, mend=mend)
    taken = np.asarray(pnl)
    buckets = np.zeros((num_scenarios, 0), taken.dtype) if bucket_pnl is None else np.asarray(bucket_pnl)
    for name, array, expected in (
        ("pnl", taken, (num_scenarios, num_desks)),
        ("bucket_pnl", buckets, (num_scenarios, num_buckets)),
    ):
        if array.shape != expected:
            raise ArgumentError(f"{name} of shape {array.shape}, not {expected}", where=where, mend="align the axes")
    finite = np.isfinite(taken).all(axis=1) & np.isfinite(buckets).all(axis=1)
    status = np.where(finite, 0, int(Status.NONFINITE_PNL)).astype(np.uint32)
    return PnlVectors(
        jnp.asarray(taken),
        jnp.asarray(buckets),
        jnp.asarray(status),
        RevaluationMode.SUPPLIED,
        remark=f"supplied by {source}; not verified against full revaluation",
    )
