"""Snapshot folders: what is written reads back to the last bit, and what cannot be read is named."""

import gzip
import sys
from pathlib import Path

import pandas as pd
import pytest

from pact_jax.errors import MissingExtra, PactError, SnapshotError
from pact_jax.io import read_snapshot, snapshot_from_dict, write_snapshot, write_template
from pact_jax.snapshot import KIND_COLUMNS, SCALAR_NAMES, TABLE_NAMES, Snapshot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_template(tmp_path / "desk")


def assert_same(left: Snapshot, right: Snapshot) -> None:
    assert all(getattr(left, name) == getattr(right, name) for name in SCALAR_NAMES)
    for name in TABLE_NAMES:
        ours, theirs = getattr(left, name), getattr(right, name)
        reset = name != "history"
        frames = (ours.reset_index(drop=True), theirs.reset_index(drop=True)) if reset else (ours, theirs)
        pd.testing.assert_frame_equal(*frames, check_exact=True)


def refusal(folder: Path) -> list[str]:
    with pytest.raises(SnapshotError) as caught:
        read_snapshot(folder)
    return [str(problem) for problem in caught.value.problems]


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_template_is_complete_and_reads_back(folder: Path) -> None:
    snapshot = read_snapshot(folder)
    assert set(snapshot.positions["kind"]) == set(KIND_COLUMNS)
    assert all(len(getattr(snapshot, name)) for name in TABLE_NAMES)
    assert snapshot.positions.index[0] == 2  # row numbers as an editor shows them
    assert "| `position_id` |" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_template_refuses_to_overwrite(folder: Path) -> None:
    edit(folder / "positions.csv", "T01", "MINE")
    with pytest.raises(PactError, match="would be overwritten"):
        write_template(folder)
    assert "MINE" in (folder / "positions.csv").read_text(encoding="utf-8")
    write_template(folder, force=True)
    assert "MINE" not in (folder / "positions.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_round_trip_keeps_every_bit(folder: Path, tmp_path: Path, file_format: str) -> None:
    if file_format == "parquet":
        pytest.importorskip("pyarrow")
    snapshot = read_snapshot(folder)
    snapshot.history.iloc[3, 0] = 1.0 / 3.0
    snapshot.positions.loc[2, "quantity"] = 0.1 + 0.2
    assert_same(read_snapshot(write_snapshot(snapshot, tmp_path / "copy", file_format=file_format)), snapshot)


def test_gzipped_tables_are_read(folder: Path) -> None:
    before = read_snapshot(folder)
    content = (folder / "history.csv").read_bytes()
    (folder / "history.csv").unlink()
    (folder / "history.csv.gz").write_bytes(gzip.compress(content))
    assert_same(read_snapshot(folder), before)


def test_writing_another_format_leaves_no_table_twice(folder: Path) -> None:
    pytest.importorskip("pyarrow")
    snapshot = read_snapshot(folder)
    write_snapshot(snapshot, folder, file_format="parquet", force=True)
    assert not list(folder.glob("*.csv"))
    assert_same(read_snapshot(folder), snapshot)


def test_parquet_without_pyarrow_names_the_extra(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = read_snapshot(folder)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r'pip install "pact-jax\[io\]"'):
        write_snapshot(snapshot, tmp_path / "copy", file_format="parquet")


def test_a_spreadsheet_saved_with_a_byte_order_mark_and_blank_lines(folder: Path) -> None:
    file = folder / "currencies.csv"
    text = file.read_text(encoding="utf-8").replace("\n", "\r\n") + "\r\n,,\r\n"
    file.write_text("\ufeff" + text, encoding="utf-8", newline="")
    assert read_snapshot(folder).currencies["currency"].tolist() == ["USD", "EUR"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("assets.csv", b"PK\x03\x04rest", "assets.csv: is not a CSV file: it is an Excel workbook"),
        ("assets.csv", b"asset,spot\nA\0B,1\n", "is not a CSV file: it contains binary data"),
        ("assets.csv", "asset\nMÜLLER\n".encode("latin-1"), "assets.csv, row 2: is not UTF-8 text"),
        ("assets.csv", "asset,spot\n".encode("utf-16"), "is UTF-16 text"),
        ("assets.csv", b"asset;currency;spot\nA;USD;1\n", "is separated by ';', not by commas"),
        ("assets.csv", b"", "assets.csv: is empty"),
        ("snapshot.json", b"{'capital': 5}", "snapshot.json, row 1: is not JSON"),
        ("snapshot.json", b"[1]", "snapshot.json: is not a JSON object"),
        ("snapshot.json", b'{"capital": [1]}', "column 'capital': must be one value"),
        ("position.csv", b"a\n1\n", "position.csv: is no table of a snapshot"),
        ("position.csv", b"a\n1\n", "mend: rename it to positions.csv"),
        ("vols.xlsx", b"PK", "vols.xlsx: is not read: tables are CSV or Parquet files"),
        ("vols.csv.gz", b"PK", "is there twice: vols.csv holds the same table"),
    ],
)
def test_unreadable_files_are_named(folder: Path, name: str, content: bytes, expected: str) -> None:
    (folder / name).write_bytes(content)
    messages = refusal(folder)
    assert any(expected in message for message in messages), messages


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "does not exist (mend: give the folder that holds snapshot.json" in refusal(tmp_path / "nowhere")[0]
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "is not a folder" in refusal(tmp_path / "file")[0]
    assert "snapshot.json: is missing" in refusal(tmp_path)[0]


def test_row_numbers_are_those_of_an_editor(folder: Path) -> None:
    file = folder / "positions.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[4] = lines[4].replace("T04", "T01")
    lines.insert(2, "")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert "positions.csv, row 6, column 'position_id': T01: is there twice (first in row 2)" in refusal(folder)[0]


def test_rows_that_are_too_long_can_be_left_out(folder: Path) -> None:
    edit(folder / "positions.csv", "T03,equity,european_option,-40", "T03,equity,european_option,-40,000")
    surplus = "positions.csv, row 4"
    edit(folder / "positions.csv", "80.0\n", "80.0,\n")  # a trailing comma says nothing and is no fault
    file = folder / "positions.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[3] += ",0.5"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert any(message.startswith(surplus) and "more cells than the header" in message for message in refusal(folder))
    snapshot = read_snapshot(folder, on_reject="report")
    assert {row.key for row in snapshot.rejected} == {"T03"} and len(snapshot.positions) == len(lines) - 2


def test_report_lists_the_rejected_row_with_its_notional(folder: Path) -> None:
    edit(folder / "positions.csv", "european_option", "european_optoin")
    (row,) = read_snapshot(folder, on_reject="report").rejected
    assert (row.file, row.row, row.key, row.column) == ("positions.csv", 3, "T02", "kind")


def test_a_linear_book_has_no_file_format(tmp_path: Path) -> None:
    payload = {"positions": [{"value": 1.0, "sensitivity": 1.0}], "risk_factors": ["x"], "total_capital": 1.0}
    with pytest.raises(PactError, match="a linear book has no file format"):
        write_snapshot(snapshot_from_dict(payload), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
