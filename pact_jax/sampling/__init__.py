"""Counter-based random numbers."""

from ._counter import Stream as Stream
from ._counter import counter_normals as counter_normals
from ._counter import keyed_normals as keyed_normals
