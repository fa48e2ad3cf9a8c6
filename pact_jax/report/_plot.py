"""Figures with matplotlib, for notebooks: they return Axes and never show, nor set a backend or a style."""

from typing import TYPE_CHECKING

from pact_jax._extras import extra
from pact_jax.assessment import AssessmentReport

from ._document import text
from ._html import loss_marks
from ._score import desk_contributions, position_contributions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TOP = 20
_MILLION = 1e6


def plot_losses(report: AssessmentReport, ax: "Axes | None" = None, *, bins: int = 70) -> "Axes":
    """Distribution of the joint loss, with VaR and ES and their 95 % intervals.

    Args:
        report: the assessment.
        ax: where to draw; new axes if None.
        bins: how many bars.

    Returns:
        The axes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    axes = new_axes(ax, "plot_losses")
    currency = text(report.snapshot.reporting_currency)
    axes.hist(report.losses.total / _MILLION, bins=bins, weights=report.losses.weight, color="0.7")
    for at, mark in enumerate(loss_marks(report)):
        value, reach = mark.value / _MILLION, 1.96 * mark.error / _MILLION
        # Two measures often fall together: dashes let the one below be seen.
        axes.axvline(value, color=f"C{at}", linestyle=("-", "--", ":")[at % 3], label=mark.label)
        axes.axvspan(value - reach, value + reach, color=f"C{at}", alpha=0.2)
    axes.set_xlabel(f"joint loss over {report.horizon_days} business days, millions of {currency}")
    axes.set_ylabel("probability")
    axes.set_title(f"{text(report.snapshot.portfolio_id)}, {report.snapshot.valuation_date}")
    axes.legend(frameon=False)
    return axes


def plot_contributions(report: AssessmentReport, ax: "Axes | None" = None, *, level: str = "agent") -> "Axes":
    """Contributions to the score, largest first; they sum to the score.

    Args:
        report: the assessment.
        ax: where to draw; new axes if None.
        level: "agent", "desk", "position" (the 20 largest) or "factor" (the 20 largest).

    Returns:
        The axes.

    Raises:
        MissingExtra: matplotlib is not installed.
        UnknownName: the level is none of these.
    """
    table = report.explain(level)  # refuses an unknown level before anything is drawn
    axes = new_axes(ax, "plot_contributions")
    if level == "desk":
        wide = desk_contributions(report)
        names, values = [*map(text, wide.index)], [*wide["total"]]
    elif level == "position":
        found = position_contributions(report)
        names, values = [*map(text, found["item"])], [*found["contribution"]]
    elif level == "factor":
        sums = table.groupby(["agent", "factor"])["contribution"].sum()
        sums = sums.loc[sums.abs().sort_values(ascending=False, kind="stable").index]
        names, values = [text(f"{agent}: {factor}") for agent, factor in sums.index], [*sums]
    else:
        names, values = [*map(text, table["agent"])], [*table["contribution"]]
    shown = slice(0, _TOP)
    axes.barh(range(len(names[shown])), [100 * value for value in values[shown]])
    axes.set_yticks(range(len(names[shown])), names[shown])
    axes.invert_yaxis()
    axes.axvline(0.0, color="0.3", linewidth=0.8)
    axes.set_xlabel(f"contribution to the score of {100 * report.score:.3f} %, % of capital")
    axes.set_title(
        f"{text(report.snapshot.portfolio_id)}: ES {report.confidence:.1%}, {report.horizon_days} business days"
    )
    return axes


def new_axes(ax: "Axes | None", where: str) -> "Axes":
    """The axes given, or new ones; names the missing extra where there is no matplotlib."""
    if ax is not None:
        return ax
    with extra("plot", where=where):
        from matplotlib import pyplot
    return pyplot.subplots(layout="constrained")[1]
