"""A book collapsed: polynomials in place of options, a few dates in place of many payments."""

from ._collapsed import CollapsedBook as CollapsedBook
from ._collapsed import collapse as collapse
from ._collapsed import collapsed_pnl as collapsed_pnl
from ._nodes import LadderNodes as LadderNodes
from ._plan import LadderPlan as LadderPlan
from ._plan import LeftInFull as LeftInFull
from ._plan import PlannedBook as PlannedBook
from ._plan_ladders import plan_ladders as plan_ladders
from ._vectors import ladder_vectors as ladder_vectors
