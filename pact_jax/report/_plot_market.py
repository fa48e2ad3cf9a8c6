"""Figures of market views, stresses and backtests with matplotlib; they return Axes and never show."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pact_jax._reverse_stress import ReverseStressReport, WorstCaseReport
from pact_jax._stress import StressReport
from pact_jax.assessment import AssessmentReport
from pact_jax.errors import ArgumentError

from ._document import text
from ._plot import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MILLION = 1e6
_LOSS, _GAIN, _TOTAL = "#b5403a", "#3a7d5c", "0.35"


def plot_waterfall(report: AssessmentReport, ax: "Axes | None" = None, *, level: str = "desk") -> "Axes":
    """From parts to the score: each contribution starts where the one before it ends, the last bar is the score.

    Args:
        report: the assessment.
        ax: where to draw; new axes if None.
        level: "agent" or "desk"; contributions of one desk by different agents are added.

    Returns:
        The axes.

    Raises:
        MissingExtra: matplotlib is not installed.
        ArgumentError: another level, whose bars nobody could read.
    """
    if level not in ("agent", "desk"):
        raise ArgumentError(f"level is {level!r}", where="plot_waterfall", mend='use "agent" or "desk"')
    parts = report.explain(level).groupby(level)["contribution"].sum().sort_values(ascending=False, kind="stable")
    axes = new_axes(ax, "plot_waterfall")
    steps = 100.0 * parts.to_numpy()
    start = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    names = [*(text(name) or "no desk" for name in parts.index), "score"]
    colours = [*(_LOSS if step > 0.0 else _GAIN for step in steps), _TOTAL]
    place = np.arange(len(names))
    axes.barh(place, [*steps, 100.0 * report.score], left=[*start, 0.0], color=colours, height=0.7)
    reach = float(max(np.max(start + steps, initial=0.0), 100.0 * report.score))
    for at, (step, left) in enumerate(zip([*steps, 100.0 * report.score], [*start, 0.0], strict=True)):
        axes.text(
            max(left + step, left) + 0.01 * reach, at, f"{round(step, 2) + 0.0:.2f}", va="center", fontsize="small"
        )
    axes.set_yticks(place, names)
    axes.set_xlim(min(0.0, float(np.min(start + steps, initial=0.0))), 1.1 * reach)
    axes.invert_yaxis()
    axes.set_xlabel("% of capital")
    axes.set_title(f"ES {report.confidence:.1%} over {report.horizon_days} business days by {level}")
    return axes


def plot_diversification(report: AssessmentReport, ax: "Axes | None" = None) -> "Axes":
    """Expected shortfall of each desk in its own tail beside its part of the joint one; the gap is diversification.

    Args:
        report: the assessment.
        ax: where to draw; new axes if None.

    Returns:
        The axes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    axes = new_axes(ax, "plot_diversification")
    measures = report.measures[report.measures["measure"] == "expected_shortfall"]
    own = measures.set_index("scope")["value"]
    parts = report.explain("desk").groupby("desk")["contribution"].sum() * report.capital
    least = 1e-9 * report.capital
    desks = [d for d in report.labels.desks if max(abs(own.get(f"desk:{d}", 0.0)), abs(parts.get(d, 0.0))) > least]
    order = sorted(desks, key=lambda name: -own[f"desk:{name}"])
    place = np.arange(len(order))
    alone = [own[f"desk:{name}"] / _MILLION for name in order]
    joint = [parts.get(name, 0.0) / _MILLION for name in order]
    axes.barh(place - 0.2, alone, height=0.38, color="0.75", label="stand-alone: own tail")
    axes.barh(place + 0.2, joint, height=0.38, color="C0", label="contribution: joint tail")
    axes.set_yticks(place, [text(name) for name in order])
    axes.invert_yaxis()
    axes.axvline(0.0, color="0.3", linewidth=0.8)
    axes.set_xlabel(
        f"expected shortfall {report.confidence:.1%}, millions of {text(report.snapshot.reporting_currency)}"
    )
    axes.set_title(
        f"sum of desks alone {sum(alone):.1f}, contributions {sum(joint):.1f}, "
        f"diversification {1.0 - sum(joint) / sum(alone):.0%}"
        if sum(alone) > 0.0
        else "no desk loses"
    )
    axes.legend(frameon=False, loc="lower right")
    return axes


def plot_views(views: pd.DataFrame, ax: "Axes | None" = None, *, measure: str = "expected_shortfall") -> "Axes":
    """One measure by kind of scenarios with 95 % intervals (1.96 standard errors), as `market_views` lays them out.

    Args:
        views: what `market_views` answered.
        ax: where to draw; new axes if None.
        measure: a name in its `measure` column.

    Returns:
        The axes.

    Raises:
        MissingExtra: matplotlib is not installed.
        ArgumentError: the frame holds no such measure.
    """
    rows = views[views["measure"] == measure]
    if not len(rows):
        known = ", ".join(sorted(set(views["measure"])))
        raise ArgumentError(f"no measure {measure!r}", where="plot_views", mend=f"use one of: {known}")
    axes = new_axes(ax, "plot_views")
    names = [column.removesuffix("_scenarios") for column in views.columns if column.endswith("_scenarios")]
    for k, row in enumerate(rows.to_dict("records")):
        place = np.arange(len(names)) + 0.15 * (k - 0.5 * (len(rows) - 1))
        values = np.array([row[name] for name in names]) / _MILLION
        errors = 1.96 * np.array([row[f"{name}_standard_error"] for name in names]) / _MILLION
        axes.errorbar(values, place, xerr=errors, fmt="o", capsize=4, label=f"{row['horizon_days']} business days")
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(left=0.0)
    axes.set_xlabel("millions of the reporting currency; bars are 95 % intervals of the sampling")
    axes.set_title(f"{measure.replace('_', ' ')} {rows['confidence'].iloc[0]:.1%} of the market book")
    axes.legend(frameon=False)
    return axes


def plot_stress_losses(report: StressReport, ax: "Axes | None" = None) -> "Axes":
    """Losses under named stresses, the worst first, stacked by desk; the mark is the loss of the book.

    Args:
        report: what `stress` answered.
        ax: where to draw; new axes if None.

    Returns:
        The axes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    axes = new_axes(ax, "plot_stress_losses")
    ranked = report.losses.sort_values("loss", ascending=False, kind="stable")
    desks = [column for column in ranked.columns if column.startswith("desk:") and ranked[column].abs().max() > 0.0]
    place = np.arange(len(ranked))
    up, down = np.zeros(len(ranked)), np.zeros(len(ranked))
    for k, desk in enumerate(desks):
        values = ranked[desk].to_numpy(float) / _MILLION
        axes.barh(place, values, left=np.where(values > 0.0, up, down), color=f"C{k % 10}", label=text(desk[5:]))
        up, down = up + np.maximum(values, 0.0), down + np.minimum(values, 0.0)
    axes.plot(ranked["loss"].to_numpy(float) / _MILLION, place, "kD", markersize=4, label="book")
    axes.set_yticks(place, [text(str(name)) for name in ranked.index], fontsize="small")
    axes.invert_yaxis()
    axes.axvline(0.0, color="0.3", linewidth=0.8)
    axes.set_xlabel(f"loss, millions of {text(report.reporting_currency)}")
    axes.legend(frameon=False, fontsize="small", loc="lower right")
    return axes


def plot_grid(grid: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Heat map of the losses on a grid of spot and volatility moves; red loses, green gains, each cell with its number.

    Args:
        grid: what `stress_grid` answered.
        ax: where to draw; new axes if None.

    Returns:
        The axes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    axes = new_axes(ax, "plot_grid")
    values = grid.to_numpy(float) / _MILLION
    reach = float(np.max(np.abs(values))) or 1.0
    axes.imshow(values, cmap="RdYlGn_r", vmin=-reach, vmax=reach, aspect="auto")
    axes.set_xticks(range(grid.shape[1]), [_signed(float(move)) for move in grid.columns.to_numpy(float)])
    axes.set_yticks(range(grid.shape[0]), [_signed(float(move)) for move in grid.index.to_numpy(float)])
    for (row, column), value in np.ndenumerate(values):
        ink = "white" if abs(value) > 0.7 * reach else "black"
        axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize="small", color=ink)
    axes.set_xlabel("relative move of all volatilities")
    axes.set_ylabel("relative move of all spots")
    axes.set_title(f"loss, millions of {text(str(grid.attrs.get('currency', 'the reporting currency')))}")
    return axes


def plot_moves(report: ReverseStressReport | WorstCaseReport, ax: "Axes | None" = None, *, top: int = 15) -> "Axes":
    """The moves that reverse stress found, in standard deviations of each factor; the largest of any solution first.

    Args:
        report: what `reverse_stress` or `worst_case` answered.
        ax: where to draw; new axes if None.
        top: how many factors.

    Returns:
        The axes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    axes = new_axes(ax, "plot_moves")
    deviation = report.moves["standard_deviation"]
    moves = report.moves.drop(columns=["move", "standard_deviation"])
    moves = moves[deviation > 0.0].div(deviation[deviation > 0.0], axis=0)
    shown = moves.loc[moves.abs().max(axis=1).sort_values(ascending=False, kind="stable").index[:top]]
    place, height = np.arange(len(shown)), 0.8 / len(shown.columns)
    for k, name in enumerate(shown.columns):
        offset = (k - 0.5 * (len(shown.columns) - 1)) * height
        axes.barh(place + offset, shown[name], height=height, label=str(name).replace("_", " "))
    axes.set_yticks(place, [text(str(factor)) for factor in shown.index], fontsize="small")
    axes.invert_yaxis()
    axes.axvline(0.0, color="0.3", linewidth=0.8)
    axes.set_xlabel("move in standard deviations of the factor")
    axes.legend(frameon=False)
    return axes


def plot_exceptions(
    dates: Sequence[object] | np.ndarray | pd.Index,
    loss: np.ndarray,
    value_at_risk: np.ndarray,
    ax: "Axes | None" = None,
) -> "Axes":
    """P&L day by day against minus the value at risk that was forecast for it, with the exceptions marked.

    Args:
        dates: one for each day.
        loss: what came, positive = money lost.
        value_at_risk: forecasts made before, positive.
        ax: where to draw; new axes if None.

    Returns:
        The axes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    axes = new_axes(ax, "plot_exceptions")
    days, lost, forecast = np.asarray(dates), np.asarray(loss), np.asarray(value_at_risk)
    beyond = ~(lost <= forecast)
    axes.plot(days, -lost, ".", color="0.6", markersize=2, label="P&L")
    axes.plot(days, -forecast, color="C0", linewidth=1.0, label="minus value at risk")
    axes.plot(days[beyond], -lost[beyond], "x", color=_LOSS, markersize=4, label=f"exceptions: {int(beyond.sum())}")
    axes.axhline(0.0, color="0.3", linewidth=0.6)
    axes.legend(frameon=False, ncols=3, fontsize="small", loc="upper center")
    return axes


def _signed(move: float) -> str:
    return f"{move:+.0%}" if move else "0%"
