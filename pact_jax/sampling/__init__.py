"""Counter-based random numbers, and evenly spread ones: Sobol points and lattices, randomised."""

from ._counter import Stream as Stream
from ._counter import counter_chi2 as counter_chi2
from ._counter import counter_integers as counter_integers
from ._counter import counter_normals as counter_normals
from ._counter import keyed_uniforms as keyed_uniforms
from ._counter import words_of as words_of
from ._lattice import lattice_vector as lattice_vector
from ._lattice import shifted_lattice as shifted_lattice
from ._sobol import MOST_SOBOL_DIMENSIONS as MOST_SOBOL_DIMENSIONS
from ._sobol import owen_scramble as owen_scramble
from ._sobol import sobol_net as sobol_net
from ._threefry import Words as Words
from ._threefry import quantile_of as quantile_of
from ._threefry import stream_key as stream_key
from ._threefry import threefry2x32 as threefry2x32
from ._threefry import to_normal as to_normal
from ._threefry import to_uniform as to_uniform
