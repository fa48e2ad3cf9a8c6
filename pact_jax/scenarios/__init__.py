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
from ._systematic import normal_score as normal_score
