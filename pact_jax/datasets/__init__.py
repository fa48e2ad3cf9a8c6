"""Data that ships with the package: a realistic desk on real prices, checked against its checksums when loaded."""

from ._derive import LinearFit as LinearFit
from ._desk import calibration_fits as calibration_fits
from ._desk import load_credit_yields as load_credit_yields
from ._desk import load_desk as load_desk
from ._desk import load_fx as load_fx
from ._desk import load_prices as load_prices
from ._desk import load_vix as load_vix
