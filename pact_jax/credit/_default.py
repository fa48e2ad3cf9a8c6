"""Defaults: one-factor model per obligor, sampled, with the conditional probability that explains them."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from pact_jax.sampling import Stream, keyed_uniforms
from pact_jax.special import normal_cdf, normal_quantile

from ._book import CreditBook

BUSINESS_DAYS_PER_YEAR = 250.0


def horizon_pd(pd: Float[Array, "issuers"], horizon_days: Float[Array, ""]) -> Float[Array, "issuers"]:
    """Probability of default over a horizon of business days, `1 - (1 - PD)^(H/250)`.

    Args:
        pd: one-year probabilities.
        horizon_days: H.

    Returns:
        Probability over the horizon.

    Example:
        >>> round(float(horizon_pd(jnp.asarray([0.04]), jnp.asarray(250.0))[0]), 6)
        0.04
    """
    return -jnp.expm1(jnp.log1p(-pd) * (horizon_days / BUSINESS_DAYS_PER_YEAR))


def conditional_distance(
    book: CreditBook, systematic: Float[Array, "drivers"], horizon_days: Float[Array, ""]
) -> Float[Array, "issuers"]:
    """Standardised distance `(Phi^-1(PD_H) - b Y) / sqrt(1 - b^2)`; its normal probability is the conditional PD.

    Args:
        book: the obligors.
        systematic: drivers' scores in one scenario.
        horizon_days: H.

    Returns:
        Distance of each obligor, minus infinity where PD is 0; that of its own PD where it has no driver.
    """
    threshold = normal_quantile(horizon_pd(book.pd, horizon_days))
    # Without a driver all of X is idiosyncratic, whatever the loading says: otherwise PD would not be preserved.
    loading = jnp.where(book.driver >= 0, book.loading, 0.0)
    return (threshold - loading * _driver(book, systematic)) / jnp.sqrt(1.0 - loading**2)


def conditional_pd(
    book: CreditBook, systematic: Float[Array, "drivers"], horizon_days: Float[Array, ""]
) -> Float[Array, "issuers"]:
    """Probability of default given the systematic drivers.

    Args:
        book: the obligors.
        systematic: drivers' scores in one scenario.
        horizon_days: H.

    Returns:
        Conditional probability of each obligor.

    References:
        O. Vasicek, The distribution of loan portfolio value, Risk 15 (2002).
    """
    return normal_cdf(conditional_distance(book, systematic, horizon_days))


def sample_defaults(
    book: CreditBook,
    systematic: Float[Array, "drivers"],
    index: UInt32[Array, ""],
    seed: Int[Array, ""],
    horizon_days: Float[Array, ""],
) -> Bool[Array, "issuers"]:
    """Defaults in one scenario: `b Y + sqrt(1 - b^2) eps < Phi^-1(PD_H)`.

    Decided as `u < PD(Y)` with `u = Phi(eps)`, which is the same and needs no inverse. `u` is a function of (seed,
    scenario index, obligor key): adding an obligor changes no other one's fate.

    Args:
        book: the obligors.
        systematic: drivers' scores in the scenario.
        index: counter of the scenario.
        seed: seed of the scenario set.
        horizon_days: H.

    Returns:
        True for each obligor that defaults.
    """
    u = keyed_uniforms(seed, Stream.DEFAULTS, index, book.key, dtype=book.pd.dtype)
    return u < conditional_pd(book, systematic, horizon_days)


def log_likelihood(
    book: CreditBook,
    default: Bool[Array, "issuers"],
    systematic: Float[Array, "drivers"],
    horizon_days: Float[Array, ""],
) -> Float[Array, ""]:
    """Log-likelihood of the sampled defaults given the drivers: what a gradient through an indicator is taken of.

    Args:
        book: the obligors.
        default: the sampled defaults.
        systematic: drivers' scores in the scenario.
        horizon_days: H.

    Returns:
        Sum over obligors of `log p` on default and `log(1 - p)` on survival.
    """
    can_default = book.pd > 0.0
    distance = jnp.where(can_default, conditional_distance(_certain(book), systematic, horizon_days), 0.0)
    signed = jnp.where(default, distance, -distance)
    # A sampled outcome has positive probability, but its normal tail may underflow far out: floor, not NaN.
    tiny = jnp.finfo(distance.dtype).tiny
    return jnp.sum(jnp.where(can_default, jnp.log(jnp.maximum(normal_cdf(signed), tiny)), 0.0))


@jax.custom_jvp
def likelihood_score(
    book: CreditBook,
    default: Bool[Array, "issuers"],
    systematic: Float[Array, "drivers"],
    horizon_days: Float[Array, ""],
) -> Float[Array, ""]:
    """Zero, with the derivative of `log_likelihood`: its exponential is a weight of one that carries a gradient.

    Only the derivative costs anything: where none is taken, no likelihood is computed.

    Args:
        book: the obligors.
        default: the sampled defaults.
        systematic: drivers' scores in the scenario.
        horizon_days: H.

    Returns:
        0.

    References:
        P. Glasserman, Monte Carlo Methods in Financial Engineering (2004), section 7.3.
    """
    del systematic, horizon_days
    # Formally of the defaults, so that a batch of them gives a batch of zeros.
    zero = jnp.zeros_like(book.pd)
    return jnp.sum(jnp.where(default, zero, zero))


@likelihood_score.defjvp
def _likelihood_score_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    _, slope = jax.jvp(log_likelihood, primals, tangents)
    return likelihood_score(*primals), slope


def _certain(book: CreditBook) -> CreditBook:
    """The book with a harmless probability where PD is 0, so that no derivative meets an infinity."""
    return eqx.tree_at(lambda b: b.pd, book, jnp.where(book.pd > 0.0, book.pd, 0.5))


def _driver(book: CreditBook, systematic: Float[Array, "drivers"]) -> Float[Array, "issuers"]:
    if systematic.shape[0] == 0:  # a book without drivers: there is nothing to look up, not even under a mask
        return jnp.zeros_like(book.pd)
    return jnp.where(book.driver >= 0, systematic[jnp.maximum(book.driver, 0)], 0.0)
