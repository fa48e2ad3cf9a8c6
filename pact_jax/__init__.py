"""Market, credit and liquidity risk of one portfolio on shared scenarios, with explanations that add up."""

from ._assess import assess as assess
from ._doctor import doctor as doctor
from ._greeks import GreekReport as GreekReport
from ._greeks import greeks as greeks
from ._pipeline import Evaluation as Evaluation
from ._pipeline import RiskInputs as RiskInputs
from ._pipeline import evaluate as evaluate
from ._reverse_stress import ReverseStressReport as ReverseStressReport
from ._reverse_stress import reverse_stress as reverse_stress
from ._stress import StressReport as StressReport
from ._stress import stress as stress
from ._version import __version__ as __version__
from ._what_if import WhatIfBook as WhatIfBook
from ._what_if import WhatIfReport as WhatIfReport
from ._what_if import what_if_book as what_if_book
from .assessment import AgeWeighted as AgeWeighted
from .assessment import AssessmentReport as AssessmentReport
from .assessment import BlockBootstrap as BlockBootstrap
from .assessment import FactorModel as FactorModel
from .assessment import FilteredHistorical as FilteredHistorical
from .assessment import Historical as Historical
from .assessment import MonteCarlo as MonteCarlo
from .assessment import RootTime as RootTime
from .assessment import StudentT as StudentT
from .snapshot import Snapshot as Snapshot
