"""The consensus: joint loss, its tail and its explanation."""

from ._apportion import Apportionment as Apportionment
from ._apportion import ExplanationGap as ExplanationGap
from ._apportion import apportion as apportion
from ._combine import JointLoss as JointLoss
from ._combine import LossAgent as LossAgent
from ._combine import combine as combine
from ._contribution import CREDIT_FACTORS as CREDIT_FACTORS
from ._contribution import LIQUIDITY_FACTORS as LIQUIDITY_FACTORS
from ._contribution import Contribution as Contribution
from ._contribution import bucket_tail_weight as bucket_tail_weight
from ._contribution import contributions as contributions
from ._decision import RELIABILITY_MARGIN as RELIABILITY_MARGIN
from ._decision import decide as decide
from ._decision import gate as gate
from ._decision import reliability as reliability
from ._diversification import Diversification as Diversification
from ._diversification import diversify as diversify
from ._interaction import INTERACTION_NOT_COVERED as INTERACTION_NOT_COVERED
from ._interaction import DefaultInteraction as DefaultInteraction
from ._interaction import default_interaction as default_interaction
from ._missing import DAILY_LOG_VOLATILITY as DAILY_LOG_VOLATILITY
from ._missing import MissingBound as MissingBound
from ._missing import missing_bound as missing_bound
from ._missing import stale_charge as stale_charge
from ._scalar import ScalarCombination as ScalarCombination
from ._scalar import combine_scalars as combine_scalars
