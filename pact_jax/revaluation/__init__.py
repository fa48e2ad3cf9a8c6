"""Portfolio x scenarios -> P&L."""

from ._change import hold_change as hold_change
from ._change import sum_change as sum_change
from ._exposure import GroupExposure as GroupExposure
from ._exposure import group_exposure as group_exposure
from ._full import Revaluation as Revaluation
from ._full import revalue as revalue
from ._portfolio_base import PortfolioBase as PortfolioBase
from ._portfolio_base import value_base as value_base
from ._stress import StressTest as StressTest
from ._stress import spot_vol_pnl as spot_vol_pnl
from ._stress import stress_test as stress_test
from ._tail import FACTOR_GROUPS as FACTOR_GROUPS
from ._tail import TailPnl as TailPnl
from ._tail import attribute_tail as attribute_tail
from ._tile import TILE as TILE
from ._tile import map_blocks as map_blocks
from ._tile import map_tiles as map_tiles
from ._tile import sum_tail as sum_tail
