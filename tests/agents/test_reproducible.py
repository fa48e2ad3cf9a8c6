"""The joint loss does not depend on how the scenarios were cut up, ordered or counted, nor on names that are added."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax._pipeline import evaluate

from . import small_desk as desk

N, LEVEL = 200, 0.9


@pytest.fixture(scope="module")
def base():
    return evaluate(desk.inputs(), desk.scenario_set(desk.moves(N)), LEVEL)


def rows_of(scenarios, rows):
    """Some scenarios of a set, in any order; each keeps its own counter."""
    leaves = ("shock", "weight", "index", "systematic")
    parts = tuple(jax.tree.map(lambda x: x[rows], getattr(scenarios, name)) for name in leaves)
    return eqx.tree_at(lambda s: tuple(getattr(s, name) for name in leaves), scenarios, parts)


def test_any_tile(base):
    other = evaluate(desk.inputs(), desk.scenario_set(desk.moves(N)), LEVEL, tile=64)
    np.testing.assert_allclose(other.joint.loss, base.joint.loss, rtol=0, atol=1e-9)
    assert (np.asarray(other.joint.agent_loss[:, 1]) == np.asarray(base.joint.agent_loss[:, 1])).all()
    assert float(other.score) == pytest.approx(float(base.score), rel=1e-12)


def test_any_order_and_any_chunk(base):
    scenarios = desk.scenario_set(desk.moves(N))
    order = np.random.default_rng(0).permutation(N)
    turned = evaluate(desk.inputs(), rows_of(scenarios, order), LEVEL)
    np.testing.assert_allclose(turned.joint.loss, np.asarray(base.joint.loss)[order], rtol=0, atol=1e-9)
    assert float(turned.score) == pytest.approx(float(base.score), rel=1e-12)
    pieces = [evaluate(desk.inputs(), rows_of(scenarios, np.arange(k, k + N // 2)), LEVEL) for k in (0, N // 2)]
    joined = np.concatenate([np.asarray(piece.joint.loss) for piece in pieces])
    np.testing.assert_allclose(joined, base.joint.loss, rtol=0, atol=1e-9)


def test_an_added_obligor_changes_no_other_fate(base):
    inputs = desk.inputs()
    names = ("pd", "loading", "driver", "key", "ead", "lgd", "obligor", "desk", "position")
    extra = (0.4, 0.2, 0, 505, 100.0, 1.0, 4, 1, -1)
    # First among the exposures, so that every row of the book moves.
    grown = tuple(
        jnp.concatenate([x, jnp.asarray([new], x.dtype)] if name in names[:4] else [jnp.asarray([new], x.dtype), x])
        for name, new in zip(names, extra, strict=True)
        for x in [getattr(inputs.credit, name)]
    )
    larger = eqx.tree_at(lambda i: tuple(getattr(i.credit, name) for name in names), inputs, grown)
    result = evaluate(larger, desk.scenario_set(desk.moves(N)), LEVEL)
    added = np.asarray(result.joint.loss) - np.asarray(base.joint.loss)
    defaulted = np.isclose(added, 100.0, atol=1e-9)
    assert (defaulted | np.isclose(added, 0.0, atol=1e-9)).all()
    assert defaulted.mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / N))


def test_single_precision_keeps_its_dtype_and_the_answer(base):
    def narrow(tree):
        return jax.tree.map(lambda x: x.astype(jnp.float32) if jnp.issubdtype(x.dtype, jnp.floating) else x, tree)

    result = evaluate(narrow(desk.inputs()), narrow(desk.scenario_set(desk.moves(N))), LEVEL)
    assert float(result.contribution.total()) == pytest.approx(float(result.score), rel=1e-4)
    floats = [x for x in jax.tree.leaves(result) if jnp.issubdtype(x.dtype, jnp.floating)]
    assert {x.dtype.name for x in floats} == {"float32"}
    # Other normals are drawn in single precision, so defaults differ; the market and liquidity agents must not.
    np.testing.assert_allclose(result.joint.agent_loss[:, 0], base.joint.agent_loss[:, 0], rtol=0, atol=5e-2)
    np.testing.assert_allclose(result.joint.agent_loss[:, 2], base.joint.agent_loss[:, 2], rtol=2e-4)
