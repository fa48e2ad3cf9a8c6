"""Sections on the score: what it is, and what it is made of."""

import pandas as pd

from pact_jax.assessment import AssessmentReport

from ._document import Column, Section, by_unit, level, make_table, money, percent, text

TOP_POSITIONS = 20
_FLAGGED = 12
"""Flags printed with the score; the assumptions have a section of their own."""
_APART = 0.2
"""Relative difference of historical and Monte Carlo ES that is worth a warning."""


def basis(report: AssessmentReport) -> str:
    """What every number of a report is conditional on, in one sentence."""
    manifest = report.manifest
    return (
        f"Joint loss over {report.horizon_days} business days, {len(report.losses.total):,} scenarios of "
        f"{text(manifest.generator)}, seed {manifest.seed}; expected shortfall (ES) at {level(report.confidence)}; "
        f"money in {text(report.snapshot.reporting_currency)}, losses positive; run {manifest.run_id}."
    )


def score_section(report: AssessmentReport, views: pd.DataFrame | None) -> Section:
    """The score, its bound, the decision, and what stands beside them; a warning where the views disagree."""
    currency = text(report.snapshot.reporting_currency)
    own = report.limits[(report.limits["measure"] == "score") & (report.limits["scope"] == "total")]
    limit = percent(own["limit"].min()) if len(own) else "none set"
    rows = [
        ("score S", percent(report.score), f"ES {level(report.confidence)} of the joint loss / capital"),
        ("upper bound U", percent(report.upper_bound), "one-sided 95 % bound of S; sampling error only"),
        ("limit on the score", limit, "lowest of the limit set"),
        ("decision", report.decision, "PASS: U <= limit; REVIEW: S <= limit < U; BREACH: S > limit"),
        ("whole limit set", report.compliance, "worst decision over all limits"),
        ("reliability", percent(report.reliability), "probability that S is within 10 % of its expectation"),
        ("capital K", f"{money(report.capital)} {currency}", "what the score is a share of"),
        ("joint ES", f"{money(report.score * report.capital)} {currency}", "S x K"),
        ("sum of agents", percent(report.score_sum), "stand-alone scores added; not always above S"),
        ("diversification", percent(report.diversification), "1 - S / sum of agents"),
        ("implied correlation", by_unit(report.implied_correlation, ""), "of the agents, from S; outside [-1, 1]: odd"),
    ]
    if report.missing:
        rows.insert(1, ("score of survivors", percent(report.score_survivors), "agents that answered, without a bound"))
    flags = [flag for flag in report.flags if not flag.startswith("ASSUMED")]
    more = [f"... and {len(flags) - _FLAGGED} more flags"] if len(flags) > _FLAGGED else []
    table = make_table((Column("measure", text), Column("value", _as_is), Column("meaning", text)), rows)
    notes = (basis(report), *map(text, flags[:_FLAGGED]), *more, *_disagreement(report, views))
    return Section("score", "Score", notes, table)


def _disagreement(report: AssessmentReport, views: pd.DataFrame | None) -> list[str]:
    """Says so where history and Monte Carlo give market ES far apart at the horizon of the score."""
    if views is None or not {"historical", "monte_carlo"} <= set(views.columns):
        return []
    same = views[(views["measure"] == "expected_shortfall") & (views["horizon_days"] == report.horizon_days)]
    if not len(same):
        return []
    history, simulated = float(same["historical"].iloc[0]), float(same["monte_carlo"].iloc[0])
    if not simulated > 0 or abs(history / simulated - 1.0) < _APART:
        return []
    return [
        f"The views disagree: market ES is {money(history)} on history and {money(simulated)} on Gaussian Monte Carlo, "
        f"a ratio of {history / simulated:.2f}; a decision on one of them alone may not hold on the other."
    ]


def agent_section(report: AssessmentReport) -> Section:
    """Contribution of each agent, in the joint tail and in its own."""
    table = report.explain("agent")
    names = ["agent", "contribution", "money", "share", "standalone"]
    rows = _rows(table.assign(money=table["contribution"] * report.capital), names)
    total = table["contribution"].sum()
    rows.append(("total", total, total * report.capital, table["share"].sum(), report.score_sum))
    units = int(table["contribution_units"].sum())
    columns = (
        Column("agent", text),
        Column("contribution, % of capital", percent),
        Column("contribution, money", money),
        Column("share of score", percent),
        Column("stand-alone, % of capital", percent),
    )
    note = (
        "Contribution: average loss in the joint tail; sums to the score. Stand-alone: the agent's ES in its own tail.",
        f"In units of 1e-12 of capital the contributions sum to exactly {units:,}.",
    )
    return Section("agents", "Agents", note, make_table(columns, rows, [*[""] * len(table), "total"]))


def desk_section(report: AssessmentReport) -> Section:
    """Contribution of each desk, by agent."""
    wide = desk_contributions(report)
    agents = [name for name in wide.columns if name != "total"]
    columns = [Column("desk", text)]
    columns += [Column(f"{text(name)}, % of capital", percent) for name in agents]
    columns += [Column("total, % of capital", percent), Column("total, money", money)]
    rows = [(desk, *row[agents], row["total"], row["total"] * report.capital) for desk, row in wide.iterrows()]
    sums = wide.sum()
    rows.append(("total", *sums[agents], sums["total"], sums["total"] * report.capital))
    note = ("Contribution of each desk to the score, in the joint tail. 'unallocated' belongs to no desk.",)
    return Section("desks", "Desks", note, make_table(columns, rows, [*[""] * len(wide), "total"]))


def position_section(report: AssessmentReport) -> Section:
    """The positions and exposures that contribute most, with either sign."""
    table = position_contributions(report)
    top = table.head(TOP_POSITIONS)
    rest = table["contribution"].iloc[TOP_POSITIONS:].sum()
    columns = (
        Column("position", text),
        Column("desk", text),
        Column("kind", text),
        Column("contribution, % of capital", percent),
        Column("contribution, money", money),
        Column("share of score", percent),
    )
    names = ["item", "desk", "kind", "contribution", "money", "share"]
    rows = _rows(top.assign(money=top["contribution"] * report.capital), names)
    note = [f"The {len(top)} largest of {len(table)} contributions, by size; a negative one lowers the joint tail."]
    if len(table) > len(top):
        note.append(f"The other {len(table) - len(top)} sum to {percent(rest)} of capital.")
    return Section("positions", "Top positions", tuple(note), make_table(columns, rows))


def factor_section(report: AssessmentReport) -> Section:
    """Contribution of each group of factors, over all positions."""
    table = report.explain("factor").groupby(["agent", "factor"])["contribution"].sum().reset_index()
    table = _largest_first(table, "contribution")
    columns = (
        Column("agent", text),
        Column("factor", text),
        Column("contribution, % of capital", percent),
        Column("contribution, money", money),
        Column("share of score", percent),
    )
    table = table.assign(money=table["contribution"] * report.capital, share=table["contribution"] * _inverse(report))
    rows = _rows(table, ["agent", "factor", "contribution", "money", "share"])
    note = (
        "Market: exact Shapley shares of spot, rates, vol, fx and spread moves. Credit: systematic, idiosyncratic, "
        "expected. Liquidity: spread, impact, funding.",
    )
    return Section("factors", "Factors", note, make_table(columns, rows))


def measure_section(report: AssessmentReport) -> Section:
    """ES and VaR of the total, each agent and each desk, with their standard errors."""
    sampled = report.measures[report.measures["unit"] == "reporting currency"]
    names = list(dict.fromkeys(sampled["measure"]))
    columns = [Column("scope", text)]
    for name in names:
        said = f"ES {level(report.confidence)}" if name == "expected_shortfall" else _var(name)
        columns += [Column(said, money), Column("s.e.", money)]
    rows = []
    for scope, group in sampled.groupby("scope", sort=False):
        group = group.set_index("measure").reindex(names)
        rows.append((scope, *(x for name in names for x in group.loc[name, ["value", "standard_error"]])))
    note = (
        f"Money, {report.horizon_days} business days. s.e.: standard error of the sampling "
        "(overlapping history: long-run variance).",
        "Each row is measured in its own tail, so rows do not add up; contributions do.",
    )
    return Section("measures", "Value at risk and expected shortfall", note, make_table(columns, rows))


def desk_contributions(report: AssessmentReport) -> pd.DataFrame:
    """Share of capital by desk (rows) and agent (columns), with the total; largest first."""
    table = report.explain("desk")
    wide = table.pivot_table(index="desk", columns="agent", values="contribution", aggfunc="sum", fill_value=0.0)
    wide = wide[[name for name in report.explain("agent")["agent"] if name in wide.columns]]
    wide["total"] = wide.sum(axis=1)
    return _largest_first(wide, "total")


def position_contributions(report: AssessmentReport) -> pd.DataFrame:
    """Contribution of each item over all agents, with its kind; largest first."""
    labels = report.labels
    kind = dict(zip(labels.exposures, labels.exposure_kind, strict=True))
    kind |= {str(name): str(k) for name, k in zip(labels.position_id, labels.kind, strict=True) if name}
    table = report.explain("position").groupby(["item", "desk"])["contribution"].sum().reset_index()
    table["kind"] = [kind.get(str(item), "") for item in table["item"]]
    table["share"] = table["contribution"] * _inverse(report)
    return _largest_first(table, "contribution").reset_index(drop=True)


def _largest_first(table: pd.DataFrame, column: str) -> pd.DataFrame:
    return table.loc[table[column].abs().sort_values(ascending=False, kind="stable").index]


def _rows(table: pd.DataFrame, names: list[str]) -> list[tuple]:
    return list(table[names].itertuples(index=False, name=None))


def _inverse(report: AssessmentReport) -> float:
    """One over the score, to make shares; they are undefined where it is zero."""
    return 1.0 / report.score if report.score else float("nan")


def _var(name: str) -> str:
    return f"VaR {name.removeprefix('var_').replace('_', '.')} %"


def _as_is(value: object) -> str:
    return text(value)
