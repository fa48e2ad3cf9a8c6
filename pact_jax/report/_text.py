"""The report as plain text: fixed-width tables, for a terminal or a log."""

import textwrap

import pandas as pd

from pact_jax.assessment import AssessmentReport

from ._build import build_sections, heading
from ._document import Section, Table, text

_WIDTH = 130
_WIDEST_CELL = 78
_GAP = "  "


def text_report(
    report: AssessmentReport, *, views: pd.DataFrame | None = None, history: pd.DataFrame | None = None
) -> str:
    """The whole assessment as text.

    Args:
        report: the assessment.
        views: what `market_views` returned; left out if None.
        history: what `worst_market_moves` returned; left out if None.

    Returns:
        Lines ending in a line end; every name from the input has its control characters replaced.
    """
    title = f"Risk assessment of {text(heading(report))}"
    lines = [title, "=" * len(title)]
    if report.snapshot.description:
        lines.append(text(report.snapshot.description))
    for section in build_sections(report, views, history):
        lines += ["", section.title, "-" * len(section.title), *_section(section)]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> list[str]:
    lines = [line for note in section.notes for line in textwrap.wrap(note, _WIDTH)]
    if section.table is not None and section.table.rows:
        lines += ([""] if lines else []) + _table(section.table)
    return lines


def _table(table: Table) -> list[str]:
    """Columns as wide as their widest cell; titles wrap to the width of the cells, long cells over several lines."""
    cells = [[textwrap.wrap(cell, _WIDEST_CELL) or [""] for cell in row] for row in table.rows]
    widths = [max(len(part) for row in cells for part in row[k]) for k in range(len(table.titles))]
    titles = [_wrapped(title, max(width, 10)) for title, width in zip(table.titles, widths, strict=True)]
    widths = [max(width, *map(len, title)) for width, title in zip(widths, titles, strict=True)]
    lines = _lines(titles, widths, table.numeric)
    lines.append(_GAP.join("-" * width for width in widths))
    for row, mark in zip(cells, table.marks, strict=True):
        if mark == "total":
            lines.append(_GAP.join("-" * width for width in widths))
        lines += _lines(row, widths, table.numeric)
    return lines


def _lines(row: list[list[str]], widths: list[int], numeric: tuple[bool, ...]) -> list[str]:
    height = max(map(len, row))
    lines = []
    for at in range(height):
        parts = [cell[at] if at < len(cell) else "" for cell in row]
        shown = (
            part.rjust(width) if right else part.ljust(width)
            for part, width, right in zip(parts, widths, numeric, strict=True)
        )
        lines.append(_GAP.join(shown).rstrip())
    return lines


def _wrapped(title: str, width: int) -> list[str]:
    return textwrap.wrap(title, width, break_long_words=False) or [""]
