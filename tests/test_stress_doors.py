"""Host doors of stress and reverse stress: sums by hand, a linear Gaussian book in closed form, refusals."""

import dataclasses

import numpy as np
import pytest

import pact_jax as pj
from pact_jax.errors import ArgumentError
from pact_jax.io import snapshot_from_dict
from pact_jax.scenarios import STRESS_LIBRARY, GroupMove, HistoricalWindow, ShockLeaf, StressScenario
from tests.report import books


def named(name: str) -> StressScenario:
    return next(scenario for scenario in STRESS_LIBRARY if scenario.name == name)


def test_losses_by_desk_of_a_fall_and_of_two_dates():
    history = books.history()
    first, last = str(history.index[10].date()), str(history.index[50].date())
    window = StressScenario("own window", "the book's own history", HistoricalWindow(first, last))
    report = pj.stress(books.stocks(), [named("equity -20%"), window, named("COVID 2020")])
    fall = report.losses.loc["equity -20%"]
    # 300 shares at 50 and 150 net at 20, a fifth lost.
    assert fall["loss"] == pytest.approx(0.2 * (300 * 50.0 + 150 * 20.0), rel=1e-12)
    desks = report.losses.filter(like="desk:")
    np.testing.assert_allclose(desks.sum(axis=1), report.losses["loss"].astype(float), rtol=1e-12)
    assert fall["desk:equity"] == pytest.approx(0.2 * (300 * 50.0 + 250 * 20.0), rel=1e-12)
    move = history.iloc[50] / history.iloc[10] - 1.0
    expected = -(300 * 50.0 * move["spot:ACME"] + 150 * 20.0 * move["spot:BETA"])
    own = report.losses.loc["own window"]
    assert own["loss"] == pytest.approx(expected, rel=1e-10)
    assert (own["kind"], own["start"], own["end"], own["status"]) == ("historical", first, last, "ok")
    assert "no levels at" in report.refused["COVID 2020"]
    assert "2 scenarios, 1 refused" in repr(report)


def test_propagation_moves_the_share_that_a_stress_does_not_name():
    one = StressScenario("ACME alone", "test", (GroupMove(ShockLeaf.SPOT, -0.2, ("ACME",)),))
    window = StressScenario("own window", "test", HistoricalWindow("2022-10-03", "2022-11-01"))
    alone, both = (pj.stress(books.stocks(), [one, window], propagate=p, horizon_days=5) for p in (False, True))
    log = np.log(books.history().to_numpy())
    moves = log[5:] - log[:-5]
    # Two factors have one correlation, so that shrinkage changes nothing.
    covariance = np.cov(moves.T)
    other = np.expm1(covariance[0, 1] / covariance[0, 0] * np.log(0.8))
    assert both.losses.at["ACME alone", "loss"] == pytest.approx(0.2 * 15_000.0 - other * 3_000.0, rel=1e-9)
    assert alone.losses.at["ACME alone", "loss"] == pytest.approx(0.2 * 15_000.0, rel=1e-12)
    np.testing.assert_array_equal(alone.losses.loc["own window", "loss"], both.losses.loc["own window", "loss"])
    assert alone.flags == () and "propagated by 5-day covariance" in both.flags[0]


def sensitivities():
    positions = [
        {"position_id": f"P{k}", "value": v, "sensitivity": s, "risk_factor": f"f{k}"}
        for k, (v, s) in enumerate([(100.0, 0.02), (50.0, 0.05)])
    ]
    return snapshot_from_dict(
        {
            "positions": positions,
            "risk_factors": ["f0", "f1"],
            "correlation_matrix": [[1.0, 0.5], [0.5, 1.0]],
            "credit_exposures": [],
            "total_capital": 100.0,
        }
    )


def test_reverse_stress_of_a_linear_book():
    # L = d' x with d = (2, 2.5) in absolute value and correlation 0.5: distance L / sqrt(d' R d).
    report = pj.reverse_stress(sensitivities(), loss=12.0, num_starts=2)
    exposure, correlation = np.array([2.0, 2.5]), np.array([[1.0, 0.5], [0.5, 1.0]])
    square = exposure @ correlation @ exposure
    assert report.solutions["distance"].iloc[0] == pytest.approx(12.0 / np.sqrt(square), rel=1e-8)
    shock = report.moves["solution_1"].to_numpy()
    np.testing.assert_allclose(np.abs(shock), correlation @ exposure * 12.0 / square, rtol=1e-6)
    assert report.solutions["loss"].iloc[0] == pytest.approx(12.0, rel=1e-9)
    assert report.solutions.filter(like="desk:").to_numpy().sum() == pytest.approx(12.0, rel=1e-9)
    assert report.moves.index.tolist() == ["f0", "f1"] and "is lost at" in repr(report)


@pytest.mark.parametrize(
    ("words", "make"),
    [
        ("abstract factors", lambda: pj.stress(sensitivities())),
        ("abstract factors", lambda: pj.stress_grid(sensitivities())),
        ("the grid is empty", lambda: pj.stress_grid(books.stocks(), ())),
        ("horizon_days 30", lambda: pj.worst_case(books.stocks(), radius=1.0, horizon_days=30)),
        ("radius -1.0", lambda: pj.worst_case(books.stocks(), radius=-1.0)),
        ("loss -1.0", lambda: pj.reverse_stress(sensitivities(), loss=-1.0)),
        ("horizon_days 30", lambda: pj.reverse_stress(books.stocks(), loss=1.0, horizon_days=30)),
        (
            "needs at least",
            lambda: pj.reverse_stress(
                dataclasses.replace(books.stocks(), history=books.history().tail(8)), loss=1.0, horizon_days=10
            ),
        ),
    ],
)
def test_refusals(words, make):
    with pytest.raises(ArgumentError, match=words):
        make()


def test_grid_of_spot_and_vol_moves():
    grid = pj.stress_grid(books.stocks(), (-0.2, 0.1), (0.0, 0.5))
    held = 300 * 50.0 + 150 * 20.0
    np.testing.assert_allclose(grid, [[0.2 * held] * 2, [-0.1 * held] * 2], rtol=1e-12)
    assert (grid.index.name, grid.columns.name, grid.attrs["currency"]) == ("spot", "vol", "USD")


def test_worst_case_of_a_linear_book():
    # max d'x with x' R^-1 x <= r^2 is r sqrt(d' R d).
    report = pj.worst_case(sensitivities(), radius=2.0, num_starts=3)
    exposure, correlation = np.array([2.0, 2.5]), np.array([[1.0, 0.5], [0.5, 1.0]])
    size = np.sqrt(exposure @ correlation @ exposure)
    assert report.loss == pytest.approx(2.0 * size, rel=1e-9)
    assert report.distance == pytest.approx(2.0, rel=1e-9) and report.kkt_residual < 1e-6
    assert report.by_desk.sum() == pytest.approx(report.loss, rel=1e-9)
    np.testing.assert_allclose(np.abs(report.moves["worst_case"]), 2.0 * correlation @ exposure / size, rtol=1e-6)
    assert "is the worst within 2 standard deviations" in repr(report)
