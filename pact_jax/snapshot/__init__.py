"""Host types: what is known at the valuation time, checked cell by cell before anything is computed."""

from ._snapshot import LinearBook as LinearBook
from ._snapshot import RejectedRow as RejectedRow
from ._snapshot import Snapshot as Snapshot
