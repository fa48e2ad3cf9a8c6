"""The sections of a report in reading order."""

import pandas as pd

from pact_jax.assessment import AssessmentReport

from ._context import (
    alert_section,
    assumption_section,
    base_section,
    correlation_section,
    credit_section,
    history_section,
    limit_section,
    manifest_section,
    source_section,
    view_section,
    worst_section,
)
from ._document import Section
from ._score import (
    agent_section,
    desk_section,
    factor_section,
    measure_section,
    position_section,
    score_section,
)


def build_sections(
    report: AssessmentReport, views: pd.DataFrame | None, history: pd.DataFrame | None
) -> tuple[Section, ...]:
    """All sections: the answer first, then what it is made of, then what it rests on.

    Args:
        report: the assessment.
        views: what `market_views` returned; left out if None.
        history: what `worst_market_moves` returned; left out if None.

    Returns:
        The sections.
    """
    sections = [
        score_section(report, views),
        agent_section(report),
        desk_section(report),
        limit_section(report),
        alert_section(report),
        position_section(report),
        factor_section(report),
        measure_section(report),
    ]
    sections += [view_section(views)] if views is not None else []
    sections.append(worst_section(report))
    sections += [history_section(report, history)] if history is not None else []
    sections += [
        credit_section(report),
        correlation_section(report),
        base_section(report),
        assumption_section(report),
        source_section(report),
        manifest_section(report),
    ]
    return tuple(sections)


def heading(report: AssessmentReport) -> str:
    """Name of the portfolio and the date of its market."""
    return f"{report.snapshot.portfolio_id} on {report.snapshot.valuation_date}"
