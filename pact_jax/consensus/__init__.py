"""The consensus: joint loss, its tail and its explanation."""

from ._combine import JointLoss as JointLoss
from ._combine import LossAgent as LossAgent
from ._combine import combine as combine
from ._contribution import CREDIT_FACTORS as CREDIT_FACTORS
from ._contribution import LIQUIDITY_FACTORS as LIQUIDITY_FACTORS
from ._contribution import Contribution as Contribution
from ._contribution import bucket_tail_weight as bucket_tail_weight
from ._contribution import contributions as contributions
from ._interaction import INTERACTION_NOT_COVERED as INTERACTION_NOT_COVERED
from ._interaction import DefaultInteraction as DefaultInteraction
from ._interaction import default_interaction as default_interaction
