"""Backtests of tail forecasts against what came; each result carries its size and its power."""

from ._attribution import AttributionTest as AttributionTest
from ._attribution import attribution_zone as attribution_zone
from ._attribution import kolmogorov_p_value as kolmogorov_p_value
from ._attribution import profit_and_loss_attribution as profit_and_loss_attribution
from ._exceptions import ExceptionTest as ExceptionTest
from ._exceptions import binomial_cdf as binomial_cdf
from ._exceptions import christoffersen_conditional_coverage as christoffersen_conditional_coverage
from ._exceptions import christoffersen_independence as christoffersen_independence
from ._exceptions import exceptions as exceptions
from ._exceptions import kupiec as kupiec
from ._rolling import RollingForecast as RollingForecast
from ._rolling import rolling_value_at_risk as rolling_value_at_risk
from ._shortfall import ShortfallTest as ShortfallTest
from ._shortfall import acerbi_szekely as acerbi_szekely
from ._shortfall import acerbi_szekely_statistic as acerbi_szekely_statistic
from ._shortfall import simulate_acerbi_szekely as simulate_acerbi_szekely
from ._traffic_light import TrafficLight as TrafficLight
from ._traffic_light import Zone as Zone
from ._traffic_light import traffic_light as traffic_light
