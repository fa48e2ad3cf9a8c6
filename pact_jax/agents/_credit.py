"""The credit agent: sampled defaults on the drivers of the same scenarios."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, UInt32

from pact_jax._program import program
from pact_jax.credit import (
    CreditBook,
    Severity,
    conditional_pd,
    horizon_pd,
    likelihood_score,
    sample_defaults,
    severities,
)
from pact_jax.instruments import Portfolio
from pact_jax.market import MarketState
from pact_jax.revaluation import TILE, PortfolioBase, map_tiles, sum_tail, value_base
from pact_jax.scenarios import ScenarioSet


class CreditObservation(eqx.Module):
    """What the credit agent reports of the scenarios.

    Attributes:
        loss: by desk, at base market values, gross of expected loss; positive is a loss.
        default: which obligors default.
        likelihood_score: zero; its derivative is that of the log-likelihood of the sampled defaults given the drivers.
        severity: loss on default of every item.
    """

    loss: Float[Array, "scenarios desks"]
    default: Bool[Array, "scenarios issuers"]
    likelihood_score: Float[Array, "scenarios"]
    severity: Severity


class CreditTail(eqx.Module):
    """Tail-weighted defaults of each obligor, split into what was expected, systematic and idiosyncratic.

    Attributes:
        expected: `PD_H x sum t`.
        systematic: tail mean of the conditional PD, less the expected part.
        idiosyncratic: tail mean of the default indicator, less its conditional PD.
    """

    expected: Float[Array, "issuers"]
    systematic: Float[Array, "issuers"]
    idiosyncratic: Float[Array, "issuers"]


def observe_credit(
    book: CreditBook,
    portfolio: Portfolio,
    market: MarketState,
    scenarios: ScenarioSet,
    *,
    base: PortfolioBase | None = None,
) -> CreditObservation:
    """Loss of each scenario's sampled defaults, `sum_k severity_k 1[default]` by desk.

    Defaults are sampled, never replaced by their conditional mean: for a lumpy book that would understate the tail.

    Args:
        book: obligors, exposures and buckets.
        portfolio: the positions behind the buckets.
        market: the base state.
        scenarios: drivers, counters and horizon.
        base: what `value_base` says of this portfolio and market, where it is already known.

    Returns:
        Losses by desk, and the defaults themselves for the interaction with the market.
    """
    base = value_base(portfolio, market) if base is None else base
    return _observe_credit(book, portfolio, market, base, scenarios)


@program
def _observe_credit(
    book: CreditBook, portfolio: Portfolio, market: MarketState, base: PortfolioBase, scenarios: ScenarioSet
) -> CreditObservation:
    severity = severities(book, portfolio, market, base=base)
    num_desks = portfolio.num_desks
    by_obligor = _severity_by_obligor(book, severity, num_desks)

    def draw(systematic: Float[Array, "drivers"], index: UInt32[Array, ""]) -> Bool[Array, "issuers"]:
        return sample_defaults(book, systematic, index, scenarios.seed, scenarios.horizon_days)

    # Not by tiles: each default is made on its own, in one loop that all cores share and that stores nothing else.
    default = jax.lax.stop_gradient(jax.vmap(draw)(scenarios.systematic, scenarios.index))

    def observe(one: tuple[Array, Array]) -> tuple[Array, Array]:
        systematic, defaulted = one
        loss = jnp.matmul(by_obligor, defaulted.astype(by_obligor.dtype), precision=jax.lax.Precision.HIGHEST)
        return loss, likelihood_score(book, defaulted, systematic, scenarios.horizon_days)

    loss, score = map_tiles(observe, (scenarios.systematic, default), tile=TILE)
    return CreditObservation(loss, default, score, severity)


def _severity_by_obligor(book: CreditBook, severity: Severity, num_desks: int) -> Float[Array, "desks issuers"]:
    total = jnp.zeros((num_desks, book.pd.shape[0]), severity.exposure.dtype)
    total = total.at[book.desk, book.obligor].add(severity.exposure)
    return total.at[book.bucket_desk, book.bucket_obligor].add(severity.bucket)


@program
def attribute_credit(
    book: CreditBook,
    default: Bool[Array, "scenarios issuers"],
    scenarios: ScenarioSet,
    tail_weight: Float[Array, "scenarios"],
) -> CreditTail:
    """Tail-weighted defaults of each obligor by factor; an item's contribution is its severity times these.

    Args:
        book: the obligors.
        default: the sampled defaults.
        scenarios: drivers and horizon.
        tail_weight: joint tail weights fixed by the consensus.

    Returns:
        Expected, systematic and idiosyncratic parts; they sum to the tail mean of the default indicator.
    """
    precision = jax.lax.Precision.HIGHEST

    def weigh(some: tuple[Array, Array], weight: Float[Array, "scenarios"]) -> tuple[Array, Array]:
        systematic, happened = some
        conditional = jax.vmap(lambda y: conditional_pd(book, y, scenarios.horizon_days))(systematic)
        in_tail = jnp.matmul(weight, happened.astype(weight.dtype), precision=precision)
        return jnp.matmul(weight, conditional, precision=precision), in_tail

    conditional_tail, in_tail = sum_tail(weigh, (scenarios.systematic, default), tail_weight, tile=TILE)
    expected = horizon_pd(book.pd, scenarios.horizon_days) * jnp.sum(tail_weight)
    return CreditTail(expected, conditional_tail - expected, in_tail - conditional_tail)
