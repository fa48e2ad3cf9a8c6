"""Cost to sell and need to fund."""

from ._book import LiquidityBook as LiquidityBook
from ._cost import AssetHolding as AssetHolding
from ._cost import UnitCost as UnitCost
from ._cost import asset_holding as asset_holding
from ._cost import funding_shortfall as funding_shortfall
from ._cost import unit_cost as unit_cost
