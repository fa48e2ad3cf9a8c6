"""Host types: what is known at the valuation time, checked cell by cell before anything is computed."""

from ._document import schema_markdown as schema_markdown
from ._kinds import KIND_COLUMNS as KIND_COLUMNS
from ._kinds import KINDS as KINDS
from ._kinds import Kind as Kind
from ._labels import Labels as Labels
from ._make import CellFault as CellFault
from ._make import OnReject as OnReject
from ._make import make_snapshot as make_snapshot
from ._prepare import Prepared as Prepared
from ._prepare import prepare as prepare
from ._prepare_factors import RiskFactors as RiskFactors
from ._prepare_factors import prepare_factors as prepare_factors
from ._schema import HISTORY_FACTORS as HISTORY_FACTORS
from ._schema import RATINGS as RATINGS
from ._schema import SCALARS as SCALARS
from ._schema import TABLES as TABLES
from ._snapshot import SCALAR_NAMES as SCALAR_NAMES
from ._snapshot import TABLE_NAMES as TABLE_NAMES
from ._snapshot import LinearBook as LinearBook
from ._snapshot import RejectedRow as RejectedRow
from ._snapshot import Snapshot as Snapshot
from ._table_spec import Column as Column
from ._table_spec import Table as Table
from ._worth import input_value as input_value
