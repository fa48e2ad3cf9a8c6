"""Tail measures of loss vectors, their standard errors and their explanation, on plain arrays."""

from ._kernel import TailKernel as TailKernel
from ._order_statistics import OrderStatistic as OrderStatistic
from ._order_statistics import order_statistic_value_at_risk as order_statistic_value_at_risk
from ._shapley import shapley_matrix as shapley_matrix
from ._tail import TailMeasures as TailMeasures
from ._tail import expected_shortfall as expected_shortfall
from ._tail import tail_kernel as tail_kernel
from ._tail import tail_mean as tail_mean
from ._tail import tail_measures as tail_measures
from ._tail import tail_status as tail_status
from ._tail import tail_weights as tail_weights
from ._tail import value_at_risk as value_at_risk
