"""The host door: closed forms of a Gaussian book, leaves that sum, order that does not matter, what is missing."""

import dataclasses
import json
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from pact_jax import Historical, MonteCarlo, assess
from pact_jax.agents._market import _observe_market
from pact_jax.assessment import review_limits
from pact_jax.errors import ArgumentError, UnknownName
from pact_jax.io import snapshot_from_dict
from tests.report import books

N = 4_000
VALUES, SENSITIVITIES = [100.0, 50.0, -30.0], [0.02, 0.05, 0.01]
CORRELATION = [[1.0, 0.5, 0.0], [0.5, 1.0, -0.2], [0.0, -0.2, 1.0]]


def payload(**changes):
    positions = [
        {"position_id": f"P{k}", "value": v, "sensitivity": s, "risk_factor": "abc"[k]}
        for k, (v, s) in enumerate(zip(VALUES, SENSITIVITIES, strict=True))
    ]
    return {
        "positions": positions,
        "risk_factors": ["a", "b", "c"],
        "correlation_matrix": CORRELATION,
        "credit_exposures": [],
        "total_capital": 100.0,
        **changes,
    }


@pytest.fixture(scope="module")
def linear():
    return assess(snapshot_from_dict(payload()), generator=MonteCarlo(N), seed=5)


def test_linear_gaussian_book_against_its_closed_form(linear):
    # L ~ N(0, d' R d): VaR = z sigma, ES = sigma phi(z)/(1-c), the ES component of position i is d_i (R d)_i / sigma
    # x phi(z)/(1-c) (Tasche 1999). Tolerance: four standard errors as the report prints them.
    exposure = np.array(VALUES) * np.array(SENSITIVITIES)
    sigma = float(np.sqrt(exposure @ np.array(CORRELATION) @ exposure))
    normal, total = NormalDist(), linear.measures[linear.measures["scope"] == "total"].set_index("measure")
    for level, name in ((0.95, "var_95"), (0.99, "var_99")):
        assert abs(total.at[name, "value"] - sigma * normal.inv_cdf(level)) < 4 * total.at[name, "standard_error"]
    factor = normal.pdf(normal.inv_cdf(0.975)) / 0.025
    shortfall = total.loc["expected_shortfall"]
    assert abs(shortfall["value"] - sigma * factor) < 4 * shortfall["standard_error"]
    expected = exposure * (np.array(CORRELATION) @ exposure) / sigma * factor / 100.0
    got = linear.explain("position").set_index("item")["contribution"].reindex(["P0", "P1", "P2"]).to_numpy()
    np.testing.assert_allclose(got, expected, atol=6 * shortfall["standard_error"] / 100.0)


def test_every_level_sums_to_the_score():
    report = books.report()
    units = set()
    for level in ("agent", "desk", "position", "factor"):
        table = report.explain(level)
        assert table["contribution"].sum() == pytest.approx(report.score, rel=1e-12)
        units.add(int(table["contribution_units"].sum()))
    assert units == {round(report.score * 1e12)}
    with pytest.raises(UnknownName, match="level"):
        report.explain("trade")


def test_score_is_the_tail_mean_of_the_losses():
    report = books.report()
    losses = report.losses_frame()
    worst = np.sort(losses["loss"].to_numpy())[::-1]
    mass = 0.025 * len(worst)
    whole = int(mass)
    expected = (worst[:whole].sum() + (mass - whole) * worst[whole]) / mass
    assert report.score == pytest.approx(expected / report.capital, rel=1e-12)
    desks = losses.filter(like="desk:").sum(axis=1)
    np.testing.assert_allclose(desks, losses["loss"], rtol=1e-12, atol=1e-9)


def test_single_precision_explains_its_own_score_and_agrees_to_its_rounding(linear):
    single = assess(snapshot_from_dict(payload()), generator=MonteCarlo(N), seed=5, float32=True)
    assert single.manifest.dtype == "float32"
    for level in ("agent", "position"):
        table = single.explain(level)
        assert int(table["contribution_units"].sum()) == pytest.approx(single.score * 1e12, rel=1e-5)
    # Normals of other bits (32 instead of 52): the same law, another sample.
    total = linear.measures[linear.measures["scope"] == "total"].set_index("measure")
    error = float(total.at["expected_shortfall", "standard_error"]) / linear.capital
    assert 0.0 < abs(single.score - linear.score) < 5 * error


def test_row_order_changes_no_bit():
    snapshot = books.stocks()
    turned = dataclasses.replace(snapshot, positions=snapshot.positions.iloc[::-1])
    first, second = (assess(s, generator=MonteCarlo(300)) for s in (snapshot, turned))
    assert first.score == second.score
    np.testing.assert_array_equal(first.losses.total, second.losses.total)
    pd.testing.assert_frame_equal(first.explain("factor"), second.explain("factor"))


def test_another_seed_is_another_sample_and_the_same_seed_is_the_same():
    snapshot = books.stocks()
    runs = [assess(snapshot, generator=MonteCarlo(300), seed=s).score for s in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_new_market_quantity_or_limit_compiles_nothing():
    snapshot = books.stocks()
    assess(snapshot, generator=MonteCarlo(300))
    before = _observe_market._cache_size()
    assets = snapshot.assets.assign(spot=snapshot.assets["spot"] * 1.1)
    positions = snapshot.positions.assign(quantity=snapshot.positions["quantity"] * 2)
    more = pd.concat([positions, positions.iloc[:1].assign(position_id="P9")], ignore_index=True)
    assess(dataclasses.replace(snapshot, assets=assets, positions=more), generator=MonteCarlo(300), confidence=0.99)
    assert _observe_market._cache_size() == before


def test_a_rejected_row_never_improves_the_decision():
    good = assess(snapshot_from_dict(payload()), generator=MonteCarlo(300))
    bad = payload()
    bad["positions"].append({"position_id": "P3", "value": float("nan"), "sensitivity": 0.1, "risk_factor": "a"})
    report = assess(snapshot_from_dict(bad, on_reject="report"), generator=MonteCarlo(300))
    order = ["PASS", "REVIEW", "BREACH", "BREACH-UNKNOWN"]
    assert order.index(report.decision) >= order.index(good.decision)
    assert report.upper_bound == float("inf")
    assert any(flag.startswith("INCOMPLETE") for flag in report.flags)


def test_report_is_json_and_prints_no_array():
    report = books.report()
    text = json.dumps(report.to_dict(), allow_nan=False)
    assert json.loads(text)["var_99"] == report.measure("var_99")
    assert "Array" not in repr(report) and "<table" in report._repr_html_()
    with pytest.raises(UnknownName, match="measure"):
        report.measure("var_42")


def test_a_limit_on_an_unknown_measure_is_never_passed():
    report = books.report()
    limits = report.snapshot.limits.head(1).assign(measure="no_such_measure")
    assert review_limits(limits, report.measures)["decision"].tolist() == ["BREACH-UNKNOWN"]


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("business days", {"horizon_days": 21}),
        ("confidence level", {"confidence": 0.025}),
        ("pass an object", {"generator": "historical"}),
    ],
)
def test_refusals(words, arguments):
    with pytest.raises(ArgumentError, match=words):
        assess(books.stocks(), **arguments)


def test_sensitivities_have_no_history():
    with pytest.raises(ArgumentError, match="no history"):
        assess(snapshot_from_dict(payload()), generator=Historical())
