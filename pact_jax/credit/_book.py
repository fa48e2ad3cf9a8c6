"""What can default, how likely, and what is lost."""

import equinox as eqx
from jaxtyping import Array, Float, Int, UInt32


class CreditBook(eqx.Module):
    """Obligors, exposures and credit buckets as arrays; padding has probability 0 and exposure 0.

    An exposure is accrual (a loan or a line): it loses `lgd x ead` on default. A bucket gathers marked positions of one
    issuer (jump to recovery of face) or of one netting set (positive value lost to the counterparty), by desk.

    Attributes:
        pd: one-year probability of default of each obligor.
        loading: b of `X = b driver + sqrt(1 - b^2) eps`, in [0, 1).
        driver: index of the systematic driver, -1 for none.
        key: stable 32-bit key of each obligor, the counter of its random numbers.
        ead: exposure at default per unit of the position behind it (or in all), reporting currency.
        lgd: loss given default of each exposure.
        obligor: obligor of each exposure.
        desk: desk of each exposure.
        position: index of the position whose quantity scales the exposure, -1 for none.
        bucket_obligor: obligor of each bucket.
        bucket_desk: desk of each bucket.
        bucket_currency: currency of the bucket's recovery claim.
        bucket_netting: netting set of the bucket, -1 where the bucket is an issuer's.
        bucket_lgd: loss given default on a netting set's positive value.
        num_netting: length of the netting-sets axis (capacity).
    """

    pd: Float[Array, "issuers"]
    loading: Float[Array, "issuers"]
    driver: Int[Array, "issuers"]
    key: UInt32[Array, "issuers"]
    ead: Float[Array, "exposures"]
    lgd: Float[Array, "exposures"]
    obligor: Int[Array, "exposures"]
    desk: Int[Array, "exposures"]
    position: Int[Array, "exposures"]
    bucket_obligor: Int[Array, "buckets"]
    bucket_desk: Int[Array, "buckets"]
    bucket_currency: Int[Array, "buckets"]
    bucket_netting: Int[Array, "buckets"]
    bucket_lgd: Float[Array, "buckets"]
    num_netting: int = eqx.field(static=True)
