"""Reading the shipped files, each compared with its checksum first."""

import gzip
import hashlib
import io
import json
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from pact_jax.errors import PactError

_ROOT = files("pact_jax.datasets")


@cache
def _checksums() -> dict[str, str]:
    lines = _ROOT.joinpath("SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def read_bytes(name: str) -> bytes:
    """Content of one shipped file.

    Raises:
        PactError: The file is not the one that was released.
    """
    content = _ROOT.joinpath(name).read_bytes()
    if hashlib.sha256(content).hexdigest() != _checksums().get(name):
        raise PactError(
            "the file is not the one that was released: its SHA-256 differs",
            where=f"pact_jax/datasets/{name}",
            mend="install the package again, or rebuild the data with scripts/build_desk.py",
        )
    return content


def read_table(name: str) -> pd.DataFrame:
    """One table of the desk as text, rows labelled as an editor numbers them (header = row 1)."""
    frame = pd.read_csv(io.BytesIO(read_bytes(f"desk/{name}.csv")), dtype=str, keep_default_na=False)
    return frame.set_axis(pd.RangeIndex(2, 2 + len(frame)))


def read_series(name: str) -> pd.DataFrame:
    """One file of numbers by date, read exactly: the parser of older pandas is one unit off in the last place."""
    content = read_bytes(name)
    lines = (gzip.decompress(content) if name.endswith(".gz") else content).decode().splitlines()
    header = lines[0].split(",")[1:]
    values = np.loadtxt(lines[1:], delimiter=",", usecols=range(1, 1 + len(header)), ndmin=2)
    dates = np.array([line.partition(",")[0] for line in lines[1:]], dtype="datetime64[ns]")
    return pd.DataFrame(values, index=pd.DatetimeIndex(dates, name="date"), columns=header)


def read_json(name: str) -> dict:
    """One JSON file."""
    return json.loads(read_bytes(name))
