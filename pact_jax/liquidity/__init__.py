"""Cost to sell and need to fund."""

from ._book import LiquidityBook as LiquidityBook
from ._cost import AssetHolding as AssetHolding
from ._cost import UnitCost as UnitCost
from ._cost import asset_holding as asset_holding
from ._cost import funding_shortfall as funding_shortfall
from ._cost import unit_cost as unit_cost
from ._coverage import COVERAGE_DAYS as COVERAGE_DAYS
from ._coverage import INFLOW_CAP as INFLOW_CAP
from ._coverage import LiquidationTime as LiquidationTime
from ._coverage import liquidation_time as liquidation_time
from ._coverage import liquidity_coverage as liquidity_coverage
from ._coverage import net_outflow as net_outflow
from ._ladder import CashFlowLadder as CashFlowLadder
from ._ladder import cash_flow_ladder as cash_flow_ladder
from ._ladder import largest_net_outflow as largest_net_outflow
from ._ladder import survival_horizon as survival_horizon
