"""A folder of CSV or Parquet files to a snapshot: every file, row and cell that cannot be used is named."""

import csv
import difflib
import gzip
import json
from collections.abc import Mapping
from io import StringIO
from os import PathLike
from pathlib import Path

import pandas as pd

from pact_jax._extras import extra
from pact_jax.errors import RowProblem, SnapshotError
from pact_jax.snapshot import TABLE_NAMES, CellFault, OnReject, Snapshot, make_snapshot

_SUFFIXES = (".csv", ".csv.gz", ".parquet")
_SCALARS = "snapshot.json"
_SIGNATURES = {b"PK": "an Excel workbook or a zip file", b"\xd0\xcf\x11\xe0": "an old Excel workbook", b"%PDF": "a PDF"}
_SURPLUS = "_surplus"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_snapshot(folder: str | PathLike[str], *, on_reject: OnReject = "raise") -> Snapshot:
    """Read a snapshot folder: `snapshot.json` and one CSV, gzipped CSV or Parquet file per table.

    Args:
        folder: The folder. `write_template` writes an example of one; the columns are those of
            `pact_jax.snapshot.TABLES`.
        on_reject: `raise` refuses the folder if any row is bad; `report` leaves bad rows out and lists them in
            `Snapshot.rejected`. What no row can be blamed for (a missing column, an unreadable file) always raises.

    Returns:
        The snapshot; row labels are the row numbers that an editor shows (header = row 1).

    Raises:
        SnapshotError: Something is wrong; every problem is listed with file, row, column, value and mend.
        MissingExtra: A Parquet file and no pyarrow.

    Example:
        >>> import tempfile
        >>> from pact_jax.io import write_template
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     read_snapshot(write_template(folder)).portfolio_id
        'template'
    """
    path = Path(folder)
    found, problems = _find_tables(path)
    tables: dict[str, pd.DataFrame] = {}
    ragged: list[CellFault] = []
    for name, file in found.items():
        frame, problem = _read_parquet(file) if file.suffix == ".parquet" else _read_csv(file)
        problems += [problem] if problem else []
        if frame is not None:
            ragged += _ragged(name, frame)
            tables[name] = frame.drop(columns=_SURPLUS, errors="ignore")
    scalars, problem = _read_scalars(path / _SCALARS)
    problems += [problem] if problem else []
    files = {name: f"{name}.csv" for name in TABLE_NAMES} | {name: file.name for name, file in found.items()}
    if problems:
        raise SnapshotError(problems)
    files |= {"snapshot": _SCALARS}
    return make_snapshot(tables, scalars, on_reject=on_reject, files=files, faults=ragged)


def _ragged(table: str, frame: pd.DataFrame) -> list[CellFault]:
    """Rows with more cells than the header: nobody can say which cell is which column."""
    if _SURPLUS not in frame:
        return []
    rule, mend = "the row has more cells than the header", "quote cells that contain a comma"
    surplus = frame[_SURPLUS].to_numpy()
    return [CellFault(table, at, "", surplus[at], rule, mend) for at in range(len(frame)) if surplus[at]]


def _find_tables(folder: Path) -> tuple[dict[str, Path], list[RowProblem]]:
    if not folder.is_dir():
        rule = "is not a folder" if folder.exists() else "does not exist"
        mend = "give the folder that holds snapshot.json; `pact template FOLDER` writes an example"
        raise SnapshotError([RowProblem(str(folder), None, "", "", rule, mend)])
    found: dict[str, Path] = {}
    problems = []
    for file in sorted(folder.iterdir()):
        suffix = next((one for one in _SUFFIXES if file.name.lower().endswith(one)), "")
        if not suffix:
            if file.suffix.lower() in (".xlsx", ".xls", ".tsv", ".txt") and file.stem in TABLE_NAMES:
                problems.append(_problem(file, "is not read: tables are CSV or Parquet files", "save it as CSV"))
            continue
        name = file.name[: -len(suffix)]
        if name not in TABLE_NAMES:
            close = difflib.get_close_matches(name, TABLE_NAMES, n=1, cutoff=0.6)
            known = ", ".join(TABLE_NAMES)
            mend = f"rename it to {close[0]}{suffix}" if close else f"remove it, or use one of the names {known}"
            problems.append(_problem(file, "is no table of a snapshot, and a misnamed one must not be ignored", mend))
        elif name in found:
            problems.append(_problem(file, f"is there twice: {found[name].name} holds the same table", "keep one"))
        else:
            found[name] = file
    return found, problems


def _problem(file: Path, rule: str, mend: str, row: int | None = None) -> RowProblem:
    return RowProblem(file.name, row, "", "", rule, mend)


def _read_csv(file: Path) -> tuple[pd.DataFrame | None, RowProblem | None]:
    """Cells as text. Python's reader, because pandas shifts or drops the cells of a row that is too long."""
    text, problem = _text_of(file)
    if text is None:
        return None, problem
    records = enumerate(csv.reader(StringIO(text, newline="")), start=1)
    filled = [(number, record) for number, record in records if any(cell.strip() for cell in record)]
    if not filled:
        return None, _problem(file, "is empty", "write a header row, or remove the file")
    header = [cell.strip() for cell in filled[0][1]]
    while not header[-1]:
        header.pop()
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        mark = next(mark for mark in ";\t|" if mark in header[0])
        return None, _problem(file, f"is separated by {mark!r}, not by commas", "save it with commas")
    width = len(header)
    rows = [(record + [""] * width)[:width] for _, record in filled[1:]]
    frame = pd.DataFrame(rows, columns=header, dtype=object)
    frame.index = pd.Index([number for number, _ in filled[1:]], dtype="int64")
    surplus = [",".join(record[width:]).strip(", ") for _, record in filled[1:]]
    return (frame.assign(**{_SURPLUS: surplus}) if any(surplus) else frame), None


def _text_of(file: Path) -> tuple[str | None, RowProblem | None]:
    content = file.read_bytes()
    if file.name.lower().endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError) as error:
            return None, _problem(file, f"is not a gzip file ({error})", "compress it again, or save it as plain CSV")
    for signature, kind in _SIGNATURES.items():
        if content.startswith(signature):
            return None, _problem(file, f"is not a CSV file: it is {kind}", "save the table as CSV")
    if content.startswith(_UTF16):
        return None, _problem(file, "is UTF-16 text", "save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        return None, _problem(file, f"is not UTF-8 text (byte {error.start})", "save it as UTF-8", row)
    if "\0" in text:
        return None, _problem(file, "is not a CSV file: it contains binary data", "save the table as CSV")
    return text, None


def _read_parquet(file: Path) -> tuple[pd.DataFrame | None, RowProblem | None]:
    with extra("io", where=file.name):
        import pyarrow
    try:
        frame = pd.read_parquet(file, engine="pyarrow")
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        return None, _problem(file, f"is not a readable Parquet file ({error})", "write it again")
    if isinstance(frame.index, pd.DatetimeIndex) and "date" not in frame.columns:
        frame = frame.rename_axis("date").reset_index()
    return frame.set_axis(pd.RangeIndex(1, 1 + len(frame))), None


def _read_scalars(file: Path) -> tuple[Mapping[str, object], RowProblem | None]:
    if not file.is_file():
        mend = "write it with portfolio_id, valuation_date, reporting_currency and capital"
        return {}, _problem(file, "is missing: it holds the scalars of the snapshot", mend)
    text, problem = _text_of(file)
    if text is None:
        return {}, problem
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return {}, _problem(file, f"is not JSON: {error.msg} (column {error.colno})", "mend the syntax", error.lineno)
    if not isinstance(value, dict):
        return {}, _problem(file, "is not a JSON object", 'write {"capital": ..., ...}')
    nested = [name for name, cell in value.items() if isinstance(cell, dict | list)]
    if nested:
        return {}, RowProblem(file.name, None, nested[0], "", "must be one value", "no list, no object")
    return value, None
