"""The host door to Greeks: labels, sums between frames, closed forms, conventions in the attributes."""

import dataclasses
import datetime

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import pact_jax
from pact_jax import GreekReport
from pact_jax.market import VolDynamics
from pact_jax.pricing.formulas import black_scholes_price
from pact_jax.snapshot import Snapshot, make_snapshot

from .snapshot.small import SCALARS, tables
from .snapshot.test_rate_kinds import RATES, TENORS, book

KINDS = ("stock", "european_option", "forward", "future", "loan")


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    """Equity kinds and a loan of the small book, and a swap on two curves."""
    given = tables()
    positions = given["positions"]
    more = book()
    given["curves"] = more["curves"]
    given["positions"] = pd.concat(
        [positions[positions["kind"].isin(KINDS)], more["positions"][more["positions"]["position_id"] == "S4"]],
        ignore_index=True,
    ).fillna("")
    given["positions"]["desk"] = "equity"
    given.pop("history")
    return make_snapshot(given, SCALARS)


@pytest.fixture(scope="module")
def report(snapshot: Snapshot) -> GreekReport:
    return pact_jax.greeks(snapshot)


def test_positions_are_labelled_and_known_where_they_are_linear(report: GreekReport) -> None:
    frame = report.by_position
    assert list(frame.index) == ["P1", "P2", "P3", "P4", "P7", "S4"]
    assert list(frame["kind"]) == ["stock", "european_option", "forward", "future", "loan", "swap"]
    assert frame.loc["P1", "delta"] == 100.0 and frame.loc["P1", "delta_cash"] == 5_000.0
    # The forward on BETA is in euro at 1.1: ten units at 20 with no yield; its euro value is all its currency risk.
    assert frame.loc["P3", "delta"] == pytest.approx(11.0, rel=1e-12)
    assert frame.loc["P3", "fx_delta_cash"] == pytest.approx(frame.loc["P3", "present_value"], rel=1e-12)
    # A short put gains with the spot and with time, and loses with volatility and with moves of either sign.
    signs = np.sign(frame.loc[["P2"], ["delta", "theta", "vega", "gamma"]].to_numpy(float)).ravel()
    assert signs.tolist() == [1.0, 1.0, -1.0, -1.0] and frame.loc["P1", "gamma"] == 0.0
    greek = list(report.by_position.attrs["units"])[1:]
    assert (frame.loc["P7", greek] == 0.0).all() and frame.loc["P7", "present_value"] == 250_000.0


def test_factors_are_the_sums_of_positions(report: GreekReport) -> None:
    frame, factor = report.by_position, report.by_factor
    spot = factor[factor["group"] == "spot"].set_index("name")
    assert spot.loc["ACME", "derivative"] == pytest.approx(frame.loc[["P1", "P2", "P4"], "delta"].sum(), rel=1e-12)
    assert spot.loc["ACME", "move"] == 0.5 and spot.loc["BETA", "change"] == pytest.approx(0.2 * 11.0, rel=1e-12)
    # The reporting currency is worth 1 by definition.
    assert list(factor.loc[factor["group"] == "fx", "name"]) == ["EUR"]
    total = factor.groupby("group")["change"].sum()
    assert total["vol"] == pytest.approx(frame["vega_pct"].sum(), rel=1e-11)
    assert total["zero"] == pytest.approx(frame["pv01"].sum(), rel=1e-11)
    np.testing.assert_allclose(report.pv01_by_curve.sum(axis=1), frame["pv01"], rtol=1e-10, atol=1e-12)
    assert list(report.pv01_by_curve.columns) == ["EUR", "SOFR", "USD"]
    # Receiving floating gains with the forward curve.
    assert report.pv01_by_curve["SOFR"].max() > 0.0 and report.pv01_by_curve.loc["S4", "EUR"] == 0.0
    assert report.cross_gamma is not None and report.cross_gamma.loc["ACME", "ACME"] == pytest.approx(
        frame["gamma"].sum(), rel=1e-12
    )
    nodes = factor[factor["group"] == "vol"]
    # Strikes are absolute: exp(log-moneyness) times the forward of 50 at 4 % or so.
    assert len(nodes) == 12 and nodes["strike"].between(0.9, 60.0).all() and (nodes["level"] == 0.2).all()


def test_conventions_are_stated(report: GreekReport) -> None:
    about = report.by_position.attrs
    assert about["vol_dynamics"] == VolDynamics.STICKY_STRIKE.value and about["theta_days"] == 1
    assert about["units"]["vega_pct"] == "for one vol point (0.01)" and about["currency"] == "USD"
    assert set(about["units"]) <= set(report.by_position.columns)
    assert report.estimator.loc["european_option", "estimator"] == "FORMULA"
    assert set(report.by_position["estimator"]) == {"FORMULA"}
    assert "6 positions" in repr(report) and "sticky_strike" in repr(report)


def test_theta_is_the_value_at_the_next_weekday(report: GreekReport, snapshot: Snapshot) -> None:
    # P2 is short 5 puts on ACME at 45 to the 16th of June, 170 days on; the curve is read a day earlier, too.
    value = []
    for days in (169, 170):
        time = days / 365.0
        rate = np.interp(time, TENORS, RATES["USD"])
        one = [jnp.asarray(x) for x in (50.0, 45.0, time, 0.2, rate, 0.0)]
        value.append(float(black_scholes_price(*one, jnp.asarray(False))))
    assert report.by_position.loc["P2", "theta"] == pytest.approx(-5.0 * (value[0] - value[1]), rel=1e-9)
    friday = dataclasses.replace(snapshot, valuation_date=datetime.date(2022, 12, 30))
    over_a_weekend = pact_jax.greeks(friday).by_position
    assert over_a_weekend.attrs["theta_days"] == 3
    ratio = float(over_a_weekend["theta"].to_numpy()[1] / report.by_position["theta"].to_numpy()[1])
    assert 2.8 < ratio < 3.3


def test_without_second_order() -> None:
    given = tables()
    given["positions"] = given["positions"].iloc[:1]
    given.pop("history")
    first = pact_jax.greeks(make_snapshot(given, SCALARS), second_order=False)
    assert "gamma" not in first.by_position and first.cross_gamma is None
    assert first.by_position.loc["P1", "delta"] == 100.0
