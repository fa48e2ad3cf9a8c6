"""Figures of views, stresses and backtests: what is drawn is what the numbers say, and nothing is shown."""

import re
import sys
from functools import cache

import numpy as np
import pandas as pd
import pytest

import pact_jax as pj
from pact_jax.assessment import market_views
from pact_jax.errors import ArgumentError, MissingExtra
from pact_jax.report import (
    plot_diversification,
    plot_exceptions,
    plot_grid,
    plot_moves,
    plot_stress_losses,
    plot_views,
    plot_waterfall,
)
from tests.report import books


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib", reason="needs the extra 'plot'")
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@cache
def found():
    return pj.reverse_stress(books.stocks(), loss=5_000.0, num_starts=2)


def test_waterfall_ends_at_the_score(pyplot):
    report = books.report()
    for level in ("agent", "desk"):
        *steps, total = plot_waterfall(report, level=level).patches
        assert sum(bar.get_width() for bar in steps) == pytest.approx(100 * report.score)
        assert total.get_width() == pytest.approx(100 * report.score) and total.get_x() == 0.0
        ends = [bar.get_x() + bar.get_width() for bar in steps]
        assert [bar.get_x() for bar in steps[1:]] == pytest.approx(ends[:-1])
    with pytest.raises(ArgumentError, match="position"):
        plot_waterfall(report, level="position")


def test_diversification_shows_both_tails(pyplot):
    report = books.report()
    bars = plot_diversification(report).patches
    own = report.measures[report.measures["scope"].str.startswith("desk:")]
    own = own[own["measure"] == "expected_shortfall"]["value"].sort_values(ascending=False)
    assert [bar.get_width() * 1e6 for bar in bars[: len(own)]] == pytest.approx(list(own))


def test_views_with_intervals(pyplot):
    views = market_views(books.stocks(), horizons=(1, 2), generators=(pj.Historical(), pj.MonteCarlo(64)))
    axes = plot_views(views, measure="var_95")
    rows = views[views["measure"] == "var_95"]
    first = rows.iloc[0]
    line = axes.containers[0].lines[0]
    assert list(line.get_xdata()) == pytest.approx([first["historical"] / 1e6, first["monte_carlo"] / 1e6])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["historical", "monte carlo"]
    with pytest.raises(ArgumentError, match="var_95"):
        plot_views(views, measure="nothing")


def test_stress_losses_and_grid(pyplot):
    report = pj.stress(books.stocks(), [s for s in pj.scenarios.HYPOTHETICAL_STRESSES if "equity" in s.name])
    axes = plot_stress_losses(report)
    ranked = report.losses.sort_values("loss", ascending=False)
    assert list(axes.lines[0].get_xdata()) == pytest.approx(list(ranked["loss"] / 1e6))
    assert sum(bar.get_width() for bar in axes.patches) == pytest.approx(report.losses["loss"].sum() / 1e6)
    grid = pj.stress_grid(books.stocks(), (-0.2, 0.1), (0.0, 0.5, 1.0))
    drawn = plot_grid(grid)
    np.testing.assert_allclose(drawn.images[0].get_array(), grid / 1e6)
    assert [label.get_text() for label in drawn.get_xticklabels()] == ["0%", "+50%", "+100%"]


def test_moves_in_standard_deviations(pyplot):
    axes = plot_moves(found())
    moves = found().moves
    expected = (moves["solution_1"] / moves["standard_deviation"]).abs().sort_values(ascending=False)
    drawn = [abs(bar.get_width()) for bar in axes.containers[0]]
    assert drawn == pytest.approx(list(expected))


def test_exceptions_are_marked(pyplot):
    dates = pd.bdate_range("2022-01-03", periods=4)
    axes = plot_exceptions(dates, np.array([1.0, 3.0, -2.0, 5.0]), np.array([2.0, 2.0, 2.0, 6.0]))
    assert list(axes.lines[2].get_ydata()) == [-3.0] and axes.lines[2].get_label() == "exceptions: 1"


def test_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingExtra, match=re.escape('pip install "pact-jax[plot]"')):
        plot_exceptions([0], np.zeros(1), np.zeros(1))
