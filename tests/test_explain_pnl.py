"""P&L explain: sums, a linear book, Black-Scholes in closed form with quadrature by SciPy, refusals."""

import dataclasses
import datetime
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import Array, Int
from scipy import integrate
from scipy.stats import norm

import pact_jax as pj
from pact_jax.errors import ArgumentError
from pact_jax.instruments import AbstractTerms, DiscountPoints, EuropeanOption, Portfolio
from pact_jax.market import FactorGroup, example_market
from pact_jax.pricing import PNL_GROUPS, explain_value_change, present_value, register_kind, untimed_kinds
from pact_jax.scenarios import GroupMove, ShockLeaf, StressScenario
from pact_jax.snapshot import make_snapshot
from tests.pricing.books import hold
from tests.report import books
from tests.snapshot.small import SCALARS, tables

_GROUPS = [group.value for group in PNL_GROUPS]
_STRIKE, _QUANTITY = 45.0, -5.0
_START = {"spot": 50.0, "vol": 0.2, "rate": 0.04, "time": 170.0 / 365.0}
_END = {"spot": 47.0, "vol": 0.26, "rate": 0.045, "time": 161.0 / 365.0}


def snapshot(state, date="2022-12-28"):
    """A stock, a short put and a loan of the small book, on flat curves and surfaces."""
    given = tables()
    given["positions"] = given["positions"].iloc[[0, 1, 6]]
    given["vols"]["implied_vol"] = str(state["vol"])
    given["curves"].loc[given["curves"]["curve"] == "USD", "zero_rate"] = str(state["rate"])
    given["assets"].loc[given["assets"]["asset"] == "ACME", "spot"] = str(state["spot"])
    for name in ("history", "credit_exposures", "cash_flows", "limits"):
        given.pop(name)
    return make_snapshot(given, SCALARS | {"valuation_date": date})


@pytest.fixture(scope="module")
def explained():
    return pj.explain_pnl(snapshot(_START), snapshot(_END, "2023-01-06"))


def put(spot, vol, rate, time):
    """Value and Greeks of a European put, Hull's closed forms (no dividends)."""
    root = vol * np.sqrt(time)
    d1 = (np.log(spot / _STRIKE) + rate * time) / root + 0.5 * root
    d2, bond = d1 - root, _STRIKE * np.exp(-rate * time)
    vega = spot * norm.pdf(d1) * np.sqrt(time)
    return {
        "value": bond * norm.cdf(-d2) - spot * norm.cdf(-d1),
        "delta": norm.cdf(d1) - 1.0,
        "gamma": norm.pdf(d1) / (spot * root),
        "vega": vega,
        "volga": vega * d1 * d2 / vol,
        "vanna": -norm.pdf(d1) * d2 / vol,
        "rho": -time * bond * norm.cdf(-d2),
        "theta": -spot * norm.pdf(d1) * vol / (2.0 * np.sqrt(time)) + rate * bond * norm.cdf(-d2),
    }


def test_option_by_the_path_integral(explained):
    row = explained.by_position.loc["P2"]
    assert row["pnl"] == pytest.approx(_QUANTITY * (put(**_END)["value"] - put(**_START)["value"]), rel=1e-10)
    assert row[[*_GROUPS, "residual"]].sum() == pytest.approx(row["pnl"], rel=1e-12)
    assert abs(row["residual"]) < 1e-9 * abs(row["pnl"])
    move = {name: _END[name] - _START[name] for name in _START}
    for group, greek, name in (("spot", "delta", "spot"), ("vol", "vega", "vol"), ("rates", "rho", "rate")):

        def slope(s, greek=greek):
            return put(**{key: _START[key] + s * move[key] for key in _START})[greek]

        expected = _QUANTITY * move[name] * integrate.quad(slope, 0.0, 1.0)[0]
        assert row[group] == pytest.approx(expected, rel=1e-9)
    assert row["fx"] == row["spread"] == row["dividend"] == 0.0


def test_option_by_its_greeks(explained):
    row, own = explained.greeks.loc["P2"], put(**_START)
    spot, vol, rate, years = -3.0, 0.06, 0.005, 9.0 / 365.0
    expected = {
        "delta": own["delta"] * spot,
        "gamma": 0.5 * own["gamma"] * spot**2,
        "vega": own["vega"] * vol,
        "volga": 0.5 * own["volga"] * vol**2,
        "vanna": own["vanna"] * spot * vol,
        "rho": own["rho"] * rate,
        "theta": own["theta"] * years,
    }
    for name, value in expected.items():
        assert row[name] == pytest.approx(_QUANTITY * value, rel=1e-8), name
    columns = explained.greeks.columns.drop(["desk", "kind", "pnl"])
    assert row[columns].sum() == pytest.approx(row["pnl"], rel=1e-12)
    # Third order is what is left of moves of 6 % in spot and 30 % in volatility.
    assert 0.0 < abs(row["unexplained"]) < 0.1 * abs(row["pnl"])


def test_rows_and_sums(explained):
    frame = explained.by_position
    assert list(frame.index) == list(explained.greeks.index) == ["P1", "P2", "P7"]
    assert frame.loc["P1", "pnl"] == pytest.approx(-300.0) and frame.loc["P1", "spot"] == pytest.approx(-300.0)
    assert (frame.loc["P7", ["pnl", *_GROUPS]] == 0.0).all()
    assert explained.flags == ("ACCRUAL: 1 positions at carrying value have no market P&L",)
    assert explained.total == pytest.approx(frame["pnl"].sum(), rel=1e-12)
    factor = explained.by_factor
    assert factor["contribution"].sum() == pytest.approx(explained.total, rel=1e-12)
    by_group = factor.groupby("group")["contribution"].sum()
    for group in ("spot", "rates", "vol", "time"):
        assert by_group[group] == pytest.approx(frame[group].sum(), rel=1e-10)
    assert factor.attrs["days"] == 9 and "3 positions" in repr(explained)


def test_linear_book_under_a_stress():
    fall = StressScenario("fall", "test", (GroupMove(ShockLeaf.SPOT, -0.2),))
    report = pj.explain_pnl(books.stocks(), fall, num_nodes=1)
    frame, greeks = report.by_position, report.greeks
    assert report.total == pytest.approx(-0.2 * (300 * 50.0 + 150 * 20.0), rel=1e-12)
    np.testing.assert_allclose(frame["spot"], frame["pnl"], rtol=1e-12)
    np.testing.assert_allclose(greeks["delta"], frame["pnl"], rtol=1e-12)
    assert frame["residual"].abs().max() < 1e-9 and greeks["unexplained"].abs().max() < 1e-9
    spot = report.by_factor.set_index(["group", "name"])["contribution"]
    assert spot["spot", "ACME"] == pytest.approx(-0.2 * 300 * 50.0, rel=1e-12)


_NODE, _WEIGHT = (jnp.asarray(x) for x in np.polynomial.legendre.leggauss(24))
_move = st.floats(-0.5, 0.5)


@given(st.tuples(_move, _move, _move, st.floats(0.0, 0.5)), st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3))
def test_parts_sum_and_scale_with_the_book(moves, quantity):
    spot, vol, rate, years = moves
    strike, expiry = jnp.asarray([80.0, 100.0, 130.0]), jnp.asarray([0.6, 1.0, 2.0])
    zero = jnp.zeros(3, int)
    calls, ones = jnp.asarray([True, False, True]), jnp.ones(3)
    discount = DiscountPoints(zero, expiry)
    terms = EuropeanOption(zero, zero, zero, discount, jnp.arange(3), strike, expiry, calls, ones)
    start, end = example_market(), example_market(100.0 * np.exp(spot), 0.03 + 0.1 * rate, 0.2 * np.exp(vol))
    book, unit = (Portfolio((hold(terms, q),), num_desks=1, num_buckets=0) for q in (quantity, np.ones(3)))
    found, one = (
        explain_value_change(b, start, end, jnp.asarray(years), (_NODE + 1.0) / 2.0, _WEIGHT / 2.0)
        for b in (book, unit)
    )
    size = float(jnp.abs(present_value(unit, start)).sum() + jnp.abs(present_value(unit, end)).sum())
    np.testing.assert_allclose(one.path.sum(axis=1), one.pnl, atol=1e-5 * size)
    np.testing.assert_allclose(found.path, np.array(quantity)[:, None] * np.asarray(one.path), rtol=1e-12, atol=1e-9)
    total = sum(leaf.sum() for leaf in jax.tree.leaves(found.by_leaf)) + found.path[:, -1].sum()
    np.testing.assert_allclose(total, found.path.sum(), rtol=1e-9, atol=1e-9 * size)


def other(**change):
    return dataclasses.replace(snapshot(_END), **change)


@pytest.mark.parametrize(
    ("words", "make"),
    [
        ("is before", lambda: other(valuation_date=datetime.date(2022, 12, 1))),
        ("reporting currencies", lambda: other(reporting_currency="EUR")),
        ("surfaces differ: .*ACME", lambda: other(vols=snapshot(_END).vols.query("surface != 'ACME'"))),
        ("curve_time has other nodes", lambda: other(curves=snapshot(_END).curves.replace({"tenor": {5.0: 6.0}}))),
        ("assets differ", lambda: other(assets=pd.concat([snapshot(_END).assets, NEW]))),
    ],
)
def test_refusals(words, make):
    with pytest.raises(ArgumentError, match=words):
        pj.explain_pnl(snapshot(_START), make())


NEW = pd.DataFrame({"asset": ["GAMMA"], "currency": ["USD"], "spot": [1.0], "dividend_yield": [0.0]})


def test_arguments():
    with pytest.raises(ArgumentError, match="num_nodes is 0"):
        pj.explain_pnl(snapshot(_START), snapshot(_END), num_nodes=0)


class SquaredSpot(AbstractTerms):
    """A kind of a user's own that declares no times."""

    kind: ClassVar[str] = "squared_spot_explained"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.SPOT,)
    asset: Int[Array, "contracts"]


def test_a_kind_without_declared_times():
    register_kind(SquaredSpot, lambda terms, market: market.spot[terms.asset] ** 2)
    book = Portfolio((hold(SquaredSpot(jnp.zeros(1, int)), [3.0]),), num_desks=1, num_buckets=0)
    assert untimed_kinds(book) == ("squared_spot_explained",)
    markets = example_market(100.0), example_market(110.0)
    found = explain_value_change(book, *markets, jnp.zeros(()), (_NODE + 1.0) / 2.0, _WEIGHT / 2.0)
    # 3 (110^2 - 100^2); first order 3 x 2 x 100 x 10, second order 3 x 10^2.
    assert float(found.pnl[0]) == pytest.approx(6_300.0) and float(found.path[0, 0]) == pytest.approx(6_300.0)
    assert float(found.first[0, 0]) == pytest.approx(6_000.0) and float(found.second[0, 0, 0]) == pytest.approx(300.0)
