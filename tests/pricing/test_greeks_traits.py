"""What kinds declare for Greeks: every built-in kind does, ageing shrinks every time and nothing else."""

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from pact_jax.instruments import AbstractTerms
from pact_jax.market import FactorGroup
from pact_jax.pricing import (
    GreekEstimator,
    GreekTraits,
    ThetaEstimator,
    greeks,
    register_greeks,
    register_kind,
    state_values,
)
from pact_jax.pricing._greeks_traits import aged, greek_traits, theta_estimator

from . import books


class Fading(AbstractTerms):
    """A user's own kind: a claim on one unit of an asset that fades linearly over its life."""

    kind: ClassVar[str] = "fading"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.SPOT,)
    asset: Array
    life: Array


register_kind(Fading, lambda terms, market: market.spot[terms.asset] * terms.life)
register_greeks(Fading, GreekTraits(lambda terms: (terms.life,), GreekEstimator.BRANCH, lambda terms: terms.asset))


def built_in() -> list[type]:
    return [kind for kind in state_values.registry if kind.__module__.startswith("pact_jax.instruments")]


def test_every_built_in_kind_declares_its_times_and_smoothness():
    # Mend: call register_greeks(Kind, GreekTraits(times, estimator, asset)) where the kind's pricing is registered.
    assert len(built_in()) >= 8
    silent = [kind.__name__ for kind in built_in() if greek_traits(kind.__new__(kind)) == GreekTraits()]
    assert not silent, f"no register_greeks for {', '.join(silent)}: theta would be NaN"


@pytest.mark.parametrize("group", books.everything().groups, ids=lambda group: group.terms.kind)
def test_ageing_shrinks_times_to_zero_and_changes_nothing_else(group):
    later = aged(group.terms, jnp.asarray(0.35))
    times = greek_traits(group.terms).times
    assert times is not None
    for before, after in zip(times(group.terms), times(later), strict=True):
        np.testing.assert_allclose(after, np.maximum(np.asarray(before) - 0.35, 0.0), rtol=1e-15)
    changed = [
        not np.array_equal(a, b) for a, b in zip(jax.tree.leaves(group.terms), jax.tree.leaves(later), strict=True)
    ]
    assert sum(changed) == len(times(group.terms))


def test_own_kind_with_times_gets_theta_by_revaluation():
    terms = Fading(jnp.asarray([0, 1]), jnp.asarray([2.0, 0.001]))
    found = greeks(books.book(books.hold(terms, [1.0, -3.0])), books.market(), time_step=0.01)
    assert theta_estimator(terms) is ThetaEstimator.REVALUATION
    np.testing.assert_allclose(found.by_position.theta, [-0.01 * 103.7, 3.0 * 0.001 * 48.2], rtol=1e-12)
    np.testing.assert_allclose(found.by_position.delta, [2.0, -0.003], rtol=1e-14)
    assert found.estimator[0].sensitivities is GreekEstimator.BRANCH
    assert found.cross_gamma is not None and np.all(np.asarray(found.cross_gamma) == 0.0)
