"""The state of the world, its shocks, and how to read it at a point."""

from ._example import example_market as example_market
from ._lookup import base_implied_vol as base_implied_vol
from ._lookup import discount_factor as discount_factor
from ._lookup import implied_vol as implied_vol
from ._lookup import log_discount_factor as log_discount_factor
from ._lookup import log_survival_probability as log_survival_probability
from ._scenario import VolPoints as VolPoints
from ._scenario import scenario_base_vol as scenario_base_vol
from ._scenario import scenario_log_discount as scenario_log_discount
from ._scenario import scenario_log_survival as scenario_log_survival
from ._scenario import scenario_markets as scenario_markets
from ._shock import FactorGroup as FactorGroup
from ._shock import MarketShock as MarketShock
from ._shock import VolDynamics as VolDynamics
from ._shock import apply_shock as apply_shock
from ._state import MarketState as MarketState
