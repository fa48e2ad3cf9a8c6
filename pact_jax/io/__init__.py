"""Doors in and out: snapshot folders of CSV or Parquet files, and the plain dictionary."""

from ._payload import snapshot_from_dict as snapshot_from_dict
from ._read import read_snapshot as read_snapshot
from ._template import write_template as write_template
from ._write import write_snapshot as write_snapshot
