"""The report as one offline HTML file: inline style and figures, no script, nothing fetched."""

import html
import math

import pandas as pd

from pact_jax.assessment import AssessmentReport

from ._build import build_sections, heading
from ._document import Section, Table, level, money, percent, text
from ._score import desk_contributions, position_contributions
from ._svg import Mark, histogram, signed_bars, waterfall

_TOP_BARS = 15
_CLOSED = ("sources", "manifest", "correlation")
"""Sections that start folded."""

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1d2430; background: #f4f6f9; margin: 0; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 24px; margin: 0 0 2px; } h2 { font-size: 18px; margin: 0 0 8px; }
header p, .note { color: #55606f; margin: 2px 0 8px; font-size: 13.5px; }
section, details, .card { background: #fff; border: 1px solid #dde2ea; border-radius: 8px; }
section, details { padding: 16px 18px; margin: 16px 0; }
summary { cursor: pointer; } summary h2 { display: inline; }
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 14px 0; }
.card { padding: 10px 14px; min-width: 160px; flex: 1; }
.card b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
.card span { color: #55606f; font-size: 12.5px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th { text-align: left; vertical-align: bottom; color: #55606f; font-weight: 600; border-bottom: 2px solid #ccd3de; }
th, td { padding: 4px 10px 4px 0; } td { border-bottom: 1px solid #edf0f4; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } td.n { white-space: nowrap; }
td { overflow-wrap: break-word; } .n + :not(.n) { padding-left: 14px; }
tr.total td { font-weight: 700; border-top: 2px solid #ccd3de; }
tr.BREACH td, .card.BREACH { background: #fbe3e0; } tr.BREACH-UNKNOWN td, .card.BREACH-UNKNOWN { background: #fbe3e0; }
tr.REVIEW td, .card.REVIEW { background: #fdf0d5; } tr.WARNS td { background: #fdf7e6; }
.card.PASS { background: #e4f2ea; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
figure { margin: 10px 0; } figcaption { color: #55606f; font-size: 13px; }
nav { font-size: 13.5px; } nav a { margin-right: 12px; color: #1f4d85; white-space: nowrap; display: inline-block; }
@media print { body { background: #fff; } section, details, .card { break-inside: avoid; } }
"""


def html_report(
    report: AssessmentReport, *, views: pd.DataFrame | None = None, history: pd.DataFrame | None = None
) -> str:
    """The whole assessment as one self-contained page.

    Args:
        report: the assessment.
        views: what `market_views` returned; left out if None.
        history: what `worst_market_moves` returned; left out if None.

    Returns:
        HTML. Every word from the input is escaped; the page runs no script and loads nothing.
    """
    sections = build_sections(report, views, history)
    figures = _figures(report)
    links = "".join(f'<a href="#{section.key}">{html.escape(section.title)}</a>' for section in sections)
    title = html.escape(text(heading(report)))
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Risk assessment of {title}</title>\n<style>{_STYLE}</style></head>\n<body><main>",
        f"<header><h1>Risk assessment of {title}</h1><p>{html.escape(text(report.snapshot.description))}</p></header>",
        _cards(report),
        f"<nav>{links}</nav>",
        *(_section(section, figures.get(section.key, "")) for section in sections),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _cards(report: AssessmentReport) -> str:
    days, currency = report.horizon_days, report.snapshot.reporting_currency
    es = f"ES {level(report.confidence)}, {days} business days, over capital"
    cards = [
        (percent(report.score), f"score: {es}", ""),
        (percent(report.upper_bound), "upper bound of the score, one-sided 95 %", ""),
        (report.decision, "decision on the score limit", report.decision),
        (report.compliance, "worst decision over all limits", report.compliance),
        (f"{money(report.capital)} {currency}", "capital", ""),
    ]
    shown = (
        f'<div class="card {html.escape(mark)}"><b>{html.escape(text(value))}</b>'
        f"<span>{html.escape(text(said))}</span></div>"
        for value, said, mark in cards
    )
    return f'<div class="cards">{"".join(shown)}</div>'


def _section(section: Section, figure: str) -> str:
    notes = "".join(f'<p class="note">{html.escape(note)}</p>' for note in section.notes)
    table = _table(section.table) if section.table is not None and section.table.rows else ""
    title = f"<h2>{html.escape(section.title)}</h2>"
    if section.key in _CLOSED:
        return f'<details id="{section.key}"><summary>{title}</summary>{notes}{figure}{table}</details>'
    return f'<section id="{section.key}">{title}{notes}{figure}{table}</section>'


def _table(table: Table) -> str:
    kinds = [' class="n"' if right else "" for right in table.numeric]
    head = "".join(f"<th{kind}>{html.escape(title)}</th>" for title, kind in zip(table.titles, kinds, strict=True))
    rows = []
    for row, mark in zip(table.rows, table.marks, strict=True):
        cells = "".join(f"<td{kind}>{html.escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
        rows.append(f'<tr class="{html.escape(mark)}">{cells}</tr>' if mark else f"<tr>{cells}</tr>")
    body = "\n".join(rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'


def _figures(report: AssessmentReport) -> dict[str, str]:
    """Figures by the section they belong to."""
    agents = report.explain("agent")
    desks = desk_contributions(report)
    top = position_contributions(report).head(_TOP_BARS)
    loss = histogram(
        report.losses.total, report.losses.weight, loss_marks(report), unit=text(report.snapshot.reporting_currency)
    )
    bands = f"Joint loss over {report.horizon_days} business days; bands are 95 % intervals of the sampling."
    figures = {
        "score": _figure(loss, bands),
        "agents": _figure(
            waterfall([*map(text, agents["agent"])], [*agents["contribution"]], total="score", title="Agents"),
            "From the agents to the score, % of capital.",
        ),
        "desks": _figure(
            waterfall([*map(text, desks.index)], [*desks["total"]], total="score", title="Desks"),
            "From the desks to the score, % of capital.",
        ),
    }
    if len(top):
        bars = signed_bars([*map(text, top["item"])], [*top["contribution"]], title="Top positions")
        figures["positions"] = _figure(bars, f"The {len(top)} largest contributions, % of capital.")
    return figures


def loss_marks(report: AssessmentReport) -> list[Mark]:
    """VaR and ES of the joint loss, to be marked in its distribution; largest last.

    Args:
        report: the assessment.

    Returns:
        The marks.
    """
    total = report.measures[(report.measures["scope"] == "total") & (report.measures["unit"] == "reporting currency")]
    marks = []
    for row in total.to_dict("records"):
        name, value, error = str(row["measure"]), float(row["value"]), float(row["standard_error"])
        said = f"ES {level(report.confidence)}" if name == "expected_shortfall" else f"VaR {_level_of(name)} %"
        if math.isfinite(value):
            marks.append(Mark(f"{said}: {money(value)} (s.e. {money(error)})", value, error))
    return sorted(marks, key=lambda mark: mark.value)


def _level_of(name: str) -> str:
    return name.removeprefix("var_").replace("_", ".")


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{html.escape(caption)}</figcaption></figure>"
