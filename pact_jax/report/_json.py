"""The report as JSON: plain values with snake_case names, nothing rounded."""

import json

import pandas as pd

from pact_jax.assessment import AssessmentReport, plain

_LEVELS = ("agent", "desk", "position", "factor")


def json_report(
    report: AssessmentReport, *, views: pd.DataFrame | None = None, history: pd.DataFrame | None = None
) -> str:
    """The whole assessment as strict JSON (no NaN: what is undefined is null, no bound is "infinity").

    Args:
        report: the assessment.
        views: what `market_views` returned; `market_views` is null if None.
        history: what `worst_market_moves` returned; `worst_market_moves` is null if None.

    Returns:
        `AssessmentReport.to_dict()`, the explanation at every level, the base values, the views and the worst dates.
    """
    check = report.base_check.rename_axis("position_id").reset_index()
    content = {
        **report.to_dict(),
        "explain": {name: _records(report.explain(name)) for name in _LEVELS},
        "base_check": _records(check),
        "sources": _records(report.snapshot.sources),
        "market_views": None if views is None else _records(views),
        "worst_market_moves": None if history is None else _records(history),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _records(table: pd.DataFrame) -> object:
    return plain(table.to_dict("records"))
