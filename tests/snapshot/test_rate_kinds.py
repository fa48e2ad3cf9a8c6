"""Swaps, caps, floors, swaptions and credit default swaps from rows to values, against sums written out by hand."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from jaxtyping import Array

from pact_jax.credit import severities
from pact_jax.curves import Interpolation, ZeroCurve
from pact_jax.dates import CalendarCode, calendar, cds_schedule
from pact_jax.market import MarketShock, MarketState, apply_shock
from pact_jax.pricing import default_claim, unit_values
from pact_jax.pricing._greeks_traits import aged
from pact_jax.pricing.rates import (
    RateVol,
    cds_legs,
    cds_present_value,
    cds_terms,
    overnight_growth,
    rate_option_price,
    stack_cds_terms,
)
from pact_jax.snapshot import make_snapshot, prepare

from .small import SCALARS, tables

TODAY = pd.Timestamp("2022-12-28")
TENORS = (0.25, 1.0, 5.0, 10.0)
RATES = {"USD": (0.045, 0.043, 0.038, 0.036), "SOFR": (0.047, 0.044, 0.037, 0.035), "EUR": (0.02, 0.024, 0.026, 0.028)}
HEADER = (
    "position_id,desk,kind,quantity,currency,option_type,strike,maturity,coupon,frequency,start,expiry,forward_curve,"
    "float_frequency,spread,fixing,surface,vol_model,displacement,day_count,face,issuer,compounded"
)
ROWS = (
    "S1,rates,swap,1,USD,,,2027-12-28,0.04,2,,,,4,,,,,,30/360,100,",
    "S2,rates,swap,1,USD,,,2027-09-15,0.035,1,,,SOFR,4,0.001,0.0455,,,,30/360,1000,",
    "S3,rates,swap,1,EUR,,,2030-06-28,0.026,1,2023-06-28,,,2,,,,,,ACT/360,100,",
    "S4,rates,swap,1,USD,,,2027-12-28,0.04,4,,,SOFR,4,,,,,,ACT/360,100,",
    "S5,rates,swap,1,USD,,,2025-06-28,0.04,1,,,SOFR,1,,,,,,ACT/360,100,,0.0195",
    "S6,rates,swap,1,USD,,,2025-06-28,0.04,1,,,,1,,,,,,ACT/360,100,,0.0195",
    "C1,rates,cap_floor,1,USD,cap,0.04,2027-12-28,,,,,SOFR,4,,,RATE:USD,,,,100,",
    "C2,rates,cap_floor,1,USD,floor,0.04,2027-12-28,,,,,SOFR,4,,,RATE:USD,,,,100,",
    "C3,rates,cap_floor,1,USD,floor,-0.01,2026-12-28,,,,,,4,,,RATE:USD-N,bachelier,,,100,",
    "O1,rates,swaption,1,EUR,payer,0.026,2030-06-28,,1,,2023-06-28,,2,,,RATE:USD,black,0.02,ACT/360,100,",
    "O2,rates,swaption,1,EUR,receiver,0.026,2030-06-28,,1,,2023-06-28,,2,,,RATE:USD,black,0.02,ACT/360,100,",
    "D1,credit,cds,1,USD,,,2027-12-20,0.01,,,,,,,,,,,,100,ISS",
    "D2,credit,cds,-1,USD,,,2027-12-20,0.05,,,,,,,,,,,,1000,ISS",
    "D3,credit,cds,1,EUR,,,2023-06-20,0.01,,,,,,,,,,,,100,ISS",
)


def book() -> dict[str, pd.DataFrame]:
    given = tables()
    given["curves"] = pd.DataFrame(
        [(c, t, z) for c, zeros in RATES.items() for t, z in zip(TENORS, zeros, strict=True)],
        columns=["curve", "tenor", "zero_rate"],
    )
    rates = [("RATE:USD", k, 0.2 + 2.0 * k) for k in (0.02, 0.04, 0.06)]
    rates += [("RATE:USD-N", k, 0.01 + 0.1 * k) for k in (0.0, 0.04, 0.06)]
    more = pd.DataFrame(
        [(s, t, k, v + 0.001 * t) for s, k, v in rates for t in (0.5, 1.0)],
        columns=["surface", "expiry", "log_moneyness", "implied_vol"],
    )
    given["vols"] = pd.concat([given["vols"], more.astype(object)], ignore_index=True)
    width = len(HEADER.split(","))
    cells = [[*row.split(","), ""][:width] for row in ROWS]
    frame = pd.DataFrame(cells, columns=HEADER.split(","), dtype=object)
    given["positions"] = frame.set_axis(pd.RangeIndex(2, 2 + len(frame)))
    for name in ("limits", "history"):
        given.pop(name)
    return given


TRACES: list[None] = []


@jax.jit
def _units(groups: tuple, market: MarketState) -> tuple:
    TRACES.append(None)
    return tuple((unit_values(g.terms, market)[g.contract], default_claim(g.terms, market)[g.contract]) for g in groups)


@dataclasses.dataclass
class Priced:
    value: dict[str, float]
    claim: dict[str, float]
    market: MarketState


def priced(shock: MarketShock | None = None, given: dict[str, pd.DataFrame] | None = None) -> Priced:
    """Value of one unit of each position, reporting currency, at the market of the tables after a shock."""
    prepared = prepare(make_snapshot(given or book(), SCALARS), horizon_days=10)
    groups, market = jax.tree.map(jnp.asarray, (prepared.inputs.portfolio.groups, prepared.inputs.market))
    market = apply_shock(market, shock) if shock else market
    value, claim = (np.concatenate([np.asarray(pair[k]) for pair in _units(groups, market)]) for k in (0, 1))
    ids = prepared.labels.position_id
    return Priced(
        *({name: float(v) for name, v in zip(ids, part, strict=True) if name} for part in (value, claim)), market
    )


@pytest.fixture(scope="module")
def base() -> Priced:
    return priced()


SHOCK = MarketShock(
    zero_rate=jnp.asarray([[0.01, 0.02, 0.015, 0.01], [-0.004, 0.003, 0.01, 0.01], [0.005, 0.01, 0.0, 0.02]]),
    vol_level=jnp.asarray([0.0, 0.0, 0.2, -0.1]),
    fx=jnp.asarray([0.0, 0.05]),
)


@pytest.fixture(scope="module")
def shocked() -> Priced:
    return priced(SHOCK)


class Curves:
    """The curves of a market read with NumPy's own interpolation; rows are EUR, SOFR, USD."""

    def __init__(self, market: MarketState):
        self.zero = dict(zip(("EUR", "SOFR", "USD"), np.asarray(market.zero_rate), strict=True))
        self.fx = dict(zip(("USD", "EUR"), np.asarray(market.fx), strict=True))
        self.market = market

    def discount(self, curve: str, day: pd.Timestamp) -> float:
        time = (day - TODAY).days / 365.0
        return float(np.exp(-np.interp(time, TENORS, self.zero[curve]) * time))

    def floating(self, discount: str, forward: str, dates: list[pd.Timestamp]) -> float:
        pairs = zip(dates, dates[1:], strict=False)
        return sum(
            self.discount(discount, e) * (self.discount(forward, s) / self.discount(forward, e) - 1.0) for s, e in pairs
        )

    def annuity(self, discount: str, dates: list[pd.Timestamp], *, actual: bool) -> float:
        pairs = zip(dates, dates[1:], strict=False)
        return sum(self.discount(discount, e) * _fraction(s, e, actual) for s, e in pairs)


def _fraction(start: pd.Timestamp, end: pd.Timestamp, actual: bool) -> float:
    if actual:
        return (end - start).days / 360.0
    return ((end.year - start.year) * 360 + (end.month - start.month) * 30 + end.day - start.day) / 360.0


def back(last: str, first: str, months: int) -> list[pd.Timestamp]:
    dates = [pd.Timestamp(last)]
    while dates[-1] > pd.Timestamp(first):
        dates.append(pd.Timestamp(last) - pd.DateOffset(months=months * len(dates)))
    return dates[::-1]


@pytest.mark.parametrize("world", ["base", "shocked"])
def test_swaps_are_their_legs(world: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(world)
    on, value = Curves(found.market), found.value
    s1 = on.floating("USD", "USD", back("2027-12-28", "2022-12-28", 3))
    s1 -= 0.04 * on.annuity("USD", back("2027-12-28", "2022-12-28", 6), actual=False)
    assert value["S1"] == pytest.approx(100.0 * s1, rel=1e-11)
    # S2 began long ago: its floating period from the 15th of December is fixed at 4.55 %, its coupon is a whole one.
    quarters = back("2027-09-15", "2022-12-15", 3)
    s2 = on.discount("USD", quarters[1]) * 0.0455 * _fraction(quarters[0], quarters[1], True)
    s2 += on.floating("USD", "SOFR", quarters[1:]) + 0.001 * on.annuity("USD", quarters, actual=True)
    s2 -= 0.035 * on.annuity("USD", back("2027-09-15", "2022-09-15", 12), actual=False)
    assert value["S2"] == pytest.approx(1000.0 * s2, rel=1e-11)
    # S3 starts in half a year, in euro.
    s3 = on.floating("EUR", "EUR", [pd.Timestamp("2023-06-28"), pd.Timestamp("2030-06-28")])
    s3 += on.discount("EUR", pd.Timestamp("2023-06-28")) - on.discount("EUR", pd.Timestamp("2030-06-28")) - s3
    s3 -= 0.026 * on.annuity("EUR", back("2030-06-28", "2023-06-28", 12), actual=True)
    assert value["S3"] == pytest.approx(100.0 * s3 * on.fx["EUR"], rel=1e-10)


@pytest.mark.parametrize("world", ["base", "shocked"])
def test_overnight_periods_go_on_compounding(world: str, request: pytest.FixtureRequest) -> None:
    """S5 and S6 have compounded 1.95 % since the 28th of June; the curve carries them to the 28th of June next."""
    found = request.getfixturevalue(world)
    on, dates = Curves(found.market), back("2025-06-28", "2022-06-28", 12)
    coupons = 0.04 * on.annuity("USD", dates, actual=True)
    for name, curve in (("S5", "SOFR"), ("S6", "USD")):
        now, end = jnp.asarray(1.0), jnp.asarray(on.discount(curve, dates[1]))
        fixings, share = jnp.full(2, jnp.expm1(0.5 * jnp.log1p(0.0195))), jnp.ones(2)
        running = on.discount("USD", dates[1]) * float(overnight_growth(fixings, share, now, end))
        later = on.floating("USD", curve, dates[1:])
        assert found.value[name] == pytest.approx(100.0 * (running + later - coupons), rel=1e-10), name


@pytest.mark.parametrize("world", ["base", "shocked"])
def test_options_on_rates_are_their_formulas(world: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(world)
    on, value = Curves(found.market), found.value
    level = np.asarray(found.market.vol_level)

    def vol(start: pd.Timestamp, at_half: float, surface: int) -> float:
        """Total variance is linear between the surface's expiries of 0.5 and 1 year, volatility flat outside."""
        time = np.clip((start - TODAY).days / 365.0, 0.5, 1.0)
        nodes = np.array([at_half + 0.0005, at_half + 0.001])
        return float(np.sqrt(np.interp(time, [0.5, 1.0], nodes**2 * [0.5, 1.0]) / time)) * level[surface]

    # Surfaces are ACME, FX:EUR, RATE:USD, RATE:USD-N; below its first strike of 0 the last is flat at 0.01.
    for name, curve, strike, model, at_half, surface in (
        ("C1", "SOFR", 0.04, RateVol.BLACK, 0.28, 2),
        ("C3", "USD", -0.01, RateVol.BACHELIER, 0.01, 3),
    ):
        quarters = back("2027-12-28" if name == "C1" else "2026-12-28", "2022-12-28", 3)
        total = 0.0
        for start, end in zip(quarters, quarters[1:], strict=False):
            share = _fraction(start, end, True)
            forward = (on.discount(curve, start) / on.discount(curve, end) - 1.0) / share
            one = [
                jnp.asarray(x) for x in (forward, strike, (start - TODAY).days / 365.0, vol(start, at_half, surface))
            ]
            paid = jnp.asarray(share * on.discount("USD", end))
            total += float(rate_option_price(*one, paid, is_call=jnp.asarray(name == "C1"), model=model))
        assert value[name] == pytest.approx(100.0 * total, rel=1e-10), name
    swap = value["S3"] / on.fx["EUR"] / 100.0
    annuity = on.annuity("EUR", back("2030-06-28", "2023-06-28", 12), actual=True)
    expiry = (pd.Timestamp("2023-06-28") - TODAY).days / 365.0
    # At 2.6 % the smile of RATE:USD is 0.2 + 2 x 0.026.
    sigma = vol(pd.Timestamp("2023-06-28"), 0.252, 2)
    one = [jnp.asarray(x) for x in (swap / annuity + 0.026, 0.026, expiry, sigma, annuity)]
    payer = rate_option_price(*one, is_call=jnp.asarray(True), model=RateVol.BLACK, displacement=0.02)
    assert value["O1"] == pytest.approx(100.0 * float(payer) * on.fx["EUR"], rel=1e-9)


@pytest.mark.parametrize("world", ["base", "shocked"])
def test_parities(world: str, request: pytest.FixtureRequest) -> None:
    value = request.getfixturevalue(world).value
    # A payer less a receiver swaption is the forward swap; a cap less a floor is the swap at the same rate and dates.
    assert value["O1"] - value["O2"] == pytest.approx(value["S3"], abs=1e-10)
    assert value["C1"] - value["C2"] == pytest.approx(value["S4"], abs=1e-10)


def test_credit_default_swaps_are_the_isda_formula(base: Priced) -> None:
    weekdays, today = calendar(CalendarCode.WEEKEND), TODAY.date()
    nodes = np.array([*TENORS, 1.0, 5.0])
    contracts = [
        cds_terms(cds_schedule(today, day, weekdays), today, weekdays, node_time=nodes)
        for day in ("2027-12-20", "2023-06-20")
    ]
    hazard_time, hazard_rate = np.asarray(base.market.hazard_time), np.asarray(base.market.hazard_rate)[0]
    terms = stack_cds_terms(contracts)
    for row, currency, at, premium in ((0, "USD", "D1", 0.01), (0, "USD", "D2", 0.05), (1, "EUR", "D3", 0.01)):
        curve = ZeroCurve(jnp.asarray(TENORS), jnp.asarray(RATES[currency]), Interpolation.LINEAR_ZERO)
        one = jax.tree.map(lambda leaf, row=row: leaf[row], terms)
        legs = jax.jit(cds_legs)(one, curve, jnp.asarray(hazard_time), jnp.asarray(hazard_rate))
        # The issuer has no loss given default of its own: 45 %.
        value = float(cds_present_value(legs, premium, 0.55, is_buyer=jnp.asarray(True)))
        face = (1000.0 if at == "D2" else 100.0) * (1.1 if currency == "EUR" else 1.0)
        assert base.value[at] == pytest.approx(face * value, rel=1e-9, abs=1e-9), at
        accrued = premium * float(contracts[row].accrued)
        assert base.claim[at] == pytest.approx(face * (0.45 - accrued), rel=1e-13)


def test_derivatives_are_slopes_of_the_value(base: Priced) -> None:
    """Along a move of rates, volatility, hazards and exchange rates at once."""
    prepared = prepare(make_snapshot(book(), SCALARS), horizon_days=10)
    groups = jax.tree.map(jnp.asarray, prepared.inputs.portfolio.groups)
    hazard = MarketShock(hazard_rate=jnp.asarray([0.3]))

    def moved(step: Array) -> MarketState:
        both = dataclasses.replace(SHOCK, hazard_rate=hazard.hazard_rate)
        return apply_shock(base.market, jax.tree.map(lambda leaf: step * leaf, both))

    def value(step: Array) -> list[Array]:
        return [unit_values(group.terms, moved(step)) for group in groups]

    _, slopes = jax.jit(lambda step: jax.jvp(value, (step,), (jnp.ones_like(step),)))(jnp.asarray(0.0))
    up, down = (_units(groups, moved(jnp.asarray(step))) for step in (1e-3, -1e-3))
    for group, slope, (above, _), (below, _) in zip(groups, slopes, up, down, strict=True):
        difference = (above - below) / 2e-3
        np.testing.assert_allclose(slope[group.contract], difference, rtol=1e-5, atol=1e-5, err_msg=group.terms.kind)


def test_contracts_that_have_ended_count_their_flows_as_cash(base: Priced) -> None:
    """Beyond the last date there is no discount, no choice and no NaN: the door refuses such rows, ageing does not."""
    prepared = prepare(make_snapshot(book(), SCALARS), horizon_days=10)
    groups = jax.tree.map(jnp.asarray, prepared.inputs.portfolio.groups)
    ended = [dataclasses.replace(g, terms=aged(g.terms, jnp.asarray(50.0))) for g in groups]
    found = {
        g.terms.kind: np.asarray(value) for g, (value, _) in zip(groups, _units(tuple(ended), base.market), strict=True)
    }
    assert all(np.all(np.isfinite(value)) for value in found.values())
    # A swap at one curve has no floating interest left between dates that coincide: its fixed coupons remain.
    assert found["swap"][0] == pytest.approx(-100.0 * 0.04 * 5.0, rel=1e-12)
    # The premiums of five years, first coupon in full, as ACT/360 counts them; nothing is protected any more.
    assert found["cds"][0] == pytest.approx(-100.0 * 0.01 * 5.08, rel=1e-2)
    # At one date there is no rate any more: a cap at 4 % is worthless and its floor pays the strike.
    assert found["cap_floor"][0] == 0.0 and found["cap_floor"][1] == pytest.approx(100.0 * 0.04 * 1826.0 / 360.0)


def test_default_of_the_reference_entity_pays_the_claim(base: Priced) -> None:
    """Bought protection gains what a default pays less what the swap was worth; sold protection loses it."""
    given = book()
    given["positions"] = given["positions"][given["positions"]["kind"].isin(["cds", "swap"])]
    prepared = prepare(make_snapshot(given, SCALARS), horizon_days=10)
    inputs, market = jax.tree.map(jnp.asarray, (prepared.inputs, prepared.inputs.market))
    severity = jax.jit(severities)(inputs.credit, inputs.portfolio, market)
    loss = dict(zip(prepared.labels.position_id, np.asarray(severity.position), strict=True))
    for name, quantity in (("D1", 1.0), ("D2", -1.0), ("D3", 1.0)):
        assert loss[name] == pytest.approx(quantity * (base.value[name] - base.claim[name]), rel=1e-12)
    assert loss["D1"] < 0.0 < loss["D2"] and loss["S1"] == 0.0


def test_a_standard_date_shares_its_states() -> None:
    prepared = prepare(make_snapshot(book(), SCALARS), horizon_days=10)
    (terms,) = [g.terms for g in prepared.inputs.portfolio.groups if g.terms.kind == "cds"]
    # D1 and D2 pay on the same 20 dates, D3 in euro on 2 of them; the points are padded to a capacity.
    assert len(np.unique(terms.premium_flows.point[:20])) == 20 and terms.premium.end.shape[0] <= 24
    (swaps,) = [g.terms for g in prepared.inputs.portfolio.groups if g.terms.kind == "swap"]
    points = np.stack([swaps.cash.currency, swaps.cash.curve, swaps.cash.time])
    distinct = np.unique(points, axis=1).shape[1]
    # All but the padding, which repeats the last, are distinct.
    assert (points[:, :distinct] == np.unique(points, axis=1)).all()


def test_new_terms_and_dates_meet_compiled_code(base: Priced) -> None:
    changed = book()
    positions = changed["positions"].astype(str)
    positions["coupon"] = positions["coupon"].replace({"0.04": "0.041", "0.01": "0.015"})
    positions["maturity"] = positions["maturity"].replace({"2027-09-15": "2027-09-18"})
    positions["strike"] = positions["strike"].replace({"0.04": "0.045"})
    changed["positions"] = positions
    before = len(TRACES)
    assert priced(given=changed).value["S1"] != base.value["S1"] and len(TRACES) == before
