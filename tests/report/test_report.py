"""Text, HTML and JSON say what the report says, and names from the input stay names."""

import dataclasses
import json
import re
import sys
from functools import partial
from html.parser import HTMLParser

import numpy as np
import pytest

from pact_jax.errors import ArgumentError, MissingExtra, UnknownName
from pact_jax.measures import expected_shortfall_spectrum
from pact_jax.report import html_report, json_report, plot_contributions, plot_losses, text_report
from pact_jax.report._document import by_unit, money, percent, text
from pact_jax.report._svg import Mark, histogram, signed_bars, waterfall
from tests.report import books

TITLES = (
    *("Score", "Agents", "Desks", "Limits", "Alerts", "Top positions", "Factors"),
    *("Value at risk and expected shortfall", "Market views side by side", "Worst 4 scenarios of the joint loss"),
    *("Worst 4 dates of the history", "Credit and liquidity", "Correlation of the agents' losses"),
    *("Base value against input price", "Assumptions and what is not covered"),
    *("What is real and what is illustrative", "Provenance"),
)


class Page(HTMLParser):
    """Collects tags, attributes and text, and checks that tags nest."""

    EMPTY = {"meta", "rect", "line", "br"}

    def __init__(self, content: str):
        HTMLParser.__init__(self)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def as_text() -> str:
    return text_report(books.report(), views=books.views(), history=books.worst())


@pytest.fixture(scope="module")
def as_html() -> str:
    return html_report(books.report(), views=books.views(), history=books.worst())


def section(content: str, title: str) -> list[str]:
    lines = content.splitlines()
    start = next(k for k, line in enumerate(lines) if line == title and lines[k + 1] == "-" * len(title))
    rest = lines[start + 2 :]
    return rest[: next((k for k in range(len(rest) - 1) if rest[k] == "" and rest[k + 1] in TITLES), len(rest))]


def test_sections_stand_in_reading_order(as_text):
    lines = as_text.splitlines()
    found = [line for line, under in zip(lines, lines[1:], strict=False) if line in TITLES and set(under) == {"-"}]
    assert tuple(found) == TITLES


def test_numbers_are_those_of_the_report(as_text):
    report = books.report()
    score = "\n".join(section(as_text, "Score"))
    assert percent(report.score) in score and percent(report.upper_bound) in score and report.decision in score
    assert "10 business days" in score and "97.5 %" in score and report.manifest.run_id in score and "USD" in score
    agents = "\n".join(section(as_text, "Agents"))
    for row in report.explain("agent").itertuples():
        assert re.search(rf"^{row.agent} .*{percent(row.contribution)} .*{percent(row.standalone)}", agents, re.M)
    units = int(report.explain("agent")["contribution_units"].sum())
    assert f"{units:,}" in agents and abs(units / 1e12 - report.score) < 1e-11
    measures = "\n".join(section(as_text, "Value at risk and expected shortfall"))
    for name in ("expected_shortfall", "var_95", "var_99"):
        assert money(report.measure(name)) in measures
    views = books.views()
    side = "\n".join(section(as_text, "Market views side by side"))
    assert all(money(value) in side for name in ("historical", "monte_carlo") for value in views[name])
    worst = "\n".join(section(as_text, "Worst 4 dates of the history"))
    assert all(str(np.datetime64(day, "D")) in worst for day in books.worst()["start"])


def test_breaches_come_first(as_text):
    rows = [line.split()[1] for line in section(as_text, "Limits") if re.match(r"L\d ", line)]
    order = [("BREACH", "BREACH-UNKNOWN", "REVIEW", "PASS").index(name) for name in rows]
    assert order == sorted(order) and {"BREACH", "BREACH-UNKNOWN"} <= set(rows)


def test_base_values_stand_beside_input_prices(as_text):
    base = "\n".join(section(as_text, "Base value against input price"))
    total = sum(books.QUANTITY[name] * books.SPOT[books.ASSET[name]] for name in books.QUANTITY)
    assert f"worth {money(total)} in all; 3 came with a price" in base


def test_every_gap_is_named(as_text):
    said = "\n".join(section(as_text, "Assumptions and what is not covered"))
    assert all(name in said for name in books.report().interaction_not_covered)
    assert "instantaneous" in said and "NOT_ASSESSED" in said and "not supplied" in said


def test_disagreement_of_the_views_is_said():
    views = books.views().copy()
    assert "The views disagree" not in text_report(books.report(), views=views.assign(historical=views["monte_carlo"]))
    apart = views.assign(historical=2.0 * views["monte_carlo"])
    assert "a ratio of 2.00" in text_report(books.report(), views=apart)


def test_text_has_no_control_characters(as_text):
    assert as_text.replace("\n", "").isprintable()
    assert text("a\x1b[31m\nb\u202e") == "a?[31m?b?"


def test_page_is_well_formed_and_offline(as_html):
    page = Page(as_html)
    assert page.open == []
    assert not re.search(r"https?:|//[a-z]|@import|url\(", as_html, re.I)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "base"}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on") or name in ("src", "style")]
    links = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
    ids = ["#" + attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert links == set(ids) and len(ids) == len(set(ids)) == len(TITLES)
    assert [word for word in page.words if word in TITLES][: len(TITLES)] == list(TITLES)
    assert sum(tag == "svg" for tag, _ in page.tags) == 4


def test_hostile_names_are_escaped(as_html):
    assert "&lt;script&gt;alert" in as_html and "<script" not in as_html
    assert "&lt;b&gt;only&lt;/b&gt;" in as_html and "stocks &amp; co" in as_html and "&lt;i&gt;invented" in as_html
    words = "".join(Page(as_html).words)
    assert books.HOSTILE in words and books.HOSTILE_DESK in words


def test_notebook_table_is_escaped():
    report = books.report()
    hostile = dataclasses.replace(report, flags=(f"ASSUMED: {books.HOSTILE}",))
    shown = hostile._repr_html_()
    assert "stocks &amp; co" in shown and "<script" not in shown and "&lt;script" in shown
    assert Page(shown).open == []
    assert repr(hostile).endswith("[ASSUMED]")


def test_page_has_the_numbers(as_html):
    report, words = books.report(), "\n".join(Page(as_html).words)
    assert percent(report.score) in words and percent(report.upper_bound) in words
    assert all(percent(value) in words for value in report.explain("agent")["contribution"])
    assert not re.search(r"\bnan\b", words, re.I)


def test_json_round_trip():
    report = books.report()
    content = json.loads(
        json_report(report, views=books.views(), history=books.worst()), parse_constant=lambda word: pytest.fail(word)
    )
    assert content["score"] == report.score and content["decision"] == report.decision
    assert content["var_99"] == report.measure("var_99")
    for name, rows in content["explain"].items():
        assert sum(row["contribution_units"] for row in rows) == report.explain("agent")["contribution_units"].sum()
        assert sum(row["contribution"] for row in rows) == pytest.approx(report.score, abs=1e-12), name
    assert content["market_views"][0]["historical"] == books.views()["historical"].iloc[0]
    assert {row["position_id"] for row in content["base_check"]} == set(books.QUANTITY)
    assert json.loads(json_report(report))["market_views"] is None


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (money(-1234567.2), "-1,234,567"),
        (money(0.0), "0"),
        (money(float("inf")), "no bound"),
        (percent(float("nan")), "-"),
        (percent(-1e-9), "0.000 %"),
        (by_unit(0.1, "share of capital"), "10.000 %"),
        (by_unit(1.25, "index"), "1.25"),
    ],
)
def test_formats(shown, expected):
    assert shown == expected


def test_figures_of_edge_cases_are_well_formed():
    flat = np.zeros(5)
    for svg in (
        histogram(flat, np.full(5, 0.2), [Mark("ES <1>", 0.0, 0.0)], unit="USD"),
        histogram(np.array([-1.0, 4.0]), np.array([0.9, 0.1]), [Mark("VaR", 4.0, float("nan"))], unit="USD"),
        waterfall([], [], total="score", title="none"),
        waterfall(["a", "b"], [0.0, 0.0], total="score", title="zero"),
        signed_bars(["<a>"], [-0.1], title="negative"),
    ):
        page = Page(svg)
        assert page.open == [] and "nan" not in svg and "<a>" not in svg


def test_plots():
    matplotlib = pytest.importorskip("matplotlib", reason="needs the extra 'plot'")
    matplotlib.use("agg")
    report = books.report()
    axes = plot_losses(report)
    legend = axes.get_legend()
    assert "USD" in axes.get_xlabel() and legend is not None and len(legend.get_texts()) == 3
    assert sum(bar.get_height() for bar in axes.patches[:70]) == pytest.approx(1.0)
    for level in ("agent", "desk", "position", "factor"):
        again = plot_contributions(report, axes.figure.add_subplot(), level=level)
        assert again.figure is axes.figure
        assert sum(bar.get_width() for bar in again.patches) == pytest.approx(100 * report.score)
    with pytest.raises(UnknownName):
        plot_contributions(report, axes, level="book")
    matplotlib.pyplot.close("all")


def test_plots_name_the_missing_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingExtra, match=re.escape('pip install "pact-jax[plot]"')):
        plot_losses(books.report())


def test_tail_of_a_report_by_scope():
    report = books.report()
    total = report.tail((0.99, 0.999), exceedances=60)
    loss = report.losses.total
    assert total["threshold"].iloc[0] == np.sort(loss)[-61]
    desk = report.tail((0.99, 0.995), scope="desk:equity", exceedances=60)
    assert desk["threshold"].iloc[0] == np.sort(report.losses_frame()["desk:equity"])[-61]
    with pytest.raises(UnknownName, match="agent:market"):
        report.tail(scope="book")


def test_spectral_risks_of_a_report():
    report = books.report()
    found = report.spectral()
    assert np.all(found["standard_error"] > 0.0)
    parts = found.drop(columns=["value", "standard_error"])
    np.testing.assert_allclose(parts.sum(axis=1), found["value"], rtol=1e-12)
    own = report.spectral({"ES": partial(expected_shortfall_spectrum, confidence=report.confidence)})
    assert own["value"].iloc[0] == pytest.approx(report.score * report.capital, rel=1e-12)
    desks = report.explain("desk").groupby("desk")["contribution"].sum() * report.capital
    assert own["desk:equity"].iloc[0] == pytest.approx(desks["equity"], rel=1e-9)
    with pytest.raises(ArgumentError, match="risk aversion falls"):
        report.spectral({"mine": np.sqrt})
    with pytest.raises(ArgumentError, match="no spectrum"):
        report.spectral({})


def test_value_at_risk_by_the_rules_of_others():
    report = books.report()
    found = report.value_at_risk_by_rule((0.95, 0.99))
    ranked = np.sort(report.losses.total)[::-1]
    assert found["exceedance"].to_list() == [report.measure("var_95"), report.measure("var_99")]
    # 500 scenarios: 25 and 5 losses in the tails.
    assert found["ceil"].to_list() == found["floor"].to_list() == [ranked[24], ranked[4]]
    np.testing.assert_allclose(found["linear"], np.quantile(ranked, [0.95, 0.99]), rtol=1e-12)
    unequal = dataclasses.replace(report.losses, weight=np.linspace(1.0, 2.0, 500))
    with pytest.raises(ArgumentError, match="unequal weights"):
        dataclasses.replace(report, losses=unequal).value_at_risk_by_rule()
    with pytest.raises(ArgumentError, match=r"levels \[1.0\]"):
        report.value_at_risk_by_rule([1.0])
