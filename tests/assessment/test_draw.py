"""Generator objects: what they draw, what they write down, and what they refuse."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from pact_jax import Historical, MonteCarlo, assess
from pact_jax.assessment import (
    AgeWeighted,
    BlockBootstrap,
    FactorModel,
    FilteredHistorical,
    ImportanceSampled,
    QuasiMonteCarlo,
    RootTime,
    StudentT,
    generate_noted,
    reads_book,
    set_id,
)
from pact_jax.assessment import draw as draw_set
from pact_jax.errors import ArgumentError
from pact_jax.io import snapshot_from_dict
from pact_jax.scenarios import Sampling, VolatilityFilter
from pact_jax.snapshot import prepare, prepare_factors
from tests.report import books

N = 300


def draw(generator, snapshot=None, horizon_days: int = 5):
    prepared = prepare(books.stocks() if snapshot is None else snapshot, horizon_days=horizon_days)
    market = jax.tree.map(jnp.asarray, prepared.inputs.market)
    scenarios, noted = generate_noted(generator, prepared, market, horizon_days=horizon_days, seed=1)
    notes = noted.labels.assumptions[len(prepared.labels.assumptions) :]
    return scenarios, notes


@pytest.mark.parametrize("generator", [MonteCarlo(N), Historical(), RootTime(StudentT(N, degrees_of_freedom=5.0))])
def test_scenarios_are_drawn_before_a_position_is_prepared(generator):
    snapshot = books.stocks()
    factors = prepare_factors(snapshot, horizon_days=5)
    market = jax.tree.map(jnp.asarray, factors.market)
    early = draw_set(generator, factors, market, horizon_days=5, seed=1)
    scenarios, notes = draw(generator)
    assert not reads_book(generator) and reads_book(ImportanceSampled())
    assert [f"scenarios: {note}" for note in early.notes] == list(notes)
    for ours, theirs in zip(jax.tree.leaves(early.scenarios), jax.tree.leaves(scenarios), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    # And what was ready is not made again.
    prepared = prepare(snapshot, horizon_days=5, factors=factors)
    assert prepared.factors is factors
    for ours, theirs in zip(
        jax.tree.leaves(prepared.inputs), jax.tree.leaves(prepare(snapshot, horizon_days=5).inputs), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def with_history(change):
    snapshot = books.stocks()
    return dataclasses.replace(snapshot, history=change(snapshot.history.copy()))


def sensitivities(correlation=0.5):
    positions = [
        {"position_id": f"P{k}", "value": 100.0, "sensitivity": 0.02, "risk_factor": f"f{k}"} for k in range(2)
    ]
    return snapshot_from_dict(
        {
            "positions": positions,
            "risk_factors": ["f0", "f1"],
            "correlation_matrix": [[1.0, correlation], [correlation, 1.0]],
            "credit_exposures": [],
            "total_capital": 100.0,
        }
    )


@pytest.mark.parametrize(
    ("generator", "sampling", "note"),
    [
        (AgeWeighted(), Sampling.OVERLAPPING, "equal windows (too few"),
        (FilteredHistorical("ewma"), Sampling.OVERLAPPING, None),
        (BlockBootstrap(N), Sampling.INDEPENDENT, "not of the history itself"),
        (StudentT(N), Sampling.INDEPENDENT, "degrees of freedom, estimated"),
        (FactorModel(N, num_factors=1), Sampling.INDEPENDENT, "1 common factors carry"),
        (RootTime(Historical()), Sampling.OVERLAPPING, "root-time scaling"),
        (QuasiMonteCarlo(256), Sampling.RANDOMISED, "spread over 16 randomisations"),
        (QuasiMonteCarlo(256, "lattice"), Sampling.RANDOMISED, "spread over 16 randomisations"),
    ],
)
def test_each_kind_draws_and_writes_down_what_it_assumed(generator, sampling, note):
    scenarios, notes = draw(generator)
    assert scenarios.sampling is sampling and float(scenarios.horizon_days) == 5.0
    assert bool(jnp.isfinite(scenarios.shock.spot).all()) and float(scenarios.weight.sum()) == pytest.approx(1.0)
    assert (notes == ()) if note is None else any(note in said for said in notes)


def test_importance_sampling_aims_at_the_book_and_says_so():
    scenarios, notes = draw(ImportanceSampled(1_024, num_randomisations=8))
    assert scenarios.sampling is Sampling.RANDOMISED and scenarios.num_randomisations == 8
    assert float(scenarios.weight.sum()) == pytest.approx(1.0, abs=0.15)
    assert any("delta-gamma VaR at 99.90%, stratified" in said for said in notes)
    # The book is long both stocks: three scenarios in eight and more lie beyond the quantile, in falling markets.
    beyond = np.asarray(scenarios.shock.spot).sum(axis=1)
    far = np.asarray(scenarios.weight) < 0.01 / 1_024
    assert far.mean() > 0.3 and beyond[far].max() < 0.0


def test_importance_sampling_of_sensitivities():
    scenarios, _ = draw(ImportanceSampled(512, num_randomisations=4), sensitivities())
    loss = -2.0 * np.asarray(scenarios.shock.factor).sum(axis=1)
    # Two standard normals with correlation 1/2: the loss has the deviation 2 sqrt 3.
    beyond = float(np.asarray(scenarios.weight) @ (loss > 2.0 * np.sqrt(3.0) * 3.090232306167813))
    assert beyond == pytest.approx(1e-3, rel=0.1)


def test_the_identity_of_an_importance_sampled_set_holds_the_positions():
    snapshot = books.stocks()
    positions = snapshot.positions.assign(quantity=2.0 * snapshot.positions["quantity"])
    other = dataclasses.replace(snapshot, positions=positions)
    for generator, same in ((MonteCarlo(N), True), (ImportanceSampled(512), False)):
        one, two = (
            set_id(generator, prepare(book, horizon_days=5), horizon_days=5, seed=1) for book in (snapshot, other)
        )
        assert (one == two) is same


def test_randomised_sets_reach_the_report_with_a_bound_by_students_law():
    report = assess(books.stocks(), generator=QuasiMonteCarlo(512), horizon_days=5)
    row = report.measures.query("measure == 'score' and scope == 'total'").iloc[0]
    assert row["bound"] == pytest.approx(row["value"] + 1.7530503556925547 * row["standard_error"], rel=1e-9)
    for method in (report.tail, report.spectral):
        with pytest.raises(ArgumentError, match="scenarios in randomisations"):
            method()


def test_notes_reach_the_report():
    report = assess(books.stocks(), generator=StudentT(N))
    assert "StudentT" in report.manifest.generator and np.isfinite(report.score)
    assert any(flag.endswith("degrees of freedom, estimated from the moves of the history") for flag in report.flags)


def test_a_constant_series_is_named():
    _, notes = draw(Historical(), with_history(lambda h: h.assign(**{"spot:BETA": 20.0})))
    assert notes == ("scenarios: never move in the history and stay at base: spot:BETA",)


def test_missing_dates_are_named():
    _, notes = draw(Historical(), with_history(lambda h: h.drop(h.index[40:46])))
    (note,) = (note for note in notes if "dates are missing" in note)
    assert "(7 business days)" in note and "counts as one day's" in note
    assert not any("missing" in note for note in draw(Historical())[1])


def test_a_factor_that_follows_another_by_a_day_is_named_where_the_horizon_is_short():
    def shifted(history: pd.DataFrame) -> pd.DataFrame:
        first, second = history.columns[:2]
        history[second] = history[first].shift(1, fill_value=history[first].iloc[0])
        return history

    late = with_history(shifted)
    names = late.history.columns[:2]
    (note,) = (note for note in draw(MonteCarlo(N), late, 1)[1] if "follows" in note)
    assert f"{names[1]} follows {names[0]} by a day (correlation 1.00" in note
    assert not any("follows" in note for note in draw(MonteCarlo(N), late, 10)[1])
    assert not any("follows" in note for note in draw(MonteCarlo(N), horizon_days=1)[1])


def test_fewer_windows_than_factors_is_named():
    _, notes = draw(MonteCarlo(N), with_history(lambda h: h.tail(7)))
    assert any("2 windows for 2 factors: the covariance is singular" in said for said in notes)


def test_a_series_that_stood_still_is_not_filtered():
    def still(history: pd.DataFrame) -> pd.DataFrame:
        prices = history["spot:BETA"].to_numpy().copy()
        prices[5:-1], prices[-1] = 30.0, 20.0
        return history.assign(**{"spot:BETA": prices})

    with pytest.raises(ArgumentError, match=r"volatilities in spot:BETA"):
        draw(FilteredHistorical(decay=0.8), with_history(still))


@pytest.mark.parametrize(
    ("words", "make"),
    [
        ("filter is 'arima'", lambda: FilteredHistorical("arima")),
        ("decay is 0", lambda: AgeWeighted(0)),
        ("no count", lambda: BlockBootstrap(0)),
        ("degrees_of_freedom is 2.0", lambda: StudentT(N, 2.0)),
        ("no count", lambda: FactorModel(N, num_factors=0)),
        ("generator is 'x'", lambda: RootTime("x")),
        ("horizon itself", lambda: RootTime(ImportanceSampled())),
        ("sequence is 'halton'", lambda: QuasiMonteCarlo(256, "halton")),
        ("100 scenarios in 16", lambda: QuasiMonteCarlo(100)),
        ("level is 0.5", lambda: ImportanceSampled(level=0.5)),
        ("6 points in each", lambda: draw(QuasiMonteCarlo(96))),
        (
            "no factor moves",
            lambda: draw(ImportanceSampled(256), with_history(lambda h: h.assign(**{k: 1.0 for k in h}))),
        ),
        ("too few to fit GARCH", lambda: draw(FilteredHistorical("garch"))),
        ("3 common factors of 2", lambda: draw(FactorModel(N, num_factors=3))),
        ("block_days is 6", lambda: draw(BlockBootstrap(N, 6))),
        ("needs at least", lambda: draw(StudentT(N), with_history(lambda h: h.tail(6)))),
        ("no history", lambda: draw(BlockBootstrap(N), sensitivities())),
        ("no history to estimate", lambda: draw(StudentT(N), sensitivities())),
    ],
)
def test_refusals(words, make):
    with pytest.raises(ArgumentError, match=words):
        make()


def test_the_filter_may_be_named_by_its_value():
    assert FilteredHistorical("garch") == FilteredHistorical(VolatilityFilter.GARCH)
    assert FilteredHistorical("garch").label == "filtered_garch"
