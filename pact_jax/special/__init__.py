"""Special functions that finance needs and that must be right in the tails."""

from ._normal import (
    normal_cdf as normal_cdf,
    normal_pdf as normal_pdf,
    normal_quantile as normal_quantile,
)
