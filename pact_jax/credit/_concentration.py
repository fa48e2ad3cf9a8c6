"""Concentration: how much hangs on one name or one sector, and what the lack of granularity costs."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax.instruments import Portfolio
from pact_jax.special import gamma_quantile, normal_cdf, normal_quantile

from ._book import CreditBook
from ._regulatory import regulatory_correlation
from ._severity import Severity, exposure_at_default

LARGE_EXPOSURE = 0.10
"""Share of tier-1 capital above which an exposure to one name is large (BCBS 283, Supervisory framework for measuring
and controlling large exposures, April 2014)."""

_IRB_CONFIDENCE = 0.999
_FACTOR_PRECISION = 0.25
_LGD_VARIANCE = 0.25


class Concentration(eqx.Module):
    """Concentration of exposures in names and in groups such as sectors.

    Attributes:
        single_name: exposure to each obligor over tier-1 capital.
        largest_single_name: the largest of them.
        is_large: true where it exceeds the threshold.
        excess: amount above the threshold, reporting currency.
        group_share: share of each group in the whole exposure.
        largest_group: the largest share.
        name_hhi: Herfindahl-Hirschman index of obligors, between 1/n and 1.
        group_hhi: the same of groups.
        effective_names: `1 / name_hhi`, the number of equal names that is as concentrated.
        effective_groups: the same of groups.
    """

    single_name: Float[Array, "issuers"]
    largest_single_name: Float[Array, ""]
    is_large: Bool[Array, "issuers"]
    excess: Float[Array, "issuers"]
    group_share: Float[Array, "groups"]
    largest_group: Float[Array, ""]
    name_hhi: Float[Array, ""]
    group_hhi: Float[Array, ""]
    effective_names: Float[Array, ""]
    effective_groups: Float[Array, ""]


def herfindahl(amount: Float[Array, "..."]) -> Float[Array, ""]:
    """Herfindahl-Hirschman index, `sum (x_i / sum x)^2` of absolute amounts; NaN where there is nothing to share.

    Args:
        amount: amounts of any sign; the sign does not count.

    Returns:
        1 for one name, 1/n for n equal names; its reciprocal is the numbers equivalent.

    Example:
        >>> float(herfindahl(jnp.asarray([1.0, 1.0, 2.0])))
        0.375

    References:
        M. A. Adelman, Comment on the "H" concentration measure as a numbers-equivalent, Rev. Econ. Stat. 51 (1969).
    """
    size = jnp.abs(amount)
    share = size / jnp.sum(size)
    return jnp.sum(share * share)


def concentration(
    exposure: Float[Array, "issuers"],
    group: Int[Array, "issuers"],
    num_groups: int,
    tier1_capital: Float[Array, ""] | float,
    threshold: Float[Array, ""] | float = LARGE_EXPOSURE,
) -> Concentration:
    """Single-name and group concentration of exposures.

    Args:
        exposure: exposure to each obligor, at least 0, reporting currency.
        group: index of each obligor's group (sector, region).
        num_groups: length of the groups axis.
        tier1_capital: positive, reporting currency.
        threshold: share of tier-1 capital above which an exposure is large.

    Returns:
        Shares, excesses and indices; shares and indices are NaN for a book without exposure.

    Example:
        >>> book = concentration(jnp.asarray([12.0, 4.0]), jnp.asarray([0, 1]), 2, 100.0)
        >>> round(float(book.largest_single_name), 6), round(float(book.excess[0]), 6), float(book.name_hhi)
        (0.12, 2.0, 0.625)

    References:
        BCBS 283, Supervisory framework for measuring and controlling large exposures (2014).
    """
    by_group = jnp.zeros(num_groups, exposure.dtype).at[group].add(exposure)
    single_name = exposure / tier1_capital
    name_hhi, group_hhi = herfindahl(exposure), herfindahl(by_group)
    return Concentration(
        single_name=single_name,
        largest_single_name=jnp.max(single_name, initial=0.0),
        is_large=single_name > threshold,
        excess=jnp.maximum(exposure - threshold * tier1_capital, 0.0),
        group_share=by_group / jnp.sum(by_group),
        largest_group=jnp.max(by_group, initial=0.0) / jnp.sum(by_group),
        name_hhi=name_hhi,
        group_hhi=group_hhi,
        effective_names=1.0 / name_hhi,
        effective_groups=1.0 / group_hhi,
    )


def obligor_exposure(book: CreditBook, portfolio: Portfolio, severity: Severity) -> Float[Array, "issuers"]:
    """What stands to be lost on each name before recovery, reporting currency.

    Exposure at default of its accrual exposures, plus the net long market value of what it issued, plus the positive
    value of its netting sets. A short position offsets a long one in the same name, never an exposure of another kind.

    Args:
        book: obligors, exposures and buckets.
        portfolio: the positions behind the exposures.
        severity: base values of the buckets.

    Returns:
        Exposure to each obligor, at least 0.
    """
    zero = jnp.zeros_like(book.pd)
    accrual = zero.at[book.obligor].add(exposure_at_default(book, portfolio))
    is_issuer = book.bucket_netting < 0
    issued = zero.at[book.bucket_obligor].add(jnp.where(is_issuer, severity.bucket_value, 0.0))
    netted = zero.at[book.bucket_obligor].add(severity.netting_positive * severity.bucket_value)
    return accrual + jnp.maximum(issued, 0.0) + jnp.maximum(netted, 0.0)


def granularity_adjustment(
    ead: Float[Array, "issuers"], lgd: Float[Array, "issuers"], pd: Float[Array, "issuers"]
) -> Float[Array, ""]:
    """Capital, as a share of the whole exposure, that idiosyncratic risk adds to an infinitely granular portfolio.

    `GA = sum s_i^2 C_i [delta (K_i + R_i) - K_i] / (2 K*)` with shares s, `K_i` the one-year regulatory capital at
    99.9 % without maturity adjustment, `R_i = LGD PD`, `K* = sum s_i K_i`, `C_i = LGD + 0.25 (1 - LGD)`, and
    `delta = (a - 1)(xi + (1 - xi)/a)`, a the 99.9 % quantile of a gamma factor of mean 1 and precision xi = 0.25.
    This is the authors' first-order formula, without their terms of higher order in PD. A measure beside the sampled
    loss, not added to it.

    Args:
        ead: exposure at default of each obligor, at least 0.
        lgd: loss given default, above 0 where there is exposure.
        pd: one-year probability of default, between 0 and 1, both excluded where there is exposure.

    Returns:
        The adjustment; it halves when every name is split in two equal ones.

    References:
        M. B. Gordy and E. Luetkebohmert, Granularity adjustment for regulatory capital assessment, Int. J. Central
        Banking 9 (2013).
    """
    share = ead / jnp.sum(ead)
    held = share > 0.0
    pd, lgd = jnp.where(held, pd, 0.5), jnp.where(held, lgd, 0.5)
    correlation = regulatory_correlation(pd)
    confidence = jnp.full((), _IRB_CONFIDENCE, pd.dtype)
    systematic = jnp.sqrt(correlation) * normal_quantile(confidence)
    stressed = normal_cdf((normal_quantile(pd) + systematic) / jnp.sqrt(1.0 - correlation))
    reserve, capital = lgd * pd, lgd * (stressed - pd)
    dispersion = lgd + _LGD_VARIANCE * (1.0 - lgd)
    term = share * share * dispersion * (_delta(confidence) * (capital + reserve) - capital)
    return jnp.sum(term) / (2.0 * jnp.sum(share * capital))


def _delta(confidence: Float[Array, ""]) -> Float[Array, ""]:
    """Regulatory parameter delta; 4.83 at the level and precision of the rule."""
    shape = jnp.full_like(confidence, _FACTOR_PRECISION)
    quantile = gamma_quantile(confidence, shape) / _FACTOR_PRECISION
    return (quantile - 1.0) * (_FACTOR_PRECISION + (1.0 - _FACTOR_PRECISION) / quantile)
