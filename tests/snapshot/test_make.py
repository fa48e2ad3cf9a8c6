"""Every kind of bad input of a snapshot is refused in words that say where and how to mend it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.errors import SnapshotError
from pact_jax.snapshot import TABLE_NAMES, RejectedRow, Snapshot, input_value, make_snapshot

from .small import SCALARS, tables

FILES = {name: f"{name}.csv" for name in TABLE_NAMES} | {"snapshot": "snapshot.json"}


def make(
    change: Callable[[dict, dict], object] = lambda t, s: None, on_reject: str = "raise", **more: object
) -> Snapshot:
    given_tables, scalars = tables(), dict(SCALARS)
    change(given_tables, scalars)
    return make_snapshot(given_tables, scalars, on_reject=on_reject, files=FILES, **more)


def refusal(change: Callable[[dict, dict], object]) -> list[str]:
    with pytest.raises(SnapshotError) as caught:
        make(change)
    return [str(problem) for problem in caught.value.problems]


def cell(table: str, row: int, column: str, value: object) -> Callable[[dict, dict], object]:
    """Overwrite the cell that an editor shows in this row."""

    def change(t: dict, s: dict) -> None:
        before = t[table][column] if column in t[table] else pd.Series("", index=t[table].index, dtype=object)
        t[table] = t[table].assign(**{column: before.where(t[table].index != row, value)})

    return change


def test_a_good_snapshot_has_types_and_defaults() -> None:
    snapshot = make()
    positions = snapshot.positions
    assert positions["quantity"].dtype == "float64" and positions["maturity"].dtype == "datetime64[ns]"
    assert positions.loc[2, "currency"] == "USD" and positions.loc[4, "currency"] == "EUR"
    assert positions.loc[9, "currency_2"] == "USD" and positions.loc[2, "multiplier"] == 1.0
    assert snapshot.history.index[-1] == pd.Timestamp("2022-12-28")
    assert snapshot.tier1_capital is None and snapshot.liquidation_fraction == 0.1
    assert snapshot.rejected == () and snapshot.rows_in["positions"] == 9
    assert "9 positions on 4 desks" in repr(snapshot)


def test_input_value_is_quantity_price_and_rate() -> None:
    value = input_value(make())
    # 100 shares at 50 USD; 20 bonds at 98.5 EUR with EUR at 1.1.
    assert value["P1"] == 5_000.0 and value["P6"] == pytest.approx(20 * 98.5 * 1.1) and np.isnan(value["P2"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t, s: t["positions"].pop("quantity"), "positions.csv, column 'quantity': the column is missing"),
        (
            cell("positions", 2, "kind", "stok"),
            "row 2, column 'kind': stok: is not a known kind (mend: did you mean 'stock'",
        ),
        (cell("positions", 3, "position_id", "P1"), "row 3, column 'position_id': P1: is there twice (first in row 2)"),
        (cell("positions", 2, "price", "NaN"), "row 2, column 'price': NaN: is not a finite number"),
        (cell("assets", 2, "spot", "nan"), "assets.csv, row 2, column 'spot': nan: is empty and must be filled"),
        (cell("assets", 3, "spot", "-20"), "row 3, column 'spot': -20: must be > 0"),
        (cell("assets", 3, "spot", "inf"), "row 3, column 'spot': inf: is not a finite number"),
        (cell("assets", 3, "spot", "1,5"), "row 3, column 'spot': 1,5: is not a number"),
        (
            cell("assets", 3, "currency", "EUX"),
            "EUX: is not in table currencies (mend: add it to currencies, or did you",
        ),
        (lambda t, s: s.update(capital=0), "snapshot.json, column 'capital': 0: must be > 0"),
        (lambda t, s: s.pop("capital"), "snapshot.json, column 'capital': the column is missing"),
        (lambda t, s: s.update(valuation_date="28.12.2022"), "column 'valuation_date': 28.12.2022: is not a date"),
        (lambda t, s: s.update(captial=5), "column 'captial': snapshot has no such column"),
        (cell("positions", 2, "asset", ""), "column 'asset': P1: a stock needs asset"),
        (cell("positions", 2, "asset", "ACMEE"), "ACMEE: is not in table assets"),
        (cell("positions", 6, "currency", "USX"), "USX: is not in table currencies"),
        (cell("positions", 2, "currency", "EUR"), "EUR: is not the currency of the asset"),
        (cell("positions", 3, "maturity", "2022-12-28"), "2022-12-28: has expired: the valuation date is 2022-12-28"),
        (cell("positions", 3, "maturity", "16/06/2023"), "16/06/2023: is not a date (mend: write it as YYYY-MM-DD)"),
        (cell("positions", 3, "asset", "BETA"), "BETA: an option needs an implied-volatility surface"),
        (cell("positions", 3, "option_type", "cal"), "cal: is not a known option_type (mend: did you mean 'call'?)"),
        (cell("positions", 6, "frequency", "3"), "row 6, column 'frequency': 3: must be 1, 2 or 4"),
        (cell("positions", 6, "issuer", "LOAN"), "LOAN: issues a marked bond and has no hazard rates"),
        (cell("positions", 6, "issuer", "NOBODY"), "NOBODY: is not in table issuers"),
        (cell("positions", 10, "currency", "USD"), "USD: is the reporting currency: an FX option is on a foreign one"),
        (cell("positions", 9, "currency", "USD"), "USD: is bought and sold at once"),
        (cell("curves", 5, "tenor", "7"), "EUR: has not the tenors of the others: it lacks 5 and has 7"),
        (cell("currencies", 2, "fx", "2"), "row 2, column 'fx': 2: must be 1 for the reporting currency"),
        (cell("currencies", 3, "curve", "EURO"), "EURO: is not in table curves"),
        (cell("vols", 2, "surface", "GAMMA"), "GAMMA: is neither an asset nor FX:CURRENCY"),
        (cell("vols", 2, "expiry", "0.7"), "ACME: has not the same number of strikes at every expiry"),
        (cell("issuers", 2, "rating", ""), "ISS: has neither pd nor rating"),
        (cell("issuers", 2, "rating", "BBB++"), "BBB++: is not a known rating"),
        (
            cell("credit_exposures", 2, "counterparty", "BANK"),
            "BANK: is also the counterparty or borrower of a position",
        ),
        (cell("credit_exposures", 2, "counterparty", "LOAN"), "its exposure would count twice"),
        (cell("credit_exposures", 2, "current_exposure", "-1"), "-1: must be >= 0"),
        (cell("cash_flows", 2, "date", "2022-12-28"), "is not after the valuation date"),
        (cell("limits", 3, "scope", "desk:equiti"), "desk:equiti: names no desk of this snapshot"),
        (cell("limits", 3, "scope", "everything"), "everything: is no scope"),
        (cell("history", 3, "date", "2022-12-27"), "is not after the date of the row before"),
        (cell("history", 3, "spot:ACME", ""), "row 3, column 'spot:ACME': (empty): is not a finite level"),
        (cell("history", 3, "spot:ACME", "0"), "0: must be > 0: its returns are logarithmic"),
        (lambda t, s: t["history"].insert(1, "spot:ZETA", "1"), "'spot:ZETA': names no spot factor of this snapshot"),
        (lambda t, s: t["history"].insert(1, "price", "1"), "column 'price': is no factor key"),
        (lambda t, s: t.update(position=t["positions"]), "position: is no table of a snapshot (mend: did you mean"),
        (lambda t, s: t.pop("curves"), "curves.csv: the table is missing or empty"),
        (lambda t, s: (t.pop("positions"), t.pop("credit_exposures")), "positions.csv: the book is empty"),
        (lambda t, s: s.update(reporting_currency="CHF"), "CHF: the reporting currency has no row that can be used"),
    ],
)
def test_bad_input_is_named(change: Callable[[dict, dict], object], expected: str) -> None:
    messages = refusal(change)
    assert any(expected in message for message in messages), messages
    assert all("mend: " in message for message in messages)


def test_all_bad_rows_are_listed() -> None:
    def spoil(t: dict, s: dict) -> None:
        t["positions"] = t["positions"].assign(quantity="many")
        cell("assets", 2, "spot", "")(t, s)
        s["capital"] = -1

    messages = refusal(spoil)
    assert len(messages) == 9 + 1 + 1
    assert [int(m.split("row ")[1].split(",")[0]) for m in messages if m.startswith("positions")] == list(range(2, 11))


def test_a_bad_row_does_not_make_others_look_bad() -> None:
    # ACME's price is missing: one problem, although three positions and a surface stand on it.
    assert len(refusal(cell("assets", 2, "spot", ""))) == 1


def test_report_leaves_out_what_stands_on_a_rejected_row() -> None:
    snapshot = make(cell("assets", 2, "spot", ""), on_reject="report")
    gone = {(row.table, row.key) for row in snapshot.rejected}
    assert {("assets", "ACME"), ("positions", "P1"), ("positions", "P2"), ("positions", "P4")} <= gone
    assert set(snapshot.positions["position_id"]) == {"P3", "P5", "P6", "P7", "P8", "P9"}
    assert "spot:ACME" not in snapshot.history and "FX:EUR" in set(snapshot.vols["surface"])
    assert "ACME" not in set(snapshot.vols["surface"])


def test_report_says_what_a_rejected_position_was_worth() -> None:
    snapshot = make(
        cell("positions", 7, "day_count", "40/360") if False else cell("positions", 7, "frequency", "3"), "report"
    )
    (row,) = snapshot.rejected
    assert isinstance(row, RejectedRow) and (row.table, row.key, row.row) == ("positions", "P6", 7)
    assert row.market_value == pytest.approx(20 * 98.5 * 1.1) and row.notional == pytest.approx(20 * 100 * 1.1)


def test_a_curve_with_a_bad_node_is_rejected_whole() -> None:
    snapshot = make(cell("curves", 5, "zero_rate", "?"), on_reject="report")
    assert snapshot.curves["curve"].unique().tolist() == ["USD"]
    assert [(row.row, row.rule) for row in snapshot.rejected if row.table == "curves"] == [
        (4, "its group is incomplete: another of its rows is rejected"),
        (5, "zero_rate is not a number"),
    ]
    assert set(snapshot.positions["position_id"]) == {"P1", "P2", "P4", "P5", "P7"}
    assert set(snapshot.vols["surface"]) == {"ACME"} and "fx:EUR" not in snapshot.history


def test_nothing_can_be_reported_without_the_reporting_currency() -> None:
    with pytest.raises(SnapshotError) as caught:
        make(cell("curves", 3, "zero_rate", "?"), on_reject="report")
    messages = [str(problem) for problem in caught.value.problems]
    assert any("USD: the reporting currency has no row that can be used" in message for message in messages)
    assert any("curves.csv, row 3, column 'zero_rate': ?: is not a number" in message for message in messages)


@pytest.mark.parametrize("change", [lambda t, s: s.update(capital=-1), lambda t, s: t["assets"].pop("spot")])
def test_report_does_not_excuse_what_no_row_can_be_blamed_for(change: Callable[[dict, dict], object]) -> None:
    with pytest.raises(SnapshotError):
        make(change, on_reject="report")


def test_nothing_left_is_refused() -> None:
    def spoil(t: dict, s: dict) -> None:
        t["positions"] = t["positions"].assign(quantity="")
        t["credit_exposures"] = t["credit_exposures"].assign(rating="")

    with pytest.raises(SnapshotError, match="every row was rejected"):
        make(spoil, on_reject="report")


@given(
    table=st.sampled_from([name for name in tables() if name != "history"]),
    rows=st.lists(st.integers(0, 8), min_size=1, max_size=3),
    column=st.integers(0, 14),
    value=st.sampled_from(["", "nan", "inf", "-3", "0", "x", "ACME", "2020-01-01", "USD"]),
)
def test_rejected_and_used_rows_are_the_rows_given(table: str, rows: list[int], column: int, value: str) -> None:
    def spoil(t: dict, s: dict) -> None:
        frame = t[table]
        for row in rows:
            frame.iloc[row % len(frame), column % frame.shape[1]] = value

    try:
        snapshot = make(spoil, on_reject="report")
    except SnapshotError:
        return
    for name in TABLE_NAMES:
        rejected = {row.row for row in snapshot.rejected if row.table == name}
        used = set(getattr(snapshot, name).index) if name != "history" else set()
        assert len(rejected) + len(getattr(snapshot, name)) == snapshot.rows_in[name], name
        assert not rejected & used, name


def test_typed_frames_give_the_same_snapshot_as_text() -> None:
    text = make()
    typed = {name: getattr(text, name) for name in TABLE_NAMES}
    again = make_snapshot(typed, dict(SCALARS))
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(text, name))


def test_on_reject_is_checked() -> None:
    with pytest.raises(SnapshotError, match="must be 'raise' or 'report'"):
        make(on_reject="ignore")
