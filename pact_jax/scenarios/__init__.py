"""Scenario sets and their generators."""

from ._generate import gaussian_scenarios as gaussian_scenarios
from ._generate import historical_scenarios as historical_scenarios
from ._generate import monte_carlo_scenarios as monte_carlo_scenarios
from ._generate import overlapping_moves as overlapping_moves
from ._layout import FactorColumn as FactorColumn
from ._layout import ShockLayout as ShockLayout
from ._layout import ShockLeaf as ShockLeaf
from ._set import Sampling as Sampling
from ._set import ScenarioSet as ScenarioSet
from ._set import equal_weights as equal_weights
from ._stress import StressShocks as StressShocks
from ._stress import spot_vol_grid as spot_vol_grid
from ._stress import stress_shocks as stress_shocks
from ._stress_history import FactorHistory as FactorHistory
from ._stress_library import HISTORICAL_STRESSES as HISTORICAL_STRESSES
from ._stress_library import HYPOTHETICAL_STRESSES as HYPOTHETICAL_STRESSES
from ._stress_library import STRESS_LIBRARY as STRESS_LIBRARY
from ._stress_scenario import CurrencyMove as CurrencyMove
from ._stress_scenario import FactorNames as FactorNames
from ._stress_scenario import GroupMove as GroupMove
from ._stress_scenario import HistoricalWindow as HistoricalWindow
from ._stress_scenario import StressScenario as StressScenario
from ._stress_scenario import WindowRule as WindowRule
from ._systematic import normal_score as normal_score
