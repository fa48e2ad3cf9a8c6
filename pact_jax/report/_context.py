"""Sections on what stands around the score: limits, worst scenarios, views, checks, assumptions, provenance."""

import numpy as np
import pandas as pd

from pact_jax.assessment import AssessmentReport

from ._document import Column, Section, by_unit, count, level, make_table, money, number, percent, text

_ORDER = {"BREACH": 0, "BREACH-UNKNOWN": 1, "REVIEW": 2, "PASS": 3}
_WORST_BASE = 10
_TOP_NAMES = 8
_GROUPS = ("spot", "rates", "vol", "fx", "spread", "factor")


def limit_section(report: AssessmentReport) -> Section:
    """The limit set, breaches first."""
    limits = report.limits
    if not len(limits):
        return Section("limits", "Limits", ("No limits were given, so nothing can pass: the decision is unknown.",))
    order = limits["decision"].map(_ORDER).fillna(len(_ORDER))
    limits = limits.assign(_order=order).sort_values("_order", kind="stable")
    unit = {(m, s): u for m, s, u in report.measures[["measure", "scope", "unit"]].itertuples(index=False)}
    rows, marks = [], []
    for row in limits.to_dict("records"):
        said = unit.get((row["measure"], row["scope"]), "")
        cells = (by_unit(row[name], said) for name in ("limit", "value", "bound"))
        sign = "at least" if row["direction"] == "min" else "at most"
        decision, warns = str(row["decision"]), "warns" if row["warns"] else ""
        rows.append((row["limit_id"], decision, row["measure"], row["scope"], sign, *cells, row["utilisation"], warns))
        marks.append("WARNS" if decision == "PASS" and warns else decision)
    columns = (
        *(Column(title, text) for title in ("limit", "decision", "measure", "scope", "rule")),
        *(Column(title, cell) for title in ("limit value", "value", "95 % bound")),
        Column("utilisation", percent),
        Column("warning", text),
    )
    note = (
        "Amounts in the reporting currency, shares in %. A limit on what was not supplied is BREACH-UNKNOWN. The bound "
        "is one-sided and allows for sampling error; without sampling it is the value.",
    )
    return Section("limits", "Limits", note, make_table(columns, rows, marks))


def cell(value: object) -> str:
    """A cell that is formatted already, to stand right-aligned."""
    return str(value)


def alert_section(report: AssessmentReport) -> Section:
    """The alerts that the limit set opens."""
    if not len(report.alerts):
        return Section("alerts", "Alerts", ("None: no limit is at its warning level.",))
    columns = (
        *(Column(title, text) for title in ("limit", "measure", "scope", "told", "decision")),
        Column("utilisation", percent),
    )
    rows = [
        (row.limit_id, row.measure, row.scope, row.tier, row.decision, row.utilisation)
        for row in report.alerts.itertuples()
    ]
    note = ("Limits at or beyond their warning level, as this assessment taken on its own opens them.",)
    return Section("alerts", "Alerts", note, make_table(columns, rows, map(str, report.alerts["decision"])))


def worst_section(report: AssessmentReport) -> Section:
    """The worst scenarios of the assessment."""
    worst = report.worst
    title = f"Worst {len(worst)} scenarios of the joint loss"
    if not len(worst):
        return Section("worst", "Worst scenarios", ("Not asked for: assess(..., num_worst=10) explains them.",))
    dated = "start" in worst
    rows = []
    for row in worst.to_dict("records"):
        when = (_day(row["start"]), _day(row["end"])) if dated else (row["scenario"],)
        groups = {name: float(row.get(f"market_{name}", 0.0)) for name in _GROUPS}
        parts = (row["loss"], row["market"], row["credit"], row["liquidity"], row["interaction"])
        rows.append((*when, *parts, _drivers(groups | {"default": float(row["credit"])})))
    first = (Column("from", text), Column("to", text)) if dated else (Column("scenario", count),)
    columns = (
        *first,
        *(Column(name, money) for name in ("joint loss", "market", "credit", "liquidity", "interaction")),
        Column("largest drivers", text),
    )
    note = ["Money; losses positive. Drivers: groups of market factors by exact Shapley, and defaults."]
    if not dated:
        note.append("Simulated scenarios have no dates; the worst dates of the history are listed apart.")
    return Section("worst", title, tuple(note), make_table(columns, rows))


def history_section(report: AssessmentReport, history: pd.DataFrame) -> Section:
    """The worst dates of the history for the market book."""
    rows = []
    for row in history.to_dict("records"):
        groups = {name: float(row.get(name, 0.0)) for name in _GROUPS}
        rows.append((_day(row["start"]), _day(row["end"]), row["loss"], row["loss"] / report.capital, _drivers(groups)))
    columns = (
        Column("from", text),
        Column("to", text),
        Column("market loss", money),
        Column("% of capital", percent),
        Column("largest drivers", text),
    )
    note = (
        "What the moves of those dates would cost today's market book (market agent only), in money; of overlapping "
        "windows only the worst is listed.",
    )
    return Section("history", f"Worst {len(rows)} dates of the history", note, make_table(columns, rows))


def view_section(views: pd.DataFrame) -> Section:
    """Market views side by side."""
    names = [name for name in views.columns if f"{name}_standard_error" in views]
    columns = [Column("horizon", text), Column("measure", text), Column("confidence", text)]
    for name in names:
        columns += [Column(name.replace("_", " "), money), Column("s.e.", money), Column("scenarios", count)]
    rows = []
    for row in views.to_dict("records"):
        days = row["horizon_days"]
        measure = "ES" if row["measure"] == "expected_shortfall" else "VaR"
        cells = (row[f"{name}{end}"] for name in names for end in ("", "_standard_error", "_scenarios"))
        rows.append((f"{days} business day{'s' if days > 1 else ''}", measure, level(row["confidence"]), *cells))
    note = (
        "Market agent only, money. Historical: overlapping moves as they happened; Monte Carlo: Gaussian moves with "
        "their covariance, so its tail is thinner.",
        "s.e.: standard error, by long-run variance for overlapping history and by influence function for independent "
        "draws. Ten days are ten-day moves, not one-day moves scaled.",
    )
    return Section("views", "Market views side by side", note, make_table(columns, rows))


def correlation_section(report: AssessmentReport) -> Section:
    """Correlation of the agents' losses: an output."""
    table = report.loss_correlation
    columns = (Column("agent", text), *(Column(text(name), number) for name in table.columns))
    rows = [(name, *row) for name, row in zip(table.index, table.to_numpy(), strict=True)]
    note = ("Over all scenarios; an output of the shared scenarios, never an input.",)
    return Section("correlation", "Correlation of the agents' losses", note, make_table(columns, rows))


def base_section(report: AssessmentReport) -> Section:
    """Base value of the positions against their input prices."""
    check = report.base_check
    given = check[check["input_value"].notna() & (check["kind"] != "linear")]
    total = check["base_value"].sum()
    summary = f"{len(check)} positions are worth {money(total)} in all; {len(given)} came with a price of their own."
    if not len(given):
        return Section("base", "Base value against input price", (summary,))
    off = given["relative_difference"].abs().sort_values(ascending=False, kind="stable")
    summary += (
        f" Largest relative difference {off.iloc[0]:.2e}, median {off.median():.2e}; input value "
        f"{money(given['input_value'].sum())}, base value {money(given['base_value'].sum())}."
    )
    worst = given.loc[off.index[:_WORST_BASE]]
    columns = (
        Column("position", text),
        Column("kind", text),
        Column("base value", money),
        Column("input value", money),
        Column("relative difference", _tiny),
    )
    rows = [
        (row.Index, row.kind, row.base_value, row.input_value, row.relative_difference) for row in worst.itertuples()
    ]
    note = (summary, f"The {len(worst)} that differ most; both in the reporting currency.")
    return Section("base", "Base value against input price", note, make_table(columns, rows))


def credit_section(report: AssessmentReport) -> Section:
    """Expected loss, the largest names and sectors, liquidity coverage."""
    found = report.findings
    note = [
        f"Expected loss over one year {money(found.expected_loss)}; Herfindahl index of names "
        f"{number(found.name_hhi)}; liquidity coverage (buffer / net outflow of 30 days) "
        f"{_or_not(found.liquidity_coverage)}.",
        "Large: above 10 % of tier-1 capital.",
    ]
    if len(found.sectors):
        sectors = ", ".join(f"{text(row.sector)} {percent(row.share)}" for row in found.sectors.head(5).itertuples())
        note.append(f"Largest sectors by share of exposure: {sectors}.")
    if not len(found.names):
        return Section("credit", "Credit and liquidity", tuple(note))
    top = found.names.head(_TOP_NAMES)
    columns = (
        Column("obligor", text),
        Column("sector", text),
        Column("exposure", money),
        Column("% of tier-1 capital", percent),
        Column("large", text),
    )
    rows = [
        (row.obligor, row.sector, row.exposure, row.share_of_tier1, "yes" if row.large else "")
        for row in top.itertuples()
    ]
    return Section("credit", "Credit and liquidity", tuple(note), make_table(columns, rows))


def assumption_section(report: AssessmentReport) -> Section:
    """What was assumed, and what the joint loss leaves out."""
    rows = [("assumed", flag.partition(": ")[2]) for flag in report.flags if flag.startswith("ASSUMED")]
    rows += [("not supplied", flag.partition(": ")[2]) for flag in report.flags if flag.startswith("NOT_SUPPLIED")]
    rows += [
        ("always", "shocks are instantaneous: no ageing, carry or rebalancing within the horizon"),
        ("always", "losses are gross of expected loss and of carry"),
        ("bound", "U covers sampling error only; parameters, model and data are NOT_ASSESSED"),
    ]
    rows += [("interaction not covered", name) for name in report.interaction_not_covered]
    rows += [("rejected row", str(row)) for row in report.snapshot.rejected]
    columns = (Column("kind", text), Column("what", text))
    return Section("assumptions", "Assumptions and what is not covered", (), make_table(columns, rows))


def source_section(report: AssessmentReport) -> Section:
    """What is real, derived and illustrative in the input."""
    sources = report.snapshot.sources
    if not len(sources):
        return Section("sources", "What is real", ("The snapshot does not say (its table 'sources' is empty).",))
    order = {"real": 0, "derived": 1, "illustrative": 2}
    sources = sources.assign(_order=sources["kind"].map(order).fillna(3)).sort_values("_order", kind="stable")
    names = [name for name in ("kind", "table", "column_or_row", "note") if name in sources]
    rows = [["" if pd.isna(x) else x for x in row] for row in sources[names].itertuples(index=False)]
    columns = [Column(name.replace("_", " "), text) for name in names]
    return Section("sources", "What is real and what is illustrative", (), make_table(columns, rows))


def manifest_section(report: AssessmentReport) -> Section:
    """What is needed to run the assessment again."""
    known = report.manifest.to_dict()
    rows = [(name, ", ".join(map(str, v)) if isinstance(v, list | tuple) else v) for name, v in known.items()]
    if report.receipt is not None:
        rows.append(("audit receipt", f"record {report.receipt[0]}, hash {report.receipt[1]}"))
    return Section("manifest", "Provenance", (), make_table((Column("what", text), Column("value", text)), rows))


def _drivers(groups: dict[str, float]) -> str:
    largest = sorted((item for item in groups.items() if item[1] > 0), key=lambda item: -item[1])[:3]
    return ", ".join(f"{name} {money(value)}" for name, value in largest) or "none"


def _day(value: object) -> str:
    return str(np.datetime64(value, "D"))  # pyright: ignore[reportArgumentType, reportCallIssue]


def _or_not(value: float) -> str:
    return "not supplied" if np.isnan(value) else number(value)


def _tiny(value: object) -> str:
    return f"{float(value):.2e}"  # pyright: ignore[reportArgumentType]
