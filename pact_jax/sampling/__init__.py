"""Counter-based random numbers."""

from ._counter import Stream as Stream
from ._counter import counter_chi2 as counter_chi2
from ._counter import counter_integers as counter_integers
from ._counter import counter_normals as counter_normals
from ._counter import keyed_normals as keyed_normals
from ._threefry import Words as Words
from ._threefry import stream_key as stream_key
from ._threefry import threefry2x32 as threefry2x32
from ._threefry import to_normal as to_normal
from ._threefry import to_uniform as to_uniform
