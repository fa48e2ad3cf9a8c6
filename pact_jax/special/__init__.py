"""Special functions that finance needs and that must be right in the tails."""

from ._bivariate import bivariate_normal_cdf as bivariate_normal_cdf
from ._logarithm import positive_log as positive_log
from ._mills import mills_fraction as mills_fraction
from ._mills import mills_ratio as mills_ratio
from ._normal import normal_cdf as normal_cdf
from ._normal import normal_pdf as normal_pdf
from ._normal_quantile import normal_quantile as normal_quantile
from ._quantiles import beta_quantile as beta_quantile
from ._quantiles import chi2_quantile as chi2_quantile
from ._quantiles import gamma_quantile as gamma_quantile
from ._student_t import student_t_cdf as student_t_cdf
from ._student_t import student_t_quantile as student_t_quantile
