"""Covariance and correlation of factor moves: estimators, repairs, stresses and how they do out of sample."""

from ._compare import EstimatorScore as EstimatorScore
from ._compare import compare_estimators as compare_estimators
from ._compare import standard_estimators as standard_estimators
from ._estimate import conditional_covariance as conditional_covariance
from ._estimate import ewma_covariance as ewma_covariance
from ._estimate import lagged_covariance as lagged_covariance
from ._estimate import sample_covariance as sample_covariance
from ._estimate import to_correlation as to_correlation
from ._missing import Gaps as Gaps
from ._missing import PairwiseCorrelation as PairwiseCorrelation
from ._missing import complete_moves as complete_moves
from ._missing import pairwise_correlation as pairwise_correlation
from ._nearest import nearest_correlation as nearest_correlation
from ._rank import gaussian_from_kendall as gaussian_from_kendall
from ._rank import gaussian_from_spearman as gaussian_from_spearman
from ._rank import kendall_covariance as kendall_covariance
from ._rank import kendall_tau as kendall_tau
from ._rank import spearman_covariance as spearman_covariance
from ._rank import spearman_rho as spearman_rho
from ._shrinkage import Shrunk as Shrunk
from ._shrinkage import constant_correlation_shrinkage as constant_correlation_shrinkage
from ._shrinkage import identity_shrinkage as identity_shrinkage
from ._stressed import stressed_correlation as stressed_correlation
