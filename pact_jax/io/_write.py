"""A snapshot to a folder that reads back as the same snapshot."""

import json
from os import PathLike
from pathlib import Path
from typing import Literal

import pandas as pd

from pact_jax._extras import extra
from pact_jax.errors import PactError
from pact_jax.snapshot import SCALAR_NAMES, TABLE_NAMES, Snapshot


def write_snapshot(
    snapshot: Snapshot,
    folder: str | PathLike[str],
    *,
    file_format: Literal["csv", "parquet"] = "csv",
    force: bool = False,
) -> Path:
    """Write a snapshot as a folder that `read_snapshot` reads; every number reads back to the last bit.

    Args:
        snapshot: What to write; rejected rows are not written.
        folder: Where; made if it is not there.
        file_format: `csv` or `parquet`.
        force: Overwrite files that are there.

    Returns:
        The folder.

    Raises:
        PactError: A file is there already and `force` is false, or the snapshot has a linear book, which has no
            file format.
        MissingExtra: Parquet and no pyarrow.
    """
    if snapshot.linear is not None:
        raise PactError("a linear book has no file format", "write_snapshot", "keep the payload it was made from")
    frames = {name: _plain(getattr(snapshot, name), name) for name in TABLE_NAMES if len(getattr(snapshot, name))}
    scalars = {name: getattr(snapshot, name) for name in SCALAR_NAMES} | {
        "valuation_date": str(snapshot.valuation_date)
    }
    path = Path(folder)
    _refuse_overwriting(path, force)
    path.mkdir(parents=True, exist_ok=True)
    _remove_stale(path)
    for name, frame in frames.items():
        _write_table(frame, path / f"{name}.{file_format}")
    text = json.dumps(scalars, indent=2, ensure_ascii=False) + "\n"
    (path / "snapshot.json").write_text(text, encoding="utf-8")
    return path


def _table_files(folder: Path) -> list[Path]:
    names = [f"{name}{suffix}" for name in TABLE_NAMES for suffix in (".csv", ".csv.gz", ".parquet")]
    return [folder / name for name in [*names, "snapshot.json"] if (folder / name).exists()]


def _refuse_overwriting(folder: Path, force: bool) -> None:
    there = _table_files(folder)
    if there and not force:
        listed = ", ".join(file.name for file in there[:5]) + (", ..." if len(there) > 5 else "")
        raise PactError(f"{listed} would be overwritten", str(folder), "choose an empty folder, or force it")


def _remove_stale(folder: Path) -> None:
    # A table that the new snapshot lacks, or has in another format, would otherwise be read with it.
    for file in _table_files(folder):
        file.unlink()


def _plain(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.rename_axis("date").reset_index() if name == "history" else frame.reset_index(drop=True)


def _write_table(frame: pd.DataFrame, file: Path) -> None:
    if file.suffix == ".parquet":
        with extra("io", where="write_snapshot"):
            import pyarrow  # noqa: F401
        frame.to_parquet(file, engine="pyarrow", index=False)
        return
    shown = frame.copy()
    for name in shown.select_dtypes(include="datetime").columns:
        shown[name] = shown[name].dt.strftime("%Y-%m-%d")
    shown.to_csv(file, index=False, lineterminator="\n")
