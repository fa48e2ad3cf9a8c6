"""Curves as arrays: interpolation, discount and forward rates, survival, joint calibration to market quotes."""

from ._bootstrap import bootstrap_curves as bootstrap_curves
from ._curve import ZeroCurve as ZeroCurve
from ._curve import discount_factor as discount_factor
from ._curve import instantaneous_forward as instantaneous_forward
from ._curve import log_discount_factor as log_discount_factor
from ._curve import simple_forward as simple_forward
from ._curve import zero_rate as zero_rate
from ._fit import CurveCalibration as CurveCalibration
from ._fit import calibrate_curves as calibrate_curves
from ._fit import quote_jacobian as quote_jacobian
from ._fit import quote_sensitivity as quote_sensitivity
from ._hazard import log_survival_probability as log_survival_probability
from ._hazard import overlap_weights as overlap_weights
from ._interpolation import Interpolation as Interpolation
from ._interpolation import log_discount as log_discount
from ._problem import CurveProblem as CurveProblem
from ._problem import curve_problem as curve_problem
from ._problem import fair_quotes as fair_quotes
from ._quotes import QuoteTerms as QuoteTerms
from ._quotes import basis_swap_terms as basis_swap_terms
from ._quotes import deposit_terms as deposit_terms
from ._quotes import futures_rate as futures_rate
from ._quotes import swap_terms as swap_terms
from ._solve import RootStatus as RootStatus
from ._solve import implicit_root as implicit_root
