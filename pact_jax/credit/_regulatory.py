"""The regulatory asset correlation of corporate exposures, and the loading that it implies."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax._program import program

_DECAY = 50.0
_LOWEST, _HIGHEST = 0.12, 0.24
_SIZE_RELIEF, _SMALLEST, _LARGEST = 0.04, 5.0, 50.0


def regulatory_correlation(
    pd: Float[Array, "issuers"], turnover_eur_m: Float[Array, "issuers"] | None = None
) -> Float[Array, "issuers"]:
    """Asset correlation of a corporate exposure under the internal-ratings-based approach.

    `R = 0.12 w + 0.24 (1 - w)`, `w = (1 - exp(-50 PD)) / (1 - exp(-50))`; small and medium firms less
    `0.04 (1 - (S - 5)/45)` with the turnover S held within 5 and 50. Without the multiplier 1.25 that the rule
    prescribes for large financial institutions.

    Args:
        pd: one-year probability of default.
        turnover_eur_m: annual turnover in millions of euro; None for no size adjustment.

    Returns:
        Correlation of two obligors' asset values through the systematic factor.

    Example:
        >>> round(float(regulatory_correlation(jnp.asarray([0.003]))[0]), 6)
        0.223285

    References:
        BCBS, CRE31.5 and CRE31.9 (2023), unchanged from Basel II (June 2006), paragraphs 272 and 273.
    """
    share = jnp.expm1(-_DECAY * pd) / math.expm1(-_DECAY)
    correlation = _LOWEST * share + _HIGHEST * (1.0 - share)
    if turnover_eur_m is None:
        return correlation
    size = (jnp.clip(turnover_eur_m, _SMALLEST, _LARGEST) - _SMALLEST) / (_LARGEST - _SMALLEST)
    return correlation - _SIZE_RELIEF * (1.0 - size)


@program
def regulatory_loading(
    pd: Float[Array, "issuers"], turnover_eur_m: Float[Array, "issuers"] | None = None
) -> Float[Array, "issuers"]:
    """Loading b of `X = b driver + sqrt(1 - b^2) eps` that gives the regulatory correlation, `b = sqrt(R)`.

    The default where no loading is known: an assumption, to be printed as one.

    Args:
        pd: one-year probability of default.
        turnover_eur_m: annual turnover in millions of euro; None for no size adjustment.

    Returns:
        Loading of each obligor on its driver.

    Example:
        >>> round(float(regulatory_loading(jnp.asarray([0.01]))[0]), 6)
        0.439071
    """
    return jnp.sqrt(regulatory_correlation(pd, turnover_eur_m))
