"""Expected loss: what defaults cost on average, on its own horizon of one year unless another is asked for."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._book import CreditBook
from ._severity import Severity


class ExpectedLoss(eqx.Module):
    """Expected loss by item and in all, reporting currency, positive is a loss.

    Attributes:
        exposure: of each accrual exposure.
        bucket: of each bucket of marked positions (negative for an issuer that is held short).
        obligor: of each obligor.
        desk: of each desk.
        total: of the book; the sum over obligors and over desks.
    """

    exposure: Float[Array, "exposures"]
    bucket: Float[Array, "buckets"]
    obligor: Float[Array, "issuers"]
    desk: Float[Array, "desks"]
    total: Float[Array, ""]


def expected_loss(
    ead: Float[Array, "exposures"],
    lgd: Float[Array, "exposures"],
    pd: Float[Array, "exposures"],
    years: Float[Array, ""] | float = 1.0,
) -> Float[Array, "exposures"]:
    """Expected loss of each exposure, `EAD x LGD x [1 - (1 - PD)^T]`.

    Args:
        ead: exposure at default, reporting currency.
        lgd: loss given default, share of the exposure.
        pd: one-year probability of default.
        years: T.

    Returns:
        Expected loss, reporting currency, undiscounted.

    Example:
        >>> float(expected_loss(jnp.asarray([1e6]), jnp.asarray([0.25]), jnp.asarray([0.005]))[0])
        1250.0

    References:
        IFRS 9 Illustrative Examples, example 8 (12-month expected credit loss).
    """
    return ead * lgd * _pd_within(pd, years)


def expected_losses(
    book: CreditBook, severity: Severity, num_desks: int, years: Float[Array, ""] | float = 1.0
) -> ExpectedLoss:
    """Expected loss of the book by exposure, bucket, obligor and desk.

    Args:
        book: obligors, exposures and buckets.
        severity: loss on default of each item at base market values.
        num_desks: length of the desks axis.
        years: horizon T; it does not follow the horizon of the scenarios.

    Returns:
        Expected losses; every breakdown sums to the total.
    """
    pd = _pd_within(book.pd, years)
    exposure = severity.exposure * pd[book.obligor]
    bucket = severity.bucket * pd[book.bucket_obligor]
    obligor = jnp.zeros_like(book.pd).at[book.obligor].add(exposure).at[book.bucket_obligor].add(bucket)
    desk = jnp.zeros(num_desks, exposure.dtype).at[book.desk].add(exposure).at[book.bucket_desk].add(bucket)
    return ExpectedLoss(exposure, bucket, obligor, desk, jnp.sum(exposure) + jnp.sum(bucket))


def _pd_within(pd: Array, years: Float[Array, ""] | float) -> Array:
    certain = pd >= 1.0
    within = -jnp.expm1(jnp.log1p(-jnp.where(certain, 0.5, pd)) * years)
    within = jnp.where(certain, jnp.where(jnp.asarray(years) > 0.0, 1.0, 0.0), within)
    # The year itself is not sent through exp and log: PD comes back to the bit.
    return jnp.where(jnp.asarray(years) == 1.0, pd, within)
