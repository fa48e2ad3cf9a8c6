"""Special functions that finance needs and that must be right in the tails."""

from ._normal import (
    normal_cdf as normal_cdf,
)
from ._normal import (
    normal_pdf as normal_pdf,
)
from ._normal import (
    normal_quantile as normal_quantile,
)
