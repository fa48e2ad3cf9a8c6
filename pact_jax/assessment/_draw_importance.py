"""Importance-sampled scenario sets: the book's own delta-gamma loss says which moves matter."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from pact_jax.instruments import Portfolio
from pact_jax.revaluation import DeltaGamma, delta_gamma, importance_scenarios
from pact_jax.scenarios import ScenarioPlan, ScenarioSet

from ._generator import ImportanceSampled


def draw_importance(
    generator: ImportanceSampled, covariance: Float[Array, "factors factors"], portfolio: Portfolio, plan: ScenarioPlan
) -> tuple[ScenarioSet, list[str]]:
    """Gaussian moves with importance weights for the far tail of the market loss, with what is to be known of them.

    Args:
        generator: how many and for which tail.
        covariance: of the moves over the horizon.
        portfolio: the positions; the marked ones give the delta-gamma loss.
        plan: layout, market, drivers, horizon and seed.

    Returns:
        The set and notes.

    Raises:
        ArgumentError: a derivative is not finite, or no factor moves the book.
        PrecisionError: float32.
    """
    form = _in_moves(portfolio, plan, jnp.zeros_like(covariance[0]))
    scenarios = importance_scenarios(
        form.delta[0],
        form.gamma[0],
        covariance,
        plan,
        level=generator.level,
        num_scenarios=generator.num_scenarios,
        num_randomisations=generator.num_randomisations,
        stratified=generator.stratified,
    )
    total = float(jnp.sum(scenarios.weight))
    strata = ", stratified" if generator.stratified else ""
    return scenarios, [
        f"market moves are drawn more often around the delta-gamma VaR at {generator.level:.2%}{strata}, and weighted "
        f"for it: weights sum to {total:.3f} (1 in expectation); defaults keep their law given the drivers",
        f"standard errors and the bound are the spread over {generator.num_randomisations} randomisations",
    ]


@jax.jit
def _in_moves(portfolio: Portfolio, plan: ScenarioPlan, still: Float[Array, "factors"]) -> DeltaGamma:
    """Derivatives of the whole book with respect to the columns of the plan's layout."""
    groups = tuple(
        eqx.tree_at(lambda g: g.book_desk, group, jnp.zeros_like(group.book_desk)) for group in portfolio.groups
    )
    shock = plan.layout.to_shock(jnp.diag(jnp.ones_like(still)), plan.market)
    whole = delta_gamma(Portfolio(groups, 1, portfolio.num_buckets), plan.market, shock)
    # Row k: what a unit of column k is in the coordinates of a shock.
    unit = jax.vmap(lambda one: ravel_pytree(one)[0])(shock)
    high = jax.lax.Precision.HIGHEST
    return DeltaGamma(
        jnp.matmul(whole.delta, unit.T, precision=high),
        jnp.matmul(unit, jnp.matmul(whole.gamma, unit.T, precision=high), precision=high),
    )
