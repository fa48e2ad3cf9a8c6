"""An assessment by ladder: the score and its explanation are those of full revaluation, or the whole book is."""

import dataclasses

import jax
import numpy as np
import pytest

from pact_jax import MonteCarlo, assess
from pact_jax._pipeline import observe
from pact_jax._program import Program
from pact_jax.agents import _market_ladder
from pact_jax.consensus import _tail_check
from pact_jax.datasets import load_desk
from pact_jax.errors import ArgumentError
from pact_jax.revaluation import LadderNodes, RevaluationMode

DESK = load_desk(num_positions=60)
CALL = {"generator": MonteCarlo(1_000), "levels": (0.95, 0.99)}


@pytest.fixture(scope="module")
def full():
    return assess(DESK, **CALL)


@pytest.fixture(scope="module")
def ladder():
    return assess(DESK, **CALL, revaluation=RevaluationMode.LADDER)


def test_the_score_and_its_explanation_are_those_of_full_revaluation(full, ladder):
    assert ladder.score == pytest.approx(full.score, rel=1e-12)
    assert ladder.agent_score == pytest.approx(full.agent_score, rel=1e-12)
    assert ladder.upper_bound == pytest.approx(full.upper_bound, rel=1e-6)
    assert ladder.leaves["contribution"].sum() == pytest.approx(ladder.score, rel=1e-12)
    np.testing.assert_allclose(ladder.leaves["contribution"], full.leaves["contribution"], rtol=0, atol=1e-13)
    for level in ("agent", "desk", "position", "factor"):
        ours, theirs = (report.explain(level)["contribution"].to_numpy() for report in (ladder, full))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-13)


def test_every_value_at_risk_of_the_joint_loss_and_of_the_market_agent_is_exact(full, ladder):
    for scope in ("total", "agent:market"):
        for name in ("var_95", "var_99", "expected_shortfall"):
            assert ladder.measure(name, scope) == pytest.approx(full.measure(name, scope), rel=1e-12)


def test_desks_carry_an_error_that_the_flags_state(full, ladder):
    (flag,) = (flag for flag in ladder.flags if flag.startswith("LADDER"))
    assert "measures of desks" in flag and "fx_option" in flag and set(ladder.flags) - {flag} == set(full.flags)
    assert ladder.manifest.revaluation == "ladder" and full.manifest.revaluation == "full revaluation"
    assert ladder.manifest.run_id != full.manifest.run_id
    gap = np.abs(ladder.losses.by_desk - full.losses.by_desk)
    assert 0.0 < gap.max() <= 1e-3 * full.measure("var_99")
    verified = np.argsort(-full.losses.total)[:50]
    np.testing.assert_allclose(ladder.losses.by_desk[verified], full.losses.by_desk[verified], rtol=0, atol=1e-6)


def test_a_ladder_that_is_too_coarse_brings_full_revaluation(full, monkeypatch):
    coarse = LadderNodes(3, 1, rate_spot=1, rate_vol=1, over_spot=1, over_vol=1, components=1)
    monkeypatch.setattr(_market_ladder, "LADDER_NODES", coarse)
    report = assess(DESK, **CALL, revaluation=RevaluationMode.LADDER)
    (flag,) = (flag for flag in report.flags if flag.startswith("FULL_REVALUATION"))
    assert "certificate did not hold" in flag and report.manifest.revaluation == "full revaluation"
    assert report.score == full.score and (report.losses.by_desk == full.losses.by_desk).all()


def test_modes_that_do_not_revalue_the_tails_are_refused():
    with pytest.raises(ArgumentError, match="delta-gamma"):
        assess(DESK, revaluation=RevaluationMode.DELTA_GAMMA)
    with pytest.raises(ArgumentError, match=r"'ladder'(?s:.*)use RevaluationMode.FULL or RevaluationMode.LADDER"):
        assess(DESK, revaluation="ladder")  # pyright: ignore[reportArgumentType]


def test_another_book_of_the_same_shapes_compiles_nothing(ladder):
    programs = [
        each for module in (_market_ladder, _tail_check) for each in vars(module).values() if isinstance(each, Program)
    ]
    before = [each._cache_size() for each in programs]
    held = DESK.positions.assign(quantity=-DESK.positions["quantity"])
    strike = np.where(held["kind"] == "european_option", 1.05 * held["strike"], held["strike"])
    other = dataclasses.replace(DESK, positions=held.assign(strike=strike), valuation_date=DESK.valuation_date)
    report = assess(other, **CALL, revaluation=RevaluationMode.LADDER)
    assert report.score != pytest.approx(ladder.score, rel=1e-3)
    assert all(before) and [each._cache_size() for each in programs] == before


def test_a_ladder_and_a_mesh_are_refused(ladder):
    mesh = jax.make_mesh((1,), ("scenarios",))
    inputs, scenarios = (), ()
    with pytest.raises(ArgumentError, match="ladders"):
        observe(inputs, scenarios, mesh=mesh, ladder=())  # pyright: ignore[reportArgumentType]
