"""Rows of options on one asset become the right terms, and wrong rows are refused in words."""

from typing import cast

import numpy as np
import pandas as pd
import pytest

from pact_jax.instruments import (
    AmericanOption,
    ArithmeticAsianOption,
    AsianOption,
    BarrierOption,
    DigitalOption,
    TwoAssetOption,
    VarianceSwap,
)
from pact_jax.snapshot import make_snapshot, prepare

from .small import SCALARS, tables
from .test_make import cell, refusal

HEADER = (
    "position_id,desk,kind,quantity,asset,option_type,strike,maturity,payout,cash,barrier,barrier_type,rebate,"
    "averaging,first_fixing,fixing_frequency,past_average,start,past_volatility,asset_2,weight_2,correlation"
)
ROWS = (
    "D1,equity,digital_option,1,ACME,call,50,2023-06-16,cash,5,,,,,,,",
    "D2,equity,digital_option,-1,ACME,put,50,2023-06-16,asset,,,,,,,,",
    "A1,equity,american_option,10,ACME,put,45,2023-06-16,,,,,,,,,",
    "A2,equity,american_option,-3,ACME,put,45,2023-06-16,,,,,,,,,",
    "B1,equity,barrier_option,2,ACME,call,50,2023-06-16,,,40,down_out,1,,,,",
    "B2,equity,barrier_option,2,ACME,call,50,2023-06-16,,,60,up_in,,,,,",
    "S1,equity,asian_option,4,ACME,call,50,2023-06-16,,,,,,geometric,2023-03-16,12,",
    "S2,equity,asian_option,4,ACME,call,50,2023-01-03,,,,,,geometric,2022-12-20,250,48",
    "V1,equity,variance_swap,1,ACME,,0.25,2023-06-16,,,,,,,,,,2022-10-17,0.3",
    "V2,equity,variance_swap,1,ACME,,0.2,2023-06-16,,,,,,,,,",
    "S3,equity,asian_option,4,ACME,call,50,2023-01-03,,,,,,arithmetic,2022-12-20,250,48",
    "W1,equity,spread_option,4,ACME,call,-2,2023-06-16,,,,,,,,,,,,GAMMA,1.5,0.6",
    "W2,equity,basket_option,4,ACME,put,90,2023-06-16,,,,,,,,,,,,GAMMA,,-0.2",
)


def book(*rows: str) -> dict[str, pd.DataFrame]:
    given = tables()
    cells = [row.split(",") for row in rows]
    width = len(HEADER.split(","))
    # A second asset of the same currency.
    assets, vols = given["assets"], given["vols"]
    more = pd.DataFrame([["GAMMA", "USD", "40"]], columns=assets.columns)
    given["assets"] = pd.concat([assets, more]).set_axis(pd.RangeIndex(2, 5))
    more = vols[vols["surface"] == "ACME"].assign(surface="GAMMA")
    given["vols"] = pd.concat([vols, more]).set_axis(pd.RangeIndex(2, 2 + len(vols) + len(more)))
    frame = pd.DataFrame([row + [""] * (width - len(row)) for row in cells], columns=HEADER.split(","), dtype=object)
    given["positions"] = frame.set_axis(pd.RangeIndex(2, 2 + len(frame)))
    return given


def groups() -> dict[type, object]:
    prepared = prepare(make_snapshot(book(*ROWS), SCALARS), horizon_days=10)
    return {type(group.terms): group for group in prepared.inputs.portfolio.groups}


def test_rows_become_terms() -> None:
    found = groups()
    digital = cast(DigitalOption, found[DigitalOption].terms)
    # Contracts are sorted by their terms, option_type among them: the call comes first.
    np.testing.assert_array_equal(digital.cash[:2], [5.0, 1.0])
    np.testing.assert_array_equal(digital.pays_asset[:2], [False, True])
    barrier = cast(BarrierOption, found[BarrierOption].terms)
    np.testing.assert_array_equal(barrier.barrier[:2], [40.0, 60.0])
    np.testing.assert_array_equal(barrier.is_up[:2], [False, True])
    np.testing.assert_array_equal(barrier.is_in[:2], [False, True])
    np.testing.assert_array_equal(barrier.rebate[:2], [1.0, 0.0])
    assert barrier.option.strike.shape == barrier.barrier.shape == (8,)
    # 2022-12-28 to 2023-06-16 is 170 days.
    np.testing.assert_allclose(barrier.option.expiry, 170.0 / 365.0, rtol=1e-15)


def test_variance_is_counted_from_the_start() -> None:
    terms = cast(VarianceSwap, groups()[VarianceSwap].terms)
    # 72 days from the 17th of October to the 28th of December, 170 more to maturity; sorted by strike.
    np.testing.assert_allclose(terms.total_time[:2] * 365.0, [170.0, 242.0], rtol=1e-14)
    np.testing.assert_allclose(terms.past_variance[:2], [0.0, 0.09 * 72.0 / 365.0], rtol=1e-14)


def test_identical_contracts_are_stored_once() -> None:
    group = groups()[AmericanOption]
    np.testing.assert_array_equal(group.contract[:2], [0, 0])
    np.testing.assert_array_equal(group.quantity[:2], [10.0, -3.0])


def test_fixings_are_counted_back_from_maturity() -> None:
    terms = cast(AsianOption, groups()[AsianOption].terms)
    begun, monthly = 0, 1  # sorted by maturity
    # The 16th of March to June: 78, 109, 139, 170 days after the 28th of December.
    days = np.array([78.0, 109.0, 139.0, 170.0])
    assert terms.fixing_weight[monthly].sum() == pytest.approx(1.0, abs=1e-15)
    np.testing.assert_allclose(terms.fixing_time[monthly][terms.fixing_weight[monthly] > 0], days / 365.0, rtol=1e-15)
    assert terms.past_log_sum[monthly] == 0.0
    # Weekdays from Tuesday the 20th to Tuesday the 3rd: 11, of which 7 are on or before Wednesday the 28th.
    ahead = terms.fixing_weight[begun] > 0
    np.testing.assert_allclose(terms.fixing_time[begun][ahead] * 365.0, [1.0, 2.0, 5.0, 6.0], rtol=1e-14)
    np.testing.assert_allclose(terms.fixing_weight[begun][ahead], 1.0 / 11.0, rtol=1e-15)
    assert terms.past_log_sum[begun] == pytest.approx(7.0 / 11.0 * np.log(48.0), rel=1e-14)


def test_an_arithmetic_mean_is_a_kind_of_its_own() -> None:
    terms = cast(ArithmeticAsianOption, groups()[ArithmeticAsianOption].terms)
    # As the geometric one above: 7 of 11 fixings are known.
    assert terms.past_sum[0] == pytest.approx(7.0 / 11.0 * 48.0, rel=1e-14)
    np.testing.assert_allclose(terms.fixing_weight[0][terms.fixing_weight[0] > 0], np.full(4, 1.0 / 11.0), rtol=1e-15)


def test_a_spread_is_a_basket_with_a_negative_weight() -> None:
    terms = cast(TwoAssetOption, groups()[TwoAssetOption].terms)
    # Sorted by strike: the spread's is negative.
    np.testing.assert_array_equal(terms.weight_2[:2], [-1.5, 1.0])
    np.testing.assert_array_equal(terms.strike[:2], [-2.0, 90.0])
    np.testing.assert_array_equal(terms.correlation[:2], [0.6, -0.2])
    assert terms.asset[0] != terms.asset_2[0] and terms.surface[0] != terms.surface_2[0]


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        (6, "barrier", "", "column 'barrier': B1: a barrier_option needs barrier (mend: fill barrier)"),
        (6, "barrier_type", "down", "down: is not a known barrier_type"),
        (6, "barrier", "-1", "-1: must be > 0"),
        (4, "strike", "0", "0: must be > 0"),
        (4, "maturity", "2022-12-28", "has expired: the valuation date is 2022-12-28"),
        (4, "asset", "BETA", "BETA: an option needs an implied-volatility surface"),
        (4, "barrier", "40", "40: is not read by this kind: barrier belongs to barrier_option"),
        (2, "option_type", "cap", "cap: is no"),
        (2, "payout", "gold", "gold: is not a known payout"),
        (8, "averaging", "harmonic", "harmonic: is an average without a price"),
        (13, "asset_2", "BETA", "BETA: is in another currency than the first asset"),
        (13, "asset_2", "ACME", "ACME: is the first asset again"),
        (13, "correlation", "1.2", "1.2: must be >= -1 and <= 1"),
        (14, "correlation", "", "a basket_option needs correlation"),
        (14, "strike", "-1", "-1: must be > 0"),
        (4, "asset_2", "GAMMA", "GAMMA: is not read by this kind: asset_2 belongs to spread_option, basket_option"),
        (8, "fixing_frequency", "5", "5: is no fixing frequency (mend: fixings per year: 1, 2, 4, 12, 52, 250"),
        (8, "first_fixing", "2023-07-16", "2023-07-16: is after maturity"),
        (8, "past_average", "50", "50: is a mean of fixings before the first one"),
        (9, "past_average", "", "S2: averaging has begun and the mean so far is not known"),
        (10, "past_volatility", "", "V1: has counted variance since its start, and how much is not known"),
        (11, "past_volatility", "0.2", "0.2: is a volatility realised before the start"),
        (11, "start", "2023-01-16", "2023-01-16: is to come: a variance swap that starts later is not priced"),
        (11, "strike", "0", "0: must be > 0"),
        (9, "maturity", "2023-01-07", "2023-01-07: is no weekday"),
    ],
)
def test_a_wrong_row_is_refused(row: int, column: str, value: str, expected: str) -> None:
    def spoil(t: dict, s: dict) -> None:
        t["positions"] = book(*ROWS)["positions"]
        cell("positions", row, column, value)(t, s)

    messages = refusal(spoil)
    assert any(expected in message for message in messages), messages
